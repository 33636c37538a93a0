package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

func (d *decoder) attribute(data []byte) (name string, a Attribute, err error) {
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
			a.Tensor, err = d.tensor(f.bytes)
		case 6:
			a.Graph, err = d.inner(f.bytes)
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
	if err == nil && (a.Kind == KindTensor && a.Tensor == nil || a.Kind == KindGraph && a.Graph == nil) {
		err = ErrMalformed
	}
	return name, a, err
}

// rawTensor is a tensor as the file has it: data is in one of several fields, or elsewhere.
type rawTensor struct {
	typ                                    Type
	raw                                    []byte
	floats, int32s, int64s, doubles, uints []uint64
	external                               bool
	elsewhere                              [][]byte // words of the reference
}

func (d *decoder) tensor(data []byte) (*Tensor, error) {
	t := &Tensor{}
	var r rawTensor
	var dims []uint64
	err := fields(data, func(f field) (err error) {
		switch f.num {
		case 1:
			dims, err = f.numbers(dims, protowire.VarintType)
		case 2:
			r.typ = Type(f.value)
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
		case 11:
			r.uints, err = f.numbers(r.uints, protowire.VarintType)
		case 13:
			r.elsewhere = append(r.elsewhere, f.bytes)
		case 14:
			r.external = f.value == 1
		}
		return err
	})
	if err != nil {
		return t, err
	}
	if t.Type = r.typ; r.typ.bits() == 0 {
		return t, fmt.Errorf("weights of type %v are not supported; export the model with weights of 32 or 16 bits", r.typ)
	}
	if err := t.shape(dims); err != nil {
		return t, err
	}
	if !r.typ.real() {
		if d.integers -= t.Len(); d.integers < 0 {
			return t, fmt.Errorf("more than %d integers; use the model before it was quantised", maxIntegers)
		}
	}
	if r.external || r.elsewhere != nil {
		if r.raw, err = d.fetch(&r, t.Len()); err != nil {
			return t, err
		}
	}
	return t, r.convert(t)
}

// fetch reads the bytes of a tensor of n elements that are not in the file.
func (d *decoder) fetch(r *rawTensor, n int) ([]byte, error) {
	ref, err := decodeReference(r.elsewhere)
	if err != nil {
		return nil, err
	}
	return d.outside.read(ref, int64(r.typ.size(n)))
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
	if r.raw != nil {
		if len(r.raw) != r.typ.size(n) {
			return fmt.Errorf("%d bytes for %d elements: %w", len(r.raw), n, ErrMalformed)
		}
		switch r.typ { // nearly all weights are of these types
		case TypeFloat:
			t.Floats = make([]float32, n)
			for i := range t.Floats {
				t.Floats[i] = math.Float32frombits(binary.LittleEndian.Uint32(r.raw[4*i:]))
			}
		case TypeFloat16:
			t.Floats = make([]float32, n)
			for i := range t.Floats {
				t.Floats[i] = half(binary.LittleEndian.Uint16(r.raw[2*i:]))
			}
		default:
			t.fill(n, func(i int) uint64 { return r.typ.word(r.raw, i) })
		}
		return nil
	}
	words := r.int32s
	switch r.typ {
	case TypeFloat:
		words = r.floats
	case TypeDouble:
		words = r.doubles
	case TypeInt64:
		words = r.int64s
	case TypeUint32, TypeUint64:
		words = r.uints
	case TypeInt4, TypeUint4:
		words = halves(words, n)
	}
	if len(words) != n {
		return fmt.Errorf("%d values for %d elements: %w", len(words), n, ErrMalformed)
	}
	t.fill(n, func(i int) uint64 { return words[i] })
	return nil
}

// fill sets all n elements to what their bits mean.
func (t *Tensor) fill(n int, bits func(i int) uint64) {
	if t.Type.real() {
		t.Floats = make([]float32, n)
		for i := range t.Floats {
			t.Floats[i] = t.Type.float(bits(i))
		}
		return
	}
	t.Ints = make([]int64, n)
	for i := range t.Ints {
		t.Ints[i] = t.Type.int(bits(i))
	}
}

// halves takes bytes apart into numbers of four bits, the low ones first.
func halves(bytes []uint64, n int) []uint64 {
	if len(bytes) != (n+1)/2 {
		return bytes // the wrong number of them
	}
	words := make([]uint64, n)
	for i := range words {
		words[i] = bytes[i/2] >> (4 * (i % 2)) & 15
	}
	return words
}
