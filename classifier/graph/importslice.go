package graph

import (
	"errors"
	"fmt"
	"math"

	"slugpuppy/classifier/onnx"
)

// stretch is a slice along one axis: n elements from one on.
type stretch struct{ axis, from, step, n int }

func (s stretch) elements() []int { return span(s.from, s.step, s.n) }

// span is n numbers from a first one on.
func span(from, step, n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = from + i*step
	}
	return all
}

// ranges reads a Slice: attributes in old files, inputs in new ones. Slices that leave
// everything as it is are left out.
func (im *importer) ranges(n *onnx.Node, dims []int) ([]stretch, error) {
	var lists [4][]int64
	for i, name := range []string{"starts", "ends", "axes", "steps"} {
		var err error
		if lists[i], err = im.ints(n, i+1, name); err != nil {
			return nil, err
		}
	}
	starts, ends, axes, steps := lists[0], lists[1], lists[2], lists[3]
	if len(starts) != len(ends) || (axes != nil && len(axes) != len(starts)) ||
		(steps != nil && len(steps) != len(starts)) || len(starts) > len(dims) {
		return nil, errors.New("a slice whose starts and ends do not match")
	}
	var out []stretch
	for i := range starts {
		s, step := stretch{axis: i}, int64(1)
		var err error
		if axes != nil {
			if s.axis, err = axis(axes[i], len(dims)); err != nil {
				return nil, err
			}
		}
		if steps != nil {
			step = steps[i]
		}
		if err := s.cut(starts[i], ends[i], step, dims[s.axis]); err != nil {
			return nil, err
		}
		if s.n != dims[s.axis] || s.step != 1 {
			out = append(out, s)
		}
	}
	return out, nil
}

// cut sets what ONNX takes from an axis of size n: ends may count from the back or lie
// outside, and with a negative step the last comes first.
func (s *stretch) cut(start, end, step int64, n int) error {
	if step == 0 || step > math.MaxInt32 || step < -math.MaxInt32 {
		return fmt.Errorf("a slice in steps of %d", step)
	}
	size := int64(n)
	if start < 0 {
		start += size
	}
	if end < 0 && end > -math.MaxInt32 { // the smallest numbers mean: beyond the first
		end += size
	}
	if step > 0 {
		start, end = min(max(start, 0), size), min(max(end, 0), size)
		s.n = int(max(0, (end-start+step-1)/step))
	} else {
		start, end = min(max(start, -1), size-1), min(max(end, -1), size-1)
		s.n = int(max(0, (start-end-step-1)/-step))
	}
	s.from, s.step = int(start), int(step)
	return nil
}
