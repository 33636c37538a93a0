package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"slugpuppy/app/apptest"
	"slugpuppy/cluster"
)

// score is what a file in these tests is judged as, so that nobody can be told of another's.
func score(file []byte) cluster.Seen {
	return cluster.Seen{Score: float64(file[0]) / 255, Sketch: []byte(file), Unread: ""}
}

// watcher is a worker that only looks.
func (r *rig) watcher(name, model string, at int, look func(ctx context.Context, file []byte) (cluster.Seen, error)) {
	r.t.Helper()
	w := cluster.NewWorker(cluster.WorkerOptions{Link: r.link(cluster.Options{Name: name}), Maker: with(nobody),
		Eyes: cluster.NewEyes(cluster.EyesOptions{Model: model, Look: look, At: at})})
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			r.t.Error(err)
		}
	})
	r.present(name)
}

// viewer is a daemon's, which looks through a cluster whose keepers are there.
func (r *rig) viewer(fallback bool) *cluster.Viewer {
	r.t.Helper()
	l := r.link(cluster.Options{Keeper: true})
	eventually(r.t, "the broker is there", func() bool { return l.Status(r.t.Context()).Err == nil })
	return cluster.NewViewer(cluster.ViewerOptions{Link: l, Model: "model 1", Fallback: fallback})
}

func blind(context.Context) (cluster.Seen, error) { return cluster.Seen{}, errNobody }

func TestAFileIsLookedAtOnceInTheWholeCluster(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.times.Claim = slower * 20 * time.Second // nobody dies here
	var looks atomic.Int32
	slow := func(_ context.Context, file []byte) (cluster.Seen, error) {
		looks.Add(1)
		time.Sleep(100 * time.Millisecond)
		return score(file), nil
	}
	r.watcher("one", "model 1", 2, slow)
	r.watcher("two", "model 1", 2, slow)
	daemons := []*cluster.Viewer{r.viewer(false), r.viewer(false), r.viewer(false)}
	eventually(t, "workers look", func() bool { _, err := daemons[0].View(t.Context(), []byte{1}, blind); return err == nil })
	looks.Store(0)
	var group sync.WaitGroup
	for i := range 24 {
		group.Go(func() {
			file := []byte{byte(100 + i%3), 7}
			got, err := daemons[i/8].View(within(t, 20*time.Second), file, blind)
			if err != nil || got.Score != score(file).Score || string(got.Sketch) != string(file) {
				t.Errorf("%v: %+v, %v", file, got, err)
			}
		})
	}
	group.Wait()
	if n := looks.Load(); n != 3 {
		t.Errorf("3 files were looked at %d times", n)
	}
	known := 0
	for _, d := range daemons {
		known += d.Views().Known
	}
	if known != 21 {
		t.Errorf("%d were known", known)
	}
}

func TestABurstOfFilesComesBackInItsPlaces(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.watcher("one", "model 1", 2, func(_ context.Context, file []byte) (cluster.Seen, error) {
		time.Sleep(time.Millisecond)
		if file[1] == 13 {
			return cluster.Seen{Unread: "it is no picture"}, nil
		}
		return score(file), nil
	})
	v := r.viewer(true)
	eventually(t, "a worker looks", func() bool {
		_, err := v.View(within(t, 20*time.Second), []byte{0, 0, 2}, blind)
		return err == nil
	})
	var group sync.WaitGroup
	for i := range 200 {
		group.Go(func() {
			file := []byte{byte(i), byte(i % 50), 1}
			got, err := v.View(within(t, 20*time.Second), file, func(context.Context) (cluster.Seen, error) { return score(file), nil })
			if err != nil || (file[1] == 13) != (got.Unread != "") && v.Views().Here == 0 || got.Unread == "" && got.Score != score(file).Score {
				t.Errorf("%v: %+v, %v", file, got, err)
			}
		})
	}
	group.Wait()
	if w := v.Views(); w.Remote < 100 {
		t.Errorf("%+v", w)
	}
}

func TestWhereNobodyCanLookItIsDoneHereOrNotNow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	hold := make(chan struct{})
	r.watcher("full", "model 1", 1, func(_ context.Context, file []byte) (cluster.Seen, error) {
		if file[0] == 1 {
			return cluster.Seen{}, errors.New("the decoder is away")
		}
		<-hold
		return score(file), nil
	})
	defer close(hold)
	falls, refuses := r.viewer(true), r.viewer(false)
	here := func(context.Context) (cluster.Seen, error) { return cluster.Seen{Score: 0.25}, nil }
	try := func(why string, file []byte) {
		t.Helper()
		if got, err := falls.View(within(t, time.Minute), file, here); err != nil || got.Score != 0.25 {
			t.Errorf("%s: %+v, %v", why, got, err)
		}
	}
	eventually(t, "a worker looks", func() bool { try("a worker that cannot", []byte{1, 1}); return true })
	if _, err := refuses.View(within(t, 20*time.Second), []byte{1, 2}, here); err == nil {
		t.Error("without fallback it was looked at here")
	}
	for i := range 8 { // its whole line
		go refuses.View(t.Context(), []byte{2, byte(i)}, here)
	}
	time.Sleep(slower * 300 * time.Millisecond)
	try("a worker that is full", []byte{3})
	other := cluster.NewViewer(cluster.ViewerOptions{Link: r.link(cluster.Options{Keeper: true}), Model: "model 2", Fallback: true})
	eventually(t, "it is looked at here", func() bool {
		got, err := other.View(t.Context(), []byte{4}, here)
		return err == nil && got.Score == 0.25
	})
	r.broker.Close()
	began := time.Now()
	try("the broker is gone", []byte{5})
	if took := time.Since(began); took > 2*quick.Reply {
		t.Errorf("it took %s", took)
	}
	r.start(apptest.FreeAddress(t))
}

func TestAClaimOfTheDeadEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.viewer(true)
	ctx, die := context.WithCancel(t.Context())
	started, hang := make(chan struct{}), make(chan struct{})
	defer close(hang)
	go v.View(ctx, []byte{9}, func(context.Context) (cluster.Seen, error) { close(started); <-hang; return cluster.Seen{}, errNobody })
	<-started
	die()
	got, err := r.viewer(true).View(within(t, 20*time.Second), []byte{9}, func(context.Context) (cluster.Seen, error) {
		return cluster.Seen{Score: 0.5}, nil
	})
	if err != nil || got.Score != 0.5 {
		t.Errorf("%+v, %v", got, err)
	}
}

func BenchmarkRemoteVerdict(b *testing.B) {
	r := newRig(b)
	r.watcher("one", "model 1", 2, func(_ context.Context, file []byte) (cluster.Seen, error) {
		return cluster.Seen{Score: 0.5, Sketch: make([]byte, 1024)}, nil
	})
	v := r.viewer(false)
	eventually(b, "workers look", func() bool { _, err := v.View(b.Context(), []byte{1}, blind); return err == nil })
	file := make([]byte, 60<<10)
	n := 0
	for b.Loop() {
		n++
		copy(file, fmt.Sprint(n))
		if _, err := v.View(b.Context(), file, blind); err != nil {
			b.Fatal(err)
		}
	}
}
