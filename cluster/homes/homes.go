// Package homes says which daemon of a cluster looks after which reader. Every daemon has a database of its own, and
// the broker keeps for each account whose it is: a home. A home changes only where its revision is the one that was
// read, so of two who want an account one gets it. A daemon looks after its accounts while it has its lease, which it
// renews with every beat; whoever cannot reach the broker goes on until the lease is over and then rests. So nobody
// else may take over what a daemon had before its lease is over, and even then only by an operator's word.
//
// The broker knows no names: a home's key is a hash of the account, and what moves is sealed for the receiver.
package homes

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/move"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// Options of a Keeper. JetStream, Name, Mover and Instance are needed.
type Options struct {
	JetStream jetstream.JetStream
	Name      string // of this daemon in the cluster, the same for the life of its database
	Database  string // tells this database from all others
	URL       string // of its page; "" without one
	Mover     *move.Mover
	Log       *slog.Logger // nil: nothing is logged

	Lease    time.Duration // how long a daemon goes on without the broker [15 min]
	Beat     time.Duration // between renewals [a ninetieth of the lease]
	Patience time.Duration // how long somebody who moves waits for the receiver [10 min]
}

// Name says what a daemon can be called.
var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$`)

// Errors of homes.
var (
	ErrUnknown   = errors.New("no daemon of that name is there")
	ErrElsewhere = errors.New("another daemon looks after the account")
	ErrAlive     = errors.New("that daemon's lease is not over")
	ErrRefused   = errors.New("the receiver does not take the account")
)

// Node is a daemon that has its lease.
type Node struct {
	Name     string    `json:"name"`
	URL      string    `json:"url,omitempty"`
	Address  string    `json:"address"`  // where shares are sealed for it
	Database string    `json:"database"` // tells its database from all others
	Instance string    `json:"instance"` // tells this process from the ones before it
	Readers  int       `json:"readers"`
	Since    time.Time `json:"since"`
}

// home is whose an account is, as the broker keeps it.
type home struct {
	Node  string `json:"node"`
	Turns int    `json:"turns"`          // as store.Subscriber has it: whoever has more was later
	Move  string `json:"move,omitempty"` // the id of a move that is under way
	To    string `json:"to,omitempty"`   // where to
	// Refused is the id of a move that its receiver, or its giver, put an end to, and Why the reason.
	Refused string `json:"refused,omitempty"`
	Why     string `json:"why,omitempty"`
}

// entry is a home with its revision; revision 0 is none.
type entry struct {
	home
	revision uint64
}

// Keeper keeps the homes of one daemon's readers.
type Keeper struct {
	Options
	instance string

	mu    sync.Mutex
	until time.Time                    // the lease is ours until then, by the clock of this process
	ours  map[identity.Identity]bool   // homes that are ours, as the broker said last
	keys  map[string]identity.Identity // of whoever is known here
	holds map[*hold]bool               // passes under way
	lapse *time.Timer                  // ends them with the lease
	said  map[identity.Identity]string // what was logged of an account, so that it is said once
	poked chan struct{}                // something changed here
	buckets
}

type buckets struct {
	homes, nodes jetstream.KeyValue
	shares       jetstream.ObjectStore
}

type hold struct {
	who identity.Identity
	end context.CancelCauseFunc
}

// New checks the options.
func New(o Options) (*Keeper, error) {
	if o.JetStream == nil || o.Mover == nil || o.Database == "" {
		return nil, errors.New("homes: no broker, no mover or no database")
	}
	if !validName.MatchString(o.Name) {
		return nil, fmt.Errorf("homes: %q is no name for a daemon: letters, digits, - and _", o.Name)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Lease <= 0 {
		o.Lease = 15 * time.Minute
	}
	if o.Beat <= 0 {
		o.Beat = o.Lease / 90
	}
	if o.Patience <= 0 {
		o.Patience = 10 * time.Minute
	}
	return &Keeper{Options: o, instance: newInstance(), ours: map[identity.Identity]bool{}, keys: map[string]identity.Identity{}, holds: map[*hold]bool{},
		said: map[identity.Identity]string{}, poked: make(chan struct{}, 1)}, nil
}

// Hold is for timeline.Options: it ends with the lease, or with the home.
func (k *Keeper) Hold(ctx context.Context, who identity.Identity) (context.Context, context.CancelFunc, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.ours[who] || !time.Now().Before(k.until) {
		return nil, nil, timeline.ErrNotOurs
	}
	held, end := context.WithCancelCause(ctx)
	h := &hold{who, end}
	k.holds[h] = true
	return held, func() {
		k.mu.Lock()
		delete(k.holds, h)
		k.mu.Unlock()
		end(nil)
	}, nil
}

// own notes whether an account is ours now. The lock is held by nobody.
func (k *Keeper) own(who identity.Identity, ours bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if ours {
		k.ours[who] = true
		return
	}
	delete(k.ours, who)
	for h := range k.holds {
		if h.who == who {
			h.end(timeline.ErrNotOurs)
		}
	}
}

// lapsed ends all that is under way when the lease is over.
func (k *Keeper) lapsed() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if left := time.Until(k.until); left > 0 {
		k.lapse.Reset(left)
		return
	}
	for h := range k.holds {
		h.end(timeline.ErrNotOurs)
	}
}

// renewed says that the lease is ours until a time.
func (k *Keeper) renewed(until time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.until = until
	if k.lapse == nil {
		k.lapse = time.AfterFunc(time.Until(until), k.lapsed)
		return
	}
	k.lapse.Reset(time.Until(until))
}

// Leased says until when the lease is ours; a time that is past, or zero, says that it is not.
func (k *Keeper) Leased() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.until
}

// Poke says that somebody joined, left, or is about to move.
func (k *Keeper) Poke() {
	select {
	case k.poked <- struct{}{}:
	default: // one is waiting already
	}
}

// keyOf is the key of an account's home: nobody who reads it learns whose it is without knowing.
func keyOf(who identity.Identity) string {
	sum := sha256.Sum256([]byte("slugpuppy home " + who.String()))
	return hex.EncodeToString(sum[:16])
}

// read is the home of an account; revision 0 for none.
func (b buckets) read(ctx context.Context, key string) (e entry, err error) {
	v, err := b.homes.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return e, nil
	}
	if err != nil {
		return e, fmt.Errorf("read whose an account is: %w", err)
	}
	return decoded(v)
}

func decoded(v jetstream.KeyValueEntry) (e entry, err error) {
	if v.Operation() != jetstream.KeyValuePut {
		return e, nil
	}
	if err := json.Unmarshal(v.Value(), &e.home); err != nil {
		return e, fmt.Errorf("read whose an account is: %w", err)
	}
	e.revision = v.Revision()
	return e, nil
}

// errOvertaken means that somebody else wrote a home first.
var errOvertaken = errors.New("somebody was quicker")

// write puts a home in place of the one that was read, or of none, or says errOvertaken.
func (b buckets) write(ctx context.Context, key string, was entry, now home) error {
	data, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("encode a home: %w", err)
	}
	if was.revision == 0 {
		_, err = b.homes.Create(ctx, key, data)
	} else {
		_, err = b.homes.Update(ctx, key, data, was.revision)
	}
	return overtaken(err)
}

func overtaken(err error) error {
	var api *jetstream.APIError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrKeyExists),
		errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence:
		return errOvertaken
	}
	return fmt.Errorf("write whose an account is: %w", err)
}

// Home is the daemon that looks after an account; ok is false while nobody does.
func (k *Keeper) Home(ctx context.Context, who identity.Identity) (n Node, ok bool, err error) {
	b, err := k.open(ctx)
	if err != nil {
		return n, false, err
	}
	e, err := b.read(ctx, keyOf(who))
	if err != nil || e.revision == 0 {
		return n, false, err
	}
	n, there, err := b.node(ctx, e.Node)
	if !there {
		n = Node{Name: e.Node}
	}
	return n, true, err
}

// Nodes are the daemons that have their lease.
func (k *Keeper) Nodes(ctx context.Context) (all []Node, err error) {
	b, err := k.open(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := b.nodes.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the daemons: %w", err)
	}
	for name := range keys.Keys() {
		n, there, err := b.node(ctx, name)
		if err != nil {
			return nil, err
		}
		if there {
			all = append(all, n)
		}
	}
	return all, nil
}

func (b buckets) node(ctx context.Context, name string) (n Node, there bool, err error) {
	if !validName.MatchString(name) {
		return n, false, nil
	}
	v, err := b.nodes.Get(ctx, name)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return n, false, nil
	}
	if err != nil {
		return n, false, fmt.Errorf("ask for daemon %s: %w", name, err)
	}
	if err := json.Unmarshal(v.Value(), &n); err != nil || n.Name != name {
		return n, false, fmt.Errorf("daemon %s says something odd: %v", name, err)
	}
	return n, true, nil
}

// The store's words for who does what nobody asked for at that moment.
var itself = store.Itself()
