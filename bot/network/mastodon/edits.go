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
				payload = v.Text(eventBytes)
			}
		})
	})
	if err != nil || name != "status.update" {
		return
	}
	var post status
	if _, err := answer.Read(strings.NewReader(payload), answer.Limits{}, func(v *answer.Value) { post.read(v) }); err != nil || post.ID == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.ids) < mostEdits && !slices.Contains(e.ids, post.ID) {
		e.ids = append(e.ids, post.ID)
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
