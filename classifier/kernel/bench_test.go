package kernel

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkConv measures convolutions of GoogLeNet at 224 and 512 pixels on one thread: the best of
// many runs, because other work only ever makes them slower.
func BenchmarkConv(b *testing.B) {
	for _, c := range []struct{ in, out, k, stride, size int }{
		{3, 64, 7, 2, 512}, {64, 64, 1, 1, 128}, {64, 192, 3, 1, 128}, {192, 96, 1, 1, 64}, {96, 128, 3, 1, 64},
		{256, 128, 1, 1, 64}, {512, 24, 1, 1, 32}, {528, 256, 1, 1, 32}, {160, 320, 3, 1, 32}, {832, 384, 1, 1, 16},
		{192, 384, 3, 1, 16}, {16, 32, 3, 1, 64}, {160, 320, 3, 1, 14}, {192, 384, 3, 1, 7}, {528, 256, 1, 1, 14}, {832, 384, 1, 1, 7}, {128, 192, 3, 1, 28},
	} {
		s := ConvShape{In: c.in, Out: c.out, KernelH: c.k, KernelW: c.k, StrideH: c.stride, StrideW: c.stride, DilationH: 1, DilationW: 1,
			Top: c.k / 2, Left: c.k / 2, Bottom: c.k / 2, Right: c.k / 2, Groups: 1}
		weight := make([]float32, s.weights())
		for i := range weight {
			weight[i] = float32(i%7) - 3
		}
		conv, err := NewConv(s, weight, nil)
		if err != nil {
			b.Fatal(err)
		}
		p, err := conv.At(c.size, c.size)
		if err != nil {
			b.Fatal(err)
		}
		team, err := NewPool(1).Join(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		h, w := s.Size(c.size, c.size)
		x, y, dx := Floats(c.in*c.size*c.size), Floats(c.out*h*w), Floats(c.in*c.size*c.size)
		for i := range x {
			x[i] = float32(i%11) - 4
		}
		scratch := Floats(max(p.ForwardScratch(), p.BackwardScratch()))
		name := fmt.Sprintf("%dx%d/%d,%d->%d@%d", c.k, c.k, c.stride, c.in, c.out, c.size)
		run := func(way string, f func()) {
			b.Run(name+way, func(b *testing.B) {
				best := time.Hour
				for b.Loop() {
					start := time.Now()
					f()
					best = min(best, time.Since(start))
				}
				b.ReportMetric(p.Work()/best.Seconds()/1e9, "GFLOP/s")
				b.ReportMetric(best.Seconds()*1e3, "ms-best")
			})
		}
		run("/forward", func() { p.Forward(team, y, x, scratch, true) })
		run("/backward", func() { p.Backward(team, dx, y, y, scratch, false) })
		for i, name := range Names()[:len(Names())-1] {
			rough, err := conv.Rough(i+1).At(c.size, c.size)
			if err != nil {
				b.Fatal(err)
			}
			scratch := Floats(max(rough.ForwardScratch(), rough.BackwardScratch()))
			run("/"+name, func() { rough.Forward(team, y, x, scratch, true) })
			run("/"+name+" backward", func() { rough.Backward(team, dx, y, y, scratch, false) })
		}
		team.Leave()
	}
}
