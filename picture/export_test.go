package picture

import (
	"context"
	"time"
)

// DecodeFor lets tests give a decoder so much processor time, whatever its file should cost.
func DecodeFor(ctx context.Context, work time.Duration, data []byte) error {
	format := Sniff(data)
	h, err := readers[format].inspect(data)
	if err != nil {
		return err
	}
	_, err = decodeWithin(ctx, work, data, format, h)
	return err
}
