package flow

import "math"

// What the refinement weighs: brightness and its gradient are to stay as they were, and the field is to be
// smooth; each counts less than squared where it fails, so that edges of motion stay sharp.
const (
	constancy  = 5  // of the brightness
	shape      = 10 // of its gradient
	smoothness = 60
	outer      = 3 // how often the weights are taken again
	inner      = 5 // relaxations each time
	relaxation = 1.6
	tiny       = 0.1 // below which errors count as squares; also normalises the gradients
	tinyEdge   = 0.001
)

// refine moves the field a little, so that the two frames agree better and it is smooth.
func refine(from, to *scale, f *Field) {
	s := newSystem(from, to, f)
	for range outer {
		s.weigh(f)
		for range inner {
			s.relax(f)
		}
	}
	for i := range f.U {
		f.U[i] += s.du[i]
		f.V[i] += s.dv[i]
	}
}

// system is the linearised equations of all pixels, and what is to be added to the field.
type system struct {
	w, h   int
	du, dv []float32
	// the derivatives: in space, and from frame to frame
	x, y, t, xx, xy, yy, xt, yt []float32
	// the equations: a11 du + a12 dv = b1, a12 du + a22 dv = b2, and how each pixel hangs on the next
	a11, a12, a22, b1, b2, edge []float32
}

func newSystem(from, to *scale, f *Field) *system {
	w, h := from.w, from.h
	n := w * h
	s := &system{w: w, h: h}
	all := make([]float32, 12*n)
	for _, p := range []*[]float32{&s.du, &s.dv, &s.t, &s.xt, &s.yt, &s.x, &s.a11, &s.a12, &s.a22, &s.b1, &s.b2, &s.edge} {
		*p, all = all[:n:n], all[n:]
	}
	moved := make([]float32, n)
	sample(moved, to, f)
	mx, my := gradient(moved, w, h)
	for i := range moved {
		s.t[i] = moved[i] - from.pix[i]
		s.xt[i], s.yt[i] = mx[i]-from.dx[i], my[i]-from.dy[i]
		mx[i], my[i] = (mx[i]+from.dx[i])/2, (my[i]+from.dy[i])/2
	}
	s.x, s.y = mx, my
	s.xx, s.xy = gradient(mx, w, h)
	_, s.yy = gradient(my, w, h)
	return s
}

// sample reads to where the field points, bilinear.
func sample(out []float32, to *scale, f *Field) {
	for y := range f.H {
		for x := range f.W {
			i := y*f.W + x
			px := min(float32(to.w+pad-2), max(1-pad, float32(x)+f.U[i])) + pad
			py := min(float32(to.h+pad-2), max(1-pad, float32(y)+f.V[i])) + pad
			ix, iy := int(px), int(py)
			fx, fy := px-float32(ix), py-float32(iy)
			at := iy*to.stride + ix
			a, b := to.wide[at:][:2:2], to.wide[at+to.stride:][:2:2]
			top, low := a[0]+fx*(a[1]-a[0]), b[0]+fx*(b[1]-b[0])
			out[i] = top + fy*(low-top)
		}
	}
}

func root(v float32) float32 { return float32(math.Sqrt(float64(v))) }

// weigh makes the equations anew around what du and dv are now.
func (s *system) weigh(f *Field) {
	for i := range s.du {
		du, dv := s.du[i], s.dv[i]
		x, y, t := s.x[i], s.y[i], s.t[i]
		norm := 1 / (x*x + y*y + tiny*tiny)
		e := t + x*du + y*dv
		k := constancy * norm / root(e*e*norm+tiny*tiny)
		a11, a12, a22 := k*x*x, k*x*y, k*y*y
		b1, b2 := -k*x*t, -k*y*t

		xx, xy, yy, xt, yt := s.xx[i], s.xy[i], s.yy[i], s.xt[i], s.yt[i]
		n1, n2 := 1/(xx*xx+xy*xy+tiny*tiny), 1/(xy*xy+yy*yy+tiny*tiny)
		e1, e2 := xt+xx*du+xy*dv, yt+xy*du+yy*dv
		k = shape / root(e1*e1*n1+e2*e2*n2+tiny*tiny)
		n1, n2 = k*n1, k*n2
		s.a11[i] = a11 + n1*xx*xx + n2*xy*xy
		s.a12[i] = a12 + n1*xx*xy + n2*xy*yy
		s.a22[i] = a22 + n1*xy*xy + n2*yy*yy
		s.b1[i] = b1 - n1*xx*xt - n2*xy*yt
		s.b2[i] = b2 - n1*xy*xt - n2*yy*yt
	}
	w, h := s.w, s.h
	for y := range h {
		for x := range w {
			i := y*w + x
			r, d := i, i
			if x+1 < w {
				r = i + 1
			}
			if y+1 < h {
				d = i + w
			}
			u, v := f.U[i]+s.du[i], f.V[i]+s.dv[i]
			ux, uy := f.U[r]+s.du[r]-u, f.U[d]+s.du[d]-u
			vx, vy := f.V[r]+s.dv[r]-v, f.V[d]+s.dv[d]-v
			s.edge[i] = smoothness / 2 / root(ux*ux+uy*uy+vx*vx+vy*vy+tinyEdge)
		}
	}
}

// relax goes over all pixels once (successive over-relaxation).
func (s *system) relax(f *Field) {
	w, h := s.w, s.h
	for y := range h {
		for x := range w {
			i := y*w + x
			var sum, su, sv float32
			if x > 0 {
				k := s.edge[i-1]
				sum, su, sv = sum+k, su+k*(f.U[i-1]+s.du[i-1]), sv+k*(f.V[i-1]+s.dv[i-1])
			}
			if x+1 < w {
				k := s.edge[i]
				sum, su, sv = sum+k, su+k*(f.U[i+1]+s.du[i+1]), sv+k*(f.V[i+1]+s.dv[i+1])
			}
			if y > 0 {
				k := s.edge[i-w]
				sum, su, sv = sum+k, su+k*(f.U[i-w]+s.du[i-w]), sv+k*(f.V[i-w]+s.dv[i-w])
			}
			if y+1 < h {
				k := s.edge[i]
				sum, su, sv = sum+k, su+k*(f.U[i+w]+s.du[i+w]), sv+k*(f.V[i+w]+s.dv[i+w])
			}
			su, sv = su-sum*f.U[i], sv-sum*f.V[i]
			du := (su + s.b1[i] - s.a12[i]*s.dv[i]) / (sum + s.a11[i])
			s.du[i] += relaxation * (du - s.du[i])
			dv := (sv + s.b2[i] - s.a12[i]*s.du[i]) / (sum + s.a22[i])
			s.dv[i] += relaxation * (dv - s.dv[i])
		}
	}
}
