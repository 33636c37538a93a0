// Package memory is imported by tests of gorgonia's tensors; `go mod tidy` wants it to be there.
package memory
