package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slugpuppy/cluster"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

func TestAPieceHasTheSameBytesWhereverItIsMade(t *testing.T) {
	r := newRig(t)
	r.times = cluster.Times{Beat: 2 * time.Second} // real dreams leave a busy machine little time for signs of life
	d := r.dreamer(nobody)
	r.worker("one", studio())
	imagine := order()
	imagine.Source, imagine.Recipe.Verb = nil, dream.Imagine
	imagine.Recipe.Words = []dream.WordTerm{{Label: 3, Weight: 1}}
	clip := order()
	clip.Recipe.Verb, clip.Recipe.Repeat = dream.Wander, 2
	pixels := order()
	pixels.Accept = nil
	moving := order()
	moving.Clip = threeFrames(t)
	orders := map[string]dream.Order{"a still": order(), "imagined": imagine, "a clip": clip, "pixels alone": pixels, "a moving picture": moving}
	for name, o := range orders {
		t.Run(name, func(t *testing.T) {
			here, err := studio().Make(within(t, time.Minute), o, nil)
			if err != nil {
				t.Fatal(err)
			}
			reports := 0
			there, err := d.Make(within(t, time.Minute), o, func(p dream.Progress) { reports++ })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(here, there); diff != "" {
				t.Errorf("here and there differ:\n%.2000s", diff)
			}
			if reports == 0 {
				t.Error("nobody told how far it was")
			}
		})
	}
	if remote, here := d.Made(); remote != len(orders) || here != 0 {
		t.Errorf("%d were made by workers, %d here", remote, here)
	}
}

// threeFrames is a clip.
func threeFrames(t *testing.T) *dream.Clip {
	t.Helper()
	s := dream.NewSampler(64, 64)
	for i := range 3 {
		if err := s.Add(picture.Frame{Image: picture.Landscape(64, 48, uint64(i)), Delay: 100 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
	}
	c, _ := s.Clip()
	return c
}

func TestWhatIsWrongWithAnOrderIsSaidAsHere(t *testing.T) {
	r := newRig(t)
	d := r.dreamer(nobody)
	r.worker("one", studio())
	o := order()
	o.Recipe.Octaves = 99
	_, here := studio().Make(t.Context(), o, nil)
	_, there := d.Make(within(t, 20*time.Second), o, nil)
	var a, b *dream.Problem
	if !errors.As(here, &a) || !errors.As(there, &b) || !cmp.Equal(a, b) {
		t.Errorf("here %v, there %v", here, there)
	}
}

func TestACancellationReachesTheWorker(t *testing.T) {
	r := newRig(t)
	r.times.Ack = slower * 20 * time.Second // a third of it later the worker would ask, and hear that nobody waits
	d := r.dreamer(nobody)
	begun, ended := make(chan struct{}), make(chan error, 1)
	r.worker("one", maker(func(ctx context.Context, _ dream.Order, report func(dream.Progress)) (dream.Piece, error) {
		close(begun)
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return dream.Piece{}, context.Cause(ctx)
	}))
	why := errors.New("changed their mind")
	ctx, cancel := context.WithCancelCause(within(t, 20*time.Second))
	go func() { <-begun; cancel(why) }()
	if _, err := d.Make(ctx, order(), nil); !errors.Is(err, why) {
		t.Errorf("Make returned %v", err)
	}
	began := time.Now()
	<-ended
	if took := time.Since(began); took > r.times.Ack/4 {
		t.Errorf("the worker heard of it after %s", took)
	}
}

// BenchmarkOverhead is what a dream costs more at a worker than here: all but the dreaming itself, with broker and
// worker on this machine.
func BenchmarkOverhead(b *testing.B) {
	r := newRig(b)
	d := r.dreamer(nil)
	r.worker("one", copies)
	for _, side := range []int{64, 512, 2048} {
		b.Run(fmt.Sprintf("%dx%d", side, side*3/4), func(b *testing.B) {
			o := order()
			o.Source, o.Accept = picture.Landscape(side, side*3/4, 3), nil
			eventually(b, "the worker is there", func() bool { _, err := d.Make(b.Context(), o, nil); return err == nil })
			for b.Loop() {
				if _, err := d.Make(b.Context(), o, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestPreviewsComeWhereTheyAreWanted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	scene := picture.Landscape(900, 600, 1)
	r.worker("one", maker(func(ctx context.Context, o dream.Order, report func(dream.Progress)) (dream.Piece, error) {
		for i := range 5 {
			report(dream.Progress{Fraction: float64(i) / 10, Look: func() *image.NRGBA { return scene }})
			time.Sleep(2 * progressRest)
		}
		return copies(ctx, o, report)
	}))
	l := r.link(cluster.Options{Keeper: true})
	for _, wanted := range []bool{true, false} {
		d := cluster.NewDreamer(cluster.DreamerOptions{Link: l, Networks: only(hash(t)), Looks: wanted})
		looks, last := 0, 0.0
		_, err := d.Make(within(t, 20*time.Second), order(), func(p dream.Progress) {
			if p.Look != nil {
				if img := p.Look(); img.Rect.Dx() == 512 {
					looks++
				}
			}
			if p.Fraction < last {
				t.Errorf("it went back from %g to %g", last, p.Fraction)
			}
			last = p.Fraction
		})
		if err != nil || wanted != (looks > 0) {
			t.Errorf("wanted %v: %d previews, %v", wanted, looks, err)
		}
	}
}

// progressRest is how often progress is told at most.
const progressRest = 100 * time.Millisecond

func TestWhoListensSlowlyLosesProgressAndNothingElse(t *testing.T) {
	t.Parallel()
	r, first := newRig(t), make(chan struct{})
	r.worker("one", maker(func(ctx context.Context, o dream.Order, report func(dream.Progress)) (dream.Piece, error) {
		for range 3000 {
			report(dream.Progress{Fraction: 1}) // the end is told each time
		}
		select {
		case <-first: // what is done at once may be known before any progress is
		case <-ctx.Done():
		}
		return copies(ctx, o, report)
	}))
	heard := 0
	_, err := r.dreamer(nobody).Make(within(t, 20*time.Second), order(), func(dream.Progress) {
		if heard++; heard == 1 {
			close(first)
		}
		time.Sleep(100 * time.Millisecond)
	})
	if err != nil || heard == 0 || heard > 100 {
		t.Errorf("%d reports, %v", heard, err)
	}
}
