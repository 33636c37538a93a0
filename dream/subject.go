package dream

import (
	"cmp"
	"context"
	"image"
	"math"
	"slices"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

const (
	// subjectSide is the long side in pixels at which the network looks for what belongs together.
	subjectSide = 320
	// outlineSide is that at which colours draw the outline.
	outlineSide = 160
	// subjectStride is the most pixels a place of the layer may stand for whose features are compared.
	subjectStride = 16
)

// subject sets k to 1 where the picture's subject is. What the network answers alike belongs together: the picture's
// places fall into two parts by the second eigenvector of how alike they are (normalized cuts: Shi, Malik, 2000), of which the
// subject is the one that lies in the middle and supports what the network sees, without what of it belongs to the picture's
// border. Then the colours of both parts, and the picture's edges, draw its outline.
func (m *Maker) subject(ctx context.Context, k *mask, src *image.NRGBA) error {
	support, err := m.support(ctx, src)
	if err != nil {
		return err
	}
	layers := m.subjectLayers()
	all, err := m.net.Activations(ctx, m.glance(src, subjectSide), layers...)
	if err != nil {
		return err
	}
	var features []*classifier.Features
	for _, name := range layers {
		features = append(features, all[name])
	}
	parts := subjectPart(features, support)
	small := thumbnail(src, outlineSide)
	prior := parts.spread(small.W, small.H)
	outlined := &mask{w: small.W, h: small.H, data: outline(small, prior)}
	outlined.close(eyehole)
	for i, v := range outlined.spread(k.w, k.h) {
		k.data[i] = float32(edge(float64(v), 0.5, 0.25))
	}
	return nil
}

// eyehole is the most of a subject that is taken for a hole in it, such as eyes and mouths, whose colours are not a face's.
const eyehole = 0.05

// close fills the holes of a mask that are at most so large a part of what is masked.
func (k *mask) close(most float64) {
	inside := 0
	for _, v := range k.data {
		if v > 0.5 {
			inside++
		}
	}
	seen := make([]bool, len(k.data))
	for i, v := range k.data {
		if seen[i] || v > 0.5 {
			continue
		}
		hole, enclosed := k.below(i, seen)
		if !enclosed || float64(len(hole)) > most*float64(inside) {
			continue
		}
		for _, p := range hole {
			k.data[p] = 1
		}
	}
}

// below are the places that hang together with one that is not masked, and whether they keep off the border.
func (k *mask) below(from int, seen []bool) (all []int, enclosed bool) {
	all, enclosed = []int{from}, true
	seen[from] = true
	for next := 0; next < len(all); next++ {
		x, y := all[next]%k.w, all[next]/k.w
		for _, d := range [][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			u, v := x+d[0], y+d[1]
			if u < 0 || v < 0 || u >= k.w || v >= k.h {
				enclosed = false
				continue
			}
			if p := v*k.w + u; !seen[p] && k.data[p] <= 0.5 {
				seen[p] = true
				all = append(all, p)
			}
		}
	}
	return all, enclosed
}

// Subject is what KeepSubject keeps of a picture: white there, softly black elsewhere, at a small size.
func (m *Maker) Subject(ctx context.Context, src *image.NRGBA) (*image.Gray, error) {
	k, err := m.mask(ctx, KeepBackground, src)
	if err != nil {
		return nil, err
	}
	out := image.NewGray(image.Rect(0, 0, k.w, k.h))
	for i, v := range k.data {
		out.Pix[i] = uint8(255*min(1, max(0, v)) + 0.5)
	}
	return out, nil
}

// spread is the mask at another size.
func (k *mask) spread(w, h int) []float32 {
	out := make([]float32, w*h)
	for y := range h {
		k.row(out[y*w:][:w], y, h)
	}
	return out
}

// subjectLayers are the deepest two that still tell places apart, and before them one that sees smaller parts: together
// they agree more often on what belongs together than any of them does.
func (m *Maker) subjectLayers() []string {
	fine := slices.DeleteFunc(slices.Clone(m.layers()), func(l classifier.Layer) bool { return l.Stride > subjectStride })
	if len(fine) == 0 {
		fine = m.layers()[:1]
	}
	var names []string
	for _, at := range []int{2 * len(fine) / 3, 7 * len(fine) / 8, len(fine) - 1} {
		if name := fine[at].Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// subjectPart is a mask of the part with the subject, 0..1, soft where it is not clear. Its places are those of the last of
// the features, or as few as a network tells apart that has a subjectStride: every two are compared.
func subjectPart(features []*classifier.Features, support *mask) *mask {
	last := features[len(features)-1]
	w, h := picture.Fit(last.W, last.H, subjectSide/subjectStride)
	n := w * h
	like := likeness(features, w, h)
	v := secondVector(like, n)
	hint := support.spread(w, h)
	mean := 0.0
	for _, x := range hint {
		mean += float64(x) / float64(n)
	}
	agree := 0.0
	for i, x := range v {
		agree += x * (central(i, w, h) - 0.24 + (float64(hint[i])-mean)/(mean+1e-9)/4)
	}
	out := &mask{w: w, h: h, data: stretched(v)}
	if agree < 0 {
		for i, x := range out.data {
			out.data[i] = 1 - x
		}
	}
	at := otsu(out.data)
	for i, x := range out.data {
		out.data[i] = float32(1 / (1 + math.Exp(-8*(float64(x)-at))))
	}
	freed(out, like)
	return out
}

const (
	reaching  = 1.0  // least that a part touches of the border, for its size, to belong to it,
	resting   = 0.33 // and most that the rest touches next to it
	leastPart = 0.03 // part of the picture that a subject has at least
)

// freed takes from a mask the ground that its subject stands on, or what it sits on, which network and colours may tell apart
// less from the subject than from a sky: that part of the mask, by the second eigenvector once more, which touches the
// border much for its size where the other one, in the middle, hardly does (boundary connectivity: Zhu, Liang, Wei, Sun,
// Saliency Optimization from Robust Background Detection, 2014). The border below does not count: people end there.
func freed(k *mask, like []float32) {
	var at []int
	for i, v := range k.data {
		if v > 0.5 {
			at = append(at, i)
		}
	}
	if len(at) < 8 {
		return
	}
	second := halves(at, like, len(k.data))
	var size, border, middle [2]float64
	for i, p := range at {
		x, y := p%k.w, p/k.w
		size[second[i]]++
		middle[second[i]] += central(p, k.w, k.h)
		if x == 0 || x == k.w-1 || y == 0 {
			border[second[i]]++
		}
	}
	touches := func(part int) float64 { return border[part] / math.Sqrt(size[part]+1) }
	ground := 0
	if touches(1) > touches(0) {
		ground = 1
	}
	rest := 1 - ground
	if touches(ground) < reaching || touches(rest) > resting*touches(ground) || size[rest] < leastPart*float64(len(k.data)) ||
		middle[rest]/(size[rest]+1) < middle[ground]/(size[ground]+1) {
		return
	}
	for i, p := range at {
		if second[i] == ground {
			k.data[p] = min(k.data[p], 0.1)
		}
	}
}

// central is how near one of w by h places is to the middle, 0..1.
func central(place, w, h int) float64 {
	dx, dy := (float64(place%w)+0.5)/float64(w)-0.5, (float64(place/w)+0.5)/float64(h)-0.5
	return math.Exp(-(dx*dx + dy*dy) / 0.08)
}

// halves says in which of two parts, 0 or 1, each of the places is, by how alike those of n are, [n][n].
func halves(places []int, like []float32, n int) []int {
	some := make([]float32, 0, len(places)*len(places))
	for _, p := range places {
		for _, q := range places {
			some = append(some, like[p*n+q])
		}
	}
	v := stretched(secondVector(some, len(places)))
	at, out := otsu(v), make([]int, len(v))
	for i, x := range v {
		if float64(x) > at {
			out[i] = 1
		}
	}
	return out
}

// stretched are values as 0..1, a twentieth of them at either end beyond it.
func stretched(v []float64) []float32 {
	sorted, out := slices.Sorted(slices.Values(v)), make([]float32, len(v))
	low, high := sorted[len(v)/20], sorted[len(v)-1-len(v)/20]
	for i, x := range v {
		out[i] = float32(min(1, max(0, (x-low)/max(high-low, 1e-12))))
	}
	return out
}

// likeness is the cosine of every two of w by h places' features, less the mean of all places, from 0 up: [n][n]. It is
// averaged over layers.
func likeness(features []*classifier.Features, w, h int) []float32 {
	n, share := w*h, 1/float32(len(features))
	out := make([]float32, n*n)
	for _, f := range features {
		unit := directions(pooled(f, w, h))
		for p := range n {
			a := unit[p*f.C:][:f.C]
			for q := range p + 1 {
				dot := float32(0)
				for c, v := range unit[q*f.C:][:f.C] {
					dot += a[c] * v
				}
				out[p*n+q] += share * dot
			}
		}
	}
	for p := range n {
		for q := range p + 1 {
			v := max(out[p*n+q], 0) + 1e-4
			out[p*n+q], out[q*n+p] = v, v
		}
	}
	return out
}

// pooled are features at the places of another grid, the means where it is coarser.
func pooled(f *classifier.Features, w, h int) *classifier.Features {
	if f.W == w && f.H == h {
		return f
	}
	out := &classifier.Features{Layer: f.Layer, C: f.C, W: w, H: h, Data: make([]float32, f.C*w*h)}
	for y := range h {
		top, below := y*f.H/h, max(y*f.H/h+1, (y+1)*f.H/h)
		for x := range w {
			left, right := x*f.W/w, max(x*f.W/w+1, (x+1)*f.W/w)
			by := 1 / float32((below-top)*(right-left))
			for c := range f.C {
				sum := float32(0)
				for r := top; r < below; r++ {
					for _, v := range f.Data[(c*f.H+r)*f.W+left : (c*f.H+r)*f.W+right] {
						sum += v
					}
				}
				out.Data[(c*h+y)*w+x] = sum * by
			}
		}
	}
	return out
}

// directions are the features of each place, less the mean of all, as vectors of length one: [place][channel].
func directions(f *classifier.Features) []float32 {
	n := f.W * f.H
	unit := make([]float32, n*f.C)
	for c := range f.C {
		plane, mean := f.Data[c*n:(c+1)*n], float32(0)
		for _, v := range plane {
			mean += v / float32(n)
		}
		for p, v := range plane {
			unit[p*f.C+c] = v - mean
		}
	}
	for p := range n {
		row, sum := unit[p*f.C:][:f.C], 1e-12
		for _, v := range row {
			sum += float64(v) * float64(v)
		}
		by := float32(1 / math.Sqrt(sum))
		for c := range row {
			row[c] *= by
		}
	}
	return unit
}

// secondVector is the second eigenvector of the random walk on w, [n][n], by power iteration.
func secondVector(w []float32, n int) []float64 {
	const rounds, still = 1000, 1e-5
	degree, whole := make([]float64, n), 0.0
	for i := range n {
		for _, v := range w[i*n : (i+1)*n] {
			degree[i] += float64(v)
		}
		whole += degree[i]
	}
	v, next := make([]float64, n), make([]float64, n)
	for i := range v {
		v[i] = math.Sin(float64(3*i + 1)) // any vector that is not the answer's opposite
	}
	for range rounds {
		mean, size := 0.0, 0.0
		for i, x := range v {
			mean += x * degree[i] / whole
		}
		for i := range v {
			v[i] -= mean // the first eigenvector is the same everywhere
			size = max(size, math.Abs(v[i]))
		}
		for i := range next {
			sum := 0.0
			for j, x := range w[i*n : (i+1)*n] {
				sum += float64(x) * v[j]
			}
			next[i] = (sum/degree[i] + v[i]) / 2 / max(size, 1e-300) // lazily: no eigenvalue is negative
		}
		v, next = next, v
		if moved(v, next) < still {
			break
		}
	}
	return v
}

// moved is how far the directions of two vectors are apart, in parts of their largest values.
func moved(a, b []float64) float64 {
	var most [2]float64
	for i := range a {
		most[0], most[1] = max(most[0], math.Abs(a[i])), max(most[1], math.Abs(b[i]))
	}
	far := 0.0
	for i := range a {
		far = max(far, math.Abs(a[i]/max(most[0], 1e-300)-b[i]/max(most[1], 1e-300)))
	}
	return far
}

// otsu is the value in 0..1 that parts the data best (Otsu, 1979).
func otsu(data []float32) float64 {
	const bins = 64
	var count, sum [bins]float64
	all := 0.0
	for _, v := range data {
		b := min(bins-1, int(v*bins))
		count[b]++
		sum[b] += float64(v)
		all += float64(v)
	}
	best, at, below, low := -1.0, 0.5, 0.0, 0.0
	for b := range bins - 1 {
		below, low = below+count[b], low+sum[b]
		above := float64(len(data)) - below
		if below == 0 || above == 0 {
			continue
		}
		if d := low/below - (all-low)/above; d*d*below*above > best {
			best, at = d*d*below*above, float64(b+1)/bins
		}
	}
	return at
}

const (
	outlineRounds = 4
	colourWeight  = 0.6  // of a colour's log odds against those of the prior
	doubt         = 0.02 // least that a prior leaves open
	within        = 0.5  // most log odds of a place inside: a prior is coarse, and colours carve the subject out of it
	loose         = 0.06 // how much a place holds on to its own odds against its neighbours'
)

// outline is a soft mask of the part of img that a prior names: the colours inside and outside are learned from it and
// what is likelier is spread along the picture but not over its edges, in turns (after GrabCut: Rother, Kolmogorov, Blake,
// 2004, with a random walker for its cut: Grady, 2005).
func outline(img *picture.Planar, prior []float32) []float32 {
	lab := labOf(img)
	odds, in, out := make([]float64, len(prior)), make([]float64, len(prior)), make([]float64, len(prior))
	x := make([]float64, len(prior))
	for i, p := range prior {
		odds[i] = min(within, math.Log((float64(p)+doubt)/(1-float64(p)+doubt)))
		x[i] = float64(p)
	}
	walk := newWalker(lab, img.W, img.H)
	for range outlineRounds {
		for i, v := range x {
			in[i], out[i] = v*v+1e-4, (1-v)*(1-v)+1e-4
		}
		inside, outside := mixtureOf(lab, in), mixtureOf(lab, out)
		for i, c := range lab {
			r := min(6, max(-6, inside.log(c)-outside.log(c)))
			in[i] = 1 / (1 + math.Exp(-odds[i]-colourWeight*r))
		}
		x = walk.settle(in, x)
	}
	soft := make([]float32, len(x))
	for i, v := range x {
		soft[i] = float32(v)
	}
	return soft
}

// labOf is a picture's colours in CIE L*a*b* (D65), slightly blurred.
func labOf(img *picture.Planar) [][3]float64 {
	out := make([][3]float64, img.W*img.H)
	linear := func(v float32) float64 {
		if v > 0.04045 {
			return math.Pow((float64(v)+0.055)/1.055, 2.4)
		}
		return float64(v) / 12.92
	}
	f := func(v float64) float64 {
		if v > 0.008856 {
			return math.Cbrt(v)
		}
		return 7.787*v + 16.0/116
	}
	var planes [3][]float32
	for c := range planes {
		planes[c] = boxBlur(img.Plane(c), img.W, img.H, 1)
	}
	for i := range out {
		r, g, b := linear(planes[0][i]), linear(planes[1][i]), linear(planes[2][i])
		x, y, z := f((0.4124*r+0.3576*g+0.1805*b)/0.9505), f(0.2126*r+0.7152*g+0.0722*b), f((0.0193*r+0.1192*g+0.9505*b)/1.089)
		out[i] = [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
	}
	return out
}

const mixed = 6 // Gaussians of a mixture

// mixture is a few Gaussians of colours, their axes those of the colours.
type mixture []struct {
	weight    float64
	mean, dev [3]float64
}

// mixtureOf fits one to weighted colours, by k-means from means that lie along the lightness.
func mixtureOf(lab [][3]float64, weight []float64) mixture {
	const rounds, grain = 6, 9
	order := make([]int, len(lab))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(lab[a][0], lab[b][0]), cmp.Compare(a, b)) })
	total := 0.0
	for _, w := range weight {
		total += w
	}
	m := make(mixture, mixed)
	sum, next := 0.0, 0
	for _, i := range order {
		sum += weight[i]
		for next < mixed && sum >= (float64(next)+0.5)/mixed*total {
			m[next].mean = lab[i]
			next++
		}
	}
	own := make([]int, len(lab))
	for range rounds {
		for i, c := range lab {
			best := math.Inf(1)
			for k := range m {
				if d := apartness(c, m[k].mean); d < best {
					best, own[i] = d, k
				}
			}
		}
		m.gather(lab, weight, own, total, grain)
	}
	return m
}

// gather sets the Gaussians to the colours that are their own.
func (m mixture) gather(lab [][3]float64, weight []float64, own []int, total, grain float64) {
	var sums, squares [mixed][3]float64
	var mass [mixed]float64
	for i, c := range lab {
		k, w := own[i], weight[i]
		mass[k] += w
		for a, v := range c {
			sums[k][a] += w * v
			squares[k][a] += w * v * v
		}
	}
	for k := range m {
		if m[k].weight = mass[k] / total; mass[k] == 0 {
			continue
		}
		for a := range 3 {
			mean := sums[k][a] / mass[k]
			m[k].mean[a], m[k].dev[a] = mean, max(0, squares[k][a]/mass[k]-mean*mean)+grain
		}
	}
}

func apartness(a, b [3]float64) float64 {
	x, y, z := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	return x*x + y*y + z*z
}

// log is the logarithm of a colour's likelihood.
func (m mixture) log(c [3]float64) float64 {
	sum := 1e-30
	for _, g := range m {
		if g.weight > 0 {
			far := 0.0
			for a, v := range c {
				far += (v - g.mean[a]) * (v - g.mean[a]) / g.dev[a]
			}
			sum += g.weight * math.Exp(-far/2) / math.Sqrt(g.dev[0]*g.dev[1]*g.dev[2])
		}
	}
	return math.Log(sum)
}

// walker spreads values over a picture, over its edges hardly.
type walker struct {
	w, h         int
	across, down []float64 // between a pixel and the one to its right, and below
}

func newWalker(lab [][3]float64, w, h int) *walker {
	k := &walker{w: w, h: h, across: make([]float64, w*h), down: make([]float64, w*h)}
	sum := 0.0
	for i := range lab {
		if i%w+1 < w {
			k.across[i] = apartness(lab[i], lab[i+1])
		}
		if i+w < len(lab) {
			k.down[i] = apartness(lab[i], lab[i+w])
		}
		sum += k.across[i] + k.down[i]
	}
	mean := sum/float64(2*len(lab)) + 1e-9
	for i := range lab {
		if i%w+1 < w {
			k.across[i] = math.Exp(-k.across[i]/mean) + 0.002
		}
		if i+w < len(lab) {
			k.down[i] = math.Exp(-k.down[i]/mean) + 0.002
		}
	}
	return k
}

// settle is what values that want to be like their neighbours come to, beginning with x.
func (k *walker) settle(want, x []float64) []float64 {
	const rounds = 150
	for range rounds { // Gauss and Seidel's way
		for i := range x {
			sum, weight := loose*want[i], loose
			add := func(j int, w float64) { sum, weight = sum+w*x[j], weight+w }
			if i%k.w > 0 {
				add(i-1, k.across[i-1])
			}
			if i%k.w+1 < k.w {
				add(i+1, k.across[i])
			}
			if i >= k.w {
				add(i-k.w, k.down[i-k.w])
			}
			if i+k.w < len(x) {
				add(i+k.w, k.down[i])
			}
			x[i] = sum / weight
		}
	}
	return x
}
