package kernel

import "unsafe"

// Slack is how many values past the end of a buffer kernels may read (never write).
const Slack = 64

// align is the size of a cache line and of the widest vector, in bytes.
const align = 64

// Floats returns n zeros on a cache line, followed by Slack readable values.
func Floats(n int) []float32 {
	const line = align / 4
	b := make([]float32, n+Slack+line)
	skip := 0
	for uintptr(unsafe.Pointer(&b[skip]))%align != 0 {
		skip++
	}
	return b[skip : skip+n : skip+n+Slack]
}
