package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Type is that of a tensor's elements, numbered as in onnx.proto.
type Type int

// The types that are decoded.
const (
	TypeFloat    Type = 1 // float32
	TypeUint8    Type = 2
	TypeInt8     Type = 3
	TypeUint16   Type = 4
	TypeInt16    Type = 5
	TypeInt32    Type = 6
	TypeInt64    Type = 7
	TypeBool     Type = 9
	TypeFloat16  Type = 10
	TypeDouble   Type = 11
	TypeUint32   Type = 12
	TypeUint64   Type = 13
	TypeBFloat16 Type = 16
	TypeUint4    Type = 21
	TypeInt4     Type = 22
)

// types is what is known of a type: bits an element, none where it is not decoded.
var types = map[Type]struct {
	name string
	bits int
	real bool
}{
	TypeFloat: {"float", 32, true}, TypeFloat16: {"float16", 16, true}, TypeBFloat16: {"bfloat16", 16, true}, TypeDouble: {"double", 64, true},
	TypeUint8: {"uint8", 8, false}, TypeUint16: {"uint16", 16, false}, TypeUint32: {"uint32", 32, false}, TypeUint64: {"uint64", 64, false},
	TypeInt8: {"int8", 8, false}, TypeInt16: {"int16", 16, false}, TypeInt32: {"int32", 32, false}, TypeInt64: {"int64", 64, false},
	TypeInt4: {"int4", 4, false}, TypeUint4: {"uint4", 4, false}, TypeBool: {"bool", 8, false},
	8: {"string", 0, false}, 14: {"complex64", 0, false}, 15: {"complex128", 0, false},
	17: {"float8e4m3fn", 0, true}, 18: {"float8e4m3fnuz", 0, true}, 19: {"float8e5m2", 0, true}, 20: {"float8e5m2fnuz", 0, true},
	23: {"float4e2m1", 0, true}, 24: {"float8e8m0", 0, true},
}

func (t Type) String() string {
	if about, ok := types[t]; ok {
		return about.name
	}
	return fmt.Sprintf("number %d", int(t))
}

// Integer reports whether elements are whole numbers.
func (t Type) Integer() bool { return types[t].bits > 0 && !types[t].real && t != TypeBool }

// Range is the smallest and the largest number of an integer type of at most 32 bits.
func (t Type) Range() (lo, hi int64, ok bool) {
	bits := types[t].bits
	if !t.Integer() || bits > 32 {
		return 0, 0, false
	}
	switch t {
	case TypeInt4, TypeInt8, TypeInt16, TypeInt32:
		return -1 << (bits - 1), 1<<(bits-1) - 1, true
	}
	return 0, 1<<bits - 1, true
}

func (t Type) bits() int  { return types[t].bits }
func (t Type) real() bool { return types[t].real }

// size is the number of bytes of n elements.
func (t Type) size(n int) int { return (n*t.bits() + 7) / 8 }

// word returns the bits of element i.
func (t Type) word(raw []byte, i int) uint64 {
	switch t.bits() {
	case 4:
		return uint64(raw[i/2] >> (4 * (i % 2)) & 15)
	case 8:
		return uint64(raw[i])
	case 16:
		return uint64(binary.LittleEndian.Uint16(raw[2*i:]))
	case 32:
		return uint64(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return binary.LittleEndian.Uint64(raw[8*i:])
}

// float is what the bits of a real number mean.
func (t Type) float(bits uint64) float32 {
	switch t {
	case TypeFloat16:
		return half(uint16(bits))
	case TypeBFloat16:
		return math.Float32frombits(uint32(bits) << 16)
	case TypeDouble:
		return float32(math.Float64frombits(bits))
	}
	return math.Float32frombits(uint32(bits))
}

// int is what the bits of an integer mean; bits beyond the type's do not count.
func (t Type) int(bits uint64) int64 {
	unused := 64 - t.bits()
	switch t {
	case TypeInt4, TypeInt8, TypeInt16, TypeInt32:
		return int64(bits<<unused) >> unused
	case TypeBool:
		return int64(min(bits, 1))
	}
	return int64(bits << unused >> unused)
}

// half converts an IEEE 754 half-precision number.
func half(h uint16) float32 {
	sign, exp := uint32(h>>15)<<31, h>>10&31
	if exp == 31 {
		return math.Float32frombits(sign | 0xff<<23 | uint32(h&1023)<<13)
	}
	// The exponents of single and half precision are apart by 112.
	v := math.Float32frombits(uint32(h&0x7fff)<<13) * 0x1p112
	return math.Float32frombits(sign | math.Float32bits(v))
}
