// Package array has the names of Arrow's arrays that gorgonia's tensors mention.
package array

import "github.com/apache/arrow/go/arrow"

// Interface is an array.
type Interface interface {
	Retain()
	Release()
	Len() int
	IsNull(int) bool
	DataType() arrow.DataType
}

// String and Boolean are arrays of those. None can be made.
type (
	String  struct{ Interface }
	Boolean struct{ Interface }
)

// Value panics.
func (*String) Value(int) string { panic(arrow.Unused) }

// Value panics.
func (*Boolean) Value(int) bool { panic(arrow.Unused) }

// Arrays of numbers. None can be made.
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
