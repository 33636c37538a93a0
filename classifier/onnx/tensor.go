package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Element types, numbered as in onnx.proto; TypeFloat is float32.
const (
	TypeFloat   = 1
	typeInt32   = 6
	typeInt64   = 7
	typeBool    = 9
	typeFloat16 = 10
	typeDouble  = 11
)

func decodeAttribute(data []byte) (name string, a Attribute, err error) {
	var ints, floats []uint64
	err = fields(data, func(f field) (err error) {
		switch f.num {
		case 1:
			name = string(f.bytes)
		case 2:
			a.Float = math.Float32frombits(uint32(f.value))
		case 3:
			a.Int = int64(f.value)
		case 4:
			a.String = string(f.bytes)
		case 5:
			a.Tensor, err = decodeTensor(f.bytes)
		case 7:
			floats, err = f.numbers(floats, protowire.Fixed32Type)
		case 8:
			ints, err = f.numbers(ints, protowire.VarintType)
		case 20:
			a.Kind = Kind(f.value)
		}
		return err
	})
	for _, v := range ints {
		a.Ints = append(a.Ints, int64(v))
	}
	for _, v := range floats {
		a.Floats = append(a.Floats, math.Float32frombits(uint32(v)))
	}
	if err == nil && a.Kind == KindTensor && a.Tensor == nil {
		err = ErrMalformed
	}
	return name, a, err
}

// rawTensor is a tensor as the file has it: data is in one of several fields.
type rawTensor struct {
	typ                             uint64
	raw                             []byte
	floats, int32s, int64s, doubles []uint64
	external                        bool
}

func decodeTensor(data []byte) (*Tensor, error) {
	t := &Tensor{}
	var r rawTensor
	var dims []uint64
	err := fields(data, func(f field) (err error) {
		switch f.num {
		case 1:
			dims, err = f.numbers(dims, protowire.VarintType)
		case 2:
			r.typ = f.value
		case 4:
			r.floats, err = f.numbers(r.floats, protowire.Fixed32Type)
		case 5:
			r.int32s, err = f.numbers(r.int32s, protowire.VarintType)
		case 7:
			r.int64s, err = f.numbers(r.int64s, protowire.VarintType)
		case 8:
			t.Name = string(f.bytes)
		case 9:
			r.raw = f.bytes
		case 10:
			r.doubles, err = f.numbers(r.doubles, protowire.Fixed64Type)
		case 13:
			r.external = true
		case 14:
			r.external = r.external || f.value == 1
		}
		return err
	})
	if err != nil {
		return t, err
	}
	if r.external {
		return t, ErrExternal
	}
	if err := t.shape(dims); err != nil {
		return t, err
	}
	return t, r.convert(t)
}

// shape checks the dimensions, so that Len is bounded and cannot overflow.
func (t *Tensor) shape(dims []uint64) error {
	if len(dims) > maxRank {
		return fmt.Errorf("%d dimensions, the limit is %d", len(dims), maxRank)
	}
	n := uint64(1)
	for _, d := range dims {
		if d > maxElements || n*d > maxElements {
			return fmt.Errorf("more than %d elements", maxElements)
		}
		n *= d
		t.Shape = append(t.Shape, int(d))
	}
	return nil
}

// convert fills t's Floats or Ints. What is allocated is bounded by what the file holds.
func (r *rawTensor) convert(t *Tensor) error {
	n := t.Len()
	width := map[uint64]int{TypeFloat: 4, typeInt32: 4, typeInt64: 8, typeBool: 1, typeFloat16: 2, typeDouble: 8}[r.typ]
	if width == 0 {
		return fmt.Errorf("element type %d is not supported", r.typ)
	}
	var words []uint64
	switch {
	case r.raw != nil:
		if len(r.raw) != n*width {
			return fmt.Errorf("%d bytes for %d elements: %w", len(r.raw), n, ErrMalformed)
		}
		if r.typ == TypeFloat {
			t.Floats = make([]float32, n)
			for i := range t.Floats {
				t.Floats[i] = math.Float32frombits(binary.LittleEndian.Uint32(r.raw[4*i:]))
			}
			return nil
		}
		words = unpack(r.raw, width)
	case r.typ == TypeFloat:
		words = r.floats
	case r.typ == typeDouble:
		words = r.doubles
	case r.typ == typeInt64:
		words = r.int64s
	default:
		words = r.int32s
	}
	if len(words) != n {
		return fmt.Errorf("%d values for %d elements: %w", len(words), n, ErrMalformed)
	}
	for _, w := range words {
		switch r.typ {
		case TypeFloat:
			t.Floats = append(t.Floats, math.Float32frombits(uint32(w)))
		case typeFloat16:
			t.Floats = append(t.Floats, half(uint16(w)))
		case typeDouble:
			t.Floats = append(t.Floats, float32(math.Float64frombits(w)))
		case typeInt32:
			t.Ints = append(t.Ints, int64(int32(w)))
		default:
			t.Ints = append(t.Ints, int64(w))
		}
	}
	return nil
}

func unpack(raw []byte, width int) []uint64 {
	words := make([]uint64, 0, len(raw)/width)
	for ; len(raw) > 0; raw = raw[width:] {
		var b [8]byte
		copy(b[:], raw[:width])
		words = append(words, binary.LittleEndian.Uint64(b[:]))
	}
	return words
}

// half converts an IEEE 754 half-precision number.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, int(h>>10&31), float64(h&1023)
	var v float64
	switch exp {
	case 0:
		v = math.Ldexp(frac, -24)
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | uint32(h&1023)<<13)
	default:
		v = math.Ldexp(1024+frac, exp-25)
	}
	return math.Float32frombits(sign | math.Float32bits(float32(v)))
}
