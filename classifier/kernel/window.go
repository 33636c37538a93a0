package kernel

import (
	"errors"
	"fmt"
)

// Window describes a pooling window, with the meaning of ONNX's MaxPool and AveragePool.
type Window struct {
	KernelH, KernelW         int
	StrideH, StrideW         int
	Top, Left, Bottom, Right int
	Ceil                     bool // a last window may reach past the padded picture
}

// maxTaps bounds a window, whose taps are numbered in a byte.
const maxTaps = 256

// Valid reports what is wrong with the window.
func (s Window) Valid() error {
	for _, v := range []int{s.KernelH, s.KernelW, s.StrideH, s.StrideW} {
		if v < 1 || v > maxTaps {
			return fmt.Errorf("pooling with a size of %d", v)
		}
	}
	if s.KernelH*s.KernelW > maxTaps {
		return fmt.Errorf("pooling window of more than %d pixels", maxTaps)
	}
	if s.Top < 0 || s.Bottom < 0 || s.Top >= s.KernelH || s.Bottom >= s.KernelH ||
		s.Left < 0 || s.Right < 0 || s.Left >= s.KernelW || s.Right >= s.KernelW {
		return errors.New("pooling with a padding as large as its window")
	}
	return nil
}

// Size returns the rows and columns of the result for planes of h by w.
func (s Window) Size(h, w int) (int, int) {
	return s.count(h, s.Top, s.Bottom, s.KernelH, s.StrideH), s.count(w, s.Left, s.Right, s.KernelW, s.StrideW)
}

// count is the number of windows along one side. With Ceil the last one must still begin
// inside the picture or its left padding, as in PyTorch and onnxruntime.
func (s Window) count(n, before, after, kernel, stride int) int {
	if n+before+after < kernel {
		if !s.Ceil {
			return 0
		}
		return 1
	}
	free := n + before + after - kernel
	if !s.Ceil {
		return free/stride + 1
	}
	c := ceilDiv(free, stride) + 1
	if (c-1)*stride >= n+before {
		c--
	}
	return c
}
