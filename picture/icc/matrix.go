package icc

type matrix [3][3]float64

var identity = matrix{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}

// fromD50 leads from the connection space, whose white is D50, to the light of sRGB's primaries:
// the inverse of sRGB's own profile's matrix (IEC 61966-2-1, adapted by Bradford's method).
var fromD50 = matrix{
	{0.4360747, 0.3850649, 0.1430804},
	{0.2225045, 0.7168786, 0.0606169},
	{0.0139322, 0.0971045, 0.7141733},
}.inverse()

func (m matrix) times(n matrix) (out matrix) {
	for i := range 3 {
		for j := range 3 {
			for k := range 3 {
				out[i][j] += m[i][k] * n[k][j]
			}
		}
	}
	return out
}

func (m matrix) apply(v [3]float64) (out [3]float64) {
	for i := range 3 {
		out[i] = m[i][0]*v[0] + m[i][1]*v[1] + m[i][2]*v[2]
	}
	return out
}

// inverse by cofactors; that of a matrix without one is full of infinities and NaN.
func (m matrix) inverse() (out matrix) {
	minor := func(i, j int) float64 {
		a, b, c, d := (i+1)%3, (i+2)%3, (j+1)%3, (j+2)%3
		return m[a][c]*m[b][d] - m[a][d]*m[b][c]
	}
	det := m[0][0]*minor(0, 0) + m[0][1]*minor(0, 1) + m[0][2]*minor(0, 2)
	for i := range 3 {
		for j := range 3 {
			out[j][i] = minor(i, j) / det
		}
	}
	return out
}

// primaries makes the matrix from light of some primaries to XYZ of D50, by their chromaticities
// (x, y) and that of their white.
func primaries(white, red, green, blue [2]float64) matrix {
	xyz := func(c [2]float64) [3]float64 { return [3]float64{c[0] / c[1], 1, (1 - c[0] - c[1]) / c[1]} }
	var m matrix
	for i, c := range [][2]float64{red, green, blue} {
		v := xyz(c)
		for row := range 3 {
			m[row][i] = v[row]
		}
	}
	w := xyz(white)
	scale := m.inverse().apply(w)
	for row := range 3 {
		for i := range 3 {
			m[row][i] *= scale[i]
		}
	}
	return adapt(w).times(m)
}

// adapt leads from one white to D50 by Bradford's method.
func adapt(white [3]float64) matrix {
	cone := matrix{{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}
	from, to := cone.apply(white), cone.apply([3]float64{0.9642, 1, 0.8249})
	ratio := matrix{{to[0] / from[0]}, {0, to[1] / from[1]}, {0, 0, to[2] / from[2]}}
	return cone.inverse().times(ratio).times(cone)
}
