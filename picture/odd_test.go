package picture_test

import (
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slugpuppy/picture"
	"slugpuppy/picture/odd"
)

func TestOddFilesShowTheirDrawing(t *testing.T) {
	want := odd.Drawing()
	for _, f := range odd.All() {
		t.Run(f.Format+"/"+f.Name, func(t *testing.T) {
			p, err := picture.Decode(t.Context(), f.Data, picture.Limits{})
			if f.Shown == odd.Nothing {
				var problem *picture.Problem
				if !errors.As(err, &problem) || problem.Kind != picture.Corrupt && problem.Kind != picture.Unsupported {
					t.Fatalf("got %v, want a file that is damaged or not supported", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Image.Rect; got != image.Rect(0, 0, f.W, f.H) || p.Format != f.Format {
				t.Fatalf("got %s %v, want %s %dx%d", p.Format, got, f.Format, f.W, f.H)
			}
			rows := odd.H
			if f.Shown == odd.Part {
				rows /= 4
			}
			if off := offBy(p.Image, want, rows); !f.Other && off > float64(f.Off) {
				t.Errorf("off by %.1f of 255 in its first %d rows, at most %d may be", off, rows, f.Off)
			}
		})
	}
}

// offBy is how far opaque colours of some rows are from the drawing's, on average.
func offBy(img, want *image.NRGBA, rows int) float64 {
	sum := 0
	for y := range rows {
		for x := range odd.W {
			a, b := img.NRGBAAt(x, y), want.NRGBAAt(x, y)
			for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B), int(a.A) - int(b.A)} {
				sum += max(d, -d)
			}
		}
	}
	return float64(sum) / float64(3*rows*odd.W)
}

// The sums are of pixels that were compared with Chromium's (TestBrowsersShowTheSame).
func TestOddFilesShowWhatTheyDid(t *testing.T) {
	path := filepath.Join("testdata", "odd.sums")
	var got strings.Builder
	for _, f := range odd.All() {
		if p, err := picture.Decode(t.Context(), f.Data, picture.Limits{}); err == nil {
			fmt.Fprintf(&got, "%08x %s/%s\n", crc32.ChecksumIEEE(p.Image.Pix), f.Format, f.Name)
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.Split(string(must[[]byte](t)(os.ReadFile(path))), "\n")
	for i, line := range strings.Split(got.String(), "\n") {
		if i >= len(want) || line != want[i] {
			t.Errorf("got %q, want %q; run with -update if that is wanted", line, want[min(i, len(want)-1)])
		}
	}
}
