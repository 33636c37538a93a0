package reply_test

import (
	"context"
	"errors"
	"image"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"slugpuppy/bot/reply"
	"slugpuppy/dream"
)

// busy is a dreamer that notes how many work at a time.
type busy struct {
	reply.Dreamer
	now, most atomic.Int32
}

func (b *busy) Dream(context.Context, image.Image, image.Image, dream.Recipe, func(dream.Progress)) (*dream.Result, error) {
	b.most.Store(max(b.most.Load(), b.now.Add(1)))
	time.Sleep(time.Second)
	b.now.Add(-1)
	return &dream.Result{}, nil
}

func TestDaemonsTakeTurnsAtADreamer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &busy{}
		d := reply.Share(b, 2)
		var group errgroup.Group
		for range 6 {
			group.Go(func() error {
				_, err := d.Dream(t.Context(), nil, nil, dream.Recipe{}, nil)
				return err
			})
		}
		time.Sleep(time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if _, err := d.Dream(ctx, nil, nil, dream.Recipe{}, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who cannot wait got %v", err)
		}
		if err := group.Wait(); err != nil || b.most.Load() != 2 {
			t.Errorf("%d at a time, %v; want 2", b.most.Load(), err)
		}
	})
}
