package kernel

// Sums, smoothing and logarithms of plain slices, computed by the caller alone. Sums of single precision are kept
// short; what is long is added up in double precision.

// Powers holds sums of values, of their squares and of their fourth powers, down the columns of a plane.
type Powers struct {
	sums []float32 // the three beside each other
	room int       // of each
}

// Sum takes the sums over rows of w values each, which begin pitch values apart in x.
func (p *Powers) Sum(x []float32, w, rows, pitch int) {
	if p.room < w {
		p.room = roundUp(w)
		p.sums = Floats(3 * p.room)
	}
	done := 0
	if native.powers != nil && rows > 0 {
		if done = w; !native.masked {
			done -= w % native.lanes
		}
	}
	if done > 0 {
		native.powers(int64(done), &x[0], int64(4*pitch), int64(rows), &p.sums[0], int64(4*p.room))
	}
	first, second, fourth := p.columns(done, w)
	clear(first)
	clear(second)
	clear(fourth)
	for y := range rows {
		for i, v := range x[y*pitch+done : y*pitch+w] {
			s := v * v
			first[i] += v
			second[i] += s
			fourth[i] += s * s
		}
	}
}

func (p *Powers) columns(lo, hi int) (first, second, fourth []float32) {
	return p.sums[lo:hi], p.sums[p.room+lo : p.room+hi], p.sums[2*p.room+lo : 2*p.room+hi]
}

// Of adds up columns lo to hi.
func (p *Powers) Of(lo, hi int) (first, second, fourth float32) {
	a, b, c := p.columns(lo, hi)
	b, c = b[:len(a)], c[:len(a)]
	for i, v := range a {
		first += v
		second += b[i]
		fourth += c[i]
	}
	return first, second, fourth
}

// Dot is the sum of the products of a's values and b's, which has as many or more.
func Dot(a, b []float32) float64 {
	sum := 0.0
	for len(a) > sumBlock {
		sum += dotBlock(a[:sumBlock], b)
		a, b = a[sumBlock:], b[sumBlock:]
	}
	return sum + dotBlock(a, b)
}

// dotBlock is Dot of a block at most.
func dotBlock(a, b []float32) float64 {
	sum, done := 0.0, 0
	if whole := len(a) / native.lanes; native.dot != nil && whole > 0 {
		var sums [16]float32
		native.dot(int64(whole), &a[0], &b[0], &sums[0])
		for _, v := range sums[:native.lanes] {
			sum += float64(v)
		}
		done = whole * native.lanes
	}
	var s [2]float32
	a, b = a[done:], b[done:]
	for len(a) >= 2 && len(b) >= 2 {
		s[0] += a[0] * b[0]
		s[1] += a[1] * b[1]
		a, b = a[2:], b[2:]
	}
	if len(a) > 0 {
		s[0] += a[0] * b[0]
	}
	return sum + float64(s[0]) + float64(s[1])
}

// Smooth sets dst to the binomial 1 4 6 4 1 of five neighbours, which have as many values or more. It may not be one
// of them.
func Smooth(dst, a, b, c, d, e []float32) {
	n, lanes := len(dst), native.lanes
	if native.binomial == nil || n < lanes {
		a, b, c, d, e = a[:n], b[:n], c[:n], d[:n], e[:n]
		for i := range dst {
			dst[i] = (a[i]+e[i])/16 + (b[i]+d[i])/4 + c[i]*3/8
		}
		return
	}
	native.binomial(int64(n/lanes), &a[0], &b[0], &c[0], &d[0], &e[0], &dst[0])
	if n%lanes > 0 { // the last vector, again with what was before it
		i := n - lanes
		native.binomial(1, &a[i], &b[i], &c[i], &d[i], &e[i], &dst[i])
	}
}

// Logarithms sets every value of x to the natural logarithm of it and plus, which together are positive.
func Logarithms(x []float32, plus float32) {
	for i, v := range x {
		x[i] = log(v + plus)
	}
}

// Subtract sets dst to a less b.
func Subtract(dst, a, b []float32) {
	copy(dst, a)
	native.axpyTo(dst, b[:len(dst)], -1)
}
