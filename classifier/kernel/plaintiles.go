package kernel

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

// plainLift reads nothing of columns that the picture lacks, nor of tiles that nobody wants.
func plainLift(s *stripe, v *float32, stride int64, tiles uint64) {
	value := func(r, c int) float32 {
		if s.cols[c/plainLanes]>>(c%plainLanes)&1 == 0 {
			return 0
		}
		at := s.at + int64(4*c)
		if s.y[0] != nil && !(*offset(s.y[r], at) > 0) {
			return 0
		}
		return *offset(s.x[r], at)
	}
	for i := range plainLanes {
		if tiles>>i&1 == 0 {
			continue
		}
		var t [reach][reach]float32 // columns
		for c := range t {
			var line [reach]float32
			for r := range line {
				line[r] = value(r, side*i+c)
			}
			t[c] = tileLine(line)
		}
		for r := range reach {
			for c, x := range tileLine([reach]float32{t[0][r], t[1][r], t[2][r], t[3][r], t[4][r], t[5][r]}) {
				*offset(v, int64(4*i)+stride*int64(reach*r+c)) = x
			}
		}
	}
}

func plainLower(m *float32, row int64, y *float32, pitch int64, bias *float32, flags int64, cols uint64, rows int64) {
	for i := range plainLanes {
		if cols>>(side*i) == 0 {
			return
		}
		var t [reach][side]float32
		for r := range t {
			var line [reach]float32
			for c := range line {
				line[c] = *offset(m, int64(4*i)+row*int64(reach*r+c))
			}
			t[r] = untileLine(line)
		}
		for c := range side {
			line := untileLine([reach]float32{t[0][c], t[1][c], t[2][c], t[3][c], t[4][c], t[5][c]})
			for r := range rows {
				if cols>>(side*i+c)&1 == 0 {
					continue
				}
				x := line[r] + *bias
				if flags&clip != 0 && !(x > 0) {
					x = 0
				}
				d := offset(y, r*pitch+int64(4*(side*i+c)))
				if flags&accumulate != 0 {
					x += *d
				}
				*d = x
			}
		}
	}
}
