package picture

import (
	"context"
	"time"

	"slugpuppy/picture/codec"
)

// Inspect lets tests look at what is known of a file before it is decoded.
func Inspect(data []byte, lim Limits) (codec.Header, error) {
	_, h, err := inspect(data, lim.withDefaults())
	return h, err
}

// DecodeFor lets tests give a decoder less time.
func DecodeFor(ctx context.Context, limit time.Duration, data []byte) error {
	format, h, err := inspect(data, Limits{}.withDefaults())
	if err != nil {
		return err
	}
	_, err = decodeWithin(ctx, limit, data, format, h)
	return err
}
