package picture

import (
	"context"
	"time"
)

// DecodeFor lets tests give a decoder less time.
func DecodeFor(ctx context.Context, limit time.Duration, data []byte) error {
	format, h, err := inspect(data, Limits{}.withDefaults())
	if err != nil {
		return err
	}
	_, err = decodeWithin(ctx, limit, data, format, h)
	return err
}
