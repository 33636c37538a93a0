package picture_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"slugpuppy/picture"
	"slugpuppy/picture/odd"
)

func TestWorkIsKnownBeforeItBegins(t *testing.T) {
	flood := make([]byte, 64<<20) // unpacks from few bytes
	for _, test := range []struct {
		name string
		data []byte
		kind picture.Kind
		what picture.Quantity
	}{
		{"a JPEG of 3,000 scans", odd.ScanBomb(5752, 3000), picture.TooCostly, picture.Passes},
		{"a smaller one of 20,000", odd.ScanBomb(1300, 20_000), picture.TooCostly, picture.Passes},
		{"a tiny one of as many as fit", odd.ScanBomb(120, 500_000), picture.TooCostly, picture.Passes},
		{"a small one of work for a large picture", odd.ScanBomb(1300, 500), picture.TooCostly, picture.Passes},
		{"a sequential one whose scans repeat", repeatedScans(1000), 0, ""},
		{"a GIF of many frames", gifOf(5000, 1, 1), picture.TooLong, picture.FrameCount},
		{"a GIF of large frames", gifOf(90, 1000, 1000), picture.TooLong, picture.FramePixels},
		{"a WebP of many frames", animatedWebP(5000), picture.TooLong, picture.FrameCount},
		{"a WebP of a huge canvas", hugeWebP(), picture.TooBig, picture.LongSide},
		{"a GIF whose frame lies far away", farGIF(), picture.TooBig, picture.LongSide},
		{"a PNG whose pixels go on", odd.PNG(flood), 0, ""},
		{"a PNG whose profile goes on", odd.PNGWithProfile(flood), 0, ""},
		{"a BMP whose runs go on beyond its edge", runningBMP(8_300_000), 0, ""},
		{"a BMP of huge sides", hugeBMP(), picture.TooBig, picture.LongSide},
	} {
		t.Run(test.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begin := time.Now()
			_, err := picture.Decode(t.Context(), test.data, picture.Limits{})
			took := time.Since(begin)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
				t.Errorf("%d bytes allocated", used)
			}
			if took > 2*time.Second { // some milliseconds, on a machine that has time
				t.Errorf("took %v", took)
			}
			if test.kind == 0 {
				if err != nil {
					t.Errorf("%v, want a picture that is decoded without what is too much", err)
				}
				return
			}
			var p *picture.Problem
			if !errors.As(err, &p) || p.Kind != test.kind || p.What != test.what || p.Got <= p.Max || p.Max <= 0 {
				t.Errorf("got %#v, want %v of %s", err, test.kind, test.what)
			}
		})
	}
}

// repeatedScans is a sequential JPEG that paints the same picture again and again.
func repeatedScans(n int) []byte {
	data := odd.JPEG{}.Write(odd.Drawing())
	scan := data[bytes.Index(data, []byte{0xff, 0xda}) : len(data)-2]
	return append(append(data[:len(data)-2:len(data)-2], bytes.Repeat(scan, n)...), 0xff, 0xd9)
}

func animatedWebP(frames int) []byte {
	frame := append(make([]byte, 16), odd.RIFFChunk("VP8L", []byte{0x2f, 0, 0, 0, 0})...)
	chunks := [][]byte{odd.RIFFChunk("VP8X", make([]byte, 10))}
	for range frames {
		chunks = append(chunks, odd.RIFFChunk("ANMF", frame))
	}
	return odd.RIFF(chunks...)
}

func hugeWebP() []byte {
	canvas := []byte{2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	frame := append(make([]byte, 16), odd.Lossless(odd.Drawing())...)
	return odd.RIFF(odd.RIFFChunk("VP8X", canvas), odd.RIFFChunk("ANMF", frame))
}

func farGIF() []byte {
	return append(gifOf(1, 2, 2)[:19], 0x2c, 0xff, 0xff, 0xff, 0xff, 2, 0, 2, 0, 0, 2, 2, 0x4c, 1, 0)
}

func runningBMP(runs int) []byte {
	return odd.BMP{Depth: 8, Packing: 1, Palette: make([]byte, 1024), Pixels: bytes.Repeat([]byte{255, 1}, runs)}.Write()
}

func hugeBMP() []byte {
	data := bytes.Clone(odd.Of("bmp")[0].Data)
	binary.LittleEndian.PutUint32(data[18:], 1<<31-1)
	binary.LittleEndian.PutUint32(data[22:], 1<<31-1)
	return data
}

func TestHonestPicturesStayFarBelowTheLimits(t *testing.T) {
	for _, j := range []odd.JPEG{{}, {Progressive: true}, {Model: "cmyk", Progressive: true}} {
		h, err := picture.Inspect(j.Write(odd.Drawing()), picture.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		tables := int64(20 * 2000) // that a small picture's scans cost beside its samples
		if passes := (h.Cost - tables) / (odd.W * odd.H); passes > 32 {
			t.Errorf("%+v takes %d passes for each pixel, 64 are allowed", j, passes)
		}
	}
}

func TestDecodingEndsWithItsContextAndItsTime(t *testing.T) {
	bomb := odd.ScanBomb(1300, 30_000) // many seconds
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	begin := time.Now()
	if err := picture.DecodeFor(ctx, time.Hour, bomb); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("went on for %v", took)
	}
	var p *picture.Problem
	if err := picture.DecodeFor(t.Context(), 10*time.Millisecond, bomb); !errors.As(err, &p) || p.Kind != picture.TooCostly {
		t.Errorf("got %v, want that it costs too much", err)
	}
}

// What others on the machine do costs a decoder time on the wall, of which there is enough, and none of its
// own.
func TestOnlyADecodersOwnTimeCounts(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("its own time is not known on this system")
	}
	data, err := picture.EncodeJPEG(picture.Landscape(1000, 750, 1), 85, "")
	if err != nil {
		t.Fatal(err)
	}
	quick := time.Hour
	for range 3 {
		begin := time.Now()
		if err := picture.DecodeFor(t.Context(), time.Hour, data); err != nil {
			t.Fatal(err)
		}
		quick = min(quick, time.Since(begin))
	}
	var stop atomic.Bool
	var others sync.WaitGroup
	for range 10 * runtime.GOMAXPROCS(0) {
		others.Go(func() {
			for !stop.Load() {
			}
		})
	}
	defer others.Wait()
	defer stop.Store(true)
	begin := time.Now()
	if err := picture.DecodeFor(t.Context(), 6*quick, data); err != nil {
		t.Errorf("after %v, which are %v of its own: %v", time.Since(begin), quick, err)
	}
}
