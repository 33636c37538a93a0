package fold

import (
	"errors"
	"fmt"
	"math"

	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/shape"
)

// function is one of a number: for real ones, and for integers where it has one for them.
type function struct {
	real  func(x float64) float64
	whole func(x int64) int64
}

func itself(x int64) int64 { return x }

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// unary is the functions of one number.
var unary = map[string]function{
	"Neg":        {func(x float64) float64 { return -x }, func(x int64) int64 { return -x }},
	"Abs":        {math.Abs, func(x int64) int64 { return max(x, -x) }},
	"Sign":       {sign, func(x int64) int64 { return truth(x > 0) - truth(x < 0) }},
	"Floor":      {math.Floor, itself},
	"Ceil":       {math.Ceil, itself},
	"Round":      {math.RoundToEven, itself},
	"Relu":       {func(x float64) float64 { return max(x, 0) }, func(x int64) int64 { return max(x, 0) }},
	"Not":        {nil, func(x int64) int64 { return truth(x == 0) }},
	"Sqrt":       {math.Sqrt, nil},
	"Exp":        {math.Exp, nil},
	"Log":        {math.Log, nil},
	"Reciprocal": {func(x float64) float64 { return 1 / x }, nil},
	"Sin":        {math.Sin, nil},
	"Cos":        {math.Cos, nil},
	"Tanh":       {math.Tanh, nil},
	"Erf":        {math.Erf, nil},
	"Sigmoid":    {func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, nil},
	"Softplus":   {func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }, nil},
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

// pairing is a function of two numbers. test gives a truth value instead, of either kind.
type pairing struct {
	real  func(x, y float64) float64
	whole func(x, y int64) (int64, error)
	test  func(x, y float64) bool
}

var errZero = errors.New("division by zero")

func sure(f func(x, y int64) int64) func(x, y int64) (int64, error) {
	return func(x, y int64) (int64, error) { return f(x, y), nil }
}

// binary is the functions of two numbers; those of several are applied one by one.
var binary = map[string]pairing{
	"Add": {real: func(x, y float64) float64 { return x + y }, whole: sure(func(x, y int64) int64 { return x + y })},
	"Sum": {real: func(x, y float64) float64 { return x + y }, whole: sure(func(x, y int64) int64 { return x + y })},
	"Sub": {real: func(x, y float64) float64 { return x - y }, whole: sure(func(x, y int64) int64 { return x - y })},
	"Mul": {real: func(x, y float64) float64 { return x * y }, whole: sure(func(x, y int64) int64 { return x * y })},
	"Div": {real: func(x, y float64) float64 { return x / y }, whole: func(x, y int64) (int64, error) {
		if y == 0 {
			return 0, errZero
		}
		return x / y, nil
	}},
	"Mod": {real: math.Mod, whole: func(x, y int64) (int64, error) {
		if y == 0 {
			return 0, errZero
		}
		return (x%y + y) % y, nil // the sign of the divisor
	}},
	"Pow":            {real: math.Pow, whole: func(x, y int64) (int64, error) { return int64(math.Pow(float64(x), float64(y))), nil }},
	"Min":            {real: func(x, y float64) float64 { return min(x, y) }, whole: sure(func(x, y int64) int64 { return min(x, y) })},
	"Max":            {real: func(x, y float64) float64 { return max(x, y) }, whole: sure(func(x, y int64) int64 { return max(x, y) })},
	"Equal":          {test: func(x, y float64) bool { return x == y }},
	"Less":           {test: func(x, y float64) bool { return x < y }},
	"LessOrEqual":    {test: func(x, y float64) bool { return x <= y }},
	"Greater":        {test: func(x, y float64) bool { return x > y }},
	"GreaterOrEqual": {test: func(x, y float64) bool { return x >= y }},
	"And":            {test: func(x, y float64) bool { return x != 0 && y != 0 }},
	"Or":             {test: func(x, y float64) bool { return x != 0 || y != 0 }},
	"Xor":            {test: func(x, y float64) bool { return (x != 0) != (y != 0) }},
}

func (c *call) map1(f function) ([]*onnx.Tensor, error) {
	t, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	integers := whole(t)
	if integers && f.whole == nil || !integers && f.real == nil {
		return nil, errors.New("not of numbers of that type")
	}
	out, err := c.numbers(t.Shape, integers, t)
	if err != nil {
		return nil, err
	}
	out.Type = t.Type
	for i := range out.Floats {
		out.Floats[i] = float32(f.real(float64(t.Floats[i])))
	}
	for i := range out.Ints {
		out.Ints[i] = f.whole(t.Ints[i])
	}
	return one(out, nil)
}

func (c *call) map2(f pairing) ([]*onnx.Tensor, error) {
	out, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	for i := 1; i < len(c.in); i++ {
		t, err := c.arg(i)
		if err != nil {
			return nil, err
		}
		if out, err = c.combine(f, out, t); err != nil {
			return nil, err
		}
	}
	return one(out, nil)
}

func (c *call) combine(f pairing, a, b *onnx.Tensor) (*onnx.Tensor, error) {
	dims, err := shape.Broadcast(a.Shape, b.Shape)
	if err != nil {
		return nil, err
	}
	integers := whole(a) && whole(b)
	if c.Op == "Pow" {
		integers = whole(a) // the exponent may be of another type
	}
	out, err := c.numbers(dims, integers || f.test != nil, a, b)
	if err != nil {
		return nil, err
	}
	if out.Type = a.Type; f.test != nil {
		out.Type = onnx.TypeBool
	}
	at := newSpread(dims, a.Shape, b.Shape)
	for i := range out.Floats {
		p := at.next()
		out.Floats[i] = float32(f.real(number(a, p[0]), number(b, p[1])))
	}
	for i := range out.Ints {
		p := at.next()
		switch {
		case f.test != nil:
			out.Ints[i] = truth(f.test(number(a, p[0]), number(b, p[1])))
		case whole(b):
			if out.Ints[i], err = f.whole(a.Ints[p[0]], b.Ints[p[1]]); err != nil {
				return nil, err
			}
		default:
			out.Ints[i] = int64(f.real(number(a, p[0]), number(b, p[1])))
		}
	}
	return out, nil
}

// where takes elements of one or of another tensor.
func (c *call) where() ([]*onnx.Tensor, error) {
	var t [3]*onnx.Tensor
	for i := range t {
		var err error
		if t[i], err = c.arg(i); err != nil {
			return nil, err
		}
	}
	dims, err := shape.Broadcast(t[0].Shape, t[1].Shape, t[2].Shape)
	if err != nil {
		return nil, err
	}
	if whole(t[1]) != whole(t[2]) {
		return nil, errors.New("constants that do not go together")
	}
	out, err := c.numbers(dims, whole(t[1]), t[:]...)
	if err != nil {
		return nil, err
	}
	out.Type = t[1].Type
	at := newSpread(dims, t[0].Shape, t[1].Shape, t[2].Shape)
	for i := range out.Len() {
		p := at.next()
		from, k := t[2], p[2]
		if number(t[0], p[0]) != 0 {
			from, k = t[1], p[1]
		}
		if from.Floats != nil {
			out.Floats[i] = from.Floats[k]
		} else {
			out.Ints[i] = from.Ints[k]
		}
	}
	return one(out, nil)
}

// clip keeps numbers within limits: attributes in old files, inputs in new ones.
func (c *call) clip() ([]*onnx.Tensor, error) {
	lo, hi := float64(c.Float("min", float32(math.Inf(-1)))), float64(c.Float("max", float32(math.Inf(1))))
	for i, limit := range []*float64{&lo, &hi} {
		if t := c.optional(i + 1); t != nil {
			if t.Len() != 1 {
				return nil, fmt.Errorf("a limit of %d numbers", t.Len())
			}
			*limit = number(t, 0)
		}
	}
	return c.map1(function{
		func(x float64) float64 { return min(max(x, lo), hi) },
		func(x int64) int64 { return int64(min(max(float64(x), lo), hi)) },
	})
}

// spread walks through the elements of a shape and says where those of smaller ones lie that
// are spread over it.
type spread struct {
	dims  []int
	steps [][]int // by operand, by axis: 0 where one element goes with all
	count []int
	at    []int
	begun bool
}

func newSpread(dims []int, shapes ...[]int) *spread {
	s := &spread{dims: dims, count: make([]int, len(dims)), at: make([]int, len(shapes))}
	for _, from := range shapes {
		steps, step := make([]int, len(dims)), 1
		for i := len(from) - 1; i >= 0; i-- {
			if from[i] != 1 {
				steps[len(dims)-len(from)+i] = step
			}
			step *= from[i]
		}
		s.steps = append(s.steps, steps)
	}
	return s
}

// next returns the place of the next element in each operand. The slice is used again.
func (s *spread) next() []int {
	if !s.begun {
		s.begun = true
		return s.at
	}
	for k := len(s.dims) - 1; k >= 0; k-- {
		s.count[k]++
		for i, steps := range s.steps {
			s.at[i] += steps[k]
		}
		if s.count[k] < s.dims[k] {
			break
		}
		for i, steps := range s.steps {
			s.at[i] -= steps[k] * s.dims[k]
		}
		s.count[k] = 0
	}
	return s.at
}
