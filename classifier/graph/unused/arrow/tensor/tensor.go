// Package tensor has the names of Arrow's tensors that gorgonia's mention.
package tensor

import "github.com/apache/arrow/go/arrow"

// Interface is a tensor.
type Interface interface {
	Retain()
	Release()
	Len() int
	IsContiguous() bool
	IsColMajor() bool
	Shape() []int64
	Data() Data
	DataType() arrow.DataType
}

// Data is what a tensor holds.
type Data interface {
	Buffers() []Buffer
	Offset() int
}

// Buffer is memory.
type Buffer interface{ Bytes() []byte }

// Tensors of numbers. None can be made.
type (
	Int8    struct{ Interface }
	Int16   struct{ Interface }
	Int32   struct{ Interface }
	Int64   struct{ Interface }
	Uint8   struct{ Interface }
	Uint16  struct{ Interface }
	Uint32  struct{ Interface }
	Uint64  struct{ Interface }
	Float32 struct{ Interface }
	Float64 struct{ Interface }
)

// Int8Values panics.
func (*Int8) Int8Values() []int8 { panic(arrow.Unused) }

// Int16Values panics.
func (*Int16) Int16Values() []int16 { panic(arrow.Unused) }

// Int32Values panics.
func (*Int32) Int32Values() []int32 { panic(arrow.Unused) }

// Int64Values panics.
func (*Int64) Int64Values() []int64 { panic(arrow.Unused) }

// Uint8Values panics.
func (*Uint8) Uint8Values() []uint8 { panic(arrow.Unused) }

// Uint16Values panics.
func (*Uint16) Uint16Values() []uint16 { panic(arrow.Unused) }

// Uint32Values panics.
func (*Uint32) Uint32Values() []uint32 { panic(arrow.Unused) }

// Uint64Values panics.
func (*Uint64) Uint64Values() []uint64 { panic(arrow.Unused) }

// Float32Values panics.
func (*Float32) Float32Values() []float32 { panic(arrow.Unused) }

// Float64Values panics.
func (*Float64) Float64Values() []float64 { panic(arrow.Unused) }
