package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"slugpuppy/bot/visible"
)

// Node is what a process of the cluster says of itself.
type Node struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Kind       Kind      `json:"kind"`
	Version    string    `json:"version"`
	Arithmetic string    `json:"arithmetic,omitempty"` // of a worker, as classifier.Arithmetic names it
	Also       []string  `json:"also,omitempty"`       // other arithmetics that it can compute in
	Networks   []string  `json:"networks,omitempty"`   // hashes of those that a worker has at hand
	Cores      int       `json:"cores,omitempty"`
	Slots      int       `json:"slots,omitempty"` // orders at the same time
	Busy       int       `json:"busy,omitempty"`  // of them just now
	Done       int       `json:"done,omitempty"`  // orders since it began, well or not
	Again      int       `json:"again,omitempty"` // of them that somebody else had before
	Looks      int       `json:"looks,omitempty"` // pictures that a worker looked at
	Asked      int       `json:"asked,omitempty"` // files that a daemon asked about,
	Known      int       `json:"known,omitempty"` // and of them those that somebody had seen before
	Draining   bool      `json:"draining,omitempty"`
	Since      time.Time `json:"since"`
}

// Kind is what a node does.
type Kind string

// The kinds of nodes.
const (
	WorkerNode Kind = "worker"
	DaemonNode Kind = "daemon"
)

// Bounds of what a node says.
const (
	mostNode  = 16 << 10
	mostNodes = 10_000
	mostNames = 64
)

func readNode(data []byte) (Node, error) {
	var n Node
	if len(data) > mostNode {
		return n, fmt.Errorf("%w: a node that says %d bytes", ErrMalformed, len(data))
	}
	if err := json.Unmarshal(data, &n); err != nil {
		return n, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !validID(n.ID) || n.Kind != WorkerNode && n.Kind != DaemonNode || len(n.Networks) > mostNames || len(n.Also) > mostNames {
		return n, fmt.Errorf("%w: a node of kind %.20q", ErrMalformed, string(n.Kind))
	}
	n.Name, n.Version, n.Arithmetic = visible.Line(n.Name), visible.Line(n.Version), visible.Line(n.Arithmetic)
	for i := range n.Also {
		n.Also[i] = visible.Line(n.Also[i])
	}
	for _, v := range []*int{&n.Cores, &n.Slots, &n.Busy, &n.Done, &n.Again, &n.Looks, &n.Asked, &n.Known} {
		*v = min(max(*v, 0), math.MaxInt32)
	}
	return n, nil
}

// nodes are those heard of.
type nodes struct {
	mu    sync.Mutex
	heard map[string]heard
}

type heard struct {
	node Node
	at   time.Time // by the clock here
}

// listen hears what nodes say, and asks all of them.
func (l *Link) listen() error {
	_, err := l.conn.Subscribe(nodeSubject, func(m *nats.Msg) {
		n, err := readNode(m.Data)
		if err != nil {
			l.opt.Log.Warn("a node says something odd", "error", err)
			return
		}
		l.nodes.note(n, time.Now(), l.stale())
	})
	if err != nil {
		return fmt.Errorf("listen for other nodes: %w", err)
	}
	return nil
}

// stale is how old news of a node may be.
func (l *Link) stale() time.Duration { return 3 * l.opt.Times.Beat }

func (s *nodes) note(n Node, now time.Time, stale time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.heard == nil {
		s.heard = map[string]heard{}
	}
	for id, h := range s.heard {
		if now.Sub(h.at) > stale {
			delete(s.heard, id)
		}
	}
	if _, known := s.heard[n.ID]; known || len(s.heard) < mostNodes {
		s.heard[n.ID] = heard{n, now}
	}
}

// Nodes are those that said something lately, by kind and name.
func (l *Link) Nodes() []Node {
	l.nodes.mu.Lock()
	defer l.nodes.mu.Unlock()
	var all []Node
	for _, h := range l.nodes.heard {
		if time.Since(h.at) <= l.stale() {
			all = append(all, h.node)
		}
	}
	slices.SortFunc(all, func(a, b Node) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// workers are the nodes that take orders; of an arithmetic, "" for any.
func (l *Link) workers(arithmetic string) (all []Node) {
	for _, n := range l.Nodes() {
		if n.Kind == WorkerNode && !n.Draining && (arithmetic == "" || n.Arithmetic == arithmetic || slices.Contains(n.Also, arithmetic)) {
			all = append(all, n)
		}
	}
	return all
}

// Roll asks all nodes who they are and waits until one worker has answered, or for a moment.
func (l *Link) Roll(ctx context.Context) {
	if l.conn.Publish(rollSubject, nil) != nil {
		return
	}
	for end := time.Now().Add(min(time.Second, l.opt.Times.Beat)); time.Now().Before(end) && len(l.workers("")) == 0; {
		if !sleep(ctx, 5*time.Millisecond) {
			return
		}
	}
}

// Announce says every now and then, and when it is asked, what self says of this node, until ctx ends. The name,
// the id and the version are the link's. A Keeper makes what is missing on the broker before anybody wants it.
func (l *Link) Announce(ctx context.Context, self func() Node) error {
	asked := make(chan struct{}, 1)
	sub, err := l.conn.Subscribe(rollSubject, func(*nats.Msg) {
		select {
		case asked <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return fmt.Errorf("listen for questions who is there: %w", err)
	}
	defer sub.Unsubscribe()
	since := time.Now()
	tick := time.NewTicker(l.opt.Times.Beat)
	defer tick.Stop()
	for {
		n := self()
		n.ID, n.Name, n.Version, n.Since = l.id, l.opt.Name, l.opt.Version, since
		if data, err := json.Marshal(n); err == nil {
			l.conn.Publish(nodeSubject, data) // the next one may come through
		}
		if l.opt.Keeper {
			l.reach(ctx) // whoever needs it says what is wrong
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-asked:
		}
	}
}

// sleep waits; false when ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
