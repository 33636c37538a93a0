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

// framed is Floats with memory before the values that is theirs as well. Kernels with masks begin to read
// before a row: what they do not want may be anywhere, but where no page is yet, each of these reads costs
// the processor hundreds of cycles.
func framed(n int) []float32 {
	const line = align / 4
	b := Floats(line + n)
	clear(b[:line]) // now there is one
	return b[line:]
}
