package picture

import (
	"context"
)

// Hold lets tests use a decode budget up.
func (b *Budget) Hold(ctx context.Context, bytes int64) (func(), error) { return b.hold(ctx, bytes) }
