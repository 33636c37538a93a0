package kernel

import "unsafe"

// The points of Winograd's F(4x4, 3x3), see gen/tiles.go.
const (
	pointA = 0.75
	pointB = 1.5
)

// tileLine is one line of B^T d B.
func tileLine(d [6]float32) [6]float32 {
	oddA, evenA := d[3]-pointB*pointB*d[1], d[4]-pointB*pointB*d[2]
	oddB, evenB := d[3]-pointA*pointA*d[1], d[4]-pointA*pointA*d[2]
	const product, sum = pointA * pointA * pointB * pointB, pointA*pointA + pointB*pointB
	return [6]float32{
		product*d[0] - sum*d[2] + d[4],
		evenA + pointA*oddA, evenA - pointA*oddA,
		evenB + pointB*oddB, evenB - pointB*oddB,
		product*d[1] - sum*d[3] + d[5],
	}
}

// untileLine is one line of A^T m A.
func untileLine(m [6]float32) [4]float32 {
	sumA, difA, sumB, difB := m[1]+m[2], pointA*(m[1]-m[2]), m[3]+m[4], pointB*(m[3]-m[4])
	return [4]float32{
		m[0] + sumA + sumB, difA + difB, pointA*pointA*sumA + pointB*pointB*sumB,
		pointA*pointA*difA + pointB*pointB*difB + m[5],
	}
}

func plainTiles(n int64, d *float32, row int64, v *float32, stride int64) {
	for i := range n * plainLanes {
		var t [6][6]float32 // columns
		for c := range t {
			var line [6]float32
			for r := range line {
				line[r] = *at(d, 4*i+row*int64(6*r+c))
			}
			t[c] = tileLine(line)
		}
		for r := range 6 {
			for c, x := range tileLine([6]float32{t[0][r], t[1][r], t[2][r], t[3][r], t[4][r], t[5][r]}) {
				*at(v, 4*i+stride*int64(6*r+c)) = x
			}
		}
	}
}

func plainUntile(n int64, m *float32, row int64, y *float32, stride int64, bias *float32, flags int64) {
	for i := range n * plainLanes {
		var t [6][4]float32 // columns
		for c := range t {
			var line [6]float32
			for r := range line {
				line[r] = *at(m, 4*i+row*int64(6*r+c))
			}
			t[c] = untileLine(line)
		}
		for r := range 4 {
			for c, x := range untileLine([6]float32{t[0][r], t[1][r], t[2][r], t[3][r], t[4][r], t[5][r]}) {
				if x += *bias; flags&clip != 0 && !(x > 0) {
					x = 0
				}
				*at(y, 4*(4*i+int64(c))+stride*int64(r)) = x
			}
		}
	}
}

func plainSplit(n int64, src, dst *float32, stride int64) {
	s := unsafe.Slice(src, 4*n*plainLanes)
	for i, v := range s {
		*at(dst, int64(i/4)*4+int64(i%4)*stride) = v
	}
}
