package fold

import (
	"errors"
	"fmt"
	"slices"

	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/shape"
)

// Operators that put numbers elsewhere and leave them as they are.

// reshape gives a constant other dimensions.
func (c *call) reshape() ([]*onnx.Tensor, error) {
	t, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	var dims []int
	switch c.Op {
	case "Flatten":
		dims, err = shape.Flatten(t.Shape, c.Int("axis", 1))
	case "Reshape":
		var target []int64
		if target, err = c.ints(1, "shape"); err == nil {
			dims, err = shape.Reshape(t.Shape, target, c.Int("allowzero", 0) != 0)
		}
	default:
		var axes []int64
		if axes, err = c.ints(1, "axes"); err != nil {
			break
		}
		if c.Op == "Squeeze" {
			dims, err = shape.Squeeze(t.Shape, axes)
		} else {
			dims, err = shape.Unsqueeze(t.Shape, axes)
		}
	}
	if err != nil {
		return nil, err
	}
	return one(&onnx.Tensor{Type: t.Type, Shape: dims, Floats: t.Floats, Ints: t.Ints}, nil)
}

func (c *call) transpose() ([]*onnx.Tensor, error) {
	t, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	if err := c.budget(int64(t.Len())); err != nil {
		return nil, err
	}
	index, to, err := shape.Permute(t.Shape, c.Ints("perm"))
	if err != nil {
		return nil, err
	}
	return one(c.pick(t, to, func(i int) int { return int(index[i]) }))
}

// expand spreads a constant over a shape.
func (c *call) expand() ([]*onnx.Tensor, error) {
	t, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	to, err := c.arg(1)
	if err != nil {
		return nil, err
	}
	target, err := dimensions(to)
	if err != nil {
		return nil, err
	}
	dims, err := shape.Broadcast(t.Shape, target)
	if err != nil {
		return nil, err
	}
	at := newSpread(dims, t.Shape)
	return one(c.pick(t, dims, func(int) int { return at.next()[0] }))
}

// tile repeats a constant along its axes.
func (c *call) tile() ([]*onnx.Tensor, error) {
	t, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	repeats, err := c.ints(1, "repeats")
	if err != nil {
		return nil, err
	}
	if len(repeats) != len(t.Shape) {
		return nil, fmt.Errorf("repeated %v times along axes of %v", repeats, t.Shape)
	}
	dims := slices.Clone(t.Shape)
	for i, r := range repeats {
		if r < 0 || r > mostGrown {
			return nil, fmt.Errorf("repeated %v times", repeats)
		}
		dims[i] *= int(r)
	}
	return one(c.pick(t, dims, func(i int) int {
		from, step := 0, 1
		for k := len(dims) - 1; k >= 0; k-- {
			from += i % dims[k] % t.Shape[k] * step
			i, step = i/dims[k], step*t.Shape[k]
		}
		return from
	}))
}

func (c *call) concat() ([]*onnx.Tensor, error) {
	first, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	a, err := shape.Axis(c.Int("axis", 0), len(first.Shape))
	if err != nil {
		return nil, err
	}
	dims := slices.Clone(first.Shape)
	dims[a] = 0
	for i := range c.in {
		t, err := c.arg(i)
		if err != nil {
			return nil, err
		}
		if len(t.Shape) != len(dims) || whole(t) != whole(first) && t.Len() > 0 && first.Len() > 0 {
			return nil, errors.New("constants that do not go together")
		}
		for k, d := range t.Shape {
			if k != a && d != dims[k] {
				return nil, fmt.Errorf("constants of shapes %v and %v along axis %d", first.Shape, t.Shape, a)
			}
		}
		dims[a] += t.Shape[a]
	}
	integers := !slices.ContainsFunc(c.in, func(t *onnx.Tensor) bool { return t.Floats != nil })
	out, err := c.numbers(dims, integers, c.in...)
	if err != nil {
		return nil, err
	}
	out.Type, out.Floats, out.Ints = first.Type, out.Floats[:0], out.Ints[:0]
	for b := range shape.Product(dims[:a]) {
		for _, t := range c.in {
			n := shape.Product(t.Shape[a:])
			if t.Floats != nil {
				out.Floats = append(out.Floats, t.Floats[b*n:(b+1)*n]...)
			} else {
				out.Ints = append(out.Ints, t.Ints[b*n:(b+1)*n]...)
			}
		}
	}
	return one(out, nil)
}

// along keeps the given elements of one axis.
func (c *call) along(t *onnx.Tensor, a int, elements []int) (*onnx.Tensor, error) {
	dims := slices.Clone(t.Shape)
	dims[a] = len(elements)
	after := shape.Product(dims[a+1:])
	return c.pick(t, dims, func(i int) int {
		rest := i % after
		i /= after
		return (i/len(elements)*t.Shape[a]+elements[i%len(elements)])*after + rest
	})
}

func (c *call) slice() ([]*onnx.Tensor, error) {
	t, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	var lists [4][]int64
	for i, name := range []string{"starts", "ends", "axes", "steps"} {
		if lists[i], err = c.ints(i+1, name); err != nil {
			return nil, err
		}
	}
	ranges, err := shape.Slice(t.Shape, lists[0], lists[1], lists[2], lists[3])
	if err != nil {
		return nil, err
	}
	for _, r := range ranges {
		if t, err = c.along(t, r.Axis, r.Elements()); err != nil {
			return nil, err
		}
	}
	return one(t, nil)
}

func (c *call) split() ([]*onnx.Tensor, error) {
	t, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	a, err := shape.Axis(c.Int("axis", 0), len(t.Shape))
	if err != nil {
		return nil, err
	}
	given, err := c.ints(1, "split")
	if err != nil {
		return nil, err
	}
	sizes, err := shape.Parts(t.Shape[a], len(c.Outputs), given)
	if err != nil {
		return nil, err
	}
	var out []*onnx.Tensor
	from := 0
	for _, n := range sizes {
		part, err := c.along(t, a, shape.Span(from, 1, n))
		if err != nil {
			return nil, err
		}
		out, from = append(out, part), from+n
	}
	return out, nil
}

// gather keeps elements of an axis that is then replaced by those of the list.
func (c *call) gather() ([]*onnx.Tensor, error) {
	t, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	which, err := c.arg(1)
	if err != nil {
		return nil, err
	}
	a, err := shape.Axis(c.Int("axis", 0), len(t.Shape))
	if err != nil {
		return nil, err
	}
	if !whole(which) {
		return nil, errors.New("elements must be named by integers")
	}
	elements := make([]int, len(which.Ints))
	for i, w := range which.Ints {
		if elements[i], err = shape.Axis(w, t.Shape[a]); err != nil {
			return nil, fmt.Errorf("no element %d among %d", w, t.Shape[a])
		}
	}
	out, err := c.along(t, a, elements)
	if err != nil {
		return nil, err
	}
	out.Shape = slices.Concat(t.Shape[:a], which.Shape, t.Shape[a+1:])
	return one(out, nil)
}
