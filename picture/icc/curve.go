package icc

import (
	"encoding/binary"
	"math"
)

// curve leads from a stored value to the light it stands for, both in [0,1].
type curve func(v float64) float64

// readCurve reads a curve by its table or its parameters (ICC.1:2010, 10.5 and 10.15); nil where
// it is neither.
func readCurve(b []byte) curve {
	if len(b) < 12 {
		return nil
	}
	switch string(b[:4]) {
	case "curv":
		return tabled(b[8:])
	case "para":
		return parametric(int(binary.BigEndian.Uint16(b[8:])), b[12:])
	}
	return nil
}

func tabled(b []byte) curve {
	n := binary.BigEndian.Uint32(b)
	b = b[4:]
	if uint64(n)*2 > uint64(len(b)) {
		return nil
	}
	switch n {
	case 0:
		return func(v float64) float64 { return v }
	case 1:
		return power(float64(binary.BigEndian.Uint16(b)) / 256)
	}
	return func(v float64) float64 {
		at := v * float64(n-1)
		i := min(int(at), int(n)-2)
		low, high := float64(binary.BigEndian.Uint16(b[2*i:])), float64(binary.BigEndian.Uint16(b[2*i+2:]))
		return (low + (high-low)*(at-float64(i))) / 65535
	}
}

func power(gamma float64) curve {
	return func(v float64) float64 { return math.Pow(v, gamma) }
}

// parametric makes a curve of one of five kinds: from 0 to 4, each with more parameters.
func parametric(kind int, b []byte) curve {
	counts := []int{1, 3, 4, 5, 7}
	if kind >= len(counts) || len(b) < 4*counts[kind] {
		return nil
	}
	var p [7]float64 // g a b c d e f
	for i := range counts[kind] {
		p[i] = fixed(b[4*i:])
	}
	return segments(kind, p)
}

func segments(kind int, p [7]float64) curve {
	g, a, b, c, d, e, f := p[0], p[1], p[2], p[3], p[4], p[5], p[6]
	switch kind {
	case 0:
		return power(g)
	case 1, 2: // a power from where its base is positive, else c (which kind 1 does not have)
		if a == 0 {
			return nil
		}
		d, e, f, c = -b/a, c, c, 0
	case 3:
		e, f = 0, 0
	}
	return func(v float64) float64 {
		if v >= d {
			return math.Pow(max(0, a*v+b), g) + e
		}
		return c*v + f
	}
}
