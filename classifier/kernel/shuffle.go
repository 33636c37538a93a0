package kernel

// Shuffle sets channel i of dst to channel index[i] of src; planes hold n values.
func Shuffle(t *Team, dst, src []float32, index []int32, n int) {
	t.Do(len(index), func(i int, _ *workspace) {
		copy(dst[i*n:(i+1)*n], src[int(index[i])*n:][:n])
	})
}

// ShuffleGrad sets dx, or adds to it, what dy says of the channels that Shuffle took: users
// lists, for every channel of dx, the channels of dy that took it.
func ShuffleGrad(t *Team, dx, dy []float32, users [][]int32, n int, add bool) {
	t.Do(len(users), func(c int, _ *workspace) {
		d := dx[c*n : (c+1)*n]
		if !add {
			clear(d)
		}
		for _, u := range users[c] {
			native.addTo(d, dy[int(u)*n:][:n])
		}
	})
}

// Frame puts a border around planes of h by w, or crops them where a side is negative.
type Frame struct {
	H, W                     int
	Top, Left, Bottom, Right int
	Mode                     FrameMode
	Value                    float32 // of a Constant border
}

// FrameMode says what the border is made of.
type FrameMode int

// The modes of a Frame.
const (
	Constant FrameMode = iota
	Edge               // the nearest pixel
	Reflect            // the picture mirrored at its outermost pixels
)

// Size is the rows and columns of the result.
func (f Frame) Size() (int, int) { return f.H + f.Top + f.Bottom, f.W + f.Left + f.Right }

// source is the row or column i of the picture that goes with output i, -1 for none.
func (f Frame) source(i, before, n int) int {
	i -= before
	if i >= 0 && i < n {
		return i
	}
	switch f.Mode {
	case Edge:
		return min(max(i, 0), n-1)
	case Reflect:
		if i < 0 {
			i = -i
		} else {
			i = 2*(n-1) - i
		}
		return min(max(i, 0), n-1)
	}
	return -1
}

// Forward sets y to x with its border.
func (f Frame) Forward(t *Team, y, x []float32) {
	h, w := f.Size()
	t.Do(len(y)/(h*w)*h, func(i int, _ *workspace) {
		c, row := i/h, f.source(i%h, f.Top, f.H)
		d := y[i*w : (i+1)*w]
		for j := range d {
			d[j] = f.Value
			if col := f.source(j, f.Left, f.W); row >= 0 && col >= 0 {
				d[j] = x[(c*f.H+row)*f.W+col]
			}
		}
	})
}

// Backward sets dx to the gradient with respect to x, or adds it.
func (f Frame) Backward(t *Team, dx, dy []float32, add bool) {
	h, w := f.Size()
	t.Do(len(dy)/(h*w), func(c int, _ *workspace) {
		d := dx[c*f.H*f.W : (c+1)*f.H*f.W]
		if !add {
			clear(d)
		}
		for i := range h {
			row := f.source(i, f.Top, f.H)
			for j := range w {
				if col := f.source(j, f.Left, f.W); row >= 0 && col >= 0 {
					d[row*f.W+col] += dy[(c*h+i)*w+j]
				}
			}
		}
	})
}
