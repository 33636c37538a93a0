package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"slugpuppy/bot/visible"
	"slugpuppy/dream"
)

// Messages are JSON with the version of their meaning. Whoever sends them is not trusted: what is read has bounds,
// and text from elsewhere is only shown.

// wireVersion is of the messages' meaning; other versions are refused.
const wireVersion = 1

// ErrMalformed is the error for bytes that are no message of a version that this program knows.
var ErrMalformed = errors.New("malformed message")

// ticket is an order in the queue. What is ordered is an object, sealed with a key that is in the ticket alone.
type ticket struct {
	V       int       `json:"v"`
	ID      string    `json:"id"`
	Key     []byte    `json:"key"`
	Network string    `json:"network"`          // hash of the one to work with
	Bundle  string    `json:"bundle,omitempty"` // the object that it can be made of; "": every worker has it
	Look    bool      `json:"look,omitempty"`   // previews are wanted
	Until   time.Time `json:"until"`            // nobody wants it any more then
}

func (t ticket) valid() error {
	switch {
	case t.V != wireVersion:
		return fmt.Errorf("%w: version %d, this program knows %d", ErrMalformed, t.V, wireVersion)
	case !validID(t.ID) || len(t.Key) != keySize:
		return fmt.Errorf("%w: no id or no key", ErrMalformed)
	case !validHash(t.Network) || t.Bundle != "" && !validHash(t.Bundle):
		return fmt.Errorf("%w: no network", ErrMalformed)
	}
	return nil
}

// verb is what became of an order.
type verb string

const (
	made      verb = "made"      // the piece is an object
	refused   verb = "refused"   // for a Problem
	failed    verb = "failed"    // for a reason of the worker
	elsewhere verb = "elsewhere" // the worker lacks the network or the arithmetic
	poisonous verb = "poisonous" // it ended the workers that had it
	dropped   verb = "dropped"   // nobody seemed to wait for it
)

// result is what came of an order.
type result struct {
	V        int            `json:"v"`
	ID       string         `json:"id"`
	Verb     verb           `json:"verb"`
	Node     string         `json:"node"`     // the worker's name
	Delivery int            `json:"delivery"` // 1: nobody had it before
	Problem  *dream.Problem `json:"problem,omitempty"`
	Why      string         `json:"why,omitempty"` // for the log
}

// Bounds of texts in messages.
const (
	mostWhy   = 2000 // runes
	mostKnown = 500
)

func readTicket(data []byte) (ticket, error) { return read(data, mostTicket, ticket.valid) }

func readResult(data []byte) (result, error) {
	r, err := read(data, mostTicket, result.valid)
	if err != nil {
		return r, err
	}
	r.Node, r.Why = text(r.Node, 100), text(r.Why, mostWhy)
	if p := r.Problem; p != nil {
		p.Name, p.Why = text(p.Name, 200), text(p.Why, mostWhy)
		p.Known = p.Known[:min(len(p.Known), mostKnown)]
		for i, k := range p.Known {
			p.Known[i] = text(k, 200)
		}
	}
	return r, nil
}

func (r result) valid() error {
	switch {
	case r.V != wireVersion || !validID(r.ID):
		return fmt.Errorf("%w: version %d", ErrMalformed, r.V)
	case (r.Verb == refused) != (r.Problem != nil):
		return fmt.Errorf("%w: %.20q and a problem, or neither", ErrMalformed, string(r.Verb))
	}
	switch r.Verb {
	case made, refused, failed, elsewhere, poisonous, dropped:
		return nil
	}
	return fmt.Errorf("%w: an order became %.20q", ErrMalformed, string(r.Verb))
}

// progress is how far an order is.
type progress struct {
	dream.Progress
	Node string `json:"node"`
	JPEG []byte `json:"jpeg,omitempty"` // what it looks like now
}

const mostProgress = 256 << 10

func readProgress(data []byte) (progress, error) {
	p, err := read(data, mostProgress, func(progress) error { return nil })
	p.Node = text(p.Node, 100)
	p.Ahead = 0
	p.Fraction, p.Left = min(max(p.Fraction, 0), 1), min(max(p.Left, 0), 24*time.Hour)
	for _, n := range []*int{&p.Frame, &p.Frames, &p.Octave, &p.Octaves, &p.Step, &p.Steps, &p.Tile, &p.Tiles} {
		*n = min(max(*n, 0), 1<<20)
	}
	return p, err
}

// read reads a message of at most so many bytes.
func read[T any](data []byte, most int, valid func(T) error) (T, error) {
	var v, none T
	if len(data) > most {
		return none, fmt.Errorf("%w: %d bytes, at most %d are read", ErrMalformed, len(data), most)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return none, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if err := valid(v); err != nil {
		return none, err
	}
	return v, nil
}

// text is what somebody else wrote, as it may be shown.
func text(s string, runes int) string {
	if utf8.RuneCountInString(s) > runes {
		s = string([]rune(s)[:runes]) + "..."
	}
	return visible.Line(s)
}

// validHash says whether a text is a SHA-256.
func validHash(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
