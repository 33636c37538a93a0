package picture

import (
	"image"
	"runtime"
	"sync"
)

// Rows is a picture that hands out rows: how Scale reads without holding float planes of
// something large.
type Rows interface {
	Size() (w, h int)
	// Row writes row y to three planes of w values, in [0,1].
	Row(dst *[3][]float32, y int)
}

// Size returns width and height in pixels.
func (p *Planar) Size() (w, h int) { return p.W, p.H }

// Row copies row y.
func (p *Planar) Row(dst *[3][]float32, y int) {
	for c := range dst {
		copy(dst[c], p.Plane(c)[y*p.W:(y+1)*p.W])
	}
}

// Pixels reads rows of an image with its origin at (0,0); transparent parts are laid over
// mid grey, as in FromImage.
type Pixels struct{ *image.NRGBA }

// Size returns width and height in pixels.
func (p Pixels) Size() (w, h int) { return p.Rect.Dx(), p.Rect.Dy() }

// Row converts row y.
func (p Pixels) Row(dst *[3][]float32, y int) {
	row := p.Pix[y*p.Stride:]
	for x := range dst[0] {
		px := row[4*x : 4*x+4 : 4*x+4]
		a := float32(px[3]) / 255
		for c := range 3 {
			dst[c][x] = float32(px[c])/255*a + grey*(1-a)
		}
	}
}

// Scale resamples src to w by h as Resize does and hands every row of the result to emit,
// rows in any order, from several goroutines. It holds a few rows at a time, whatever the
// sizes. The rows are only emit's until it returns.
func Scale(src Rows, w, h int, emit func(y int, row *[3][]float32)) {
	sw, sh := src.Size()
	across, down := weigh(sw, w), weigh(sh, h)
	workers := min(runtime.GOMAXPROCS(0), h)
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			s := scaler{src: src, across: across, down: down, in: newRow(sw), ring: map[int]*[3][]float32{}}
			out := newRow(w)
			for y := k * h / workers; y < (k+1)*h/workers; y++ {
				s.row(&out, y)
				emit(y, &out)
			}
		})
	}
	wg.Wait()
}

// Scaled is what Scale makes of src, whole.
func Scaled(src Rows, w, h int) *Planar {
	out := NewPlanar(w, h)
	Scale(src, w, h, func(y int, row *[3][]float32) {
		for c := range row {
			copy(out.Plane(c)[y*w:(y+1)*w], row[c])
		}
	})
	return out
}

func newRow(w int) [3][]float32 {
	b := make([]float32, 3*w)
	return [3][]float32{b[:w:w], b[w : 2*w : 2*w], b[2*w:]}
}

// scaler makes output rows from top to bottom; ring holds the input rows, scaled across,
// that the current one needs.
type scaler struct {
	src          Rows
	across, down weights
	in           [3][]float32
	ring         map[int]*[3][]float32
	free         []*[3][]float32
}

func (s *scaler) row(out *[3][]float32, y int) {
	first := s.down.first[y]
	for at, r := range s.ring {
		if at < first {
			delete(s.ring, at)
			s.free = append(s.free, r)
		}
	}
	for c := range out {
		clear(out[c])
	}
	for j, t := range s.down.taps[y] {
		r := s.scaled(first+j, len(out[0]))
		for c := range out {
			for x, v := range r[c] {
				out[c][x] += t * v
			}
		}
	}
}

// scaled returns input row y, scaled to w values across.
func (s *scaler) scaled(y, w int) *[3][]float32 {
	if r, ok := s.ring[y]; ok {
		return r
	}
	var r *[3][]float32
	if n := len(s.free); n > 0 {
		r, s.free = s.free[n-1], s.free[:n-1]
	} else {
		fresh := newRow(w)
		r = &fresh
	}
	s.src.Row(&s.in, y)
	if w == len(s.in[0]) {
		for c := range r {
			copy(r[c], s.in[c])
		}
	} else {
		for c := range r {
			s.across.row(r[c], s.in[c])
		}
	}
	s.ring[y] = r
	return r
}
