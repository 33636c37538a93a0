package kernel

import (
	"math/rand/v2"
	"testing"
)

// checkWinograd draws what is computed in tiles: convolutions whose results end anywhere in one,
// over pictures from a single pixel on.
func checkWinograd(t *testing.T, set *isa, r *rand.Rand) {
	s := ConvShape{KernelH: 3, KernelW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1}
	s.In, s.Out = leastChannels+r.IntN(12), leastChannels+r.IntN(12)
	s.Top, s.Left, s.Bottom, s.Right = r.IntN(4), r.IntN(4), r.IntN(4), r.IntN(4)
	h, w := max(1, 3-s.Top-s.Bottom)+r.IntN(20), max(1, 3-s.Left-s.Right)+r.IntN(60)
	if !s.worthTiles() {
		t.Fatalf("%+v is not computed in tiles", s)
	}
	checkShape(t, set, r, s, h, w)
	if set.tiles != nil {
		checkTiles(t, set, r)
	}
	if set.lift != nil {
		checkStripe(t, set, r)
	}
}

// checkStripe holds the transformations from and to the rows of a picture against tiles cut out of it,
// with edges of the picture anywhere, and sees that nothing else is written.
func checkStripe(t *testing.T, set *isa, r *rand.Rand) {
	n, pitch := 1+r.IntN(set.lanes), side*set.lanes+3+r.IntN(9)
	from, to := r.IntN(7), side*n+2-r.IntN(7) // columns that there are
	x, y := random(r, reach*pitch), random(r, reach*pitch)
	gated := r.IntN(2) == 0
	lines := Floats(2 * reach * 5 * set.lanes)
	s := &stripe{at: 4, vecs: int64(max(2, ceilDiv(side*n+2, set.lanes))), lines: &lines[0]}
	for k := range s.cols {
		s.cols[k] = between(from-k*set.lanes, to-k*set.lanes)
	}
	for i := range reach {
		s.x[i] = &x[i*pitch]
		if gated {
			s.y[i] = &y[i*pitch]
		}
	}
	stride := n + r.IntN(20)
	v := Floats(elements * stride)
	want := make([]float64, len(v))
	for i := range n {
		var d [elements]float32
		for e := range d {
			c := side*i + e%reach
			at := e/reach*pitch + 1 + c
			if c >= from && c < to && !(gated && !(y[at] > 0)) {
				d[e] = x[at]
			}
		}
		for e, x := range transformed(d) {
			want[e*stride+i] = float64(x)
		}
	}
	set.lift(s, &v[0], int64(4*stride), between(0, n))
	near(t, set.name+" lift", v, want, 1e-6)
	if set.pairs != nil { // of another channel and this one
		for i := range reach {
			s.x[reach+i], s.y[reach+i] = s.x[i], s.y[i]
			s.x[i] = &y[i*pitch]
		}
		first, got := Floats(len(v)), Floats(len(v))
		set.lift(s, &first[0], int64(4*stride), between(0, n))
		set.pairs.lift(s, &got[0], int64(4*stride), between(0, n))
		for i := range v {
			a, b := unpaired(got[i])
			if wantA, wantB := unpaired(pair(first[i], v[i])); a != wantA || b != wantB {
				t.Fatalf("%s lift of pairs: %g and %g in place %d, want %g and %g", set.name, a, b, i, wantA, wantB)
			}
		}
	}

	row, bias := set.lanes+r.IntN(20), random(r, 1)
	m, wide := random(r, elements*row), side*n+r.IntN(9)
	flags, rows, cols := int64(r.IntN(4)), 1+r.IntN(side), 1+r.IntN(side*n)
	out := random(r, side*wide)
	want = doubles(out)
	for i := range n {
		for e, x := range restored(tileOf(m, row, i)) {
			if at := e/side*wide + side*i + e%side; e/side < rows && side*i+e%side < cols {
				x += bias[0]
				if flags&clip != 0 {
					x = max(x, 0)
				}
				if flags&accumulate != 0 {
					x += out[at]
				}
				want[at] = float64(x)
			}
		}
	}
	set.lower(&m[0], int64(4*row), &out[0], int64(4*wide), &bias[0], flags, between(0, cols), int64(rows))
	near(t, set.name+" lower", out, want, 1e-6)
}

// transformed is B^T d B.
func transformed(d [elements]float32) (v [elements]float32) {
	for c := range reach {
		for r, x := range tileLine([reach]float32{d[c], d[reach+c], d[2*reach+c], d[3*reach+c], d[4*reach+c], d[5*reach+c]}) {
			v[r*reach+c] = x
		}
	}
	for r := range reach {
		line := tileLine([reach]float32(v[r*reach:]))
		copy(v[r*reach:], line[:])
	}
	return v
}

// restored is A^T m A.
func restored(m [elements]float32) (y [side * side]float32) {
	var t [reach][side]float32
	for r := range reach {
		t[r] = untileLine([reach]float32(m[r*reach:]))
	}
	for c := range side {
		for r, x := range untileLine([reach]float32{t[0][c], t[1][c], t[2][c], t[3][c], t[4][c], t[5][c]}) {
			y[r*side+c] = x
		}
	}
	return y
}

// checkTiles holds the transformations against their definition, at any distance between rows.
func checkTiles(t *testing.T, set *isa, r *rand.Rand) {
	vecs := 1 + r.IntN(vectors)
	wide := vecs * set.lanes
	pitch, gap := wide+r.IntN(20), 4*wide+r.IntN(20)
	d, m := random(r, elements*pitch), random(r, elements*pitch)
	bias, flags := random(r, 1), int64(r.IntN(2))*clip
	v, y := Floats(elements*pitch), Floats(side*gap)
	wantV, wantY := make([]float64, len(v)), make([]float64, len(y))
	for i := range wide {
		for e, x := range transformed(tileOf(d, pitch, i)) {
			wantV[e*pitch+i] = float64(x)
		}
		for e, x := range restored(tileOf(m, pitch, i)) {
			if x += bias[0]; flags&clip != 0 {
				x = max(x, 0)
			}
			wantY[e/side*gap+side*i+e%side] = float64(x)
		}
	}
	n, row := int64(vecs), int64(4*pitch)
	set.tiles(n, &d[0], row, &v[0], row)
	near(t, set.name+" tiles", v, wantV, 1e-6)
	set.untile(n, &m[0], row, &y[0], int64(4*gap), &bias[0], flags)
	near(t, set.name+" tiles back", y, wantY, 1e-6)
	clear(v)
	clear(wantV)
	set.split(n, &y[0], &v[0], row)
	for i := range side * wide {
		wantV[i%side*pitch+i/side] = float64(y[i])
	}
	near(t, set.name+" split", v, wantV, 0)
}

// tileOf is tile i of those whose elements lie pitch values apart.
func tileOf(values []float32, pitch, i int) (tile [elements]float32) {
	for e := range tile {
		tile[e] = values[e*pitch+i]
	}
	return tile
}

func doubles(x []float32) []float64 {
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = float64(v)
	}
	return d
}

func TestTilesMatchTheirDefinitionOnRandomShapes(t *testing.T) {
	eachSet(t, available(), 50, checkWinograd)
}

func FuzzWinograd(f *testing.F) { fuzzEverySet(f, checkWinograd) }
