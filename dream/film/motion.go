package film

import (
	"image"
	"math"

	"slugpuppy/dream/flow"
	"slugpuppy/picture"
)

// motion is how a frame came of the one before.
type motion struct {
	back   *flow.Field // from the frame to the one before
	hidden []bool      // that could not be seen there
	differ []float32   // how much each pixel is another than the one it came from, 0..255
}

// follow compares a frame with the one before.
func follow(now, last *flow.Frame, img, before *picture.Planar) *motion {
	m := &motion{back: flow.Between(now, last)}
	there := flow.Between(last, now)
	settle(img, before, m.back, there)
	m.hidden = flow.Hidden(m.back, there)
	m.tear()
	m.differ = differences(m.back, img, before)
	return m
}

// What differs by less than unchanged, on average over a square, of 255, and seems to have moved by less than trembling, in
// pixels, has not moved: that is noise. Plain ground may seem to go farther; where nearly all that is not plain rests, so does
// all that does not differ.
const (
	unchanged = 3
	trembling = 0.4
	plain     = 8 // between neighbours, of 255
	nearlyAll = 0.9
)

// settle stops what only trembles.
func settle(img, before *picture.Planar, fields ...*flow.Field) {
	w, n := img.W, img.W*img.H
	sum := make([]float32, n)
	for c := range 3 {
		old := before.Plane(c)
		for i, v := range img.Plane(c) {
			sum[i] += 255.0 / 3 * max(v-old[i], old[i]-v)
		}
	}
	sum = averaged(sum, img.W, img.H)
	green := img.Plane(1)
	for _, f := range fields {
		rests := func(i int, within float64) bool {
			return sum[i] <= unchanged && math.Hypot(float64(f.U[i]), float64(f.V[i])) < within
		}
		marked, resting := 0, 0
		for i := w; i < n; i++ {
			across, down := green[i]-green[i-1], green[i]-green[i-w]
			if max(across, -across)+max(down, -down) > plain/255.0 {
				if marked++; rests(i, trembling) {
					resting++
				}
			}
		}
		within := float64(trembling)
		if float64(resting) >= nearlyAll*float64(marked) {
			within = math.Inf(1)
		}
		for i := range f.U {
			if rests(i, within) {
				f.U[i], f.V[i] = 0, 0
			}
		}
	}
}

// torn is from when on a picture is not stretched but torn: what was one pixel is more than two.
const torn = 0.5

// tear hides what would be smeared: where plain ground comes into sight, the way back seems to be one, from many pixels to few.
func (m *motion) tear() {
	w, h, u, v := m.back.W, m.back.H, m.back.U, m.back.V
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			i := y*w + x
			ux, uy := (u[i+1]-u[i-1])/2, (u[i+w]-u[i-w])/2
			vx, vy := (v[i+1]-v[i-1])/2, (v[i+w]-v[i-w])/2
			if (1+ux)*(1+vy)-uy*vx < torn {
				m.hidden[i] = true
			}
		}
	}
}

// differences pulls the frame before over the frame, and averages what differs over squares of five pixels: noise is no change.
func differences(back *flow.Field, img, before *picture.Planar) []float32 {
	n := img.W * img.H
	sum, moved := make([]float32, n), make([]float32, n)
	for c := range 3 {
		back.Pull(moved, before.Plane(c))
		for i, v := range img.Plane(c) {
			sum[i] += 255.0 / 3 * (v - moved[i])
		}
	}
	mean := averaged(sum, img.W, img.H)
	for i, v := range mean {
		mean[i] = max(v, -v)
	}
	return mean
}

// averaged is the mean over squares of five pixels, clipped at the edges.
func averaged(v []float32, w, h int) []float32 {
	const r = 2
	rows, out := make([]float32, len(v)), make([]float32, len(v))
	for y := range h {
		average(rows[y*w:], v[y*w:], w, 1, r)
	}
	for x := range w {
		average(out[x:], rows[x:], h, w, r)
	}
	return out
}

func average(dst, src []float32, n, step, r int) {
	for i := range n {
		lo, hi := max(0, i-r), min(n-1, i+r)
		var sum float32
		for k := lo; k <= hi; k++ {
			sum += src[k*step]
		}
		dst[i*step] = sum / float32(hi-lo+1)
	}
}

// A scene ends where most of the frame was not there before, or where much of it was not and what was is different.
const (
	mostHidden   = 0.6
	muchHidden   = 0.3
	muchDiffers  = 24
	quiteDiffers = 14 // a pixel is another one, from here on a little and at twice this wholly
)

func (m *motion) cut() bool {
	hidden, differ := 0, 0.0
	for i, h := range m.hidden {
		if h {
			hidden++
		}
		differ += float64(m.differ[i])
	}
	n := float64(len(m.hidden))
	share := float64(hidden) / n
	return share > mostHidden || share > muchHidden && differ/n > muchDiffers
}

const (
	// worn is how much of a dream has to be dreamed over where it has moved by half a pixel or more: what is
	// interpolated gets blurred.
	worn = 0.3
	// learned is the part of what is missing of a dream that a frame's steps bring.
	learned = 0.35
	// done is from when on a dream is left alone.
	done = 0.03
)

// need is how much each pixel of the frame has to be dreamed, 0..1, and the mean of that; age is that of the frame before.
func (m *motion) need(age *image.Gray) (need []float32, mean float64) {
	w, h := m.back.W, m.back.H
	old, young := make([]float32, w*h), make([]float32, w*h)
	for y := range h {
		for x, v := range age.Pix[y*age.Stride:][:w] {
			young[y*w+x] = 1 - float32(v)/255
		}
	}
	m.back.Pull(old, young)
	sum := 0.0
	for i, v := range old {
		n := min(1, max(0, v))
		switch another := m.differ[i]/quiteDiffers - 1; {
		case m.hidden[i]:
			n = 1
		case another > 0:
			n = max(n, min(1, another))
		}
		n = max(n, worn*off(m.back.U[i], m.back.V[i]))
		if n < done {
			n = 0
		}
		old[i] = n
		sum += float64(n)
	}
	return old, sum / float64(w*h)
}

// off is how far a pixel moves from where it was, 1 from half a pixel on.
func off(u, v float32) float32 {
	return float32(min(1, 2*math.Hypot(float64(u), float64(v))))
}

// aged is how far the dream of a frame of that size is after its steps.
func aged(need []float32, size image.Rectangle) *image.Gray {
	age := image.NewGray(size)
	for i, n := range need {
		age.Pix[i] = 255 - uint8(255*n*(1-learned)+0.5)
	}
	return age
}
