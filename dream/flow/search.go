package flow

const (
	patch  = 8 // the side of a patch in pixels
	stride = 4 // between two patches
	area   = patch * patch
	// descents is how many steps a patch goes at most, in each of the two passes over all patches.
	descents = 5
	// farthest is how far from what the neighbours say a patch may go, in pixels, before it is not believed.
	farthest = patch
	// flat is the least determinant of a patch that can be followed, for each pixel of it.
	flat = 1e-3
)

// grid is the patches of a frame, and where each is found in another.
type grid struct {
	from, to     *scale
	across, down int
	t            []template
	u, v         []float32
	cost         []float32 // of what is found, mean removed
}

// template is what a patch is found by: sums over its gradient, mean removed.
type template struct {
	x, y          int // its corner
	xx, xy, yy    float32
	sx, sy, pixel float32 // sums of the gradient and the brightness
	det           float32
}

// search finds each patch of from in to, beginning where the field says, and averages what they say about
// each pixel.
func search(from, to *scale, start *Field) *Field {
	g := newGrid(from, to, start)
	for y := range g.down {
		for x := range g.across {
			g.follow(y*g.across+x, x > 0, -1, y > 0, -g.across)
		}
	}
	for y := g.down - 1; y >= 0; y-- {
		for x := g.across - 1; x >= 0; x-- {
			g.follow(y*g.across+x, x < g.across-1, 1, y < g.down-1, g.across)
		}
	}
	return g.spread(start)
}

func newGrid(from, to *scale, start *Field) *grid {
	g := &grid{from: from, to: to, across: steps(from.w), down: steps(from.h)}
	n := g.across * g.down
	g.t, g.u, g.v, g.cost = make([]template, n), make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range g.t {
		x := min(i%g.across*stride, from.w-patch)
		y := min(i/g.across*stride, from.h-patch)
		g.t[i] = newTemplate(from, x, y)
		at := (y+patch/2)*from.w + x + patch/2
		g.u[i], g.v[i] = start.U[at], start.V[at]
		g.cost[i], _, _ = g.compare(&g.t[i], g.u[i], g.v[i])
	}
	return g
}

// steps is how many patches cover n pixels.
func steps(n int) int { return (n-patch+stride-1)/stride + 1 }

func newTemplate(s *scale, x, y int) template {
	t := template{x: x, y: y}
	for j := range patch {
		at := (y+j)*s.w + x
		dx, dy, p := s.dx[at:][:patch], s.dy[at:][:patch], s.pix[at:][:patch]
		for i := range patch {
			t.xx += dx[i] * dx[i]
			t.xy += dx[i] * dy[i]
			t.yy += dy[i] * dy[i]
			t.sx += dx[i]
			t.sy += dy[i]
			t.pixel += p[i]
		}
	}
	t.xx -= t.sx * t.sx / area
	t.xy -= t.sx * t.sy / area
	t.yy -= t.sy * t.sy / area
	t.det = t.xx*t.yy - t.xy*t.xy
	return t
}

// follow takes over what two neighbours found where it is better, and descends from there.
func (g *grid) follow(i int, beside bool, dx int, above bool, dy int) {
	t := &g.t[i]
	u, v, cost := g.u[i], g.v[i], g.cost[i]
	for _, n := range [2]struct {
		there bool
		at    int
	}{{beside, i + dx}, {above, i + dy}} {
		if !n.there || g.u[n.at] == u && g.v[n.at] == v {
			continue
		}
		if c, _, _ := g.compare(t, g.u[n.at], g.v[n.at]); c < cost {
			u, v, cost = g.u[n.at], g.v[n.at], c
		}
	}
	g.u[i], g.v[i], g.cost[i] = g.descend(t, u, v, cost)
}

// descend is Gauss-Newton on the inverse compositional form: the patch's own gradient serves every step.
func (g *grid) descend(t *template, u, v, cost float32) (float32, float32, float32) {
	if t.det < flat*area*area {
		return u, v, cost
	}
	u0, v0, best := u, v, cost
	bu, bv := u, v
	for range descents {
		c, ex, ey := g.compare(t, u, v)
		if c > best {
			break
		}
		bu, bv, best = u, v, c
		du := (t.yy*ex - t.xy*ey) / t.det
		dv := (t.xx*ey - t.xy*ex) / t.det
		u, v = u-du, v-dv
		if du*du+dv*dv < 1e-4 {
			bu, bv = u, v
			break
		}
	}
	if (bu-u0)*(bu-u0)+(bv-v0)*(bv-v0) > farthest*farthest {
		return u0, v0, cost
	}
	return bu, bv, best
}

// compare is how much the patch differs from the other frame at (u, v), and that error against the gradient; the
// means are taken away, so that light that changes does not count.
func (g *grid) compare(t *template, u, v float32) (cost, ex, ey float32) {
	px := min(float32(g.to.w-1), max(-patch, float32(t.x)+u)) + pad
	py := min(float32(g.to.h-1), max(-patch, float32(t.y)+v)) + pad
	ix, iy := int(px), int(py)
	fx, fy := px-float32(ix), py-float32(iy)
	w00, w01, w10, w11 := (1-fx)*(1-fy), fx*(1-fy), (1-fx)*fy, fx*fy
	var sum, sq float32
	for j := range patch {
		a := g.to.wide[(iy+j)*g.to.stride+ix:][: patch+1 : patch+1]
		b := g.to.wide[(iy+j+1)*g.to.stride+ix:][: patch+1 : patch+1]
		at := (t.y+j)*g.from.w + t.x
		p, dx, dy := g.from.pix[at:][:patch:patch], g.from.dx[at:][:patch:patch], g.from.dy[at:][:patch:patch]
		a0, b0 := a[0], b[0]
		for i := range patch {
			a1, b1 := a[i+1], b[i+1]
			e := w00*a0 + w01*a1 + w10*b0 + w11*b1 - p[i]
			a0, b0 = a1, b1
			sum += e
			sq += e * e
			ex += e * dx[i]
			ey += e * dy[i]
		}
	}
	mean := sum / area
	return sq - sum*mean, ex - t.sx*mean, ey - t.sy*mean
}

// spread lets every patch say about each of its pixels where it went, the louder the better the pixel fits there.
func (g *grid) spread(start *Field) *Field {
	w, h := g.from.w, g.from.h
	out, weight := NewField(w, h), make([]float32, w*h)
	for i := range g.t {
		g.say(&g.t[i], g.u[i], g.v[i], out, weight)
	}
	for i, n := range weight {
		if n > 0 {
			out.U[i] /= n
			out.V[i] /= n
		} else {
			out.U[i], out.V[i] = start.U[i], start.V[i]
		}
	}
	return out
}

func (g *grid) say(t *template, u, v float32, out *Field, weight []float32) {
	px := min(float32(g.to.w-1), max(-patch, float32(t.x)+u)) + pad
	py := min(float32(g.to.h-1), max(-patch, float32(t.y)+v)) + pad
	ix, iy := int(px), int(py)
	fx, fy := px-float32(ix), py-float32(iy)
	w00, w01, w10, w11 := (1-fx)*(1-fy), fx*(1-fy), (1-fx)*fy, fx*fy
	for j := range patch {
		a := g.to.wide[(iy+j)*g.to.stride+ix:][: patch+1 : patch+1]
		b := g.to.wide[(iy+j+1)*g.to.stride+ix:][: patch+1 : patch+1]
		at := (t.y+j)*g.from.w + t.x
		p := g.from.pix[at:][:patch:patch]
		ou, ov, on := out.U[at:][:patch:patch], out.V[at:][:patch:patch], weight[at:][:patch:patch]
		for i := range patch {
			e := w00*a[i] + w01*a[i+1] + w10*b[i] + w11*b[i+1] - p[i]
			n := 1 / max(1, e, -e)
			ou[i] += n * u
			ov[i] += n * v
			on[i] += n
		}
	}
}
