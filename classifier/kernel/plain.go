package kernel

import (
	"runtime"
	"unsafe"
)

// plain is the instruction set every processor has: the same contracts in Go.
var plain = &isa{
	name: "plain", lanes: 4, rows: []int{4},
	gemm:   [][vectors + 1]gemmFunc{{nil, plainGemm(1), plainGemm(2), plainGemm(3)}},
	pack:   [...]func(int64, *float32, *int32, *float32, *segments){nil, plainPack(1), plainPack(2), plainPack(3)},
	gather: [...]func(int64, *float32, *int32, *float32, *int32){nil, plainGather(1), plainGather(2), plainGather(3)},
	lift:   plainLift, lower: plainLower,
	mask: plainMask, add: plainAdd, axpy: plainAxpy, peak: plainPeak,
}

const plainLanes, plainRows = 4, 4

// plainGemm works on 4x4 corners of the block, whose sixteen sums the compiler keeps in
// registers or close by.
func plainGemm(vecs int) gemmFunc {
	cols := vecs * plainLanes
	return func(k int64, ap, bp, cp *float32, ldc int64, bias *float32, flags int64, _ uint64) {
		a := unsafe.Slice(ap, int(k)*plainRows)
		b := unsafe.Slice(bp, int(k)*cols)
		ld := int(ldc / 4)
		c := unsafe.Slice(cp, (plainRows-1)*ld+cols)
		for v := range vecs {
			plainCorner(a, b[v*plainLanes:], c[v*plainLanes:], cols, ld, unsafe.Slice(bias, plainRows), flags)
		}
	}
}

func plainCorner(a, b, c []float32, cols, ld int, bias []float32, flags int64) {
	var sum [plainRows][plainLanes]float32
	for m := range plainRows {
		for j := range plainLanes {
			sum[m][j] = bias[m]
			if flags&accumulate != 0 {
				sum[m][j] = c[m*ld+j]
			}
		}
	}
	for m := 0; m < plainRows; m += 2 {
		s0, s1, s2, s3 := sum[m][0], sum[m][1], sum[m][2], sum[m][3]
		t0, t1, t2, t3 := sum[m+1][0], sum[m+1][1], sum[m+1][2], sum[m+1][3]
		for i, j := m, 0; i < len(a); i, j = i+plainRows, j+cols {
			x, y, bb := a[i], a[i+1], b[j:j+plainLanes:j+plainLanes]
			s0, s1, s2, s3 = s0+x*bb[0], s1+x*bb[1], s2+x*bb[2], s3+x*bb[3]
			t0, t1, t2, t3 = t0+y*bb[0], t1+y*bb[1], t2+y*bb[2], t3+y*bb[3]
		}
		sum[m] = [plainLanes]float32{s0, s1, s2, s3}
		sum[m+1] = [plainLanes]float32{t0, t1, t2, t3}
	}
	for m := range plainRows {
		for j, s := range sum[m] {
			if flags&clip != 0 && !(s > 0) {
				s = 0
			}
			c[m*ld+j] = s
		}
	}
}

func offset(p *float32, bytes int64) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), bytes))
}

// plainPack reads nothing past the columns that matter: what lies there may be another
// task's output, which only assembly may read (and ignore) unseen by the race detector.
func plainPack(vecs int) func(int64, *float32, *int32, *float32, *segments) {
	return func(n int64, src *float32, taps *int32, dst *float32, seg *segments) {
		out := unsafe.Slice(dst, int(n)*vecs*plainLanes)
		for _, tap := range unsafe.Slice(taps, n) {
			for i := range out[:seg.width] {
				v, l := i/plainLanes, i%plainLanes
				from := seg.a[v]
				if seg.second[v]>>l&1 != 0 {
					from = seg.b[v]
				}
				out[i] = *offset(src, int64(tap)+from+int64(4*l))
			}
			clear(out[seg.width : vecs*plainLanes])
			out = out[vecs*plainLanes:]
		}
	}
}

func plainGather(vecs int) func(int64, *float32, *int32, *float32, *int32) {
	return func(n int64, src *float32, taps *int32, dst *float32, idx *int32) {
		out := unsafe.Slice(dst, int(n)*vecs*plainLanes)
		lanes := unsafe.Slice(idx, vecs*plainLanes)
		for _, tap := range unsafe.Slice(taps, n) {
			for l, from := range lanes {
				out[l] = *offset(src, int64(tap)+int64(from))
			}
			out = out[vecs*plainLanes:]
		}
	}
}

func plainMask(n int64, dst, g, y *float32) {
	d, gg := unsafe.Slice(dst, n*plainLanes), unsafe.Slice(g, n*plainLanes)
	for i, v := range unsafe.Slice(y, n*plainLanes) {
		if v > 0 {
			d[i] = gg[i]
		} else {
			d[i] = 0
		}
	}
}

func plainAdd(n int64, dst, x *float32) {
	d := unsafe.Slice(dst, n*plainLanes)
	for i, v := range unsafe.Slice(x, n*plainLanes) {
		d[i] += v
	}
}

func plainAxpy(n int64, dst, x, s *float32) {
	d := unsafe.Slice(dst, n*plainLanes)
	for i, v := range unsafe.Slice(x, n*plainLanes) {
		d[i] += *s * v
	}
}

func plainPeak(n int64) {
	var s [24]float32
	for range n {
		for i := range s {
			for range plainLanes {
				s[i] += s[i] * 0.5
			}
		}
	}
	runtime.KeepAlive(&s) // else the compiler drops the work
}
