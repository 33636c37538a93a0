package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestRoundingToBfloat16GoesToTheNearestAndToEven(t *testing.T) {
	for _, c := range []struct {
		in   uint32
		want uint16
	}{
		{0x3f800000, 0x3f80}, {0x3f808000, 0x3f80}, {0x3f818000, 0x3f82}, {0x3f808001, 0x3f81}, {0xbf80ffff, 0xbf81},
		{0x7f7fffff, 0x7f80}, {0x7f800000, 0x7f80}, {0xff800000, 0xff80}, {0x80000000, 0x8000}, {0x00400000, 0},
	} {
		if got := roughly(math.Float32frombits(c.in)); got != c.want {
			t.Errorf("%#x is rounded to %#x, want %#x", c.in, got, c.want)
		}
	}
	if first, second := unpaired(pair(float32(math.NaN()), -2)); first == first || second != -2 {
		t.Errorf("a pair of no number and -2 is %g and %g", first, second)
	}
}

// checkPairs holds rough kernels against plain ones, which have other blocks: what they multiply is the
// same to the last bit, what they sum is not in the same order.
func checkPairs(t *testing.T, set *isa, r *rand.Rand) {
	if set.pairs == nil {
		return
	}
	p := set.pairs
	vecs, kind := 1+r.IntN(vectors), r.IntN(len(p.rows))
	k, rows, cols := (1+r.IntN(40/p.deep+1))*p.deep, p.rows[kind], vecs*set.lanes
	// As taps of one row each, far enough apart.
	src, taps := random(r, 2*k*cols+cols), make([]int32, 2*k)
	for i := range taps {
		taps[i] = int32(4 * cols * r.IntN(2*k))
	}
	var seg segments
	seg.width = cols
	for v := range vecs {
		seg.a[v], seg.b[v] = int64(4*v*set.lanes), int64(4*v*set.lanes)+4
		if r.IntN(2) == 0 {
			seg.second[v] = ^uint64(0) << r.IntN(set.lanes)
		}
	}
	b := Floats(k * cols)
	set.pairs.pack[vecs](int64(k), &src[0], &taps[0], &b[0], &seg)
	for i, lane := range b {
		at := func(tap int32) float32 {
			v, l := i%cols/set.lanes, i%set.lanes
			from := seg.a[v]
			if seg.second[v]>>l&1 != 0 {
				from = seg.b[v]
			}
			return src[int(int64(tap)+from)/4+l]
		}
		if want := pair(at(taps[i/cols*2]), at(taps[i/cols*2+1])); math.Float32bits(lane) != math.Float32bits(want) {
			t.Fatalf("%s: pair %d is %#x, want %#x", set.name, i, math.Float32bits(lane), math.Float32bits(want))
		}
	}
	idx := make([]int32, maxTile)
	for i := range cols {
		idx[i] = int32(4 * r.IntN(cols))
	}
	set.pairs.gather[vecs](int64(k), &src[0], &taps[0], &b[0], &idx[0])
	for i, lane := range b {
		at := func(tap int32) float32 { return src[(tap+idx[i%cols])/4] }
		if want := pair(at(taps[i/cols*2]), at(taps[i/cols*2+1])); math.Float32bits(lane) != math.Float32bits(want) {
			t.Fatalf("%s: gathered pair %d is %#x, want %#x", set.name, i, math.Float32bits(lane), math.Float32bits(want))
		}
	}
	a, bias, c := Floats(k*rows), random(r, rows), random(r, rows*cols)
	for i := range a {
		a[i] = pair(float32(r.NormFloat64()), float32(r.NormFloat64()))
	}
	flags := int64(r.IntN(4))
	want := make([]float64, len(c))
	for i := range want {
		sum := float64(bias[i/cols])
		if flags&accumulate != 0 {
			sum = float64(c[i])
		}
		for j := range k {
			x0, x1 := unpaired(a[j/p.deep*p.deep*rows+i/cols*p.deep+j%p.deep])
			y0, y1 := unpaired(b[j*cols+i%cols])
			sum += float64(x0)*float64(y0) + float64(x1)*float64(y1)
		}
		if want[i] = sum; flags&clip != 0 {
			want[i] = max(sum, 0)
		}
	}
	p.gemm[kind][vecs](int64(k), &a[0], &b[0], &c[0], int64(4*cols), &bias[0], flags, uint64(1)<<cols-1)
	near(t, set.name+" product of pairs", c, want, 1e-5)
}

// checkMany holds several products in a row against each of them alone, to the last bit.
func checkMany(t *testing.T, set *isa, r *rand.Rand) {
	if set.pairs == nil || set.pairs.many[1] == nil {
		return
	}
	p, vecs, n := set.pairs, 1+r.IntN(vectors), 1+r.IntN(4)
	k, rows, cols := (1+r.IntN(3))*p.deep, p.rows[0], vecs*set.lanes
	a, b, bias := Floats(n*k*rows), Floats(n*k*cols), random(r, n*rows)
	for i := range a {
		a[i] = pair(float32(r.NormFloat64()), float32(r.NormFloat64()))
	}
	for i := range b {
		b[i] = pair(float32(r.NormFloat64()), float32(r.NormFloat64()))
	}
	flags, before := int64(r.IntN(8)), random(r, n*rows*cols)
	got, want := slices.Clone(before), slices.Clone(before)
	p.many[vecs](int64(n), int64(k), &a[0], &b[0], &got[0], int64(4*cols), &bias[0], flags, int64(4*k*rows), int64(4*k*cols), int64(4*rows*cols), int64(4*rows))
	for i := range n {
		each := bias[i*rows:]
		if flags&bare != 0 {
			each = Floats(rows)
		}
		p.gemm[0][vecs](int64(k), &a[i*k*rows], &b[i*k*cols], &want[i*rows*cols], int64(4*cols), &each[0], flags&^bare, 0)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s: %d products of %d pairs, flags %d, are others than each alone", set.name, n, k, flags)
	}
}

func TestManyProductsAreThoseOfEachAlone(t *testing.T) { eachSet(t, available(), 60, checkMany) }

func checkTogether(t *testing.T, set *isa, r *rand.Rand) {
	t.Helper()
	h, w, in := 1+r.IntN(9), 1+r.IntN(60), 1+r.IntN(200)
	convs := make([]*Conv, 2+r.IntN(3))
	for i := range convs {
		s := ConvShape{In: in, Out: 1 + r.IntN(70), KernelH: 1, KernelW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1}
		c, err := newConv(set, s, random(r, s.weights()), random(r, s.Out))
		if err != nil {
			t.Fatal(err)
		}
		convs[i] = c
	}
	x := random(r, in*h*w)
	for rough := range 1 + len(convs[0].rough) {
		var plans []*ConvPlan
		var relu []bool
		var want, got [][]float32
		for _, c := range convs {
			p, err := c.Rough(rough).At(h, w)
			if err != nil {
				t.Fatal(err)
			}
			if len(plans) > 0 && !plans[0].Alike(p) {
				if rough == 0 {
					t.Fatalf("of %d channels on %dx%d: exact convolutions of one pixel are not alike", in, w, h)
				}
				continue // one of them is too small for rough arithmetic
			}
			plans, relu = append(plans, p), append(relu, r.IntN(2) == 0)
			want, got = append(want, Floats(c.Out*h*w)), append(got, Floats(c.Out*h*w))
		}
		for size := 1; size <= 3; size++ {
			for i, p := range plans {
				p.Forward(team(t, size), want[i], x, nil, relu[i])
				clear(got[i])
			}
			Together(team(t, size), plans, got, x, relu)
			for i := range plans {
				if !slices.Equal(got[i], want[i]) {
					t.Fatalf("of %d channels on %dx%d, arithmetic %d, %d threads: convolution %d of %d is another", in, w, h, rough, size, i, len(plans))
				}
			}
		}
	}
}

func TestConvolutionsTogetherAreThoseOfEachAlone(t *testing.T) {
	eachSet(t, available(), 30, checkTogether)
}

// Of 32 channels pairs are drawn from as many places as values are: what a small convolution computes exactly is not packed in pairs.
func TestPairsAndValuesAreNotAlike(t *testing.T) {
	shape := ConvShape{KernelH: 1, KernelW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1}
	for _, set := range available() {
		for in := 1; in <= 40; in++ {
			var plans [2][]*ConvPlan // of a small and a large one, by arithmetic
			for i, out := range []int{3, 40} {
				shape.In, shape.Out = in, out
				c, err := newConv(set, shape, make([]float32, shape.weights()), nil)
				if err != nil {
					t.Fatal(err)
				}
				for rough := range 1 + len(c.rough) {
					p, err := c.Rough(rough).At(4, 5)
					if err != nil {
						t.Fatal(err)
					}
					plans[i] = append(plans[i], p)
				}
			}
			for rough, p := range plans[0] {
				q := plans[1][rough]
				same := p.forward.products[0].m.pairs == q.forward.products[0].m.pairs
				if p.Alike(q) != same {
					t.Errorf("%s, %d channels, arithmetic %d: alike %v, packed in the same way %v", set.name, in, rough, p.Alike(q), same)
				}
			}
		}
	}
}

// Convolutions that look at other places, or at every second one, share no columns.
func TestConvolutionsOfOtherColumnsAreNotAlike(t *testing.T) {
	shape := ConvShape{In: 8, Out: 16, KernelH: 1, KernelW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1}
	at := func(change func(s *ConvShape)) *ConvPlan {
		s := shape
		change(&s)
		c, err := NewConv(s, make([]float32, s.weights()), nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.At(24, 24)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	one := at(func(*ConvShape) {})
	for name, other := range map[string]*ConvPlan{
		"stride": at(func(s *ConvShape) { s.StrideW = 2 }),
		"border": at(func(s *ConvShape) { s.Top, s.Bottom = 1, 1 }),
		"groups": at(func(s *ConvShape) { s.Groups = 2 }),
		"reach":  at(func(s *ConvShape) { s.KernelW, s.Left, s.Right = 3, 1, 1 }),
		"in tiles": at(func(s *ConvShape) {
			s.In, s.Out, s.KernelH, s.KernelW, s.Top, s.Left, s.Bottom, s.Right = 64, 64, 3, 3, 1, 1, 1, 1
		}),
	} {
		if one.Alike(other) || other.Alike(one) {
			t.Errorf("%s: alike", name)
		}
	}
	if !one.Alike(at(func(s *ConvShape) { s.Out = 40 })) {
		t.Error("convolutions of as many channels are not alike")
	}
}

// A matrix of several panels has each row's own bias, which among large sums would be lost in what is rounded.
func TestEveryRowOfAMatrixHasItsBias(t *testing.T) {
	s := ConvShape{In: 40, Out: 50, KernelH: 1, KernelW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1}
	bias := make([]float32, s.Out)
	for i := range bias {
		bias[i] = float32(i + 1)
	}
	for _, set := range available() {
		exact, err := newConv(set, s, make([]float32, s.weights()), bias)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range append([]*Conv{exact}, exact.rough...) {
			for _, w := range []int{5, 48} {
				p, err := c.At(1, w)
				if err != nil {
					t.Fatal(err)
				}
				y := Floats(s.Out * w)
				p.Forward(team(t, 1), y, Floats(s.In*w), Floats(p.ForwardScratch()), true)
				for i, v := range y {
					if v != bias[i/w] {
						t.Fatalf("%s, %d columns: row %d is %g", set.name, w, i/w, v)
					}
				}
			}
		}
	}
}

func TestPairsMatchTheirDefinition(t *testing.T) { eachSet(t, available(), 60, checkPairs) }

func FuzzPairs(f *testing.F) { fuzzEverySet(f, checkPairs) }

// A picture's three channels need all of their digits.
func TestTheFirstLayerIsExactInRoughArithmetic(t *testing.T) {
	force(t, plainRough)
	r := rand.New(rand.NewPCG(5, 5))
	for _, in := range []int{3, leastChannels} {
		s := ConvShape{In: in, Out: 4, KernelH: 5, KernelW: 5, StrideH: 2, StrideW: 2, DilationH: 1, DilationW: 1, Groups: 1}
		c, err := NewConv(s, random(r, s.weights()), nil)
		if err != nil {
			t.Fatal(err)
		}
		x, y := random(r, in*9*9), [2][]float32{}
		for i, c := range []*Conv{c, c.Rough(1)} {
			p, err := c.At(9, 9)
			if err != nil {
				t.Fatal(err)
			}
			y[i] = Floats(s.Out * 3 * 3)
			p.Forward(team(t, 1), y[i], x, Floats(p.ForwardScratch()), true)
		}
		if same := slices.Equal(y[0], y[1]); same != (in == 3) {
			t.Errorf("of %d channels the same to the last bit: %t", in, same)
		}
	}
}

func TestAnInstructionSetThatIsForcedMustBeThere(t *testing.T) {
	if err := Check(""); err != nil {
		t.Error(err)
	}
	for _, s := range available() {
		if err := Check(s.name); err != nil {
			t.Error(err)
		}
		if got := choose(s.name, available()); got.name != s.name {
			t.Errorf("%s is chosen for %s", got.name, s.name)
		}
	}
	if err := Check("sse2"); err == nil || !strings.Contains(err.Error(), "plain_bf16, plain") {
		t.Errorf("%v for a set that there is not", err)
	}
}
