package kernel

// Sample takes every so many rows and columns of planes of H by W.
type Sample struct {
	H, W         int
	FromY, StepY int
	FromX, StepX int
	Rows, Cols   int // of the result
}

// Forward sets y [channels][Rows][Cols] to what is taken of x [channels][H][W].
func (s Sample) Forward(t *Team, y, x []float32) {
	t.Do(len(x)/(s.H*s.W), func(c int, _ *workspace) {
		for i := range s.Rows {
			row, out := x[(c*s.H+s.FromY+i*s.StepY)*s.W+s.FromX:], y[(c*s.Rows+i)*s.Cols:]
			for j := range s.Cols {
				out[j] = row[j*s.StepX]
			}
		}
	})
}

// Backward sets dx to the gradient, or adds it.
func (s Sample) Backward(t *Team, dx, dy []float32, add bool) {
	t.Do(len(dx)/(s.H*s.W), func(c int, _ *workspace) {
		if !add {
			clear(dx[c*s.H*s.W : (c+1)*s.H*s.W])
		}
		for i := range s.Rows {
			row, out := dx[(c*s.H+s.FromY+i*s.StepY)*s.W+s.FromX:], dy[(c*s.Rows+i)*s.Cols:]
			for j := range s.Cols {
				row[j*s.StepX] += out[j]
			}
		}
	})
}
