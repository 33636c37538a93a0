// Package kernel is the arithmetic of convolutional networks on the CPU: convolution,
// pooling and their gradients with respect to the picture, over float32 planes laid out
// [channel][row][column]. The inner loops are assembly written by the generator in gen and
// chosen by what the processor can do; each has a plain Go twin that it is tested against.
// It knows nothing of graphs or networks.
//
// Buffers handed to this package must be readable for Slack values past their end: vector
// loads run over the edge and the surplus is thrown away. Floats makes such buffers.
package kernel

//go:generate go run ./gen .
