package detector

import (
	"math"

	"slugpuppy/picture"
)

// The texture as it is defined, value by value: what texture.go computes with vectors.

func blank(w, h int) plane { return plane{w, h, make([]float32, w*h)} }

func definedTexture(print Fingerprint, p *picture.Planar) Fingerprint {
	level := definedOpponents(p)
	var finer plane // local energy of the octave before
	for range octaves {
		var low, band [3]plane
		for c := range level {
			low[c] = definedSmooth(level[c])
			band[c] = blank(level[c].w, level[c].h)
			for i, v := range level[c].v {
				band[c].v[i] = v - low[c].v[i]
			}
		}
		for c := range band {
			print = definedEnergy(print, band[c].v)
		}
		print = append(print, definedAlike(band[0].v, band[1].v), definedAlike(band[0].v, band[2].v), definedAlike(band[1].v, band[2].v))
		print = append(print, definedAlike(band[0].v, low[0].v), definedAlike(band[1].v, low[1].v), definedAlike(definedMagnitude(band[1].v), definedMagnitude(band[0].v)))
		print = definedRepeats(print, band[0])
		print = definedRepeats(print, band[1])
		print = definedBends(print, level[0])
		energy := definedLocalEnergy(band[0])
		print = appendSpread(print, energy.v)
		if finer.v == nil {
			print = append(print, 0)
		} else {
			print = append(print, definedAlikeFromMean(finer.v, energy.v))
		}
		for c := range level {
			level[c] = definedHalve(low[c])
		}
		finer = definedHalve(energy)
	}
	return print
}

func definedOpponents(p *picture.Planar) [3]plane {
	out := [3]plane{blank(p.W, p.H), blank(p.W, p.H), blank(p.W, p.H)}
	r, g, b := p.Plane(0), p.Plane(1), p.Plane(2)
	for i := range r {
		out[0].v[i] = 0.299*r[i] + 0.587*g[i] + 0.114*b[i]
		out[1].v[i] = r[i] - g[i]
		out[2].v[i] = b[i] - (r[i]+g[i])/2
	}
	return out
}

func definedSmooth(p plane) plane {
	across, out := blank(p.w, p.h), blank(p.w, p.h)
	for y := range p.h {
		row, to := p.v[y*p.w:(y+1)*p.w], across.v[y*p.w:(y+1)*p.w]
		for x := range row {
			if x >= 2 && x+2 < len(row) {
				to[x] = (row[x-2]+row[x+2])/16 + (row[x-1]+row[x+1])/4 + row[x]*3/8
				continue
			}
			at := func(i int) float32 { return row[min(len(row)-1, max(0, i))] }
			to[x] = (at(x-2)+at(x+2))/16 + (at(x-1)+at(x+1))/4 + row[x]*3/8
		}
	}
	for y := range p.h {
		at := func(i int) []float32 {
			i = min(p.h-1, max(0, i))
			return across.v[i*p.w : (i+1)*p.w]
		}
		a, b, c, d, e, to := at(y-2), at(y-1), at(y), at(y+1), at(y+2), out.v[y*p.w:(y+1)*p.w]
		for x := range to {
			to[x] = (a[x]+e[x])/16 + (b[x]+d[x])/4 + c[x]*3/8
		}
	}
	return out
}

func definedHalve(p plane) plane {
	out := blank(max(1, p.w/2), max(1, p.h/2))
	for y := range out.h {
		for x := range out.w {
			out.v[y*out.w+x] = p.v[2*y*p.w+2*x]
		}
	}
	return out
}

func definedEnergy(print Fingerprint, x []float32) Fingerprint {
	var m1, m2, m4 float64
	for _, v := range x {
		s := float64(v) * float64(v)
		m1 += math.Abs(float64(v))
		m2 += s
		m4 += s * s
	}
	n := float64(len(x))
	m1, m2, m4 = m1/n, m2/n+tiny, m4/n
	return append(print, float32(math.Log(m2)), float32(math.Log1p(m4/(m2*m2))), float32(m1/math.Sqrt(m2)))
}

func definedAlike(a, b []float32) float32 {
	var ab, aa, bb float64
	for i, v := range a {
		ab += float64(v) * float64(b[i])
		aa += float64(v) * float64(v)
		bb += float64(b[i]) * float64(b[i])
	}
	n := float64(len(a)) * tiny
	return float32(ab / math.Sqrt((aa+n)*(bb+n)))
}

func definedAlikeFromMean(a, b []float32) float32 {
	n := min(len(a), len(b))
	var ma, mb float64
	for i := range n {
		ma += float64(a[i]) / float64(n)
		mb += float64(b[i]) / float64(n)
	}
	var ab, aa, bb float64
	for i := range n {
		x, y := float64(a[i])-ma, float64(b[i])-mb
		ab += x * y
		aa += x * x
		bb += y * y
	}
	return float32(ab / math.Sqrt((aa+tiny)*(bb+tiny)))
}

func definedMagnitude(x []float32) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(math.Abs(float64(v)))
	}
	return out
}

func definedRepeats(print Fingerprint, p plane) Fingerprint {
	for _, lag := range lags {
		var along, across, all float64
		for y := range p.h {
			row := p.v[y*p.w : (y+1)*p.w]
			for x, v := range row {
				all += float64(v) * float64(v)
				if x+lag < p.w {
					along += float64(v) * float64(row[x+lag])
				}
			}
			if y+lag < p.h {
				below := p.v[(y+lag)*p.w : (y+lag+1)*p.w]
				for x, v := range row {
					across += float64(v) * float64(below[x])
				}
			}
		}
		all += float64(len(p.v)) * tiny
		print = append(print, float32((along+across)/2/all), float32(math.Abs(along-across)/all))
	}
	return print
}

func definedBends(print Fingerprint, p plane) Fingerprint {
	even, odd, all := blank(p.w, p.h), blank(p.w, p.h), blank(p.w, p.h)
	for y := 1; y+1 < p.h; y++ {
		for x := 1; x+1 < p.w; x++ {
			i := y*p.w + x
			gx, gy := p.v[i+1]-p.v[i-1], p.v[i+p.w]-p.v[i-p.w]
			even.v[i], odd.v[i], all.v[i] = gx*gx-gy*gy, 2*gx*gy, gx*gx+gy*gy
		}
	}
	even, odd, all = definedSmooth(even), definedSmooth(odd), definedSmooth(all)
	var strong, total, sum, squares float64
	for i, t := range all.v {
		e, o := float64(even.v[i]), float64(odd.v[i])
		d := math.Sqrt(e*e + o*o)
		strong += d
		total += float64(t)
		c := d / (float64(t) + 10*tiny)
		sum += c
		squares += c * c
		// From here on the direction alone, doubled, as long as it is clear.
		scale := float32(c / (d + tiny))
		even.v[i], odd.v[i] = even.v[i]*scale, odd.v[i]*scale
	}
	n := float64(len(all.v))
	mean := sum / n
	print = append(print, float32(strong/(total+n*tiny)), float32(mean), float32(math.Sqrt(max(0, squares/n-mean*mean))))
	for _, lag := range [...]int{2, 5, 10} {
		var same, all float64
		for y := range p.h {
			for x := range p.w - min(lag, p.w) {
				i := y*p.w + x
				same += float64(even.v[i])*float64(even.v[i+lag]) + float64(odd.v[i])*float64(odd.v[i+lag])
				all += float64(even.v[i])*float64(even.v[i]) + float64(odd.v[i])*float64(odd.v[i])
			}
		}
		print = append(print, float32(same/(all+n*tiny)))
	}
	return print
}

func definedLocalEnergy(p plane) plane {
	out := blank(p.w, p.h)
	for i, v := range p.v {
		out.v[i] = v * v
	}
	out = definedSmooth(definedSmooth(out))
	for i, v := range out.v {
		out.v[i] = float32(math.Log(float64(v) + 10*tiny))
	}
	return out
}
