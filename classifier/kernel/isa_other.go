//go:build !amd64 && !arm64

package kernel

// available lists the instruction sets of this processor, widest last.
func available() []*isa { return []*isa{plainRough, plain} }
