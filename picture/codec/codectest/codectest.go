// Package codectest is one suite for the decoders of all formats.
package codectest

import (
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"runtime"
	"testing"

	"slugpuppy/picture/codec"
	"slugpuppy/picture/odd"
)

// Reader is the decoder of a format.
type Reader struct {
	Format  string
	Inspect func([]byte) (codec.Header, error)
	Decode  func(context.Context, []byte) (*image.NRGBA, error)
}

// Files with more than this are not decoded while fuzzing.
const (
	fuzzPixels = 1 << 16
	fuzzCost   = 1 << 24
	slack      = 1 << 20 // bytes, for tables and readers
)

// Test tries the odd files of the format, whole, cut at any place and damaged.
func Test(t *testing.T, r Reader) {
	files := odd.Of(r.Format)
	if len(files) == 0 {
		t.Fatalf("no odd files of %s", r.Format)
	}
	for _, f := range files {
		t.Run(f.Name, func(t *testing.T) {
			if shown := r.check(t, f.Data); shown != (f.Shown != odd.Nothing) {
				t.Fatalf("shown: %v", shown)
			}
			r.stops(t, f)
			for n := 0; n < len(f.Data); n += 1 + len(f.Data)/300 {
				r.check(t, f.Data[:n])
			}
			random := rand.New(rand.NewPCG(1, uint64(len(f.Data))))
			for range 200 {
				r.check(t, damaged(f.Data, random))
			}
		})
	}
}

// Fuzz begins with the odd files.
func Fuzz(f *testing.F, r Reader) {
	for _, file := range odd.Of(r.Format) {
		f.Add(file.Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { r.check(t, data) })
}

// check decodes a file and tells whether it can be shown. It must keep what was said of it before.
func (r Reader) check(t *testing.T, data []byte) bool {
	t.Helper()
	h, err := r.Inspect(data)
	if err != nil {
		typed(t, err)
		return false
	}
	if h.W <= 0 || h.H <= 0 || h.Frames < 1 || h.Pixels < 1 {
		t.Fatalf("a file of %dx%d, %d frames and %d pixels", h.W, h.H, h.Frames, h.Pixels)
	}
	if h.W > fuzzPixels || h.H > fuzzPixels || h.W*h.H > fuzzPixels || h.Cost > fuzzCost {
		return false
	}
	if pixels := int64(h.W) * int64(h.H); h.Cost < pixels || h.Memory < 4*pixels {
		t.Fatalf("%dx%d at a cost of %d and %d bytes", h.W, h.H, h.Cost, h.Memory)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	img, err := r.Decode(t.Context(), data)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > uint64(h.Memory)+slack {
		t.Fatalf("%d bytes allocated, %d were said before", used, h.Memory)
	}
	if err != nil {
		typed(t, err)
		return false
	}
	if img.Rect != image.Rect(0, 0, h.W, h.H) {
		t.Fatalf("%v, said was %dx%d", img.Rect, h.W, h.H)
	}
	return true
}

// stops wants a decoder to end with its context.
func (r Reader) stops(t *testing.T, f odd.File) {
	t.Helper()
	if f.Shown == odd.Nothing {
		return
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Decode(ctx, f.Data); !errors.Is(err, context.Canceled) {
		t.Fatalf("decoding on after its context ended: %v", err)
	}
}

// typed wants errors of package codec.
func typed(t *testing.T, err error) {
	t.Helper()
	var format codec.FormatError
	var unsupported codec.UnsupportedError
	if !errors.As(err, &format) && !errors.As(err, &unsupported) {
		t.Fatalf("an error that says nothing of the file: %v", err)
	}
}

// damaged changes a few bytes, and sometimes takes some away.
func damaged(data []byte, random *rand.Rand) []byte {
	out := append([]byte{}, data...)
	for range 1 + random.IntN(4) {
		out[random.IntN(len(out))] = byte(random.Uint32())
	}
	if random.IntN(4) == 0 {
		at := random.IntN(len(out))
		out = append(out[:at], out[min(len(out), at+random.IntN(20)):]...)
	}
	return out
}
