package picture

import (
	"context"
	"time"
)

// DecodeFor lets tests give a decoder less time.
func DecodeFor(ctx context.Context, limit time.Duration, data []byte, lim Limits) error {
	format, h, err := inspect(data, lim.withDefaults())
	if err != nil {
		return err
	}
	_, err = decodeWithin(ctx, limit, data, format, h)
	return err
}
