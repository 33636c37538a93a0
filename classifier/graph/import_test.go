package graph

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
)

// Files are written here node by node, and what the network then answers is held against what
// the operators are defined to compute.

// sheet is a file under construction: x is the picture, y what it becomes.
type sheet struct{ onnx.Model }

func newSheet(opset int64, shape ...int64) *sheet {
	if shape == nil {
		shape = []int64{1, 3, 6, 8}
	}
	return &sheet{onnx.Model{Opset: opset, Graph: onnx.Graph{
		Initializers: map[string]*onnx.Tensor{},
		Inputs:       []onnx.Value{{Name: "x", Type: onnx.TypeFloat, Shape: shape}},
		Outputs:      []onnx.Value{{Name: "y"}},
	}}}
}

// with adds a constant of numbers.
func (s *sheet) with(name string, dims []int, v ...float32) *sheet {
	s.Graph.Initializers[name] = &onnx.Tensor{Name: name, Type: onnx.TypeFloat, Shape: dims, Floats: v}
	return s
}

// integers adds a constant of a type of integers.
func (s *sheet) integers(t onnx.Type, name string, dims []int, v ...int64) *sheet {
	s.Graph.Initializers[name] = &onnx.Tensor{Name: name, Type: t, Shape: dims, Ints: v}
	return s
}

// list adds a constant that is a list of integers.
func (s *sheet) list(name string, v ...int64) *sheet {
	return s.integers(onnx.TypeInt64, name, []int{len(v)}, v...)
}

// node adds one: "a, b" are names; attributes are pairs of a name and a value.
func (s *sheet) node(op, inputs, outputs string, attributes ...any) *sheet {
	n := onnx.Node{Op: op, Attributes: map[string]onnx.Attribute{}}
	for _, name := range strings.Split(inputs, ",") {
		n.Inputs = append(n.Inputs, strings.TrimSpace(name))
	}
	for _, name := range strings.Split(outputs, ",") {
		n.Outputs = append(n.Outputs, strings.TrimSpace(name))
	}
	for i := 0; i+1 < len(attributes); i += 2 {
		var a onnx.Attribute
		switch v := attributes[i+1].(type) {
		case int:
			a = onnx.Attribute{Kind: onnx.KindInt, Int: int64(v)}
		case float64:
			a = onnx.Attribute{Kind: onnx.KindFloat, Float: float32(v)}
		case string:
			a = onnx.Attribute{Kind: onnx.KindString, String: v}
		case []int64:
			a = onnx.Attribute{Kind: onnx.KindInts, Ints: v}
		case *sheet:
			a = onnx.Attribute{Kind: onnx.KindGraph, Graph: &v.Graph}
		}
		n.Attributes[attributes[i].(string)] = a
	}
	s.Graph.Nodes = append(s.Graph.Nodes, n)
	return s
}

// volume is a picture or what becomes of it, in double precision.
type volume struct {
	c, h, w int
	v       []float64
}

func (p volume) at(c, y, x int) float64 { return p.v[(c*p.h+y)*p.w+x] }

// made is a volume whose elements f gives.
func made(c, h, w int, f func(c, y, x int) float64) volume {
	p := volume{c, h, w, nil}
	for i := range c {
		for j := range h {
			for k := range w {
				p.v = append(p.v, f(i, j, k))
			}
		}
	}
	return p
}

// each applies a function to every element.
func (p volume) each(f func(v float64) float64) volume {
	return made(p.c, p.h, p.w, func(c, y, x int) float64 { return f(p.at(c, y, x)) })
}

// over is the sum of f over a set of elements: channels c, rows or columns, -1 for all.
func (p volume) over(c, y, x int, f func(v float64) float64) (sum float64, n int) {
	for i := range p.c {
		for j := range p.h {
			for k := range p.w {
				if (c < 0 || c == i) && (y < 0 || y == j) && (x < 0 || x == k) {
					sum += f(p.at(i, j, k))
					n++
				}
			}
		}
	}
	return sum, n
}

// standard is element (c, y, x) less the mean of its set, over its deviation.
func (p volume) standard(c, y, x int, set [3]int, epsilon float64) float64 {
	sum, n := p.over(set[0], set[1], set[2], func(v float64) float64 { return v })
	mean := sum / float64(n)
	square, _ := p.over(set[0], set[1], set[2], func(v float64) float64 { return (v - mean) * (v - mean) })
	return (p.at(c, y, x) - mean) / math.Sqrt(square/float64(n)+epsilon)
}

// answer runs the network that a file is on a picture.
func answer(t *testing.T, n *Network, w, h int, x []float32) ([]float32, Shape) {
	t.Helper()
	p, err := n.NewPlan(w, h, []string{Logits}, nil)
	if err != nil {
		t.Fatal(err)
	}
	team := join(t)
	if err := p.Run(t.Context(), team, x, nil); err != nil {
		t.Fatal(err)
	}
	y, s, err := p.Read(Logits)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(y), s
}

func join(t *testing.T) *kernel.Team {
	t.Helper()
	team, err := kernel.NewPool(2).Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(team.Leave)
	return team
}

// agree holds what a file computes, at its own size and at another one, against the definition.
func agree(t *testing.T, s *sheet, want func(p volume) volume) {
	t.Helper()
	n, err := Import(&s.Model)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][2]int{{8, 6}, {13, 9}} {
		w, h := size[0], size[1]
		x := random(r, 3*w*h)
		p := made(3, h, w, func(c, j, i int) float64 { return float64(x[(c*h+j)*w+i]) })
		expected := want(p)
		got, shape := answer(t, n, w, h, x)
		if shape != (Shape{expected.c, expected.h, expected.w}) {
			t.Fatalf("%dx%d: the answer has shape %v, want %d %d %d", w, h, shape, expected.c, expected.h, expected.w)
		}
		top := 1.0
		for _, v := range expected.v {
			top = max(top, math.Abs(v))
		}
		for i, v := range expected.v {
			if d := math.Abs(float64(got[i]) - v); !(d <= 2e-5*top) {
				t.Fatalf("%dx%d: value %d is %g, want %g", w, h, i, got[i], v)
			}
		}
	}
	if off := climb(t, n, 8, 6, 1); off > 5e-3 {
		t.Errorf("a step along the gradient climbs otherwise than it says: off by %.2g", off)
	}
}

// climb compares how fast the mean square of the answer grows along the gradient, and along
// parts of it, with how long it is: the largest difference, relative to that. The gradient is
// multiplied by tamper.
func climb(t *testing.T, n *Network, w, h int, tamper float32) float64 {
	t.Helper()
	o := []Objective{{Layer: Logits, Weight: 1}}
	p, err := n.NewPlan(w, h, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	team, r := join(t), rand.New(rand.NewPCG(3, 4))
	x := random(r, 3*w*h)
	value := func(x []float32) float64 {
		if err := p.Run(t.Context(), team, x, o); err != nil {
			t.Fatal(err)
		}
		return float64(p.Value())
	}
	value(x)
	grad := slices.Clone(p.Gradient())
	worst := 0.0
	for part := range 8 {
		along, length := make([]float32, len(x)), 0.0
		for i, g := range grad {
			if part == 0 || r.IntN(2) == 0 {
				along[i] = g * tamper
				length += float64(along[i]) * float64(along[i])
			}
		}
		length = math.Sqrt(length)
		if length < 1e-6 {
			if part == 0 {
				t.Fatal("the gradient is zero: it shows nothing")
			}
			continue
		}
		best := math.Inf(1) // a step may cross a kink
		for _, step := range []float64{0.02, 0.005, 0.0012} {
			ahead, back := slices.Clone(x), slices.Clone(x)
			for i, d := range along {
				ahead[i] += float32(step * float64(d) / length)
				back[i] -= float32(step * float64(d) / length)
			}
			best = min(best, math.Abs((value(ahead)-value(back))/(2*step)/length-1))
		}
		worst = max(worst, best)
	}
	return worst
}

func TestAGradientOffByTwoPercentIsSeen(t *testing.T) {
	s := newSheet(13).node("Tanh", "x", "y")
	n, err := Import(&s.Model)
	if err != nil {
		t.Fatal(err)
	}
	for _, tamper := range []float32{0.98, 1.02} {
		if off := climb(t, n, 8, 6, tamper); off < 0.015 || off > 0.025 {
			t.Errorf("a gradient times %g is off by %.2g", tamper, off)
		}
	}
}

// curvesOfFiles is operators on every value, with the attributes that files have.
func TestFunctionsOfEveryValue(t *testing.T) {
	sigma := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	soft := func(x float64) float64 { return math.Log1p(math.Exp(x)) }
	tests := []struct {
		op         string
		attributes []any
		want       func(x float64) float64
	}{
		{"Relu", nil, func(x float64) float64 { return max(x, 0) }},
		{"LeakyRelu", []any{"alpha", 0.3}, func(x float64) float64 { return max(x, 0.3*x) }},
		{"QuickGelu", nil, func(x float64) float64 { return x * sigma(1.702*x) }},
		{"LeakyRelu", nil, func(x float64) float64 { return max(x, 0.01*x) }},
		{"Elu", nil, func(x float64) float64 { return max(x, math.Exp(min(x, 0))-1) }},
		{"Elu", []any{"alpha", 0.5}, func(x float64) float64 { return max(x, 0) + 0.5*(math.Exp(min(x, 0))-1) }},
		{"Selu", nil, func(x float64) float64 {
			return 1.0507009873554805 * (max(x, 0) + 1.6732632423543772*(math.Exp(min(x, 0))-1))
		}},
		{"Selu", []any{"alpha", 0.5, "gamma", 2.0}, func(x float64) float64 { return 2 * (max(x, 0) + 0.5*(math.Exp(min(x, 0))-1)) }},
		{"Celu", []any{"alpha", 2.0}, func(x float64) float64 { return max(x, 0) + 2*(math.Exp(min(x, 0)/2)-1) }},
		{"Tanh", nil, math.Tanh},
		{"Sigmoid", nil, sigma},
		{"HardSigmoid", nil, func(x float64) float64 { return min(max(0.2*x+0.5, 0), 1) }},
		{"HardSigmoid", []any{"alpha", 0.25, "beta", 0.4}, func(x float64) float64 { return min(max(0.25*x+0.4, 0), 1) }},
		{"HardSwish", nil, func(x float64) float64 { return x * min(max(x/6+0.5, 0), 1) }},
		{"Gelu", nil, func(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) }},
		{"Gelu", []any{"approximate", "tanh"}, func(x float64) float64 {
			return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
		}},
		{"Erf", nil, math.Erf},
		{"Softplus", nil, soft},
		{"Softsign", nil, func(x float64) float64 { return x / (1 + math.Abs(x)) }},
		{"Mish", nil, func(x float64) float64 { return x * math.Tanh(soft(x)) }},
		{"Swish", []any{"alpha", 1.5}, func(x float64) float64 { return x * sigma(1.5*x) }},
		{"ThresholdedRelu", nil, func(x float64) float64 { return map[bool]float64{true: x}[x > 1] }},
		{"Shrink", []any{"lambd", 0.4, "bias", 0.1}, func(x float64) float64 {
			switch {
			case x > 0.4:
				return x - 0.1
			case x < -0.4:
				return x + 0.1
			}
			return 0
		}},
		{"Exp", nil, math.Exp},
		{"Abs", nil, math.Abs},
		{"Neg", nil, func(x float64) float64 { return -x }},
		{"Sin", nil, math.Sin},
		{"Cos", nil, math.Cos},
		{"Identity", nil, func(x float64) float64 { return x }},
		{"Dropout", nil, func(x float64) float64 { return x }},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.op, tt.attributes), func(t *testing.T) {
			s := newSheet(20).with("two", nil, 2).node("Mul", "x, two", "twice").node(tt.op, "twice", "y", tt.attributes...)
			if tt.op == "QuickGelu" {
				s.Graph.Nodes[1].Domain = "com.microsoft"
			}
			agree(t, s, func(p volume) volume { return p.each(func(v float64) float64 { return tt.want(2 * v) }) })
		})
	}
	positive := map[string]func(x float64) float64{"Log": math.Log, "Sqrt": math.Sqrt, "Reciprocal": func(x float64) float64 { return 1 / x }}
	for op, want := range positive {
		t.Run(op, func(t *testing.T) {
			s := newSheet(20).with("one", nil, 1).node("Mul", "x, x", "square").node("Add", "one, square", "more").node(op, "more", "y")
			agree(t, s, func(p volume) volume { return p.each(func(v float64) float64 { return want(1 + v*v) }) })
		})
	}
}

func TestSumsProductsAndPowersWithConstants(t *testing.T) {
	k := []float64{0.5, -2, 3}
	tests := []struct {
		name  string
		sheet *sheet
		want  func(x float64, c int) float64
	}{
		{"plus", newSheet(13).node("Add", "x, k", "y"), func(x float64, c int) float64 { return x + k[c] }},
		{"plus from the left", newSheet(13).node("Add", "k, x", "y"), func(x float64, c int) float64 { return x + k[c] }},
		{"minus", newSheet(13).node("Sub", "x, k", "y"), func(x float64, c int) float64 { return x - k[c] }},
		{"minus from the left", newSheet(13).node("Sub", "k, x", "y"), func(x float64, c int) float64 { return k[c] - x }},
		{"times", newSheet(13).node("Mul", "k, x", "y"), func(x float64, c int) float64 { return x * k[c] }},
		{"over", newSheet(13).node("Div", "x, k", "y"), func(x float64, c int) float64 { return x / k[c] }},
		{"one over", newSheet(13).node("Exp", "x", "e").node("Div", "k, e", "y"), func(x float64, c int) float64 { return k[c] / math.Exp(x) }},
		{"times a row", newSheet(13).with("row", []int{1, 3, 1, 1}, 0.5, -2, 3).node("Mul", "x, row", "y"), func(x float64, c int) float64 { return x * k[c] }},
		{"times one number", newSheet(13).with("one", []int{1}, 4).node("Mul", "x, one", "y"), func(x float64, _ int) float64 { return 4 * x }},
		{"times an integer", newSheet(13).list("two", 2).node("Mul", "x, two", "y"), func(x float64, _ int) float64 { return 2 * x }},
		{"squared", newSheet(13).with("p", nil, 2).node("Pow", "x, p", "y"), func(x float64, _ int) float64 { return x * x }},
		{"cubed", newSheet(13).list("p", 3).node("Pow", "x, p", "y"), func(x float64, _ int) float64 { return x * x * x }},
		{"two to the power", newSheet(13).with("two", nil, 2).node("Pow", "two, x", "y"), func(x float64, _ int) float64 { return math.Exp2(x) }},
		{"at least", newSheet(13).with("low", nil, -0.5).node("Max", "x, low", "y"), func(x float64, _ int) float64 { return max(x, -0.5) }},
		{"at most", newSheet(13).with("high", nil, 0.5).node("Min", "high, x", "y"), func(x float64, _ int) float64 { return min(x, 0.5) }},
		{"within", newSheet(13).with("low", nil, -0.5).with("high", nil, 0.25).node("Clip", "x, low, high", "y"),
			func(x float64, _ int) float64 { return min(max(x, -0.5), 0.25) }},
		{"within attributes", newSheet(7).node("Clip", "x", "y", "min", -0.5, "max", 0.25), func(x float64, _ int) float64 { return min(max(x, -0.5), 0.25) }},
		{"above zero", newSheet(13).with("low", nil, 0).node("Clip", "x, low", "y"), func(x float64, _ int) float64 { return max(x, 0) }},
		{"slopes", newSheet(13).node("PRelu", "x, k", "y"), func(x float64, c int) float64 { return max(x, 0) + k[c]*min(x, 0) }},
		{"slopes of another shape", newSheet(13).with("s", []int{1, 3, 1, 1}, 0.5, -2, 3).node("PRelu", "x, s", "y"),
			func(x float64, c int) float64 { return max(x, 0) + k[c]*min(x, 0) }},
		{"slopes that do not say of what", newSheet(13).with("s", []int{3}, 0.5, -2, 3).node("PRelu", "x, s", "y"),
			func(x float64, c int) float64 { return max(x, 0) + k[c]*min(x, 0) }},
		{"one slope", newSheet(13).with("s", []int{1}, -0.3).node("PRelu", "x, s", "y"), func(x float64, _ int) float64 { return max(x, 0) - 0.3*min(x, 0) }},
		{"normalised", newSheet(13).with("m", []int{3}, 1, 2, 3).with("v", []int{3}, 4, 9, 16).with("s", []int{3}, 2, 3, 4).
			node("BatchNormalization", "x, s, m, m, v", "y", "epsilon", 0.0), func(x float64, c int) float64 { return (x - float64(c+1)) + float64(c+1) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			agree(t, tt.sheet.with("k", []int{3, 1, 1}, 0.5, -2, 3), func(p volume) volume {
				return made(3, p.h, p.w, func(c, y, x int) float64 { return tt.want(p.at(c, y, x), c) })
			})
		})
	}
}

func TestOperatorsOnSeveralValues(t *testing.T) {
	three := func(op string, more ...any) *sheet {
		return newSheet(13).node("Tanh", "x", "a").node("Sin", "x", "b").node("Neg", "x", "c").node(op, "a, b, c", "y", more...)
	}
	all := func(v float64) [3]float64 { return [3]float64{math.Tanh(v), math.Sin(v), -v} }
	tests := []struct {
		name  string
		sheet *sheet
		want  func(v float64) float64
	}{
		{"sum", three("Sum"), func(v float64) float64 { a := all(v); return a[0] + a[1] + a[2] }},
		{"mean", three("Mean"), func(v float64) float64 { a := all(v); return (a[0] + a[1] + a[2]) / 3 }},
		{"largest", three("Max"), func(v float64) float64 { a := all(v); return max(a[0], a[1], a[2]) }},
		{"smallest", three("Min"), func(v float64) float64 { a := all(v); return min(a[0], a[1], a[2]) }},
		{"sum of one", newSheet(13).node("Sum", "x", "s").node("Tanh", "s", "y"), math.Tanh},
		{"sum with a constant", newSheet(13).with("k", nil, 3).node("Sum", "x, k, x", "y"), func(v float64) float64 { return 2*v + 3 }},
		{"gated by itself", newSheet(13).node("Sigmoid", "x", "s").node("Mul", "x, s", "y"), func(v float64) float64 { return v / (1 + math.Exp(-v)) }},
		{"gated from the left", newSheet(13).node("Sigmoid", "x", "s").node("Mul", "s, x", "y"), func(v float64) float64 { return v / (1 + math.Exp(-v)) }},
		{"gated by a gate that is used twice", newSheet(13).node("Sigmoid", "x", "s").node("Mul", "x, s", "p").node("Add", "p, s", "y"),
			func(v float64) float64 { return (v + 1) / (1 + math.Exp(-v)) }},
		{"gated by another", newSheet(13).node("Sin", "x", "a").node("Sigmoid", "a", "s").node("Mul", "x, s", "y"),
			func(v float64) float64 { return v / (1 + math.Exp(-math.Sin(v))) }},
		{"GELU spelled out", newSheet(13).with("root", nil, math.Sqrt2).with("one", nil, 1).with("half", nil, 0.5).
			node("Div", "x, root", "a").node("Erf", "a", "b").node("Add", "b, one", "c").node("Mul", "x, c", "d").node("Mul", "d, half", "y"),
			func(v float64) float64 { return v / 2 * (1 + math.Erf(v/math.Sqrt2)) }},
		{"GELU spelled out otherwise", newSheet(13).with("root", nil, 1/math.Sqrt2).with("one", nil, 1).with("half", nil, 0.5).
			node("Mul", "x, root", "a").node("Erf", "a", "b").node("Add", "one, b", "c").node("Mul", "half, x", "d").node("Mul", "d, c", "y"),
			func(v float64) float64 { return v / 2 * (1 + math.Erf(v/math.Sqrt2)) }},
		{"nearly a GELU", newSheet(13).with("root", nil, math.Sqrt2).with("one", nil, 1.5).
			node("Div", "x, root", "a").node("Erf", "a", "b").node("Add", "b, one", "c").node("Mul", "x, c", "y"),
			func(v float64) float64 { return v * (1.5 + math.Erf(v/math.Sqrt2)) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			agree(t, tt.sheet, func(p volume) volume { return p.each(tt.want) })
		})
	}
}

func TestNormalisationByThePicturesOwnValues(t *testing.T) {
	scale, shift := []float64{0.5, -2, 3}, []float64{1, 0, -1}
	affine := func(v float64, c int) float64 { return v*scale[c] + shift[c] }
	plain := func(v float64, _ int) float64 { return v }
	channel := func(c, _, _ int) [3]int { return [3]int{c, -1, -1} }
	position := func(_, y, x int) [3]int { return [3]int{-1, y, x} }
	everything := func(_, _, _ int) [3]int { return [3]int{-1, -1, -1} }
	last := func(op, inputs string, more ...any) *sheet {
		return newSheet(18).node("Transpose", "x", "t", "perm", []int64{0, 2, 3, 1}).node(op, "t"+inputs, "n", more...).
			node("Transpose", "n", "y", "perm", []int64{0, 3, 1, 2})
	}
	tests := []struct {
		name    string
		sheet   *sheet
		set     func(c, y, x int) [3]int
		epsilon float64
		then    func(v float64, c int) float64
	}{
		{"instances", newSheet(18).node("InstanceNormalization", "x, s, b", "y", "epsilon", 0.01), channel, 0.01, affine},
		{"instances as usual", newSheet(18).node("InstanceNormalization", "x, s, b", "y"), channel, 1e-5, affine},
		{"groups of one", newSheet(18).node("GroupNormalization", "x, s, b", "y", "num_groups", 3), channel, 1e-5, affine},
		{"one group", newSheet(21).node("GroupNormalization", "x, s, b", "y", "num_groups", 1), everything, 1e-5, affine},
		{"as if in training", newSheet(15).with("k", []int{3}, 9, 9, 9).node("BatchNormalization", "x, s, b, k, k", "y, rm, rv", "training_mode", 1), channel, 1e-5, affine},
		{"as if in training, of old", newSheet(9).with("k", []int{3}, 9, 9, 9).node("BatchNormalization", "x, s, b, k, k", "y, m, v, sm, sv"), channel, 1e-5, affine},
		{"mean and variance", newSheet(13).node("MeanVarianceNormalization", "x", "y"), channel, 1e-9, plain},
		{"channels, which come last", last("LayerNormalization", ", s, b", "epsilon", 1e-3), position, 1e-3, affine},
		{"channels by their axis", last("LayerNormalization", ", s, b", "axis", 3), position, 1e-5, affine},
		{"channels without a shift", last("LayerNormalization", ", s", "axis", -1), position, 1e-5, func(v float64, c int) float64 { return v * scale[c] }},
		{"groups spelled out", newSheet(13).list("to", 0, 1, -1).list("back", 1, 3, 6, 8).with("ones", []int{1}, 1).with("zeros", []int{1}, 0).
			node("Reshape", "x, to", "r").node("InstanceNormalization", "r, ones, zeros", "n").node("Shape", "x", "size").node("Reshape", "n, size", "y"),
			everything, 1e-5, plain},
		{"channels spelled out", newSheet(13).with("two", nil, 2).with("e", nil, 1e-3).
			node("ReduceMean", "x", "m", "axes", []int64{1}).node("Sub", "x, m", "d").node("Pow", "d, two", "q").
			node("ReduceMean", "q", "v", "axes", []int64{1}).node("Add", "v, e", "w").node("Sqrt", "w", "r").node("Div", "d, r", "y"),
			position, 1e-3, plain},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.sheet.with("s", []int{3}, 0.5, -2, 3).with("b", []int{3}, 1, 0, -1)
			// The mean square of what is normalised does not change with the picture; that of its
			// sines does.
			s.Graph.Outputs[0].Name = "z"
			s.node("Sin", "y", "z")
			agree(t, s, func(p volume) volume {
				return made(3, p.h, p.w, func(c, y, x int) float64 {
					return math.Sin(tt.then(p.standard(c, y, x, tt.set(c, y, x), tt.epsilon), c))
				})
			})
		})
	}
}

func TestNormalisationByLength(t *testing.T) {
	square := func(v float64) float64 { return v * v }
	t.Run("root mean square", func(t *testing.T) {
		s := newSheet(23).with("s", []int{3}, 0.5, -2, 3).node("Transpose", "x", "t", "perm", []int64{0, 2, 3, 1}).
			node("RMSNormalization", "t, s", "n", "epsilon", 0.01).node("Transpose", "n", "r", "perm", []int64{0, 3, 1, 2}).node("Sin", "r", "y")
		agree(t, s, func(p volume) volume {
			return made(3, p.h, p.w, func(c, y, x int) float64 {
				sum, n := p.over(-1, y, x, square)
				return math.Sin(p.at(c, y, x) / math.Sqrt(sum/float64(n)+0.01) * []float64{0.5, -2, 3}[c])
			})
		})
	})
	for p, length := range map[int]func(v volume, y, x int) float64{
		1: func(v volume, y, x int) float64 { sum, _ := v.over(-1, y, x, math.Abs); return sum },
		2: func(v volume, y, x int) float64 { sum, _ := v.over(-1, y, x, square); return math.Sqrt(sum) },
	} {
		t.Run(fmt.Sprint("length ", p), func(t *testing.T) {
			s := newSheet(13).node("LpNormalization", "x", "n", "axis", 1, "p", p).node("Exp", "n", "y")
			agree(t, s, func(v volume) volume {
				return made(3, v.h, v.w, func(c, y, x int) float64 { return math.Exp(v.at(c, y, x) / length(v, y, x)) })
			})
		})
	}
}

func TestReductionsAlongAxes(t *testing.T) {
	of := map[string]func(v []float64) float64{
		"ReduceMean": func(v []float64) float64 { return total(v, 1) / float64(len(v)) },
		"ReduceSum":  func(v []float64) float64 { return total(v, 1) },
		"ReduceMax":  slices.Max[[]float64],
		"ReduceMin":  slices.Min[[]float64],
		"ReduceL2":   func(v []float64) float64 { return math.Sqrt(total(v, 2)) },
		"ReduceL1": func(v []float64) float64 {
			sum := 0.0
			for _, x := range v {
				sum += math.Abs(x)
			}
			return sum
		},
		"ReduceSumSquare": func(v []float64) float64 { return total(v, 2) },
	}
	shapes := []struct {
		name  string
		axes  []int64
		c     bool // channels stay
		h, w  bool
		opset int64
	}{
		{"rows and columns", []int64{2, 3}, true, false, false, 13},
		{"rows and columns from the end", []int64{-1, -2}, true, false, false, 13},
		{"channels", []int64{1}, false, true, true, 13},
		{"rows", []int64{2}, true, false, true, 13},
		{"columns", []int64{3}, true, true, false, 13},
		{"all", nil, false, false, false, 13},
		{"axes as an input", []int64{2, 3}, true, false, false, 18},
	}
	for op, reduce := range of {
		for _, shape := range shapes {
			if op == "ReduceMean" && shape.name == "all" {
				continue // one number, whose square has one gradient: nothing new
			}
			for _, keep := range []int{0, 1} {
				t.Run(fmt.Sprint(op, " of ", shape.name, " ", keep), func(t *testing.T) {
					s := newSheet(shape.opset)
					switch {
					case shape.opset >= 18:
						s.list("axes", shape.axes...).node(op, "x, axes", "y", "keepdims", keep)
					case shape.axes == nil:
						s.node(op, "x", "y", "keepdims", keep)
					default:
						s.node(op, "x", "y", "axes", shape.axes, "keepdims", keep)
					}
					agree(t, s, func(p volume) volume {
						pick := func(keep bool, n, i int) (int, int) {
							if keep {
								return n, i
							}
							return 1, -1
						}
						c, _ := pick(shape.c, p.c, 0)
						h, _ := pick(shape.h, p.h, 0)
						w, _ := pick(shape.w, p.w, 0)
						return made(c, h, w, func(i, j, k int) float64 {
							_, i = pick(shape.c, p.c, i)
							_, j = pick(shape.h, p.h, j)
							_, k = pick(shape.w, p.w, k)
							var all []float64
							p.over(i, j, k, func(v float64) float64 { all = append(all, v); return 0 })
							return reduce(all)
						})
					})
				})
			}
		}
	}
	t.Run("GlobalMaxPool", func(t *testing.T) {
		agree(t, newSheet(13).node("GlobalMaxPool", "x", "y"), func(p volume) volume {
			return made(3, 1, 1, func(c, _, _ int) float64 { return slices.Max(p.v[c*p.h*p.w : (c+1)*p.h*p.w]) })
		})
	})
	t.Run("MaxPool of everything", func(t *testing.T) {
		agree(t, newSheet(13).node("MaxPool", "x", "y", "kernel_shape", []int64{6, 8}), func(p volume) volume {
			return made(3, 1, 1, func(c, _, _ int) float64 { return slices.Max(p.v[c*p.h*p.w : (c+1)*p.h*p.w]) })
		})
	})
}

func total(v []float64, power float64) (sum float64) {
	for _, x := range v {
		sum += math.Pow(x, power)
	}
	return sum
}

func TestChannelsAndPositionsInAnyOrder(t *testing.T) {
	nhwc := []int64{1, 6, 8, 3}
	bent := func(p volume) volume { return p.each(math.Tanh) }
	swapped := func(p volume) volume {
		return made(3, p.h, p.w, func(c, y, x int) float64 { return p.at([]int{2, 0, 1}[c], y, x) })
	}
	tests := []struct {
		name  string
		sheet *sheet
		want  func(p volume) volume
	}{
		{"channels last", newSheet(13, nhwc...).node("Transpose", "x", "t", "perm", []int64{0, 3, 1, 2}).node("Tanh", "t", "y"), bent},
		{"channels last and never first", newSheet(13, nhwc...).node("Identity", "x", "i").node("Tanh", "i", "y"), bent},
		{"channels last, of a file that does not say", &sheet{onnx.Model{Opset: 13, Graph: onnx.Graph{
			Inputs: []onnx.Value{{Name: "x"}}, Outputs: []onnx.Value{{Name: "y"}}, Initializers: map[string]*onnx.Tensor{},
			Nodes: newSheet(13).node("Transpose", "x", "t", "perm", []int64{0, 3, 1, 2}).node("Tanh", "t", "y").Graph.Nodes}}}, bent},
		{"without a number of pictures", newSheet(13, 3, 6, 8).list("zero", 0).node("Unsqueeze", "x, zero", "u").node("Tanh", "u", "y"), bent},
		{"channels last without it", newSheet(13, 6, 8, 3).list("zero", 0).node("Unsqueeze", "x, zero", "u").
			node("Transpose", "u", "t", "perm", []int64{0, 3, 1, 2}).node("Tanh", "t", "y"), bent},
		{"any size", newSheet(13, 0, 3, 0, 0).node("Tanh", "x", "y"), bent},
		{"channels last of any size", newSheet(13, 0, 0, 0, 3).node("Transpose", "x", "t", "perm", []int64{0, 3, 1, 2}).node("Tanh", "t", "y"), bent},
		{"eight at a time", newSheet(13, 8, 3, 6, 8).list("to", 8, 3, 48).list("back", 8, 3, 6, 8).
			node("Reshape", "x, to", "r").node("Tanh", "r", "t").node("Reshape", "t, back", "y"), bent},
		{"a constant for channels that are last", newSheet(13, nhwc...).with("k", []int{3}, 1, 2, 3).node("Mul", "x, k", "m").
			node("Transpose", "m", "y", "perm", []int64{0, 3, 1, 2}),
			func(p volume) volume {
				return made(3, p.h, p.w, func(c, y, x int) float64 { return float64(c+1) * p.at(c, y, x) })
			}},
		{"slopes for channels that are last", newSheet(13, nhwc...).with("k", []int{1, 1, 3}, 1, 2, 3).node("PRelu", "x, k", "m").
			node("Transpose", "m", "y", "perm", []int64{0, 3, 1, 2}),
			func(p volume) volume {
				return made(3, p.h, p.w, func(c, y, x int) float64 { return max(p.at(c, y, x), 0) + float64(c+1)*min(p.at(c, y, x), 0) })
			}},
		{"a matrix for channels that are last", newSheet(13, nhwc...).with("k", []int{3, 2}, 1, 2, 3, 4, 5, 6).with("b", []int{2}, 7, 8).
			node("MatMul", "x, k", "m").node("Add", "b, m", "a").node("Transpose", "a", "y", "perm", []int64{0, 3, 1, 2}),
			func(p volume) volume {
				return made(2, p.h, p.w, func(c, y, x int) float64 {
					return float64(1+c)*p.at(0, y, x) + float64(3+c)*p.at(1, y, x) + float64(5+c)*p.at(2, y, x) + float64(7+c)
				})
			}},
		{"a matrix for rows of channels", newSheet(13, nhwc...).list("flat", -1, 3).list("back", 1, 6, 8, 2).with("k", []int{2, 3}, 1, 3, 5, 2, 4, 6).
			node("Reshape", "x, flat", "f").node("Gemm", "f, k", "g", "transB", 1).node("Reshape", "g, back", "r").node("Transpose", "r", "y", "perm", []int64{0, 3, 1, 2}),
			func(p volume) volume {
				return made(2, p.h, p.w, func(c, y, x int) float64 {
					return float64(1+c)*p.at(0, y, x) + float64(3+c)*p.at(1, y, x) + float64(5+c)*p.at(2, y, x)
				})
			}},
		{"the mean of channels that are last", newSheet(13, nhwc...).node("ReduceMean", "x", "m", "axes", []int64{1, 2}, "keepdims", 0).
			with("k", []int{3, 1}, 1, 2, 3).node("MatMul", "m, k", "y"), func(p volume) volume {
			return made(1, 1, 1, func(_, _, _ int) float64 {
				sum := 0.0
				for c := range 3 {
					s, n := p.over(c, -1, -1, func(v float64) float64 { return v })
					sum += float64(c+1) * s / float64(n)
				}
				return sum
			})
		}},
		{"gates for channels that are last", newSheet(13, nhwc...).node("ReduceMean", "x", "m", "axes", []int64{1, 2}, "keepdims", 0).list("to", 1, 1, 1, 3).
			node("Reshape", "m, to", "r").node("Mul", "x, r", "g").node("Transpose", "g", "y", "perm", []int64{0, 3, 1, 2}), func(p volume) volume {
			return made(3, p.h, p.w, func(c, y, x int) float64 {
				s, n := p.over(c, -1, -1, func(v float64) float64 { return v })
				return p.at(c, y, x) * s / float64(n)
			})
		}},
		{"channels in another order", newSheet(13).list("which", 2, 0, 1).node("Gather", "x, which", "y", "axis", 1), swapped},
		{"channels last in another order", newSheet(13, nhwc...).list("which", 2, 0, 1).node("Gather", "x, which", "g", "axis", 3).
			node("Transpose", "g", "y", "perm", []int64{0, 3, 1, 2}), swapped},
		{"channels joined again", newSheet(13).list("sizes", 1, 2).node("Split", "x, sizes", "a, b", "axis", 1).node("Concat", "b, a", "c", "axis", 1).
			list("which", 1, 2, 0).node("Identity", "c", "y"), func(p volume) volume {
			return made(3, p.h, p.w, func(c, y, x int) float64 { return p.at([]int{1, 2, 0}[c], y, x) })
		}},
		{"channels joined group by group", newSheet(13).list("g", 1, 3, 1, 6, 8).list("u", 1, 6, 6, 8).node("Reshape", "x, g", "r").node("Neg", "r", "m").
			node("Concat", "r, m", "c", "axis", 2).node("Reshape", "c, u", "y"), func(p volume) volume {
			return made(6, p.h, p.w, func(c, y, x int) float64 { return p.at(c/2, y, x) * float64(1-c%2*2) })
		}},
		{"channels repeated", newSheet(13).list("to", 1, 2, 3, 6, 8).list("one", 1).list("flat", 1, 6, 6, 8).node("Unsqueeze", "x, one", "u").node("Expand", "u, to", "e").
			node("Reshape", "e, flat", "y"), func(p volume) volume {
			return made(6, p.h, p.w, func(c, y, x int) float64 { return p.at(c%3, y, x) })
		}},
		{"one channel spread over others by a constant", newSheet(13).list("zero", 0).with("k", []int{1, 2, 1, 1}, 2, 3).node("Gather", "x, zero", "g", "axis", 1).
			node("Mul", "g, k", "y"), func(p volume) volume {
			return made(2, p.h, p.w, func(c, y, x int) float64 { return float64(2+c) * p.at(0, y, x) })
		}},
		{"one row beside one column", newSheet(13).node("ReduceMean", "x", "r", "axes", []int64{1}).node("ReduceMean", "x", "c", "axes", []int64{2, 3}).
			node("Sub", "r, c", "y"), func(p volume) volume {
			return made(3, p.h, p.w, func(c, y, x int) float64 {
				r, _ := p.over(-1, y, x, func(v float64) float64 { return v })
				s, n := p.over(c, -1, -1, func(v float64) float64 { return v })
				return r/3 - s/float64(n)
			})
		}},
		{"rows and columns cut off", newSheet(13).list("s", 1, 2).list("e", -1, 1000).list("a", 2, 3).node("Slice", "x, s, e, a", "y"), func(p volume) volume {
			return made(3, p.h-2, p.w-2, func(c, y, x int) float64 { return p.at(c, y+1, x+2) })
		}},
		{"channels of neighbouring pixels", newSheet(13).node("SpaceToDepth", "x", "y", "blocksize", 2), func(p volume) volume {
			return made(12, p.h/2, p.w/2, func(c, y, x int) float64 { return p.at(c%3, 2*y+c/6, 2*x+c/3%2) })
		}},
		{"every second row", newSheet(13).list("s", 1).list("e", 1000).list("a", 2).list("t", 2).node("Slice", "x, s, e, a, t", "y"), func(p volume) volume {
			return made(3, p.h/2, p.w, func(c, y, x int) float64 { return p.at(c, 2*y+1, x) })
		}},
		{"every third column but for the last", newSheet(13).list("s", 1).list("e", 7).list("a", -1).list("t", 3).node("Slice", "x, s, e, a, t", "y"), func(p volume) volume {
			return made(3, p.h, (p.w-2)/3, func(c, y, x int) float64 { return p.at(c, y, 3*x+1) })
		}},
		{"channels and columns cut at once", newSheet(13, nhwc...).list("s", 1, 0).list("e", 3, -3).list("a", 3, 2).node("Slice", "x, s, e, a", "c").
			node("Transpose", "c", "y", "perm", []int64{0, 3, 1, 2}), func(p volume) volume {
			return made(2, p.h, p.w-3, func(c, y, x int) float64 { return p.at(c+1, y, x) })
		}},
		{"a border around channels that are last", newSheet(13, nhwc...).list("p", 0, 1, 2, 0, 0, 0, 1, 0).with("v", nil, 5).node("Pad", "x, p, v", "b").
			node("Transpose", "b", "y", "perm", []int64{0, 3, 1, 2}), func(p volume) volume {
			return made(3, p.h+1, p.w+3, func(c, y, x int) float64 {
				if y < 1 || x < 2 || x >= p.w+2 {
					return 5
				}
				return p.at(c, y-1, x-2)
			})
		}},
		{"a border of chosen axes", newSheet(18).list("p", 1, 2, 0, 1).list("a", -2, -1).node("Pad", "x, p, , a", "y"), func(p volume) volume {
			return made(3, p.h+1, p.w+3, func(c, y, x int) float64 {
				if y < 1 || x < 2 || x >= p.w+2 {
					return 0
				}
				return p.at(c, y-1, x-2)
			})
		}},
		{"weights of channels", newSheet(13).node("Softmax", "x", "s", "axis", 1).node("Mul", "s, x", "y"), func(p volume) volume {
			return made(3, p.h, p.w, func(c, y, x int) float64 {
				sum, _ := p.over(-1, y, x, math.Exp)
				return p.at(c, y, x) * math.Exp(p.at(c, y, x)) / sum
			})
		}},
		{"weights of channels that are last", newSheet(13, nhwc...).node("Softmax", "x", "s").node("Mul", "s, x", "m").
			node("Transpose", "m", "y", "perm", []int64{0, 3, 1, 2}), func(p volume) volume {
			return made(3, p.h, p.w, func(c, y, x int) float64 {
				sum, _ := p.over(-1, y, x, math.Exp)
				return p.at(c, y, x) * math.Exp(p.at(c, y, x)) / sum
			})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { agree(t, tt.sheet, tt.want) })
	}
}

// What a file takes as one row has the order of its axes, whatever the order in memory.
func TestRowsOfValuesHaveTheOrderOfTheFile(t *testing.T) {
	for name, s := range map[string]*sheet{
		"channels first": newSheet(13).node("Flatten", "x", "y"),
		"channels last":  newSheet(13).node("Transpose", "x", "t", "perm", []int64{0, 2, 3, 1}).node("Flatten", "t", "y"),
		"channels last, one axis of positions": newSheet(13).list("to", 1, 48, 3).list("row", 1, -1).node("Transpose", "x", "t", "perm", []int64{0, 2, 3, 1}).
			node("Reshape", "t, to", "r").node("Reshape", "r, row", "y"),
	} {
		t.Run(name, func(t *testing.T) {
			n, err := Import(&s.Model)
			if err != nil {
				t.Fatal(err)
			}
			x := random(rand.New(rand.NewPCG(1, 2)), 3*48)
			got, _ := answer(t, n, 8, 6, x)
			for i, v := range got {
				want := x[i]
				if strings.HasPrefix(name, "channels last") {
					want = x[i%3*48+i/3]
				}
				if math.Abs(float64(v-want)) > 1e-6 {
					t.Fatalf("value %d is %g, want %g", i, v, want)
				}
			}
			if off := climb(t, n, 8, 6, 1); off > 5e-3 {
				t.Errorf("gradient off by %.2g", off)
			}
		})
	}
}

func TestWholeNumbersAreTheBytesOfAPicture(t *testing.T) {
	for _, typ := range []onnx.Type{onnx.TypeUint8, onnx.TypeInt32, onnx.TypeInt64, onnx.TypeUint16} {
		s := newSheet(13).with("k", nil, 100).node("Cast", "x", "f", "to", 1).node("Div", "f, k", "y")
		s.Graph.Inputs[0].Type = typ
		agree(t, s, func(p volume) volume { return p.each(func(v float64) float64 { return 2.55 * v }) })
	}
	s := newSheet(13).integers(onnx.TypeUint8, "z", nil, 10).with("k", nil, 0.5).node("DequantizeLinear", "x, k, z", "y")
	s.Graph.Inputs[0].Type = onnx.TypeUint8
	agree(t, s, func(p volume) volume { return p.each(func(v float64) float64 { return 0.5 * (255*v - 10) }) })
	half := newSheet(13).node("Tanh", "x", "y")
	half.Graph.Inputs[0].Type = onnx.TypeFloat16
	agree(t, half, func(p volume) volume { return p.each(math.Tanh) })
	// Who says how pictures are to be prepared knows better.
	s = newSheet(13).node("Cast", "x", "f", "to", 1).node("Neg", "f", "y")
	s.Graph.Inputs[0].Type = onnx.TypeUint8
	n, err := ImportFor(&s.Model, &Input{Scale: [3]float32{1, 1, 1}, Shift: [3]float32{-3, -3, -3}})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := answer(t, n, 8, 6, make([]float32, 3*48)); got[0] != 3 {
		t.Errorf("prepared by notes it begins with %g, want 3", got[0])
	}
}

func TestAFileMaySayWhichPicturesItWants(t *testing.T) {
	tests := map[string]struct {
		words map[string]string
		want  func(p volume, c, y, x int) float64
	}{
		"nothing": {nil, func(p volume, c, y, x int) float64 { return p.at(c, y, x) }},
		"bytes":   {map[string]string{"Image.NominalPixelRange": "NominalRange_0_255"}, func(p volume, c, y, x int) float64 { return 255 * p.at(c, y, x) }},
		"both ways from zero": {map[string]string{"Image.NominalPixelRange": "Normalized_1_1", "Image.BitmapPixelFormat": "Rgb8"},
			func(p volume, c, y, x int) float64 { return 2*p.at(c, y, x) - 1 }},
		"blue first": {map[string]string{"Image.NominalPixelRange": "Normalized_0_1", "Image.BitmapPixelFormat": "Bgr8"},
			func(p volume, c, y, x int) float64 { return p.at(2-c, y, x) }},
		"bytes of video": {map[string]string{"Image.NominalPixelRange": "NominalRange_16_235", "Image.BitmapPixelFormat": "Bgra8"},
			func(p volume, c, y, x int) float64 { return 219*p.at(2-c, y, x) + 16 }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSheet(13).node("Neg", "x", "y")
			s.Metadata = tt.words
			agree(t, s, func(p volume) volume {
				return made(3, p.h, p.w, func(c, y, x int) float64 { return -tt.want(p, c, y, x) })
			})
		})
	}
	s := newSheet(13).node("Neg", "x", "y")
	s.Graph.Inputs = append(s.Graph.Inputs, onnx.Value{Name: "nobody reads it"})
	agree(t, s, func(p volume) volume { return p.each(func(v float64) float64 { return -v }) })
}

func TestQuantisedFilesComputeWithTheNumbersThatIntegersStandFor(t *testing.T) {
	steps := func(s *sheet, name string, scale float32, zero int64) *sheet {
		return s.with(name+"_step", nil, scale).integers(onnx.TypeInt8, name+"_zero", nil, zero)
	}
	t.Run("between operators", func(t *testing.T) {
		s := steps(newSheet(13), "a", 0.01, 0).node("QuantizeLinear", "x, a_step, a_zero", "q").node("DequantizeLinear", "q, a_step, a_zero", "y")
		agree(t, s, func(p volume) volume { return p.each(func(v float64) float64 { return min(max(v, -1.28), 1.27) }) })
	})
	t.Run("that leave a ReLU to the smallest integer", func(t *testing.T) {
		s := steps(newSheet(13), "a", 0.01, -128).node("QuantizeLinear", "x, a_step, a_zero", "q").node("DequantizeLinear", "q, a_step, a_zero", "y")
		agree(t, s, func(p volume) volume { return p.each(func(v float64) float64 { return min(max(v, 0), 2.55) }) })
	})
	t.Run("read with other steps", func(t *testing.T) {
		s := steps(steps(newSheet(13), "a", 0.01, 0), "b", 0.02, 10).
			node("QuantizeLinear", "x, a_step, a_zero", "q").node("DequantizeLinear", "q, b_step, b_zero", "y")
		agree(t, s, func(p volume) volume {
			return p.each(func(v float64) float64 { return 2*min(max(v, -1.28), 1.27) - 0.2 })
		})
	})
	t.Run("with an operator on integers between", func(t *testing.T) {
		s := steps(newSheet(13), "a", 0.01, 3).node("QuantizeLinear", "x, a_step, a_zero", "q").
			node("Transpose", "q", "u", "perm", []int64{0, 2, 3, 1}).node("Transpose", "u", "v", "perm", []int64{0, 3, 1, 2}).
			node("DequantizeLinear", "v, a_step, a_zero", "y")
		agree(t, s, func(p volume) volume { return p.each(func(v float64) float64 { return min(max(v, -1.31), 1.24) }) })
	})
	t.Run("weights with steps by channel", func(t *testing.T) {
		s := newSheet(13).integers(onnx.TypeInt8, "q", []int{2, 3, 1, 1}, 1, 2, 3, -4, 5, -6).with("s", []int{2}, 0.5, 0.1).
			integers(onnx.TypeInt8, "z", []int{2}, 0, 1).integers(onnx.TypeInt32, "c", []int{2}, 10, -10).with("cs", []int{2}, 0.1, 0.2).
			node("DequantizeLinear", "q, s, z", "w", "axis", 0).node("DequantizeLinear", "c, cs", "b", "axis", 0).node("Conv", "x, w, b", "y")
		agree(t, s, func(p volume) volume {
			w := [][]float64{{0.5, 1, 1.5}, {-0.5, 0.4, -0.7}}
			return made(2, p.h, p.w, func(c, y, x int) float64 {
				return w[c][0]*p.at(0, y, x) + w[c][1]*p.at(1, y, x) + w[c][2]*p.at(2, y, x) + []float64{1, -2}[c]
			})
		})
	})
	t.Run("weights that are quantised only to be dequantised", func(t *testing.T) {
		s := steps(newSheet(13), "a", 0.5, 0).with("w", []int{1, 3, 1, 1}, 0.9, -2.2, 100).node("QuantizeLinear", "w, a_step, a_zero", "q").
			node("DequantizeLinear", "q, a_step, a_zero", "v").node("Conv", "x, v", "y")
		agree(t, s, func(p volume) volume {
			return made(1, p.h, p.w, func(_, y, x int) float64 { return p.at(0, y, x) - 2*p.at(1, y, x) + 63.5*p.at(2, y, x) })
		})
	})
}

// A choice by the shape of the picture is none.
func TestChoicesByConstantsAreMadeWhenAFileIsRead(t *testing.T) {
	inner := func(op, in, out string, more ...any) *sheet {
		s := newSheet(13).node(op, in, out, more...)
		s.Graph.Inputs, s.Graph.Outputs = nil, []onnx.Value{{Name: out}}
		return s
	}
	file := func(channels int64) *sheet {
		return newSheet(13).list("which", 1).list("k", channels).list("ones", 3).
			node("Shape", "x", "shape").node("Gather", "shape, which", "c").node("Equal", "c, k", "is").
			node("If", "is", "z", "then_branch", inner("Tanh", "x", "t"), "else_branch", inner("Neg", "x", "e")).node("Sin", "z", "y")
	}
	agree(t, file(3), func(p volume) volume { return p.each(func(v float64) float64 { return math.Sin(math.Tanh(v)) }) })
	agree(t, file(4), func(p volume) volume { return p.each(func(v float64) float64 { return math.Sin(-v) }) })
	constant := newSheet(13).integers(onnx.TypeBool, "yes", nil, 1).with("a", nil, 3).with("b", nil, 4).
		node("If", "yes", "k", "then_branch", inner("Identity", "a", "t"), "else_branch", inner("Identity", "b", "e")).node("Mul", "x, k", "y")
	agree(t, constant, func(p volume) volume { return p.each(func(v float64) float64 { return 3 * v }) })
	within := inner("If", "yes", "z", "then_branch", inner("Tanh", "x", "t"), "else_branch", inner("Round", "x", "e"))
	nested := newSheet(13).integers(onnx.TypeBool, "yes", nil, 1).
		node("If", "yes", "y", "then_branch", within, "else_branch", inner("Round", "x", "r"))
	agree(t, nested, func(p volume) volume { return p.each(math.Tanh) })
	broken := newSheet(13).integers(onnx.TypeBool, "yes", nil, 0).
		node("If", "yes", "y", "then_branch", inner("Tanh", "x", "t"), "else_branch", inner("Round", "x", "r"))
	if _, err := Import(&broken.Model); err == nil || !strings.Contains(err.Error(), "Round") {
		t.Errorf("the other branch: %v", err)
	}
}

// classes puts a fully connected layer on what a file computes.
func classes(s *sheet, from, to string) *sheet {
	return s.with("w", []int{3, 5}, random(rand.New(rand.NewPCG(1, 1)), 15)...).node("GlobalAveragePool", from, "g").
		node("Flatten", "g", "f").node("MatMul", "f, w", to)
}

func TestOneOfSeveralOutputsIsTheLogits(t *testing.T) {
	outputs := func(s *sheet, names ...string) *sheet {
		s.Graph.Outputs = nil
		for _, name := range names {
			s.Graph.Outputs = append(s.Graph.Outputs, onnx.Value{Name: name})
		}
		return s
	}
	tests := []struct {
		name  string
		sheet *sheet
	}{
		{"the only one", outputs(classes(newSheet(13), "x", "y"), "y")},
		{"the first one", outputs(classes(newSheet(13), "x", "y").node("Sigmoid", "f", "aux"), "y", "aux")},
		{"the second one, behind features", outputs(classes(newSheet(13), "x", "y").node("Sigmoid", "f", "features"), "features", "y")},
		{"the one of that name", outputs(classes(newSheet(13), "x", "logits").node("MatMul", "f, w", "other"), "other", "logits")},
		{"beside what cannot be run", outputs(classes(newSheet(13), "x", "y").node("ArgMax", "y", "best"), "best", "y")},
		{"probabilities", outputs(classes(newSheet(13), "x", "l").node("Softmax", "l", "y"), "y")},
		{"probabilities and the best", outputs(classes(newSheet(13), "x", "l").node("Softmax", "l", "y").node("ArgMax", "y", "best"), "y", "best")},
		{"probabilities in another shape", outputs(classes(newSheet(13), "x", "l").list("to", 5).node("Softmax", "l", "p").node("Reshape", "p, to", "y"), "y")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := Import(&tt.sheet.Model)
			if err != nil {
				t.Fatal(err)
			}
			x := random(rand.New(rand.NewPCG(5, 5)), 3*48)
			got, _ := answer(t, n, 8, 6, x)
			if len(got) != 5 {
				t.Fatalf("%d logits", len(got))
			}
			w := tt.sheet.Graph.Initializers["w"].Floats
			for i, v := range got {
				want := 0.0
				for c := range 3 {
					want += total64(x[c*48:(c+1)*48]) / 48 * float64(w[c*5+i])
				}
				if math.Abs(float64(v)-want) > 1e-5 {
					t.Errorf("logit %d is %g, want %g", i, v, want)
				}
			}
		})
	}
}

func total64(v []float32) (sum float64) {
	for _, x := range v {
		sum += float64(x)
	}
	return sum
}

func TestWhatIsRefusedSaysWhatToDo(t *testing.T) {
	tests := []struct {
		name  string
		sheet *sheet
		says  string
	}{
		{"an old file", newSheet(6).node("Relu", "x", "y"), "from 7 to 23"},
		{"a file of tomorrow", newSheet(24).node("Relu", "x", "y"), "from 7 to 23"},
		{"two inputs", func() *sheet {
			s := newSheet(13).node("Add", "x, z", "y")
			s.Graph.Inputs = append(s.Graph.Inputs, onnx.Value{Name: "z"})
			return s
		}(), "2 inputs"},
		{"grey pictures", newSheet(13, 1, 1, 28, 28).node("Relu", "x", "y"), "one channel"},
		{"four channels", newSheet(13, 1, 4, 28, 28).node("Relu", "x", "y"), "red, green and blue"},
		{"a row", newSheet(13, 1, 784).node("Relu", "x", "y"), "want [1 3 height width]"},
		{"signed bytes", func() *sheet {
			s := newSheet(13).node("Relu", "x", "y")
			s.Graph.Inputs[0].Type = onnx.TypeInt8
			return s
		}(), "signed bytes"},
		{"attention", newSheet(13).node("MatMul", "x, x", "y"), "transformers"},
		{"attention by name", newSheet(23).node("Attention", "x, x, x", "y"), "transformers"},
		{"weights of positions", newSheet(13).node("Softmax", "x", "s").node("Mul", "x, s", "y"), "transformers"},
		{"a class token", newSheet(13).list("to", 1, 3, 48).with("k", []int{1, 3, 1}, 1, 2, 3).node("Reshape", "x, to", "r").
			node("Concat", "k, r", "y", "axis", 2), "transformers"},
		{"learned positions", newSheet(13).with("k", []int{1, 3, 6, 8}, make([]float32, 144)...).node("Add", "x, k", "y"), "one size only"},
		{"windows", newSheet(13).list("to", 1, 3, 2, 3, 4, 2).node("Reshape", "x, to", "y"), "transformers"},
		{"a picture turned", newSheet(13).node("Transpose", "x", "y", "perm", []int64{0, 1, 3, 2}), "change places"},
		{"normalisation of one size", newSheet(17).with("k", []int{3, 6, 8}, make([]float32, 144)...).node("LayerNormalization", "x, k", "y", "axis", 1), "one size only"},
		{"control flow", newSheet(13).node("If", "x", "y"), "onnxsim"},
		{"arithmetic of integers", newSheet(13).node("QLinearConv", "x", "y"), "QDQ"},
		{"steps by channel for values", newSheet(13).with("s", []int{3}, 1, 2, 3).node("QuantizeLinear", "x, s", "q").node("DequantizeLinear", "q, s", "y"), "only for weights"},
		{"what has no slope", newSheet(13).node("Round", "x", "y"), "slope"},
		{"resizing", newSheet(13).node("Resize", "x", "y"), "resized"},
		{"an operator nobody knows", newSheet(13).node("Frobnicate", "x", "y"), "Frobnicate"},
		{"a pool of holes", newSheet(13).node("MaxPool", "x", "y", "kernel_shape", []int64{2, 2}, "dilations", []int64{2, 2}), "simplify"},
		{"an unknown one on constants", newSheet(13).with("k", nil, 1).node("Frobnicate", "k", "c").node("Add", "x, c", "y"), "Frobnicate"},
		{"what reads what cannot be read", newSheet(13).node("Round", "x", "r").node("Relu", "r", "y"), "Round"},
		{"another library's", func() *sheet {
			s := newSheet(13).node("FusedConv", "x", "y")
			s.Graph.Nodes[0].Domain = "com.microsoft"
			return s
		}(), "as it was before"},
		{"trees", func() *sheet {
			s := newSheet(13).node("TreeEnsembleClassifier", "x", "y")
			s.Graph.Nodes[0].Domain = "ai.onnx.ml"
			return s
		}(), "no network"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Import(&tt.sheet.Model)
			if err == nil {
				t.Fatal("it is not refused")
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("says %q, want something with %q", err, tt.says)
			}
			var r *refusal
			if !errors.As(err, &r) || r.remedy == "" || !strings.HasSuffix(err.Error(), "; "+r.remedy) {
				t.Errorf("%q does not say what to do", err)
			}
		})
	}
}

func TestATransformerIsRefusedAsOne(t *testing.T) {
	s := newSheet(13).list("to", 1, 3, 48).node("Reshape", "x, to", "r").node("Transpose", "r", "t", "perm", []int64{0, 2, 1}).
		node("MatMul", "t, r", "y")
	if _, err := Import(&s.Model); !errors.Is(err, errPositions) {
		t.Errorf("got %v", err)
	}
}
