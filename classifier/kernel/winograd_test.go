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
	checkTiles(t, set, r)
}

// checkTiles holds the transformations against the plain ones, at any distance between rows.
func checkTiles(t *testing.T, set *isa, r *rand.Rand) {
	vecs := 1 + r.IntN(vectors)
	wide := vecs * set.lanes
	pitch, gap := wide+r.IntN(20), 4*wide+r.IntN(20)
	d, m := random(r, elements*pitch), random(r, elements*pitch)
	d2, m2 := append([]float32(nil), d...), append([]float32(nil), m...)
	bias := random(r, 1)
	v, v2 := Floats(elements*pitch), Floats(elements*pitch)
	y, y2 := Floats(side*gap), Floats(side*gap)
	n, n2 := int64(vecs), int64(wide/plainLanes)
	row, line := int64(4*pitch), int64(4*gap)
	set.tiles(n, &d[0], row, &v[0], row)
	plain.tiles(n2, &d2[0], row, &v2[0], row)
	near(t, set.name+" tiles", v, doubles(v2), 1e-6)
	flags := int64(r.IntN(2)) * clip
	set.untile(n, &m[0], row, &y[0], line, &bias[0], flags)
	plain.untile(n2, &m2[0], row, &y2[0], line, &bias[0], flags)
	near(t, set.name+" tiles back", y, doubles(y2), 1e-6)
	clear(v)
	clear(v2)
	set.split(n, &y[0], &v[0], row)
	plain.split(n2, &y[0], &v2[0], row)
	near(t, set.name+" split", v, doubles(v2), 0)
}

func doubles(x []float32) []float64 {
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = float64(v)
	}
	return d
}

func TestTilesMatchTheirDefinitionOnRandomShapes(t *testing.T) { everySet(t, 60, checkWinograd) }

func FuzzWinograd(f *testing.F) { fuzzEverySet(f, checkWinograd) }
