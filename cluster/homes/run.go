package homes

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slugpuppy/bot/identity"
	"slugpuppy/store"
)

// Names of what the broker keeps.
const (
	homesName  = "slugpuppy-homes"
	nodesName  = "slugpuppy-daemons"
	sharesName = "slugpuppy-shares"

	shareExpiry = 24 * time.Hour
	shareBytes  = 256 << 20
	mostHome    = 4 << 10
)

func newInstance() string { return rand.Text() }

// open finds what the broker keeps, or makes it.
func (k *Keeper) open(ctx context.Context) (buckets, error) {
	k.mu.Lock()
	b := k.buckets
	k.mu.Unlock()
	if b.homes != nil {
		return b, nil
	}
	var err error
	b.homes, err = k.JetStream.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: homesName, MaxValueSize: mostHome})
	if err == nil {
		b.nodes, err = k.leases(ctx)
	}
	if err == nil {
		b.shares, err = k.JetStream.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: sharesName,
			TTL: shareExpiry, MaxBytes: shareBytes})
	}
	if err != nil {
		return buckets{}, fmt.Errorf("keep homes on the broker: %w", err)
	}
	k.mu.Lock()
	k.buckets = b
	k.mu.Unlock()
	return b, nil
}

// leases are the daemons' leases. All must be as long: the broker ends them by what it was told.
func (k *Keeper) leases(ctx context.Context) (jetstream.KeyValue, error) {
	kv, err := k.JetStream.KeyValue(ctx, nodesName)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = k.JetStream.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: nodesName, TTL: k.Lease, MaxValueSize: mostHome})
	}
	if err != nil {
		return nil, err
	}
	s, err := kv.Status(ctx)
	if err == nil && s.TTL() != k.Lease {
		err = fmt.Errorf("leases last %s there and %s here", s.TTL(), k.Lease)
	}
	return kv, err
}

// forget looks for everything again: the broker may be another one.
func (k *Keeper) forget() {
	k.mu.Lock()
	k.buckets = buckets{}
	k.mu.Unlock()
}

// Run keeps the lease and the homes until ctx ends, and then returns nil.
func (k *Keeper) Run(ctx context.Context) error {
	for failures := 0; ctx.Err() == nil; {
		err := k.keep(ctx)
		if ctx.Err() != nil {
			break
		}
		failures++
		if failures == 1 || failures%60 == 0 {
			k.Log.Warn("whose the readers are cannot be kept with the broker now", "error", err, "lease_until", k.Leased())
		}
		k.forget()
		select {
		case <-ctx.Done():
		case <-time.After(k.Beat):
		}
	}
	k.release()
	return nil
}

// release gives the lease back, so that the next process need not wait. Nothing is under way any more.
func (k *Keeper) release() {
	k.lost()
	k.mu.Lock()
	b := k.buckets
	k.mu.Unlock()
	if b.nodes == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), k.Beat)
	defer cancel()
	if v, err := b.nodes.Get(ctx, k.Name); err == nil {
		var n Node
		if json.Unmarshal(v.Value(), &n) == nil && n.Instance == k.instance {
			_ = b.nodes.Delete(ctx, k.Name, jetstream.LastRevision(v.Revision())) // else it ends by itself
		}
	}
}

// keep has the lease and agrees about every home, until something fails.
func (k *Keeper) keep(ctx context.Context) error {
	b, err := k.open(ctx)
	if err != nil {
		return err
	}
	revision, err := k.lease(ctx, b)
	if err != nil {
		return err
	}
	changes, err := b.homes.WatchAll(ctx, jetstream.UpdatesOnly())
	if err != nil {
		return fmt.Errorf("watch homes: %w", err)
	}
	defer func() { _ = changes.Stop() }()
	if err := k.agree(ctx, b); err != nil {
		return err
	}
	beat, here, all := time.NewTicker(k.Beat), time.NewTicker(k.Patience/10), time.NewTicker(fullEvery)
	defer beat.Stop()
	defer here.Stop()
	defer all.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			if revision, err = k.renew(ctx, b, revision); err != nil {
				return err
			}
		case v, open := <-changes.Updates():
			if !open {
				return errors.New("the broker no longer says which homes change")
			}
			if v != nil {
				err = k.changed(ctx, b, v)
			}
		case <-k.poked:
			err = k.look(ctx, b)
		case <-here.C:
			err = k.look(ctx, b)
		case <-all.C:
			err = k.agree(ctx, b)
		}
		if err != nil {
			return err
		}
	}
}

// fullEvery is how often all homes are compared without a hint.
const fullEvery = 10 * time.Minute

// changed looks at a home that somebody wrote.
func (k *Keeper) changed(ctx context.Context, b buckets, v jetstream.KeyValueEntry) error {
	e, err := decoded(v)
	if err != nil {
		return err
	}
	who, known := k.owner(v.Key())
	if !known && e.To != k.Name && e.Node != k.Name {
		return nil
	}
	if !known { // or only to whoever reads the database again
		if _, err := k.learn(); err != nil {
			return err
		}
		who, known = k.owner(v.Key())
	}
	if !known {
		return k.settle(ctx, b, v.Key(), nil, e)
	}
	return k.settleOne(ctx, b, who, e)
}

// owner is whose a key is, of those who were known here lately.
func (k *Keeper) owner(key string) (identity.Identity, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	who, known := k.keys[key]
	return who, known
}

// learn reads who is known here.
func (k *Keeper) learn() ([]store.Subscriber, error) {
	subs, err := k.Mover.Store.Operator().Subscribers()
	if err != nil {
		return nil, err
	}
	keys := map[string]identity.Identity{}
	for _, sub := range subs {
		keys[keyOf(sub.Identity)] = sub.Identity
	}
	k.mu.Lock()
	k.keys = keys
	k.mu.Unlock()
	return subs, nil
}

// settleOne reads what is written down here of an account, and settles.
func (k *Keeper) settleOne(ctx context.Context, b buckets, who identity.Identity, e entry) error {
	sub, err := k.Mover.Store.For(who).Subscription().Subscriber()
	switch {
	case errors.Is(err, store.ErrNoSubscriber):
		k.own(who, false)
		return k.settle(ctx, b, keyOf(who), nil, e)
	case err != nil:
		return err
	}
	return k.settle(ctx, b, keyOf(who), &sub, e)
}

// look settles what is not settled yet as far as is known here: who joined, left or moves.
func (k *Keeper) look(ctx context.Context, b buckets) error {
	subs, err := k.learn()
	if err != nil {
		return err
	}
	open := map[identity.Identity]bool{}
	k.mu.Lock()
	for who := range k.ours {
		open[who] = true
	}
	for _, sub := range subs {
		if open[sub.Identity] && !sub.Away() {
			delete(open, sub.Identity)
		} else {
			open[sub.Identity] = true
		}
	}
	k.mu.Unlock()
	for who := range open {
		e, err := b.read(ctx, keyOf(who))
		if err == nil {
			err = k.settleOne(ctx, b, who, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lease gets the lease. Another process that had this database is not waited for: it is gone, or will see with
// its next beat that it is not the one; until then nothing is begun.
func (k *Keeper) lease(ctx context.Context, b buckets) (revision uint64, err error) {
	v, err := b.nodes.Get(ctx, k.Name)
	var before Node
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return k.renew(ctx, b, 0)
	case err != nil:
		return 0, fmt.Errorf("ask for the lease: %w", err)
	case json.Unmarshal(v.Value(), &before) != nil || before.Database != k.Database:
		return 0, fmt.Errorf("another daemon is called %s; give one of them another cluster.name", k.Name)
	case before.Instance == k.instance:
		return k.renew(ctx, b, v.Revision())
	}
	if revision, err = k.beat(ctx, b, v.Revision()); err != nil {
		return 0, err
	}
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(3 * k.Beat):
	}
	return k.renew(ctx, b, revision)
}

// renew makes the lease last for as long as it does.
func (k *Keeper) renew(ctx context.Context, b buckets, was uint64) (revision uint64, err error) {
	began := time.Now()
	if revision, err = k.beat(ctx, b, was); err != nil {
		return was, err
	}
	k.renewed(began.Add(k.Lease * 9 / 10)) // before the broker forgets it, whose clock may be a little faster
	return revision, nil
}

// beat writes down that this process is there.
func (k *Keeper) beat(ctx context.Context, b buckets, was uint64) (revision uint64, err error) {
	address, err := k.Mover.Address()
	if err != nil {
		return 0, err
	}
	k.mu.Lock()
	n := Node{Name: k.Name, URL: k.URL, Address: address.String(), Database: k.Database, Instance: k.instance,
		Readers: len(k.ours), Since: time.Now()}
	k.mu.Unlock()
	data, err := json.Marshal(n)
	if err != nil {
		return 0, fmt.Errorf("encode a daemon: %w", err)
	}
	within, cancel := context.WithTimeout(ctx, max(k.Beat, time.Second))
	defer cancel()
	if was == 0 {
		revision, err = b.nodes.Create(within, k.Name, data)
	} else {
		revision, err = b.nodes.Update(within, k.Name, data, was)
	}
	if err = overtaken(err); errors.Is(err, errOvertaken) {
		k.lost()
		return 0, errors.New("another process has this daemon's lease; is a copy of the database in use?")
	}
	return revision, err
}

// lost ends the lease at once.
func (k *Keeper) lost() {
	k.renewed(time.Now())
	k.lapsed()
}

// agree makes all homes agree with what is written down here.
func (k *Keeper) agree(ctx context.Context, b buckets) error {
	all, err := b.all(ctx)
	if err != nil {
		return err
	}
	subs, err := k.learn() // after: whoever joins meanwhile is looked at later
	if err != nil {
		return err
	}
	for i, sub := range subs {
		key := keyOf(sub.Identity)
		if err := k.settle(ctx, b, key, &subs[i], all[key]); err != nil {
			return err
		}
		delete(all, key)
	}
	for key, e := range all {
		if e.Node != k.Name && e.To != k.Name {
			continue
		}
		if err := k.settle(ctx, b, key, nil, e); err != nil {
			return err
		}
	}
	return nil
}

// all are the homes by key.
func (b buckets) all(ctx context.Context) (map[string]entry, error) {
	w, err := b.homes.WatchAll(ctx)
	if err != nil {
		return nil, fmt.Errorf("read all homes: %w", err)
	}
	defer func() { _ = w.Stop() }()
	all := map[string]entry{}
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(patience):
			return nil, errors.New("read all homes: the broker does not go on")
		case v, open := <-w.Updates():
			if !open {
				return nil, errors.New("read all homes: the broker ended it")
			}
			if v == nil { // that was all
				return all, nil
			}
			e, err := decoded(v)
			if err != nil {
				return nil, err
			}
			if e.revision == 0 {
				delete(all, v.Key())
				continue
			}
			all[v.Key()] = e
		}
	}
}

// patience is how long the broker may take between two homes.
const patience = 10 * time.Second
