package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestStatisticsAreTheirDefinition(t *testing.T) {
	for _, set := range available() {
		for _, n := range []int{1, 2, 3, 7, 8, 15, 16, 17, 31, 48, 63, 64, 65, 100, 4095, 4096, 9001} {
			t.Run(fmt.Sprintf("%s/%d", set.name, n), func(t *testing.T) {
				force(t, set)
				r := rand.New(rand.NewPCG(1, uint64(n)))
				testDot(t, r, n)
				testSmooth(t, r, n)
				if n < 200 {
					testPowers(t, r, n)
				}
			})
		}
	}
}

func testDot(t *testing.T, r *rand.Rand, n int) {
	a, b := random(r, n), random(r, n+1)
	want, terms := 0.0, 0.0
	for i, v := range a {
		want += float64(v) * float64(b[i])
		terms += math.Abs(float64(v) * float64(b[i]))
	}
	if got := Dot(a, b); math.Abs(got-want) > 1e-6*terms {
		t.Errorf("product %g, want %g", got, want)
	}
}

func testSmooth(t *testing.T, r *rand.Rand, n int) {
	var in [5][]float32
	for i := range in {
		in[i] = random(r, n)
	}
	want := make([]float64, n)
	for k, w := range []float64{1, 4, 6, 4, 1} {
		for i, v := range in[k] {
			want[i] += w / 16 * float64(v)
		}
	}
	out := make([]float32, n+1)
	Smooth(out[:n], in[0], in[1], in[2], in[3], in[4])
	near(t, "smoothed", out[:n], want, 1e-6)
	if out[n] != 0 {
		t.Error("more is smoothed than was asked for")
	}
}

// testPowers takes more columns than before, and fewer, with the same sums.
func testPowers(t *testing.T, r *rand.Rand, most int) {
	var sums Powers
	for _, c := range []struct{ w, rows, more int }{{most, 3, 0}, {most, 1, 5}, {max(1, most/2), 7, 1}, {most, 0, 0}} {
		pitch := c.w + c.more
		x := random(r, c.rows*pitch)
		sums.Sum(x, c.w, c.rows, pitch)
		for lo := range c.w {
			for _, hi := range []int{lo, lo + 1, c.w} {
				var want [3]float64
				for y := range c.rows {
					for _, v := range x[y*pitch+lo : y*pitch+hi] {
						v := float64(v)
						want[0], want[1], want[2] = want[0]+v, want[1]+v*v, want[2]+v*v*v*v
					}
				}
				a, b, d := sums.Of(lo, hi)
				near(t, fmt.Sprintf("columns %d to %d of %+v", lo, hi, c), []float32{a, b, d}, want[:], 3e-6)
			}
		}
	}
}

func TestLogarithmsAreThose(t *testing.T) {
	for x := float32(1e-30); x < 1e30; x *= 1.0371 {
		got, want := []float32{x}, math.Log(float64(x)+1e-20)
		Logarithms(got, 1e-20)
		if math.Abs(float64(got[0])-want) > 2e-7*max(1, math.Abs(want)) {
			t.Fatalf("of %g: %g, want %g", x, got[0], want)
		}
	}
}

func BenchmarkDot(b *testing.B) {
	x := random(rand.New(rand.NewPCG(1, 1)), 1<<16)
	b.SetBytes(8 << 16)
	for b.Loop() {
		Dot(x, x)
	}
}
