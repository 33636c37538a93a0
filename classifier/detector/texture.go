package detector

import (
	"math"

	"slugpuppy/classifier/kernel"
	"slugpuppy/picture"
)

// The texture of a picture is what can be measured without a network: a Laplacian pyramid (Burt
// and Adelson, "The Laplacian pyramid as a compact image code", 1983) of brightness and two
// opponent colours, and of every octave how strong it is, how its colours go together, how it
// repeats, and how its lines bend. Gradient ascent leaves ripples of many colours at every
// octave, which lenses and brushes do not.
const octaves = 4

// textures is how many numbers describe each octave.
const textures = 3*energies + 3 + 3 + 2*repeats + bends + 5

// The parts of that.
const (
	energies = 3 // of each colour: log variance, log kurtosis, mean over deviation
	bends    = 6 // coherence of lines, and how alike their directions are near by
)

// lags in pixels at which an octave is compared with itself.
var lags = [...]int{1, 2, 3, 4, 5, 6, 8, 11}

const repeats = 2 * len(lags) // along and across

// plane is one colour of a picture.
type plane struct {
	w, h int
	v    []float32
}

// row is one row, the nearest there is.
func (p plane) row(y int) []float32 {
	y = min(p.h-1, max(0, y))
	return p.v[y*p.w : (y+1)*p.w]
}

// easel lends planes that are painted over and then given back, so that a picture takes the memory of the one before.
// Their values are those of whoever had them.
type easel struct {
	memory  []float32
	used    int // planes lent later are given back when this is set back
	columns kernel.Powers
}

// easelPlanes is how many planes of the finest octave's size are in use at a time, with those of coarser ones.
const easelPlanes = 19

// clear takes all planes back and has room for those of a picture.
func (e *easel) clear(w, h int) {
	e.used = 0
	if n := easelPlanes * w * h; len(e.memory) < n {
		e.memory = kernel.Floats(n)
	}
}

// plane lends one.
func (e *easel) plane(w, h int) plane {
	n := w * h
	if e.used+n > len(e.memory) { // of pictures so small that their octaves are no smaller
		return plane{w, h, make([]float32, n)}
	}
	e.used += n
	return plane{w, h, e.memory[e.used-n : e.used : e.used]}
}

// appendTexture describes a picture by octaves*textures numbers.
func appendTexture(print Fingerprint, p *picture.Planar, e *easel) Fingerprint {
	e.clear(p.W, p.H)
	level := e.opponents(p)
	var finer plane // local energy of the octave before
	for range octaves {
		var low, band [3]plane
		for c, l := range level {
			low[c], band[c] = e.smooth(l), e.plane(l.w, l.h)
			kernel.Subtract(band[c].v, l.v, low[c].v)
		}
		next, energy := [3]plane{e.halve(low[0]), e.halve(low[1]), e.halve(low[2])}, e.localEnergy(band[0])
		lent := e.used
		print = e.appendOctave(print, level[0], low, band)
		e.used = lent
		print = appendSpread(print, energy.v)
		if finer.v == nil {
			print = append(print, 0)
		} else {
			print = append(print, alikeFromMean(finer.v, energy.v))
		}
		level, finer = next, e.halve(energy)
	}
	return print
}

// appendOctave describes how the colours of an octave are, by themselves and together.
func (e *easel) appendOctave(print Fingerprint, level plane, low, band [3]plane) Fingerprint {
	lent := e.used
	var strength [3]plane
	for c := range band {
		strength[c] = e.magnitude(band[c])
		print = e.appendEnergy(print, strength[c])
	}
	square := func(p plane) float64 { return kernel.Dot(p.v, p.v) }
	bands, lows := [3]float64{square(band[0]), square(band[1]), square(band[2])}, [2]float64{square(low[0]), square(low[1])}
	alike := func(a, b plane, aa, bb float64) float32 {
		n := float64(len(a.v)) * tiny
		return float32(kernel.Dot(a.v, b.v) / math.Sqrt((aa+n)*(bb+n)))
	}
	print = append(print, alike(band[0], band[1], bands[0], bands[1]), alike(band[0], band[2], bands[0], bands[2]),
		alike(band[1], band[2], bands[1], bands[2]))
	print = append(print, alike(band[0], low[0], bands[0], lows[0]), alike(band[1], low[1], bands[1], lows[1]),
		alike(strength[1], strength[0], bands[1], bands[0]))
	e.used = lent
	print = appendRepeats(print, band[0], bands[0])
	print = appendRepeats(print, band[1], bands[1])
	return e.appendBends(print, level)
}

// opponents are brightness, red against green, and blue against yellow.
func (e *easel) opponents(p *picture.Planar) [3]plane {
	out := [3]plane{e.plane(p.W, p.H), e.plane(p.W, p.H), e.plane(p.W, p.H)}
	r, g, b := p.Plane(0), p.Plane(1), p.Plane(2)
	g, b = g[:len(r)], b[:len(r)]
	bright, red, blue := out[0].v[:len(r)], out[1].v[:len(r)], out[2].v[:len(r)]
	for i, r := range r {
		bright[i] = 0.299*r + 0.587*g[i] + 0.114*b[i]
		red[i] = r - g[i]
		blue[i] = b[i] - (r+g[i])/2
	}
	return out
}

// smooth convolves with the binomial 1 4 6 4 1, repeating the edges.
func (e *easel) smooth(p plane) plane {
	out := e.plane(p.w, p.h)
	lent := e.used
	across := e.plane(p.w, p.h)
	for y := range p.h {
		row, to := p.row(y), across.row(y)
		if n := len(row) - 4; n > 0 {
			kernel.Smooth(to[2:2+n], row, row[1:], row[2:], row[3:], row[4:])
		}
		at := func(i int) float32 { return row[min(len(row)-1, max(0, i))] }
		for x := range row {
			if x < 2 || x+2 >= len(row) {
				to[x] = (at(x-2)+at(x+2))/16 + (at(x-1)+at(x+1))/4 + row[x]*3/8
			}
		}
	}
	for y := range p.h {
		kernel.Smooth(out.row(y), across.row(y-2), across.row(y-1), across.row(y), across.row(y+1), across.row(y+2))
	}
	e.used = lent
	return out
}

// halve keeps every other pixel of every other row, at least one.
func (e *easel) halve(p plane) plane {
	out := e.plane(max(1, p.w/2), max(1, p.h/2))
	for y := range out.h {
		from, to := p.row(2*y), out.row(y)
		for x := range to {
			to[x] = from[2*x]
		}
	}
	return out
}

// tiny keeps logarithms and quotients finite: about a tenth of the rounding of eight bits.
const tiny = 1e-7

// appendEnergy describes how strong a band is, given its magnitudes.
func (e *easel) appendEnergy(print Fingerprint, p plane) Fingerprint {
	var m1, m2, m4 float64
	for y := 0; y < p.h; y += shortSum {
		e.columns.Sum(p.v[y*p.w:], p.w, min(shortSum, p.h-y), p.w)
		for x := 0; x < p.w; x += shortSum {
			first, second, fourth := e.columns.Of(x, min(p.w, x+shortSum))
			m1, m2, m4 = m1+float64(first), m2+float64(second), m4+float64(fourth)
		}
	}
	n := float64(len(p.v))
	m1, m2, m4 = m1/n, m2/n+tiny, m4/n
	return append(print, float32(math.Log(m2)), float32(math.Log1p(m4/(m2*m2))), float32(m1/math.Sqrt(m2)))
}

// shortSum is how many values are added up in single precision, in each direction.
const shortSum = 32

// alikeFromMean is the correlation of two planes of about the same size.
func alikeFromMean(a, b []float32) float32 {
	n := min(len(a), len(b))
	var ma, mb float64
	for i := range n {
		ma += float64(a[i])
		mb += float64(b[i])
	}
	ma, mb = ma/float64(n), mb/float64(n)
	var ab, aa, bb float64
	for i := range n {
		x, y := float64(a[i])-ma, float64(b[i])-mb
		ab += x * y
		aa += x * x
		bb += y * y
	}
	return float32(ab / math.Sqrt((aa+tiny)*(bb+tiny)))
}

func (e *easel) magnitude(p plane) plane {
	out := e.plane(p.w, p.h)
	for i, v := range p.v {
		out.v[i] = math.Float32frombits(math.Float32bits(v) &^ (1 << 31))
	}
	return out
}

// appendRepeats is the autocorrelation at every lag: its mean over both directions, and how much
// these differ. all is the sum of the plane's squares.
func appendRepeats(print Fingerprint, p plane, all float64) Fingerprint {
	all += float64(len(p.v)) * tiny
	for _, lag := range lags {
		along, across := 0.0, 0.0
		for y := range p.h {
			if row := p.row(y); lag < len(row) {
				along += kernel.Dot(row[:len(row)-lag], row[lag:])
			}
		}
		if n := (p.h - lag) * p.w; n > 0 {
			across = kernel.Dot(p.v[:n], p.v[lag*p.w:])
		}
		print = append(print, float32((along+across)/2/all), float32(math.Abs(along-across)/all))
	}
	return print
}

// appendBends describes the field of directions, by the structure tensor (Bigün and Granlund,
// "Optimal orientation detection of linear symmetry", 1987).
func (e *easel) appendBends(print Fingerprint, p plane) Fingerprint {
	even, odd, all := e.tensor(p)
	even, odd, all = e.smooth(even), e.smooth(odd), e.smooth(all)
	var strong, total, sum, squares float64
	a, b := even.v, odd.v
	for i, t := range all.v {
		x, y := a[i], b[i]
		d := float32(math.Sqrt(float64(x*x + y*y)))
		strong += float64(d)
		total += float64(t)
		c := d / (t + 10*tiny)
		sum += float64(c)
		squares += float64(c) * float64(c)
		// From here on the direction alone, doubled, as long as it is clear.
		scale := c / (d + tiny)
		a[i], b[i] = x*scale, y*scale
	}
	n := float64(len(all.v))
	mean := sum / n
	print = append(print, float32(strong/(total+n*tiny)), float32(mean), float32(math.Sqrt(max(0, squares/n-mean*mean))))
	for _, lag := range [...]int{2, 5, 10} {
		var same, all float64
		for y := range p.h {
			for _, row := range [][]float32{even.row(y), odd.row(y)} {
				if from := row[:len(row)-min(lag, len(row))]; len(from) > 0 {
					same += kernel.Dot(from, row[lag:])
					all += kernel.Dot(from, from)
				}
			}
		}
		print = append(print, float32(same/(all+n*tiny)))
	}
	return print
}

// tensor is the structure tensor of every place: across less down, twice both, and across and down.
func (e *easel) tensor(p plane) (even, odd, all plane) {
	even, odd, all = e.plane(p.w, p.h), e.plane(p.w, p.h), e.plane(p.w, p.h)
	clear(even.v) // at the edges nothing is known
	clear(odd.v)
	clear(all.v)
	for y := 1; y+1 < p.h; y++ {
		above, row, below := p.row(y-1), p.row(y), p.row(y+1)
		above, below = above[:len(row)], below[:len(row)]
		e, o, a := even.row(y)[:len(row)], odd.row(y)[:len(row)], all.row(y)[:len(row)]
		for x := 1; x+1 < len(row); x++ {
			gx, gy := row[x+1]-row[x-1], below[x]-above[x]
			xx, yy := gx*gx, gy*gy
			e[x], o[x], a[x] = xx-yy, 2*gx*gy, xx+yy
		}
	}
	return even, odd, all
}

// localEnergy is the logarithm of the energy around every place.
func (e *easel) localEnergy(p plane) plane {
	out := e.plane(p.w, p.h)
	lent := e.used
	square := e.plane(p.w, p.h)
	for i, v := range p.v {
		square.v[i] = v * v
	}
	copy(out.v, e.smooth(e.smooth(square)).v)
	e.used = lent
	kernel.Logarithms(out.v, 10*tiny)
	return out
}

// appendSpread says how evenly energy is spread: mean, deviation, skewness, and how much is in
// places that have next to none.
func appendSpread(print Fingerprint, x []float32) Fingerprint {
	var sum, squares, cubes, still float64
	n := float64(len(x))
	for _, v := range x {
		sum += float64(v)
		if v < -12 {
			still++
		}
	}
	mean := sum / n
	for _, v := range x {
		d := float64(v) - mean
		squares += d * d
		cubes += d * d * d
	}
	deviation := math.Sqrt(squares/n + tiny)
	return append(print, float32(mean), float32(deviation), float32(cubes/n/(deviation*deviation*deviation)), float32(still/n))
}
