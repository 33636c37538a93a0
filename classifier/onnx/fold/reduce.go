package fold

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"slugpuppy/classifier/onnx"
	"slugpuppy/classifier/onnx/shape"
)

// reduce computes sums, means, products and extremes along axes.
func (c *call) reduce() ([]*onnx.Tensor, error) {
	t, err := c.arg(0)
	if err != nil {
		return nil, err
	}
	list, err := c.ints(1, "axes")
	if err != nil {
		return nil, err
	}
	axes, err := shape.Axes(list, len(t.Shape))
	if err != nil {
		return nil, err
	}
	if len(axes) == 0 {
		if c.Int("noop_with_empty_axes", 0) != 0 {
			return one(t, nil)
		}
		axes = shape.Span(0, 1, len(t.Shape))
	}
	if t.Len() == 0 {
		return nil, errors.New("of nothing")
	}
	kept, left := slices.Clone(t.Shape), []int{}
	for i := range kept {
		if slices.Contains(axes, i) {
			kept[i] = 1
		} else {
			left = append(left, kept[i])
		}
	}
	acc := make([]float64, shape.Product(kept))
	if err := c.budget(2 * int64(len(acc))); err != nil {
		return nil, err
	}
	at, n := newSpread(t.Shape, kept), t.Len()/len(acc)
	seen := make([]bool, len(acc))
	for i := range t.Len() {
		k, v := at.next()[0], number(t, i)
		acc[k] = c.accumulate(acc[k], v, !seen[k])
		seen[k] = true
	}
	out, err := c.numbers(kept, whole(t), t)
	if err != nil {
		return nil, err
	}
	if out.Type = t.Type; c.Int("keepdims", 1) == 0 {
		out.Shape = left
	}
	for i, v := range acc {
		switch c.Op {
		case "ReduceMean":
			v /= float64(n)
		case "ReduceL2":
			v = math.Sqrt(v)
		}
		if out.Floats != nil {
			out.Floats[i] = float32(v)
		} else {
			out.Ints[i] = int64(v)
		}
	}
	return one(out, nil)
}

func (c *call) accumulate(acc, v float64, first bool) float64 {
	switch c.Op {
	case "ReduceSumSquare", "ReduceL2":
		return acc + v*v
	case "ReduceL1":
		return acc + math.Abs(v)
	case "ReduceSum", "ReduceMean":
		return acc + v
	}
	switch {
	case first:
		return v
	case c.Op == "ReduceProd":
		return acc * v
	case c.Op == "ReduceMax":
		return max(acc, v)
	}
	return min(acc, v)
}

// batchNorm normalises weights, which some networks do whenever they are used.
func (c *call) batchNorm() ([]*onnx.Tensor, error) {
	var in [5]*onnx.Tensor
	for i := range in {
		t, err := c.arg(i)
		if err != nil {
			return nil, err
		}
		if in[i] = t; whole(t) {
			return nil, errors.New("not of integers")
		}
	}
	t := in[0]
	if len(t.Shape) < 2 || t.Len() == 0 {
		return nil, fmt.Errorf("of shape %v", t.Shape)
	}
	channels, inner := t.Shape[1], shape.Product(t.Shape[2:])
	for _, p := range in[1:] {
		if len(p.Floats) != channels {
			return nil, fmt.Errorf("%d constants for %d channels", len(p.Floats), channels)
		}
	}
	out, err := c.numbers(t.Shape, false, t)
	if err != nil {
		return nil, err
	}
	own := c.Training()
	for ch := range channels {
		mean, variance := float64(in[3].Floats[ch]), float64(in[4].Floats[ch])
		if own {
			mean, variance = moments(t.Floats, t.Shape[0], channels, inner, ch)
		}
		scale := float64(in[1].Floats[ch]) / math.Sqrt(variance+float64(c.Float("epsilon", 1e-5)))
		for n := range t.Shape[0] {
			for i := (n*channels + ch) * inner; i < (n*channels+ch+1)*inner; i++ {
				out.Floats[i] = float32((float64(t.Floats[i])-mean)*scale + float64(in[2].Floats[ch]))
			}
		}
	}
	return one(out, nil)
}

// moments are the mean and variance of one channel of x [n][channels][inner].
func moments(x []float32, n, channels, inner, ch int) (mean, variance float64) {
	total := float64(n * inner)
	for _, square := range []bool{false, true} {
		sum := 0.0
		for k := range n {
			for _, v := range x[(k*channels+ch)*inner : (k*channels+ch+1)*inner] {
				if square {
					sum += (float64(v) - mean) * (float64(v) - mean)
				} else {
					sum += float64(v)
				}
			}
		}
		if square {
			variance = sum / total
		} else {
			mean = sum / total
		}
	}
	return mean, variance
}
