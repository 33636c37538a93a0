package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"

	"google.golang.org/protobuf/encoding/protowire"
)

// Limits on a file. The largest classifiers people use (VGG-19) are 575 MB.
const (
	MaxFile     = 640 << 20 // bytes of the file and of what it reads from files beside it
	maxNodes    = 20000
	maxRank     = 8
	maxElements = 160 << 20
	maxIntegers = 64 << 20 // in all tensors: each takes eight bytes here, and may take half a byte in the file
	maxNames    = 4096     // inputs, outputs and attributes of one node
)

// ErrMalformed reports a file that is not ONNX or is damaged.
var ErrMalformed = errors.New("not a valid ONNX file; download or export it again")

// Decode reads a model whose weights are all in the file.
func Decode(data []byte) (*Model, error) { return DecodeIn(nil, data) }

// DecodeIn reads a model; weights that it keeps in other files are looked for in its folder.
// The folder must not lead outside itself: os.Root's file system does not.
func DecodeIn(folder fs.FS, data []byte) (*Model, error) {
	if len(data) > MaxFile {
		return nil, fmt.Errorf("model of %d MB, the limit is %d", len(data)>>20, MaxFile>>20)
	}
	d := &decoder{outside: outside{folder: folder, left: MaxFile - int64(len(data))}, integers: maxIntegers}
	m, err := d.model(data)
	if err = errors.Join(err, d.outside.close()); err != nil {
		if what := other(data); what != "" && errors.Is(err, ErrMalformed) {
			err = fmt.Errorf("%s: %w", what, err)
		}
		return nil, fmt.Errorf("decode model: %w", err)
	}
	m.External = d.outside.names()
	return m, nil
}

// other says what a file is that people take for a model, "" if it is not known.
func other(data []byte) string {
	for _, kind := range []struct{ begins, what string }{
		{"version https://git-lfs.github.com/spec/", "that is a pointer of Git LFS; fetch the file itself (git lfs pull)"},
		{"<", "that is a web page or another file of text"},
		{"PK\x03\x04", "that is an archive (PyTorch's and Keras's files are); export the model as ONNX"},
		{"\x80\x02", "that is a file of Python's (pickle); export the model as ONNX"},
		{"\x1f\x8b", "that is compressed; decompress it first"},
		{"\x89HDF\r\n", "that is a file of Keras's; export the model as ONNX (tf2onnx does)"},
		{"ORTM", "that is a file of ONNX Runtime's own; use the ONNX file it was made of"},
		{"TFL3", "that is a file of TensorFlow Lite's; export the model as ONNX (tf2onnx does)"},
	} {
		if at := min(len(data), 4); bytes.HasPrefix(data, []byte(kind.begins)) || bytes.HasPrefix(data[at:], []byte(kind.begins)) && len(kind.begins) == 4 {
			return kind.what
		}
	}
	return ""
}

// decoder is what the parts of one file have in common.
type decoder struct {
	outside  outside
	integers int // how many more may be decoded
	nodes    int // how many there are, in all graphs
	depth    int // of graphs within nodes
}

func (d *decoder) model(data []byte) (*Model, error) {
	m := &Model{Opset: -1, Metadata: map[string]string{}}
	seen := false
	err := fields(data, func(f field) error {
		switch f.num {
		case 2:
			m.Producer = string(f.bytes)
		case 7:
			seen = true
			return d.graph(&m.Graph, f.bytes)
		case 8:
			return m.opset(f.bytes)
		case 14:
			key, value, err := pair(f.bytes)
			if len(m.Metadata) < maxNames {
				m.Metadata[key] = value
			}
			return err
		}
		return nil
	})
	if err == nil && (!seen || len(m.Graph.Nodes) == 0) {
		err = fmt.Errorf("no graph: %w", ErrMalformed)
	}
	return m, err
}

// pair reads a key and its value.
func pair(data []byte) (key, value string, err error) {
	err = fields(data, func(f field) error {
		switch f.num {
		case 1:
			key = string(f.bytes)
		case 2:
			value = string(f.bytes)
		}
		return nil
	})
	return key, value, err
}

func (m *Model) opset(data []byte) error {
	domain, version := "", int64(0)
	err := fields(data, func(f field) error {
		switch f.num {
		case 1:
			domain = string(f.bytes)
		case 2:
			version = int64(f.value)
		}
		return nil
	})
	if domain == "" || domain == "ai.onnx" {
		m.Opset = version
	}
	return err
}

// field is one field of a protobuf message: bytes for lengths, value for numbers.
type field struct {
	num   protowire.Number
	typ   protowire.Type
	value uint64
	bytes []byte
}

// fields calls f for every field of a message.
func fields(data []byte, f func(field) error) error {
	for len(data) > 0 {
		num, typ, n := protowire.ConsumeTag(data)
		if n < 0 {
			return ErrMalformed
		}
		data = data[n:]
		fd := field{num: num, typ: typ}
		switch typ {
		case protowire.VarintType:
			fd.value, n = protowire.ConsumeVarint(data)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(data)
			fd.value = uint64(v)
		case protowire.Fixed64Type:
			fd.value, n = protowire.ConsumeFixed64(data)
		case protowire.BytesType:
			fd.bytes, n = protowire.ConsumeBytes(data)
		default:
			n = protowire.ConsumeFieldValue(num, typ, data)
		}
		if n < 0 {
			return ErrMalformed
		}
		data = data[n:]
		if err := f(fd); err != nil {
			return err
		}
	}
	return nil
}

// numbers appends a repeated number, packed or not. Every packed number takes at least a
// byte, so the result is bounded by the file.
func (f field) numbers(dst []uint64, packed protowire.Type) ([]uint64, error) {
	if f.typ != protowire.BytesType {
		return append(dst, f.value), nil
	}
	for b := f.bytes; len(b) > 0; {
		var v uint64
		var n int
		switch packed {
		case protowire.Fixed32Type:
			var w uint32
			w, n = protowire.ConsumeFixed32(b)
			v = uint64(w)
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(b)
		default:
			v, n = protowire.ConsumeVarint(b)
		}
		if n < 0 {
			return nil, ErrMalformed
		}
		dst = append(dst, v)
		b = b[n:]
	}
	return dst, nil
}

func (d *decoder) graph(g *Graph, data []byte) error {
	g.Initializers = map[string]*Tensor{}
	err := fields(data, func(f field) error {
		switch f.num {
		case 1:
			if d.nodes++; d.nodes > maxNodes {
				return fmt.Errorf("more than %d operators", maxNodes)
			}
			n, err := d.node(f.bytes)
			if err != nil {
				return fmt.Errorf("%s: %w", n.Title(), err)
			}
			g.Nodes = append(g.Nodes, n)
		case 2:
			g.Name = string(f.bytes)
		case 5:
			t, err := d.tensor(f.bytes)
			if err != nil {
				return fmt.Errorf("tensor %q: %w", t.Name, err)
			}
			g.Initializers[t.Name] = t
		case 11, 12:
			v, err := decodeValue(f.bytes)
			if err != nil {
				return fmt.Errorf("input or output %q: %w", v.Name, err)
			}
			if f.num == 12 {
				g.Outputs = append(g.Outputs, v)
			} else {
				g.Inputs = append(g.Inputs, v)
			}
		case 15:
			return errors.New("sparse tensors are not supported")
		}
		return nil
	})
	supplied := g.Inputs[:0]
	for _, in := range g.Inputs {
		if g.Initializers[in.Name] == nil {
			supplied = append(supplied, in)
		}
	}
	g.Inputs = supplied
	return err
}

// inner decodes a graph that is an attribute: what a node may do.
func (d *decoder) inner(data []byte) (*Graph, error) {
	const deepest = 8
	if d.depth == deepest {
		return nil, fmt.Errorf("graphs within graphs, %d deep", deepest)
	}
	d.depth++
	defer func() { d.depth-- }()
	g := &Graph{}
	return g, d.graph(g, data)
}

func (d *decoder) node(data []byte) (Node, error) {
	n := Node{Attributes: map[string]Attribute{}}
	err := fields(data, func(f field) error {
		if len(n.Inputs)+len(n.Outputs)+len(n.Attributes) > maxNames {
			return fmt.Errorf("more than %d inputs", maxNames)
		}
		switch f.num {
		case 1:
			n.Inputs = append(n.Inputs, string(f.bytes))
		case 2:
			n.Outputs = append(n.Outputs, string(f.bytes))
		case 3:
			n.Name = string(f.bytes)
		case 4:
			n.Op = string(f.bytes)
		case 7:
			n.Domain = string(f.bytes)
		case 5:
			name, a, err := d.attribute(f.bytes)
			if err != nil {
				return fmt.Errorf("attribute %q: %w", name, err)
			}
			n.Attributes[name] = a
		}
		return nil
	})
	return n, err
}

func decodeValue(data []byte) (v Value, err error) {
	err = fields(data, func(f field) error {
		switch f.num {
		case 1:
			v.Name = string(f.bytes)
		case 2: // type
			return fields(f.bytes, func(f field) error {
				if f.num != 1 { // tensor_type
					return nil
				}
				return fields(f.bytes, func(f field) error {
					switch f.num {
					case 1:
						v.Type = Type(f.value)
					case 2: // shape
						return fields(f.bytes, func(f field) error { return v.dim(f.bytes) })
					}
					return nil
				})
			})
		}
		return nil
	})
	return v, err
}

// dim appends one dimension, zero if it has a name instead of a size.
func (v *Value) dim(data []byte) error {
	size := int64(0)
	err := fields(data, func(f field) error {
		if f.num == 1 {
			size = int64(f.value)
		}
		return nil
	})
	if len(v.Shape) == maxRank || size < 0 {
		return ErrMalformed
	}
	v.Shape = append(v.Shape, size)
	return err
}
