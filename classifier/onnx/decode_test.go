package onnx_test

import (
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"slugpuppy/classifier/onnx"
)

// message builds protobuf by hand: numbers and floats packed, strings as bytes.
type message []byte

func (m message) bytes(n protowire.Number, b []byte) message {
	return protowire.AppendBytes(protowire.AppendTag(m, n, protowire.BytesType), b)
}

func (m message) int(n protowire.Number, v uint64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, n, protowire.VarintType), v)
}

func (m message) float(n protowire.Number, v float32) message {
	return protowire.AppendFixed32(protowire.AppendTag(m, n, protowire.Fixed32Type), math.Float32bits(v))
}

func node(op string, attrs ...message) message {
	m := message{}.bytes(1, []byte("x")).bytes(2, []byte("y")).bytes(4, []byte(op))
	for _, a := range attrs {
		m = m.bytes(5, a)
	}
	return m
}

func model(graph message) []byte {
	return message{}.bytes(7, graph).bytes(8, message{}.int(2, 13))
}

func TestModelOfTheRepositoryIsDecoded(t *testing.T) {
	data, err := os.ReadFile("../model/slugnet.onnx")
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if m.Opset != 13 || len(m.Graph.Inputs) != 1 || len(m.Graph.Outputs) != 12 {
		t.Fatalf("opset %d, %d inputs, %d outputs; want 13, 1, 12", m.Opset, len(m.Graph.Inputs), len(m.Graph.Outputs))
	}
	w := m.Graph.Initializers["n.s1.conv.weight_half"] // kept as float16
	if w == nil || w.Len() != 32*3*5*5 || len(w.Floats) != w.Len() {
		t.Fatalf("first weights: %+v", w)
	}
}

func TestEveryFieldOfANodeIsRead(t *testing.T) {
	ints := message{}.bytes(1, []byte("pads")).int(20, 7).bytes(8, protowire.AppendVarint(protowire.AppendVarint(nil, 3), math.MaxUint64))
	alpha := message{}.bytes(1, []byte("alpha")).float(2, 0.5).int(20, 1)
	mode := message{}.bytes(1, []byte("mode")).bytes(4, []byte("edge")).int(20, 3)
	m, err := onnx.Decode(model(message{}.bytes(1, node("Pad", ints, alpha, mode))))
	if err != nil {
		t.Fatal(err)
	}
	n := &m.Graph.Nodes[0]
	if got := n.Ints("pads"); len(got) != 2 || got[0] != 3 || got[1] != -1 {
		t.Errorf("pads %v", got)
	}
	if n.Float("alpha", 1) != 0.5 || n.Float("beta", 2) != 2 || n.Text("mode", "") != "edge" || n.Int("none", 7) != 7 {
		t.Errorf("attributes %+v", n.Attributes)
	}
}

// choice is an If whose branches are a graph.
func choice(graph message) message {
	branch := message{}.bytes(1, []byte("then_branch")).bytes(6, graph).int(20, 5)
	return message{}.bytes(1, []byte("c")).bytes(2, []byte("y")).bytes(4, []byte("If")).bytes(5, branch)
}

func TestGraphsWithinNodesAreRead(t *testing.T) {
	m, err := onnx.Decode(model(message{}.bytes(1, choice(message{}.bytes(1, node("Relu")).bytes(12, message{}.bytes(1, []byte("y")))))))
	if err != nil {
		t.Fatal(err)
	}
	g := m.Graph.Nodes[0].Attributes["then_branch"].Graph
	if g == nil || g.Nodes[0].Op != "Relu" || g.Outputs[0].Name != "y" {
		t.Errorf("read %+v", g)
	}
	deep := message{}.bytes(1, node("Relu"))
	for range 20 {
		deep = message{}.bytes(1, choice(deep))
	}
	if _, err := onnx.Decode(model(deep)); err == nil {
		t.Error("graphs within graphs without end")
	}
}

func TestTensorsOfEveryTypeAreConverted(t *testing.T) {
	tests := []struct {
		name string
		t    message
		want float64
	}{
		{"float in raw bytes", message{}.int(2, 1).bytes(9, []byte{0, 0, 0x20, 0x41}), 10},
		{"float in a list", message{}.int(2, 1).float(4, 2.5), 2.5},
		{"half", message{}.int(2, 10).bytes(9, []byte{0x00, 0x3e}), 1.5},
		{"small half", message{}.int(2, 10).bytes(9, []byte{0x01, 0x80}), -math.Ldexp(1, -24)},
		{"double", message{}.int(2, 11).bytes(9, []byte{0, 0, 0, 0, 0, 0, 0xe0, 0x3f}), 0.5},
		{"negative int32", message{}.int(2, 6).bytes(9, []byte{0xfe, 0xff, 0xff, 0xff}), -2},
		{"int64 in a list", message{}.int(2, 7).int(7, 9), 9},
		{"int8", message{}.int(2, 3).bytes(9, []byte{0x80}), -128},
		{"int8 in a list", message{}.int(2, 3).int(5, math.MaxUint64), -1},
		{"uint8", message{}.int(2, 2).bytes(9, []byte{0x80}), 128},
		{"uint8 in a list that is too large", message{}.int(2, 2).int(5, 0x1ff), 255},
		{"int16", message{}.int(2, 5).bytes(9, []byte{0xfe, 0xff}), -2},
		{"uint16", message{}.int(2, 4).bytes(9, []byte{0xfe, 0xff}), 65534},
		{"uint32", message{}.int(2, 12).int(11, 1<<31), 1 << 31},
		{"int4", message{}.int(2, 22).bytes(9, []byte{0x0f}), -1},
		{"uint4", message{}.int(2, 21).bytes(9, []byte{0xff}), 15},
		{"uint4 in a list", message{}.int(2, 21).int(5, 0x3c), 12},
		{"bool", message{}.int(2, 9).bytes(9, []byte{2}), 1},
		{"bfloat16", message{}.int(2, 16).bytes(9, []byte{0x20, 0xc0}), -2.5},
		{"bfloat16 in a list", message{}.int(2, 16).int(5, 0x4020), 2.5},
		{"half in a list", message{}.int(2, 10).int(5, 0x3e00), 1.5},
		{"double in a list", message{}.int(2, 11).bytes(10, []byte{0, 0, 0, 0, 0, 0, 0xe0, 0x3f}), 0.5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := onnx.Decode(model(message{}.bytes(1, node("X")).bytes(5, tt.t.int(1, 1).bytes(8, []byte("w")))))
			if err != nil {
				t.Fatal(err)
			}
			w := m.Graph.Initializers["w"]
			got := 0.0
			if len(w.Floats) == 1 {
				got = float64(w.Floats[0])
			} else {
				got = float64(w.Ints[0])
			}
			if got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestBadFilesAreRefusedWithAReason(t *testing.T) {
	huge := message{}.int(2, 1).int(1, 1<<40).int(1, 1<<40)
	tests := []struct {
		name string
		data []byte
		want error
	}{
		{"nothing", nil, onnx.ErrMalformed},
		{"text", []byte("<html>not found</html>"), onnx.ErrMalformed},
		{"external weights", model(message{}.bytes(1, node("X")).bytes(5, message{}.int(2, 1).int(14, 1))), onnx.ErrExternal},
		{"more elements than bytes", model(message{}.bytes(1, node("X")).bytes(5, message{}.int(2, 1).int(1, 100).bytes(9, []byte{1, 2, 3, 4}))), onnx.ErrMalformed},
		{"overflowing shape", model(message{}.bytes(1, node("X")).bytes(5, huge)), nil},
		{"words", model(message{}.bytes(1, node("X")).bytes(5, message{}.int(2, 8).bytes(6, []byte("a")))), nil},
		{"halves of bytes that are missing", model(message{}.bytes(1, node("X")).bytes(5, message{}.int(2, 22).int(1, 3).bytes(9, []byte{1}))), onnx.ErrMalformed},
		{"unknown element type", model(message{}.bytes(1, node("X")).bytes(5, message{}.int(2, 99))), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := onnx.Decode(tt.data)
			if err == nil || (tt.want != nil && !errors.Is(err, tt.want)) {
				t.Errorf("got error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestFilesThatAreTakenForModelsAreNamed(t *testing.T) {
	for begins, says := range map[string]string{
		"version https://git-lfs.github.com/spec/v1\noid sha256:0\n": "Git LFS",
		"<!DOCTYPE html>":            "web page",
		"PK\x03\x04archive/data.pkl": "export the model as ONNX",
		"\x1c\x00\x00\x00TFL3":       "TensorFlow Lite",
		"\x20\x00\x00\x00ORTM":       "ONNX Runtime",
		"\x1f\x8b\x08":               "decompress",
		"hello":                      "download or export it again",
	} {
		if _, err := onnx.Decode([]byte(begins)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", begins, err)
		}
	}
}

func TestWhatAFileSaysAboutItselfIsRead(t *testing.T) {
	pair := message{}.bytes(1, []byte("Image.BitmapPixelFormat")).bytes(2, []byte("Bgr8"))
	m, err := onnx.Decode(message(model(message{}.bytes(1, node("X")))).bytes(14, pair))
	if err != nil || m.Metadata["Image.BitmapPixelFormat"] != "Bgr8" {
		t.Errorf("read %v, %v", m, err)
	}
}

func FuzzDecode(f *testing.F) {
	data, err := os.ReadFile("../model/slugnet.onnx")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data[:4096])
	f.Add(model(message{}.bytes(1, node("Conv", message{}.bytes(1, []byte("pads")).int(8, 1)))))
	f.Add(model(message{}.bytes(1, choice(message{}.bytes(1, node("Relu"))))))
	f.Add(model(message{}.bytes(1, node("X")).bytes(5, message{}.int(2, 22).int(1, 3).bytes(9, []byte{1, 2}))))
	f.Add(model(message{}.bytes(5, message{}.int(2, 1).int(1, 2).float(4, 1).float(4, 2))))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := onnx.Decode(data)
		if err != nil {
			return
		}
		for name, w := range m.Graph.Initializers {
			if len(w.Floats)+len(w.Ints) != w.Len() {
				t.Errorf("tensor %q has %d values for shape %v", name, len(w.Floats)+len(w.Ints), w.Shape)
			}
		}
	})
}
