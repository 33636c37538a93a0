package cluster_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slugpuppy/cluster"
	"slugpuppy/cluster/broker"
)

func TestPicturesAtTheBrokerAreSealedAndAreGoneAfterwards(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := r.link(cluster.Options{Keeper: true})
	m, begun, goOn := holding()
	r.worker("one", m)
	done := made(t, cluster.NewDreamer(cluster.DreamerOptions{Link: l, Networks: only(hash(t))}), order())
	<-begun
	objects, err := l.JetStream().ObjectStore(t.Context(), "slugpuppy-pixels")
	if err != nil {
		t.Fatal(err)
	}
	names := func() (all []string) {
		infos, err := objects.List(within(t, 5*time.Second))
		if err != nil && !errors.Is(err, jetstream.ErrNoObjectsFound) {
			t.Fatal(err)
		}
		for _, i := range infos {
			all = append(all, i.Name)
		}
		return all
	}
	all := names()
	if len(all) != 1 {
		t.Fatalf("objects %q", all)
	}
	o, err := objects.Get(within(t, 5*time.Second), all[0])
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(o)
	if err != nil || len(data) < 1000 || bytes.Contains(data, []byte("PNG")) || bytes.Contains(data, []byte("recipe")) {
		t.Errorf("%d bytes, %v: %.60q", len(data), err, data)
	}
	if got, err := objects.Status(t.Context()); err != nil || got.TTL() > time.Hour || got.TTL() == 0 {
		t.Errorf("they expire after %s, %v", got.TTL(), err)
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if left := names(); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// shipped has a network that no worker has.
type shipped struct {
	hash   string
	bundle []byte
}

func (s shipped) Hash(string) (string, error)   { return s.hash, nil }
func (s shipped) Bundle(string) ([]byte, error) { return s.bundle, nil }

func TestANetworkThatAWorkerLacksComesWithTheOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	bundle := bytes.Repeat([]byte("a network "), 100_000)
	d := cluster.NewDreamer(cluster.DreamerOptions{Link: r.link(cluster.Options{Keeper: true}),
		Networks: shipped{strings.Repeat("cd", 32), bundle}})
	w := cluster.NewWorker(cluster.WorkerOptions{Link: r.link(cluster.Options{Name: "one"}),
		Maker: func(ctx context.Context, hash string, fetch func(context.Context) ([]byte, error)) (cluster.Maker, error) {
			got, err := fetch(ctx)
			if err != nil || hash != strings.Repeat("cd", 32) || !bytes.Equal(got, bundle) {
				t.Errorf("network %s of %d bytes: %v", hash, len(got), err)
			}
			return copies, err
		}})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	r.present("one")
	for range 2 {
		if err := <-made(t, d, order()); err != nil {
			t.Error(err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestOddMessagesInTheQueueEndNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := r.link(cluster.Options{Keeper: true})
	d := cluster.NewDreamer(cluster.DreamerOptions{Link: l, Networks: only(hash(t))})
	r.worker("one", copies)
	if err := <-made(t, d, order()); err != nil {
		t.Fatal(err)
	}
	for _, odd := range []string{"", "{}", "\xff\x00", strings.Repeat("[", 30_000), `{"v":1,"id":"../../x"}`} {
		if _, err := l.JetStream().Publish(t.Context(), "slugpuppy.order.any", []byte(odd)); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-made(t, d, order()); err != nil {
		t.Error(err)
	}
	eventually(t, "the queue is empty", func() bool { return l.Status(t.Context()).Waiting == 0 })
}

func TestAWorkersKeyOpensNothingElse(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	daemon := r.link(cluster.Options{Keeper: true})
	r.worker("one", copies)
	if err := <-made(t, cluster.NewDreamer(cluster.DreamerOptions{Link: daemon, Networks: only(hash(t))}), order()); err != nil {
		t.Fatal(err)
	}
	l := r.link(cluster.Options{Name: "curious"})
	try := func() context.Context { return within(t, 300*time.Millisecond) } // what is not allowed is not answered
	if _, err := l.JetStream().CreateStream(try(), jetstream.StreamConfig{Name: "mine", Subjects: []string{"mine"}}); err == nil {
		t.Error("a worker made a stream")
	}
	if err := l.JetStream().DeleteStream(try(), "slugpuppy-orders"); err == nil {
		t.Error("a worker deleted the queue")
	}
	if _, err := l.JetStream().Publish(try(), "slugpuppy.order.any", []byte("{}")); err == nil {
		t.Error("a worker gave an order")
	}
	if _, err := nats.Connect(r.broker.Address()); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("somebody without a key: %v", err)
	}
	if _, err := broker.Start(broker.Options{Listen: strings.TrimPrefix(r.broker.Address(), "nats://"), Dir: t.TempDir()}); err == nil {
		t.Error("two brokers listen on one address")
	}
}

func TestNodesAndTheQueueAreSeen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := r.link(cluster.Options{Keeper: true, Name: "daemon"})
	m, begun, goOn := holding()
	stop := r.worker("one", m)
	first := made(t, cluster.NewDreamer(cluster.DreamerOptions{Link: l, Networks: only(hash(t))}), order())
	<-begun
	eventually(t, "the worker says that it is busy", func() bool {
		s := l.Status(t.Context())
		busy, all := s.Slots()
		return s.Connected && busy == 1 && all == 1 && s.Waiting == 1 && time.Since(s.Oldest) < time.Minute
	})
	close(goOn)
	if err := <-first; err != nil {
		t.Error(err)
	}
	stop()
	eventually(t, "nobody is there", func() bool { return len(l.Nodes()) == 0 })
}
