package kernel

// available lists the instruction sets of this processor, widest last: every arm64 has NEON.
func available() []*isa { return []*isa{plainRough, plain, neon} }

var neon = &isa{
	name: "neon", lanes: 4, rows: []int{8, 4},
	gemm: [][vectors + 1]gemmFunc{
		{nil, neonGemm8x4, neonGemm8x8, neonGemm8x12},
		{nil, neonGemm4x4, neonGemm4x8, neonGemm4x12},
	},
	pack:   [...]func(int64, *float32, *int32, *float32, *segments){nil, neonPack4, neonPack8, neonPack12},
	gather: [...]func(int64, *float32, *int32, *float32, *int32){nil, neonGather4, neonGather8, neonGather12},
	max3x3: [3]maxFunc{nil, neonMax3x3s1, neonMax3x3s2},
	top3x3: [3]topFunc{nil, neonTop3x3s1, neonTop3x3s2},
	unpool: neonUnpool3x3s1,
	tiles:  neonTiles, untile: neonUntile, split: neonSplit,
	mask: neonMask, add: neonAdd, axpy: neonAxpy, peak: neonPeak,
}
