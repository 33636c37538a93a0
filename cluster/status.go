package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Status is how the cluster looks from here.
type Status struct {
	Broker    string    `json:"broker"`             // where it is
	Connected bool      `json:"connected"`          // with it
	Gone      time.Time `json:"gone,omitzero"`      // since when it is not
	Nodes     []Node    `json:"nodes,omitempty"`    // that said something lately
	Waiting   int       `json:"waiting"`            // orders in the queue, those being worked at included
	Oldest    time.Time `json:"oldest,omitzero"`    // when the first of them came
	Most      int       `json:"most"`               // that may wait
	Again     int       `json:"again,omitempty"`    // orders that went to a worker after another one had them
	Verdicts  int       `json:"verdicts,omitempty"` // of files, that are kept
	Pixels    uint64    `json:"pixels,omitempty"`   // bytes of sealed orders and pieces
	Err       error     `json:"-"`                  // why something of this could not be read, nil: nothing
	Why       string    `json:"why,omitempty"`      // something of this could not be read
}

// Slots are the orders that all workers together take at the same time, and how many of them they have.
func (s Status) Slots() (busy, all int) {
	for _, n := range s.Nodes {
		if n.Kind == WorkerNode {
			busy, all = busy+n.Busy, all+n.Slots
		}
	}
	return busy, all
}

// Status asks the broker how things are. Where it does not answer, Why says so.
func (l *Link) Status(ctx context.Context) Status {
	s := Status{Broker: l.Broker(), Connected: l.conn.IsConnected(), Nodes: l.Nodes(), Most: l.opt.Queue}
	for _, n := range s.Nodes {
		s.Again += n.Again
	}
	if away := l.away(); away > 0 {
		s.Gone = time.Now().Add(-away)
		s.Err = fmt.Errorf("the broker %s does not answer: %w", l.Broker(), cmp.Or(l.conn.LastError(), errSilent))
		s.Why = s.Err.Error()
		return s
	}
	if s.Err = l.count(ctx, &s); s.Err != nil {
		s.Why = s.Err.Error()
	}
	return s
}

// errSilent is the reason while nobody knows another.
var errSilent = errors.New("it has not been reached yet")

// Await is Status once the broker has been reached and workers had a moment to answer. The error says why it was
// not reached before ctx or its time ended.
func (l *Link) Await(ctx context.Context) (Status, error) {
	for end := time.Now().Add(l.opt.Times.Reply); l.away() > 0 && time.Now().Before(end); {
		if !sleep(ctx, 10*time.Millisecond) {
			break
		}
	}
	if l.away() == 0 {
		l.Roll(ctx)
	}
	s := l.Status(ctx)
	if !s.Connected {
		return s, s.Err
	}
	return s, nil
}

func (l *Link) count(ctx context.Context, s *Status) error {
	k, err := l.keep(ctx)
	if err != nil {
		return err
	}
	orders, err := k.orders.Info(ctx)
	if err != nil {
		l.forget()
		return err
	}
	s.Waiting = int(orders.State.Msgs)
	if s.Waiting > 0 {
		s.Oldest = orders.State.FirstTime
	}
	pixels, err := k.pixels.Status(ctx)
	if err != nil {
		return err
	}
	s.Pixels = pixels.Size()
	if k.verdicts != nil {
		verdicts, err := k.verdicts.Status(ctx)
		if err != nil {
			return err
		}
		s.Verdicts = int(verdicts.Values())
	}
	return nil
}
