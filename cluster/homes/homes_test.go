package homes_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"slugpuppy/app/apptest"
	"slugpuppy/bot/identity"
	"slugpuppy/bot/move"
	"slugpuppy/bot/network"
	"slugpuppy/cluster"
	"slugpuppy/cluster/broker"
	"slugpuppy/cluster/homes"
	"slugpuppy/store"
)

var (
	boss   = store.Actor{Name: "operator"}
	reader = identity.Identity{Server: "example.social", ID: "7"}
)

// rig is a broker and the daemons that use it.
type rig struct {
	t       testing.TB
	dir     string
	broker  *broker.Broker
	address string
	nkey    string
	lease   time.Duration
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), lease: 3 * time.Second}
	r.start(apptest.FreeAddress(t)) // its own, also while it is down
	t.Cleanup(func() { r.broker.Close() })
	return r
}

func (r *rig) start(listen string) {
	r.t.Helper()
	b, err := broker.Start(broker.Options{Listen: listen, Dir: r.dir})
	if err != nil {
		r.t.Fatal(err)
	}
	r.broker, r.address, r.nkey = b, b.Address(), b.Keys().Daemon
}

// daemon is a database with a keeper that may run.
type daemon struct {
	r      *rig
	name   string
	dir    string
	key    *store.Key
	store  *store.Store
	link   *cluster.Link
	keeper atomic.Pointer[homes.Keeper]
	cancel context.CancelFunc
	ended  chan error
	says   func() (identity.Identity, error) // whose tokens are
}

func (r *rig) daemon(name string) *daemon {
	r.t.Helper()
	d := &daemon{r: r, name: name, dir: r.t.TempDir(), says: func() (identity.Identity, error) { return reader, nil }}
	key, err := store.OpenKey(filepath.Join(d.dir, "key"))
	if err != nil {
		r.t.Fatal(err)
	}
	d.key = key
	d.run()
	r.t.Cleanup(d.kill)
	return d
}

// run begins as a process would.
func (d *daemon) run() {
	t := d.r.t
	t.Helper()
	var err error
	if d.store, err = store.Open(filepath.Join(d.dir, "db"), store.Options{NoSync: true}); err != nil {
		t.Fatal(err)
	}
	d.link, err = cluster.Open(cluster.Options{Broker: d.r.address, NKey: d.r.nkey, Keeper: true, Name: d.name,
		Times: cluster.Times{Away: 200 * time.Millisecond, Reply: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	mover := &move.Mover{Store: d.store, Key: func() (*store.Key, error) { return d.key, nil },
		Secrets: func(s store.Subscriber) ([]store.SecretName, error) {
			return []store.SecretName{{Record: "filter:" + s.Identity.String(), Field: "token"}}, nil
		},
		Whose: func(_ context.Context, s store.Subscriber, _ map[string]string) (identity.Identity, error) {
			if s.Identity != reader {
				return s.Identity, nil
			}
			return d.says()
		}}
	k, err := homes.New(homes.Options{JetStream: d.link.JetStream(), Name: d.name, Database: d.dir, Mover: mover,
		Lease: d.r.lease, Beat: d.r.lease / 60, Patience: d.r.lease, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.cancel, d.ended = cancel, make(chan error, 1)
	d.keeper.Store(k)
	go func() { d.ended <- k.Run(ctx) }()
}

// kill ends it between two steps; crashed, it does not give its lease back.
func (d *daemon) kill() {
	k := d.keeper.Swap(nil)
	if k == nil {
		return
	}
	d.link.Close() // first: it cannot say farewell
	d.cancel()
	if err := <-d.ended; err != nil {
		d.r.t.Error(err)
	}
	d.store.Close()
}

func (d *daemon) join(who identity.Identity) {
	d.r.t.Helper()
	_, err := d.store.For(who).Subscription().Join(boss, store.Subscriber{Network: "test", Handle: "ada@" + who.Server,
		Server: "https://" + who.Server, Mode: store.FilterOn})
	if err != nil {
		d.r.t.Fatal(err)
	}
	if err := d.store.Vault(d.key).Put("filter:"+who.String(), "token", []byte("secret")); err != nil {
		d.r.t.Fatal(err)
	}
	d.keeper.Load().Poke()
}

// holds says whether the daemon would look after an account now.
func (d *daemon) holds(who identity.Identity) bool {
	k := d.keeper.Load()
	if k == nil {
		return false
	}
	_, end, err := k.Hold(context.Background(), who)
	if err == nil {
		end()
	}
	return err == nil
}

func (d *daemon) knows(who identity.Identity) bool {
	_, err := d.store.For(who).Subscription().Subscriber()
	return err == nil
}

func (d *daemon) sub() store.Subscriber {
	sub, _ := d.store.For(reader).Subscription().Subscriber()
	return sub
}

func (d *daemon) moves(to string) error {
	ctx, cancel := context.WithTimeout(d.r.t.Context(), 20*time.Second)
	defer cancel()
	return d.keeper.Load().Move(ctx, boss, d.sub(), to)
}

func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came that %s", what)
		}
	}
}

func TestAReaderMovesToAnotherDaemon(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.daemon("a"), r.daemon("b")
	a.join(reader)
	eventually(t, "a has its reader", func() bool { return a.holds(reader) })
	eventually(t, "b is there", func() bool { return !b.keeper.Load().Leased().IsZero() })
	held, end, err := a.keeper.Load().Hold(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	if err := a.moves("nobody"); !errors.Is(err, homes.ErrUnknown) {
		t.Errorf("moved to nobody: %v", err)
	}
	if err := a.moves("b"); err != nil {
		t.Fatal(err)
	}
	if held.Err() == nil || a.holds(reader) || a.knows(reader) {
		t.Error("the giver still has the reader")
	}
	eventually(t, "b has the reader", func() bool { return b.holds(reader) })
	if v, err := b.store.Vault(b.key).Get("filter:"+reader.String(), "token"); string(v) != "secret" || err != nil {
		t.Errorf("the token is %q, %v", v, err)
	}
	n, ok, err := a.keeper.Load().Home(t.Context(), reader)
	if n.Name != "b" || !ok || err != nil {
		t.Errorf("the home is %+v, %v, %v", n, ok, err)
	}
	if err := b.moves("a"); err != nil { // and back
		t.Fatal(err)
	}
	eventually(t, "a has the reader again", func() bool { return a.holds(reader) && !b.holds(reader) })
}

func TestWhoIsRefusedStays(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.daemon("a"), r.daemon("b")
	b.says = func() (identity.Identity, error) {
		return identity.Identity{}, &network.Error{Kind: network.Unauthorized, Err: errors.New("no")}
	}
	a.join(reader)
	eventually(t, "a has its reader", func() bool { return a.holds(reader) })
	eventually(t, "b is there", func() bool { return !b.keeper.Load().Leased().IsZero() })
	if err := a.moves("b"); !errors.Is(err, homes.ErrRefused) {
		t.Errorf("the move ended with %v", err)
	}
	eventually(t, "a has its reader again", func() bool { return a.holds(reader) })
	if b.knows(reader) {
		t.Error("the receiver kept something")
	}
}

func TestWithoutTheBrokerADaemonGoesOnUntilItsLeaseIsOver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.daemon("a")
	a.join(reader)
	eventually(t, "a has its reader", func() bool { return a.holds(reader) })
	held, end, err := a.keeper.Load().Hold(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	listen := r.address[len("nats://"):]
	r.broker.Close()
	gone := time.Now()
	if !a.holds(reader) {
		t.Error("it ended at once")
	}
	<-held.Done()
	until := a.keeper.Load().Leased()
	if lasted := until.Sub(gone); lasted < r.lease/2 || lasted > r.lease {
		t.Errorf("the lease lasted for %s of %s", lasted, r.lease)
	}
	if late := time.Since(until); late < 0 || late > r.lease { // a busy machine is late
		t.Errorf("it ended %s after its lease", late)
	}
	if a.holds(reader) {
		t.Error("it goes on without a lease")
	}
	r.start(listen)
	eventually(t, "a has its reader again", func() bool { return a.holds(reader) })
}

func TestALostDaemonsReadersAreTakenOverOnlyAfterItsLease(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.daemon("a"), r.daemon("b")
	elsewhere, late := identity.Identity{Server: "example.social", ID: "8"}, identity.Identity{Server: "example.social", ID: "9"}
	a.join(reader)
	a.join(elsewhere)
	eventually(t, "a has its readers", func() bool { return a.holds(reader) && a.holds(elsewhere) })
	eventually(t, "b is there", func() bool { return !b.keeper.Load().Leased().IsZero() })
	backup := filepath.Join(t.TempDir(), "backup")
	if err := a.store.BackupFile(backup); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	sub, _ := a.store.For(elsewhere).Subscription().Subscriber()
	if err := a.keeper.Load().Move(ctx, boss, sub, "b"); err != nil {
		t.Fatal(err)
	}
	a.join(late)
	eventually(t, "a has the late one", func() bool { return a.holds(late) })
	a.kill()
	old, err := store.Open(backup, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	take := func() (homes.TakenOver, error) {
		return b.keeper.Load().TakeOver(ctx, boss, "a", func(each func(store.Share) error) error {
			return old.Vault(a.key).Shares(func(s store.Subscriber) ([]store.SecretName, error) {
				return []store.SecretName{{Record: "filter:" + s.Identity.String(), Field: "token"}}, nil
			}, each)
		})
	}
	if _, err := take(); !errors.Is(err, homes.ErrAlive) {
		t.Errorf("taken over while the lease lasts: %v", err)
	}
	time.Sleep(r.lease)
	var got homes.TakenOver
	eventually(t, "the lease is over", func() bool { got, err = take(); return !errors.Is(err, homes.ErrAlive) })
	if want := (homes.TakenOver{Taken: 1, Left: 1, Later: 1}); got != want || err != nil {
		t.Errorf("taken over %+v, %v, want %+v", got, err, want)
	}
	eventually(t, "b has them", func() bool { return b.holds(reader) && b.holds(elsewhere) })
	if v, err := b.store.Vault(b.key).Get("filter:"+reader.String(), "token"); string(v) != "secret" || err != nil {
		t.Errorf("the token is %q, %v", v, err)
	}
	a.run() // it was not lost after all
	eventually(t, "a knows that its reader is elsewhere", func() bool { return !a.knows(reader) })
	eventually(t, "a keeps the one of whom nobody knew", func() bool { return a.holds(late) })
	if a.holds(reader) || !b.holds(reader) {
		t.Error("both have the reader, or none")
	}
}

func TestOfTwoWhoHaveAnAccountOneLooksAfterIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.daemon("a"), r.daemon("b")
	a.join(reader)
	b.join(reader)
	eventually(t, "one has it", func() bool { return a.holds(reader) != b.holds(reader) })
	time.Sleep(100 * time.Millisecond) // both have heard of the other
	first := a.holds(reader)
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if a.holds(reader) != first || b.holds(reader) == first {
			t.Fatal("it is not always the same one that looks after it")
		}
	}
	if !a.knows(reader) || !b.knows(reader) {
		t.Error("what one knows is lost")
	}
}

func TestNobodyElseMayUseADaemonsName(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.daemon("a")
	a.join(reader)
	eventually(t, "a has its reader", func() bool { return a.holds(reader) })
	b := r.daemon("a")
	b.join(identity.Identity{Server: "example.social", ID: "8"})
	time.Sleep(300 * time.Millisecond)
	if b.holds(identity.Identity{Server: "example.social", ID: "8"}) || !a.holds(reader) {
		t.Error("two daemons of one name work")
	}
}

// together are the daemons that look after an account at one time: the passes that each began, and that still go on
// when the last of them begins. Asked one after the other, a reader who moves meanwhile would be with two.
func together(daemons []*daemon, who identity.Identity) (by []string) {
	type pass struct {
		of   *daemon
		by   *homes.Keeper
		held context.Context
	}
	var under []pass
	for _, d := range daemons {
		k := d.keeper.Load()
		if k == nil {
			continue
		}
		held, end, err := k.Hold(context.Background(), who)
		if err != nil {
			continue
		}
		defer end()
		now := []string{d.name}
		for _, p := range under {
			if p.held.Err() == nil && p.of.keeper.Load() == p.by { // what a killed one had under way died with it
				now = append(now, p.of.name)
			}
		}
		if len(now) > len(by) {
			by = now
		}
		under = append(under, pass{d, k, held})
	}
	return by
}

// Three daemons, readers who move about, daemons and the broker killed at any moment: at no time do two hold an
// account, and in the end each is held by one.
func TestNoAccountIsEverHeldByTwoWhateverIsKilledWhen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	daemons := []*daemon{r.daemon("a"), r.daemon("b"), r.daemon("c")}
	var readers []identity.Identity
	for i := range 6 {
		who := identity.Identity{Server: "example.social", ID: fmt.Sprint(100 + i)}
		readers = append(readers, who)
		daemons[i%3].join(who)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() { // each daemon begins a pass for each reader
		for {
			for _, who := range readers {
				if by := together(daemons, who); len(by) > 1 {
					t.Errorf("%s is held by %v", who, by)
				}
			}
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	for end := time.Now().Add(voyage(t)); time.Now().Before(end); {
		d := daemons[dice.IntN(3)]
		switch n := dice.IntN(10); {
		case n < 6:
			who := readers[dice.IntN(len(readers))]
			if sub, err := d.store.For(who).Subscription().Subscriber(); err == nil {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(dice.IntN(100))*time.Millisecond)
				_ = d.keeper.Load().Move(ctx, boss, sub, daemons[dice.IntN(3)].name)
				cancel()
			}
		case n < 9:
			time.Sleep(time.Duration(dice.IntN(30)) * time.Millisecond)
			d.kill()
			time.Sleep(time.Duration(dice.IntN(200)) * time.Millisecond)
			d.run()
		default:
			listen := r.address[len("nats://"):]
			r.broker.Close()
			time.Sleep(time.Duration(dice.IntN(500)) * time.Millisecond)
			r.start(listen)
		}
	}
	for _, who := range readers {
		eventually(t, who.String()+" is held by one", func() bool {
			n := 0
			for _, d := range daemons {
				if d.holds(who) {
					n++
				}
			}
			return n == 1
		})
	}
	close(stop)
	watch.Wait()
}
