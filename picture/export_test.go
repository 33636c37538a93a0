package picture

import "context"

// ScanGIF lets tests look at the walk over a GIF's blocks alone.
func ScanGIF(data []byte) (frames int, pixels int64, err error) {
	info, err := scanGIF(data)
	return info.frames, info.pixels, err
}

// Hold lets tests use a decode budget up.
func (b *Budget) Hold(ctx context.Context, bytes int64) (func(), error) { return b.hold(ctx, bytes) }
