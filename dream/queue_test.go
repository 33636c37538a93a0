package dream_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"slugpuppy/dream"
)

// busy is a maker that takes a second for each piece and notes what it makes, and how many at a time.
type busy struct {
	now, most atomic.Int32
	mu        sync.Mutex
	order     []uint64 // seeds, in the order they were begun
}

func (b *busy) Make(_ context.Context, o dream.Order, report func(dream.Progress)) (dream.Piece, error) {
	b.most.Store(max(b.most.Load(), b.now.Add(1)))
	defer b.now.Add(-1)
	b.mu.Lock()
	b.order = append(b.order, o.Recipe.Seed)
	b.mu.Unlock()
	time.Sleep(time.Second)
	if report != nil {
		report(dream.Progress{Fraction: 1})
	}
	return dream.Piece{Recipe: o.Recipe}, nil
}

func order(seed uint64) dream.Order { return dream.Order{Recipe: dream.Recipe{Seed: seed}} }

func TestAQueueServesFirstComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &busy{}
		q := dream.NewQueue(b, 2)
		var group errgroup.Group
		for i := range uint64(7) {
			group.Go(func() error {
				p, err := q.Make(t.Context(), order(i), nil)
				if p.Recipe.Seed != i {
					t.Errorf("%d got the piece of %d", i, p.Recipe.Seed)
				}
				return err
			})
			time.Sleep(time.Millisecond)
		}
		if err := group.Wait(); err != nil || b.most.Load() != 2 {
			t.Errorf("%d at a time, %v; want 2", b.most.Load(), err)
		}
		if !slices.IsSorted(b.order) || len(b.order) != 7 {
			t.Errorf("served in the order %v", b.order)
		}
	})
}

func TestWhoWaitsIsToldTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := dream.NewQueue(&busy{}, 1)
		var group errgroup.Group
		told := make([][]int, 4)
		for i := range told {
			group.Go(func() error {
				_, err := q.Make(t.Context(), order(uint64(i)), func(p dream.Progress) { told[i] = append(told[i], p.Ahead) })
				return err
			})
			time.Sleep(time.Millisecond)
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		for i, want := range [][]int{{0}, {1, 0}, {2, 1, 0}, {3, 2, 1, 0}} {
			if !slices.Equal(told[i], want) {
				t.Errorf("number %d was told %v, want %v", i, told[i], want)
			}
		}
	})
}

func TestWhoGivesUpLosesNobodysPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := dream.NewQueue(&busy{}, 1)
		var group errgroup.Group
		group.Go(func() error { _, err := q.Make(t.Context(), order(0), nil); return err })
		time.Sleep(time.Millisecond)
		gone := errors.New("the person left")
		ctx, cancel := context.WithCancelCause(t.Context())
		group.Go(func() error {
			if _, err := q.Make(ctx, order(1), nil); !errors.Is(err, gone) {
				t.Errorf("who left got %v", err)
			}
			return nil
		})
		time.Sleep(time.Millisecond)
		var told []int
		group.Go(func() error {
			_, err := q.Make(t.Context(), order(2), func(p dream.Progress) { told = append(told, p.Ahead) })
			return err
		})
		time.Sleep(time.Millisecond)
		cancel(gone)
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(told, []int{2, 1, 0}) {
			t.Errorf("who stayed was told %v", told)
		}
		if _, err := q.Make(t.Context(), order(3), nil); err != nil {
			t.Error(err)
		}
	})
}

// A place handed over at the moment its taker gives up goes to the next in line, or is free again.
func TestAPlaceIsNeverLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := dream.NewQueue(&busy{}, 2)
		var group errgroup.Group
		for i := range uint64(60) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%5+1)*time.Second) // ends as others leave
			group.Go(func() error {
				defer cancel()
				_, err := q.Make(ctx, order(i), nil)
				if err != nil && !errors.Is(err, context.DeadlineExceeded) {
					return err
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for range 2 {
			group.Go(func() error { _, err := q.Make(t.Context(), order(1), nil); return err })
		}
		if err := group.Wait(); err != nil || time.Since(began) != time.Second {
			t.Errorf("two pieces took %v, %v", time.Since(began), err)
		}
	})
}

// steady is a maker that knows how long it takes: as many seconds as an order has steps.
type steady struct{}

func (steady) Expect(o dream.Order) (time.Duration, error) {
	return time.Duration(o.Recipe.Steps) * time.Second, nil
}

func (steady) Make(_ context.Context, o dream.Order, report func(dream.Progress)) (dream.Piece, error) {
	for i := range o.Recipe.Steps {
		report(dream.Progress{Left: time.Duration(o.Recipe.Steps-i) * time.Second})
		time.Sleep(time.Second)
	}
	return dream.Piece{}, nil
}

// Who waits is told when their piece will be there: of two at a time, whoever is done first takes the next.
func TestWhoWaitsIsToldHowLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := dream.NewQueue(steady{}, 2)
		var group errgroup.Group
		for _, o := range []struct{ steps, until int }{{30, 30}, {10, 10}, {40, 50}, {5, 35}, {20, 55}} {
			group.Go(func() error {
				begun, told := time.Now(), 0
				_, err := q.Make(t.Context(), dream.Order{Recipe: dream.Recipe{Steps: o.steps}}, func(p dream.Progress) {
					told++
					if off := time.Since(begun) + p.Left - time.Duration(o.until)*time.Second; off < -time.Second || off > time.Second {
						t.Errorf("the one of %d steps hears at %v of %v, and is done at %d", o.steps, time.Since(begun), p.Left, o.until)
					}
				})
				if took := time.Since(begun).Round(time.Second); took != time.Duration(o.until)*time.Second {
					t.Errorf("the one of %d steps took %v", o.steps, took)
				}
				if told < o.until/3 {
					t.Errorf("the one of %d steps was told %d times in %d seconds", o.steps, told, o.until)
				}
				return err
			})
			time.Sleep(time.Millisecond)
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
	})
}
