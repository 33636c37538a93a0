package mastodon

import (
	"io"
	"slices"
	"strings"
	"sync"

	"slugpuppy/bot/network/answer"
)

// edits are the posts of which the stream said that they were edited.
type edits struct {
	mu  sync.Mutex
	ids []string
}

const (
	edited    = "status.update"
	editBytes = 64 << 10 // of a post that was edited: its id is wanted
)

// mostEdits is how many are kept until somebody asks: who edits more is found by reading.
const mostEdits = 100

// note keeps what an event says of an edit.
func (e *edits) note(event io.Reader) {
	var name, payload string
	_, err := answer.Read(event, answer.Limits{Bytes: eventBytes}, func(v *answer.Value) {
		v.Fields(func(field []byte) {
			switch string(field) {
			case "event":
				name = v.Word()
			case "payload":
				if name == edited { // all others are passed over unread
					payload = v.Text(editBytes)
				}
			}
		})
	})
	if err != nil || payload == "" {
		return
	}
	var id string // comes first, so that the rest of a long post may be missing
	_, _ = answer.Read(strings.NewReader(payload), answer.Limits{}, func(v *answer.Value) {
		v.Fields(func(field []byte) {
			if string(field) == "id" {
				id = v.ID()
			}
		})
	})
	if id == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.ids) < mostEdits && !slices.Contains(e.ids, id) {
		e.ids = append(e.ids, id)
	}
}

// Edited are the posts that were edited since it was last asked.
func (c *Client) Edited() []string {
	c.edits.mu.Lock()
	defer c.edits.mu.Unlock()
	ids := c.edits.ids
	c.edits.ids = nil
	return ids
}
