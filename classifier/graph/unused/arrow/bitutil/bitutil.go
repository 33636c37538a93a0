// Package bitutil has the names of Arrow's bitutil that gorgonia's tensors mention.
package bitutil

import "github.com/apache/arrow/go/arrow"

// BitIsNotSet panics.
func BitIsNotSet([]byte, int) bool { panic(arrow.Unused) }
