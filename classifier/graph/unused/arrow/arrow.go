// Package arrow has the names of Apache Arrow that gorgonia's tensors mention. None of it works; see the
// README of the folder above.
package arrow

// Unused is what every function here panics with.
const Unused = "Apache Arrow is not part of this program"

// DataType is a type of values.
type DataType interface{ unused() }

// The types of values. All are nil.
var (
	BinaryTypes     struct{ String DataType }
	FixedWidthTypes struct{ Boolean DataType }
	PrimitiveTypes  struct{ Int8, Int16, Int32, Int64, Uint8, Uint16, Uint32, Uint64, Float32, Float64 DataType }
)
