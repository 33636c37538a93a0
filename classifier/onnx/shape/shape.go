// Package shape is the arithmetic of ONNX tensors' dimensions: what Reshape, Squeeze, Slice and
// their like make of them. It is used for constants and for values of a network alike. Arguments
// come from files and are checked.
package shape

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// most is how many dimensions anything has.
const most = 8

// Product is the number of elements.
func Product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// Axis turns an axis that may count from the end into an index.
func Axis(a int64, rank int) (int, error) {
	if a < 0 {
		a += int64(rank)
	}
	if a < 0 || a >= int64(rank) {
		return 0, fmt.Errorf("no axis %d among %d", a, rank)
	}
	return int(a), nil
}

// Axes turns a list of axes into indices; none may be named twice.
func Axes(list []int64, rank int) ([]int, error) {
	var out []int
	for _, a := range list {
		i, err := Axis(a, rank)
		if err != nil {
			return nil, err
		}
		if slices.Contains(out, i) {
			return nil, fmt.Errorf("axes %v name one twice", list)
		}
		out = append(out, i)
	}
	return out, nil
}

// Reshape resolves a target's 0, the old size unless zero counts, and -1, what is left.
func Reshape(old []int, target []int64, zero bool) ([]int, error) {
	wrong := fmt.Errorf("shape %v for a value of %v", target, old)
	if len(target) > most {
		return nil, wrong
	}
	dims, free, known := make([]int, len(target)), -1, 1
	for i, t := range target {
		switch {
		case t == 0 && !zero && i < len(old):
			dims[i] = old[i]
		case t == -1 && free < 0:
			free = i
			continue
		case t > 0 && t <= math.MaxInt32:
			dims[i] = int(t)
		default:
			return nil, wrong
		}
		if known *= dims[i]; known < 1 || known > math.MaxInt32 {
			return nil, wrong
		}
	}
	if free >= 0 {
		dims[free] = Product(old) / known
	}
	if Product(dims) != Product(old) {
		return nil, wrong
	}
	return dims, nil
}

// Flatten makes two dimensions: those before an axis, which may be the end, and the others.
func Flatten(dims []int, axis int64) ([]int, error) {
	if axis < 0 {
		axis += int64(len(dims))
	}
	if axis < 0 || axis > int64(len(dims)) {
		return nil, fmt.Errorf("flatten from axis %d of %d", axis, len(dims))
	}
	return []int{Product(dims[:axis]), Product(dims[axis:])}, nil
}

// Squeeze leaves out axes of one element: those listed, or all.
func Squeeze(dims []int, axes []int64) ([]int, error) {
	gone := map[int]bool{}
	for _, a := range axes {
		i, err := Axis(a, len(dims))
		if err != nil {
			return nil, err
		}
		if dims[i] != 1 {
			return nil, fmt.Errorf("axis %d of a value of shape %v has more than one element", a, dims)
		}
		gone[i] = true
	}
	var out []int
	for i, d := range dims {
		if !gone[i] && (d != 1 || len(axes) > 0) {
			out = append(out, d)
		}
	}
	return out, nil
}

// Unsqueeze puts in axes of one element.
func Unsqueeze(dims []int, axes []int64) ([]int, error) {
	rank := len(dims) + len(axes)
	if rank > most {
		return nil, fmt.Errorf("a value of %d dimensions", rank)
	}
	added, err := Axes(axes, rank)
	if err != nil {
		return nil, err
	}
	out := make([]int, 0, rank)
	for i := range rank {
		if slices.Contains(added, i) {
			out = append(out, 1)
		} else {
			out, dims = append(out, dims[0]), dims[1:]
		}
	}
	return out, nil
}

// Permute lists, for every element in another order of the axes, where it comes from; with a
// nil order the axes are reversed.
func Permute(dims []int, perm []int64) (index []int32, to []int, err error) {
	if perm == nil {
		for i := range dims {
			perm = append(perm, int64(len(dims)-1-i))
		}
	}
	seen := map[int64]bool{}
	for _, p := range perm {
		if p < 0 || p >= int64(len(dims)) || seen[p] {
			return nil, nil, fmt.Errorf("axes %v of a value of shape %v", perm, dims)
		}
		seen[p] = true
		to = append(to, dims[p])
	}
	if len(perm) != len(dims) {
		return nil, nil, fmt.Errorf("axes %v of a value of shape %v", perm, dims)
	}
	index = make([]int32, Product(dims))
	at := make([]int, len(dims)) // position in the old order
	for i := range index {
		rest := i
		for k := len(to) - 1; k >= 0; k-- {
			at[perm[k]] = rest % to[k]
			rest /= to[k]
		}
		from := 0
		for k, d := range dims {
			from = from*d + at[k]
		}
		index[i] = int32(from)
	}
	return index, to, nil
}

// Broadcast is the shape that values of these shapes take together.
func Broadcast(shapes ...[]int) ([]int, error) {
	var out []int
	for _, s := range shapes {
		for len(out) < len(s) {
			out = append([]int{1}, out...)
		}
		for i, d := range s {
			at := len(out) - len(s) + i
			if d != out[at] && d != 1 && out[at] != 1 {
				return nil, fmt.Errorf("values of shapes %v do not go together", shapes)
			}
			if out[at] == 1 {
				out[at] = d
			}
		}
	}
	if len(out) > most {
		return nil, fmt.Errorf("a value of %d dimensions", len(out))
	}
	return out, nil
}

// Stretch is a slice along one axis: N elements from one on.
type Stretch struct{ Axis, From, Step, N int }

// Elements lists which they are.
func (s Stretch) Elements() []int { return Span(s.From, s.Step, s.N) }

// Span is n numbers from a first one on.
func Span(from, step, n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = from + i*step
	}
	return all
}

// Slice says what ONNX's Slice takes; axes and steps may be nil. What leaves everything as it
// is is left out.
func Slice(dims []int, starts, ends, axes, steps []int64) ([]Stretch, error) {
	if len(starts) != len(ends) || (axes != nil && len(axes) != len(starts)) ||
		(steps != nil && len(steps) != len(starts)) || len(starts) > len(dims) {
		return nil, errors.New("a slice whose starts and ends do not match")
	}
	var out []Stretch
	for i := range starts {
		s, step := Stretch{Axis: i}, int64(1)
		var err error
		if axes != nil {
			if s.Axis, err = Axis(axes[i], len(dims)); err != nil {
				return nil, err
			}
		}
		if steps != nil {
			step = steps[i]
		}
		if err := s.cut(starts[i], ends[i], step, dims[s.Axis]); err != nil {
			return nil, err
		}
		if s.N != dims[s.Axis] || s.Step != 1 {
			out = append(out, s)
		}
	}
	return out, nil
}

// cut sets what ONNX takes from an axis of size n: ends may count from the back or lie
// outside, and with a negative step the last comes first.
func (s *Stretch) cut(start, end, step int64, n int) error {
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
		s.N = int(max(0, (end-start+step-1)/step))
	} else {
		start, end = min(max(start, -1), size-1), min(max(end, -1), size-1)
		s.N = int(max(0, (start-end-step-1)/-step))
	}
	s.From, s.Step = int(start), int(step)
	return nil
}

// Parts are the sizes of Split: those given, or as many equal ones, the last one smaller.
func Parts(size, parts int, given []int64) ([]int, error) {
	var out []int
	if given == nil {
		each := (size + parts - 1) / max(parts, 1)
		for i := range parts {
			out = append(out, max(0, min(each, size-i*each)))
		}
		return out, nil
	}
	left := int64(size)
	for _, n := range given {
		if n < 0 || n > left {
			return nil, fmt.Errorf("parts of %v for an axis of %d", given, size)
		}
		left -= n
		out = append(out, int(n))
	}
	if len(given) != parts || left != 0 {
		return nil, fmt.Errorf("parts of %v for an axis of %d in %d parts", given, size, parts)
	}
	return out, nil
}
