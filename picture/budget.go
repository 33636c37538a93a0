package picture

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
)

// Budget bounds the memory of all decodes at the same time.
type Budget struct {
	sem   *semaphore.Weighted
	total int64
}

// NewBudget allows decodes that together hold about so many bytes.
func NewBudget(bytes int64) *Budget {
	return &Budget{sem: semaphore.NewWeighted(bytes), total: bytes}
}

// Hold waits for a share of the memory; whoever wants more than all of it waits for all.
func (b *Budget) Hold(ctx context.Context, bytes int64) (release func(), err error) {
	if b == nil {
		return func() {}, nil
	}
	bytes = min(bytes, b.total)
	if err := b.sem.Acquire(ctx, bytes); err != nil {
		return nil, fmt.Errorf("wait for decode memory: %w", err)
	}
	return func() { b.sem.Release(bytes) }, nil
}
