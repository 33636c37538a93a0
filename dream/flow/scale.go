package flow

// pad is how far beyond a scale's edges patches may be looked for: what is there is the edge once more.
const pad = 16

// scale is the brightness of a frame at one size, 0..255.
type scale struct {
	w, h   int
	pix    []float32 // w*h
	dx, dy []float32 // its gradient, for each pixel
	wide   []float32 // pix with pad pixels more at every side
	stride int       // of wide
}

func newScale(pix []float32, w, h int) *scale {
	s := &scale{w: w, h: h, pix: pix, stride: w + 2*pad}
	s.dx, s.dy = gradient(pix, w, h)
	s.wide = make([]float32, s.stride*(h+2*pad))
	for y := range h + 2*pad {
		row := s.wide[y*s.stride:][:s.stride]
		src := pix[clamp(y-pad, h)*w:][:w]
		copy(row[pad:], src)
		for i := range pad {
			row[i], row[pad+w+i] = src[0], src[w-1]
		}
	}
	return s
}

func clamp(i, n int) int { return min(n-1, max(0, i)) }

// gradient is the central difference.
func gradient(pix []float32, w, h int) (dx, dy []float32) {
	dx, dy = make([]float32, w*h), make([]float32, w*h)
	for y := range h {
		row, x1 := pix[y*w:][:w], w-1
		up, down := pix[clamp(y-1, h)*w:][:w], pix[clamp(y+1, h)*w:][:w]
		ox, oy := dx[y*w:][:w], dy[y*w:][:w]
		for x := range row {
			oy[x] = (down[x] - up[x]) / 2
		}
		for x := 1; x < x1; x++ {
			ox[x] = (row[x+1] - row[x-1]) / 2
		}
		if w > 1 {
			ox[0], ox[x1] = (row[1]-row[0])/2, (row[x1]-row[x1-1])/2
		}
	}
	return dx, dy
}

// halved averages squares of four pixels.
func halved(pix []float32, w, h int) ([]float32, int, int) {
	hw, hh := w/2, h/2
	out := make([]float32, hw*hh)
	for y := range hh {
		a, b := pix[2*y*w:][:w], pix[(2*y+1)*w:][:w]
		row := out[y*hw:][:hw]
		for x := range row {
			row[x] = (a[2*x] + a[2*x+1] + b[2*x] + b[2*x+1]) / 4
		}
	}
	return out, hw, hh
}
