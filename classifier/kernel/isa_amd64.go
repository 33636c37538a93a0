package kernel

import "golang.org/x/sys/cpu"

// features are what a processor has of what the instruction sets need.
type features struct {
	avx2, avx512, bf16, tiles bool
	intel                     bool // it multiplies pairs of bfloat16 in vectors at half the rate of float32, and only in tiles sooner
}

// available lists the instruction sets of this processor, the quickest last.
func available() []*isa {
	x := cpu.X86
	return setsOf(features{avx2: x.HasAVX2 && x.HasFMA, avx512: x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL,
		bf16: x.HasAVX512BF16, tiles: x.HasAMXTile && x.HasAMXBF16 && mayTile(), intel: intel()})
}

// setsOf lists the instruction sets of a processor, the quickest last.
func setsOf(f features) []*isa {
	sets := []*isa{plainRough, plain}
	if f.avx2 {
		sets = append(sets, avx2)
	}
	if f.avx512 && f.bf16 && f.intel {
		sets = append(sets, avx512Rough)
	}
	if f.avx512 {
		sets = append(sets, avx512)
	}
	if f.avx512 && f.bf16 && !f.intel {
		sets = append(sets, avx512Rough)
	}
	if f.avx512 && f.bf16 && f.tiles {
		sets = append(sets, amx)
	}
	return sets
}

// intel reports whether this is a processor of Intel's.
func intel() bool {
	var name [12]byte
	vendor(&name)
	return string(name[:]) == "GenuineIntel"
}

var avx2 = &isa{
	name: "avx2", lanes: 8, rows: []int{4},
	gemm:   [][vectors + 1]gemmFunc{{nil, avx2Gemm4x8, avx2Gemm4x16, avx2Gemm4x24}},
	pack:   [...]func(int64, *float32, *int32, *float32, *segments){nil, avx2Pack8, avx2Pack16, avx2Pack24},
	gather: [...]func(int64, *float32, *int32, *float32, *int32){nil, avx2Gather8, avx2Gather16, avx2Gather24},
	max3x3: [3]maxFunc{nil, avx2Max3x3s1, avx2Max3x3s2},
	top3x3: [3]topFunc{nil, avx2Top3x3s1, avx2Top3x3s2},
	max2x2: avx2Max2x2s2, top2x2: avx2Top2x2s2,
	mean:   [4][3]meanFunc{2: {nil, avx2Mean2x2s1, avx2Mean2x2s2}, 3: {nil, avx2Mean3x3s1, avx2Mean3x3s2}},
	unpool: avx2Unpool3x3s1,
	tiles:  avx2Tiles, untile: avx2Untile, split: avx2Split, evens: avx2Evens,
	powers: avx2Powers, dot: avx2Dot, binomial: avx2Binomial,
	mask: avx2Mask, add: avx2Add, axpy: avx2Axpy, peak: avx2Peak,
}

var avx512 = &isa{
	name: "avx512", lanes: 16, rows: []int{8, 4}, masked: true,
	gemm: [][vectors + 1]gemmFunc{
		{nil, avx512Gemm8x16, avx512Gemm8x32, avx512Gemm8x48},
		{nil, avx512Gemm4x16, avx512Gemm4x32, avx512Gemm4x48},
	},
	pack:   [...]func(int64, *float32, *int32, *float32, *segments){nil, avx512Pack16, avx512Pack32, avx512Pack48},
	gather: [...]func(int64, *float32, *int32, *float32, *int32){nil, avx512Gather16, avx512Gather32, avx512Gather48},
	max3x3: [3]maxFunc{nil, avx512Max3x3s1, avx512Max3x3s2},
	top3x3: [3]topFunc{nil, avx512Top3x3s1, avx512Top3x3s2},
	max2x2: avx512Max2x2s2, top2x2: avx512Top2x2s2,
	mean:   [4][3]meanFunc{2: {2: avx512Mean2x2s2}, 3: {2: avx512Mean3x3s2}},
	window: [4]windowFunc{2: avx512Window2x2, 3: avx512Window3x3}, double: avx512Double,
	unpool: avx512Unpool3x3s1,
	lift:   avx512Lift, lower: avx512Lower, evens: avx512Evens,
	powers: avx512Powers, dot: avx512Dot, binomial: avx512Binomial,
	mask: avx512Mask, add: avx512Add, axpy: avx512Axpy, peak: avx512Peak,
}

// avx512Rough is avx512 with rough arithmetic.
var avx512Rough = func() *isa {
	set := *avx512
	set.name, set.less = "avx512_bf16", avx512
	set.pairs = &pairs{
		rows: []int{8, 4}, masked: true, deep: 1,
		gemm: [][vectors + 1]gemmFunc{
			{nil, bf16Gemm8x16, bf16Gemm8x32, bf16Gemm8x48},
			{nil, bf16Gemm4x16, bf16Gemm4x32, bf16Gemm4x48},
		},
		pack:   [...]func(int64, *float32, *int32, *float32, *segments){nil, bf16Pack16, bf16Pack32, bf16Pack48},
		gather: [...]func(int64, *float32, *int32, *float32, *int32){nil, bf16Gather16, bf16Gather32, bf16Gather48},
		lift:   bf16Lift,
	}
	return &set
}()

// amx is avx512_bf16 with products in tiles.
var amx = func() *isa {
	set := *avx512Rough
	set.name, set.less = "amx_bf16", avx512Rough
	tiles := *avx512Rough.pairs
	tiles.rows, tiles.masked, tiles.deep = []int{16}, false, 16
	tiles.many = [...]manyFunc{nil, amxGemm16x16, amxGemm16x32, amxGemm16x48}
	tiles.gemm = [][vectors + 1]gemmFunc{{nil, once(amxGemm16x16), once(amxGemm16x32), once(amxGemm16x48)}}
	set.pairs = &tiles
	return &set
}()

// once multiplies one block.
func once(f manyFunc) gemmFunc {
	return func(k int64, a, b, c *float32, ldc int64, bias *float32, flags int64, _ uint64) {
		f(1, k, a, b, c, ldc, bias, flags, 0, 0, 0, 0)
	}
}
