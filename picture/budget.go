package picture

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
)

// Budget bounds the memory of all decodes at the same time. A quarter of it is kept for those that take
// little, so that none of them waits behind a few huge files.
type Budget struct {
	common, little *semaphore.Weighted
	most, small    int64 // of common, and of little
}

// NewBudget allows decodes that together hold about so many bytes.
func NewBudget(bytes int64) *Budget {
	small := bytes / 4
	most := bytes - small
	return &Budget{semaphore.NewWeighted(most), semaphore.NewWeighted(small), most, small}
}

// Hold waits for a share of the memory; whoever wants more than there is waits for all that is not kept.
func (b *Budget) Hold(ctx context.Context, bytes int64) (release func(), err error) {
	if b == nil {
		return func() {}, nil
	}
	bytes = min(bytes, b.most)
	share := b.common
	if bytes <= b.small {
		if share.TryAcquire(bytes) {
			return func() { share.Release(bytes) }, nil
		}
		share = b.little
	}
	if err := share.Acquire(ctx, bytes); err != nil {
		return nil, fmt.Errorf("wait for decode memory: %w", err)
	}
	return func() { share.Release(bytes) }, nil
}
