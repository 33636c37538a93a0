package kernel

import "unsafe"

// plainRough is plain with rough arithmetic.
var plainRough = func() *isa {
	set := *plain
	set.name, set.less = "plain_bf16", plain
	set.pairs = &pairs{
		rows: []int{plainRows}, masked: plain.masked, deep: 1,
		gemm:   [][vectors + 1]gemmFunc{{nil, plainPairsGemm(1), plainPairsGemm(2), plainPairsGemm(3)}},
		pack:   [...]func(int64, *float32, *int32, *float32, *segments){nil, plainPairsPack(1), plainPairsPack(2), plainPairsPack(3)},
		gather: [...]func(int64, *float32, *int32, *float32, *int32){nil, plainPairsGather(1), plainPairsGather(2), plainPairsGather(3)},
		lift:   plainPairsLift,
	}
	return &set
}()

func plainPairsGemm(vecs int) gemmFunc {
	cols := vecs * plainLanes
	return func(k int64, ap, bp, cp *float32, ldc int64, bias *float32, flags int64, _ uint64) {
		for m := range plainRows {
			c := unsafe.Slice(offset(cp, int64(m)*ldc), cols)
			for j := range c {
				sum := *offset(bias, int64(4*m))
				if flags&accumulate != 0 {
					sum = c[j]
				}
				for i := range k {
					x0, x1 := unpaired(*offset(ap, 4*(i*plainRows+int64(m))))
					y0, y1 := unpaired(*offset(bp, 4*(i*int64(cols)+int64(j))))
					sum += x0 * y0
					sum += x1 * y1
				}
				if flags&clip != 0 && !(sum > 0) {
					sum = 0
				}
				c[j] = sum
			}
		}
	}
}

// weave makes pairs of every two rows of cols values.
func weave(dst, rows []float32, cols int) {
	for i := range dst {
		at := i/cols*2*cols + i%cols
		dst[i] = pair(rows[at], rows[at+cols])
	}
}

func plainPairsPack(vecs int) func(int64, *float32, *int32, *float32, *segments) {
	pack, cols := plainPack(vecs), vecs*plainLanes
	return func(n int64, src *float32, taps *int32, dst *float32, seg *segments) {
		rows := make([]float32, 2*int(n)*cols)
		pack(2*n, src, taps, &rows[0], seg)
		weave(unsafe.Slice(dst, int(n)*cols), rows, cols)
	}
}

func plainPairsGather(vecs int) func(int64, *float32, *int32, *float32, *int32) {
	gather, cols := plainGather(vecs), vecs*plainLanes
	return func(n int64, src *float32, taps *int32, dst *float32, idx *int32) {
		rows := make([]float32, 2*int(n)*cols)
		gather(2*n, src, taps, &rows[0], idx)
		weave(unsafe.Slice(dst, int(n)*cols), rows, cols)
	}
}

func plainPairsLift(s *stripe, v *float32, stride int64, tiles uint64) {
	var first, second [elements * plainLanes]float32
	plainLift(s, &first[0], 4*plainLanes, tiles)
	other := *s
	copy(other.x[:], s.x[reach:])
	copy(other.y[:], s.y[reach:])
	plainLift(&other, &second[0], 4*plainLanes, tiles)
	for i := range first {
		if tiles>>(i%plainLanes)&1 != 0 {
			*offset(v, int64(i/plainLanes)*stride+int64(4*(i%plainLanes))) = pair(first[i], second[i])
		}
	}
}
