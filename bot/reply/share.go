package reply

import (
	"context"
	"image"

	"slugpuppy/dream"
)

// Share makes several daemons take turns at a dreamer, so that together they make no more than n
// pictures at a time: memory is planned for that many.
func Share(d Dreamer, n int) Dreamer { return &shared{d, make(chan struct{}, max(n, 1))} }

type shared struct {
	next  Dreamer
	turns chan struct{}
}

// turn waits for one, or for ctx.
func turn[T any](ctx context.Context, s *shared, make func() (T, error)) (T, error) {
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
		return make()
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

func (s *shared) Dream(ctx context.Context, src, guide image.Image, r dream.Recipe, report func(dream.Progress)) (*dream.Result, error) {
	return turn(ctx, s, func() (*dream.Result, error) { return s.next.Dream(ctx, src, guide, r, report) })
}

func (s *shared) Imagine(ctx context.Context, r dream.Recipe, report func(dream.Progress)) (*dream.Result, error) {
	return turn(ctx, s, func() (*dream.Result, error) { return s.next.Imagine(ctx, r, report) })
}

func (s *shared) Dive(ctx context.Context, src image.Image, r dream.Recipe, report func(dream.Progress)) (*dream.Clip, error) {
	return turn(ctx, s, func() (*dream.Clip, error) { return s.next.Dive(ctx, src, r, report) })
}

func (s *shared) Wander(ctx context.Context, src image.Image, r dream.Recipe, report func(dream.Progress)) (*dream.Clip, error) {
	return turn(ctx, s, func() (*dream.Clip, error) { return s.next.Wander(ctx, src, r, report) })
}
