package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// checkLinear holds products of a matrix with many columns, with one and the way back against
// the definition.
func checkLinear(t *testing.T, set *isa, r *rand.Rand) {
	rows, depth, n := 1+r.IntN(40), 1+r.IntN(60), 1+r.IntN(120)
	tm := team(t, 1+r.IntN(3))
	name := fmt.Sprintf("%s %dx%d times %d columns", set.name, rows, depth, n)
	a, bias := random(r, rows*depth), random(r, rows)
	l := NewLinear(rows, depth, func(row, k int) float32 { return a[row*depth+k] }, bias)
	for range 2 { // the second time without planning
		x, y := random(r, depth*n), random(r, rows*n)
		l.Multiply(tm, y, x, n)
		near(t, name, y, times(a, x, bias, rows, depth, n), 1e-5)
	}

	x, y := random(r, depth), random(r, rows)
	Dense(tm, y, x, a, bias)
	near(t, name+": Dense", y, times(a, x, bias, rows, depth, 1), 1e-5)

	dy, dx := random(r, rows), random(r, depth)
	dy[r.IntN(rows)] = 0
	add := r.IntN(2) == 0
	want := make([]float64, depth)
	for k := range want {
		if add {
			want[k] = float64(dx[k])
		}
		for i, g := range dy {
			want[k] += float64(g) * float64(a[i*depth+k])
		}
	}
	DenseGrad(tm, dx, dy, a, add)
	near(t, name+": gradient of Dense", dx, want, 1e-5)
}

// times is the definition: matrix [rows][depth] times x [depth][n] plus bias.
func times(a, x, bias []float32, rows, depth, n int) []float64 {
	y := make([]float64, rows*n)
	for i := range rows {
		for j := range n {
			sum := float64(bias[i])
			for k := range depth {
				sum += float64(a[i*depth+k]) * float64(x[k*n+j])
			}
			y[i*n+j] = sum
		}
	}
	return y
}

func TestProductsMatchTheirDefinitionOnRandomShapes(t *testing.T) { everySet(t, 100, checkLinear) }

func FuzzLinear(f *testing.F) { fuzzEverySet(f, checkLinear) }
