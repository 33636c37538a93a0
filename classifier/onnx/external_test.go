package onnx_test

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"slugpuppy/classifier/onnx"
)

// away is a tensor "w" of n floats whose bytes are where the pairs of words say.
func away(n int, pairs ...string) message {
	t := message{}.int(1, uint64(n)).int(2, 1).bytes(8, []byte("w")).int(14, 1)
	for i := 0; i+1 < len(pairs); i += 2 {
		t = t.bytes(13, message{}.bytes(1, []byte(pairs[i])).bytes(2, []byte(pairs[i+1])))
	}
	return t
}

func floats(v ...float32) []byte {
	var raw []byte
	for _, f := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
	}
	return raw
}

func withTensors(tensors ...message) []byte {
	g := message{}.bytes(1, node("X"))
	for _, t := range tensors {
		g = g.bytes(5, t)
	}
	return model(g)
}

func TestWeightsBesideTheModelAreRead(t *testing.T) {
	raw := floats(1, 2, 3, 4, 5)
	folder := fstest.MapFS{
		"m.onnx.data":  {Data: raw},
		"sub/w.bin":    {Data: raw},
		"two words.öä": {Data: raw},
	}
	tests := []struct {
		name  string
		pairs []string
		n     int
		want  []float32
	}{
		{"as PyTorch writes", []string{"location", "m.onnx.data", "offset", "4", "length", "8"}, 2, []float32{2, 3}},
		{"without offset and length", []string{"location", "m.onnx.data"}, 2, []float32{1, 2}},
		{"to the end", []string{"location", "m.onnx.data", "offset", "16"}, 1, []float32{5}},
		{"in a folder of the model's", []string{"location", "sub/w.bin", "offset", "4"}, 1, []float32{2}},
		{"with a dot before it", []string{"location", "./m.onnx.data"}, 1, []float32{1}},
		{"in another order, with a checksum", []string{"checksum", "00", "length", "4", "location", "m.onnx.data"}, 1, []float32{1}},
		{"a name of several words", []string{"location", "two words.öä"}, 1, []float32{1}},
		{"nothing, at the end", []string{"location", "m.onnx.data", "offset", "20", "length", "0"}, 0, []float32{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := onnx.DecodeIn(folder, withTensors(away(tt.n, tt.pairs...)))
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Graph.Initializers["w"].Floats; !slices.Equal(got, tt.want) {
				t.Errorf("read %v, want %v", got, tt.want)
			}
			if len(m.External) != 1 || !fs.ValidPath(m.External[0]) {
				t.Errorf("says that it read %q", m.External)
			}
		})
	}
}

func TestWeightsOfSeveralTensorsMayBeTheSame(t *testing.T) {
	folder := fstest.MapFS{"d": {Data: floats(1, 2)}}
	second := away(2, "location", "d").bytes(8, []byte("v"))
	m, err := onnx.DecodeIn(folder, withTensors(away(1, "location", "d", "offset", "4"), second))
	if err != nil {
		t.Fatal(err)
	}
	if w, v := m.Graph.Initializers["w"], m.Graph.Initializers["v"]; w.Floats[0] != 2 || !slices.Equal(v.Floats, []float32{1, 2}) {
		t.Errorf("read %v and %v", w.Floats, v.Floats)
	}
}

// A folder with everything around it that a file must not reach.
func besieged(t *testing.T) (inside string) {
	t.Helper()
	top := t.TempDir()
	inside = filepath.Join(top, "model")
	secret := floats(7, 7, 7, 7)
	for _, dir := range []string{inside, filepath.Join(inside, "sub"), filepath.Join(top, "other")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{filepath.Join(top, "secret"), filepath.Join(inside, "data"), filepath.Join(top, "other", "secret")} {
		if err := os.WriteFile(name, secret, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	links := map[string]string{"link": "../secret", "absolute": filepath.Join(top, "secret"), "out": "../other", "self": "self"}
	for name, to := range links {
		if err := os.Symlink(to, filepath.Join(inside, name)); err != nil {
			t.Skip("no symbolic links here")
		}
	}
	return inside
}

func TestWeightsAreReadFromTheModelsFolderOnly(t *testing.T) {
	dir := besieged(t)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if m, err := onnx.DecodeIn(root.FS(), withTensors(away(4, "location", "data"))); err != nil || m.Graph.Initializers["w"].Floats[3] != 7 {
		t.Fatalf("the file beside the model: %v", err)
	}
	pairs := func(location string, more ...string) []string { return append([]string{"location", location}, more...) }
	tests := map[string]struct {
		pairs []string
		says  string
	}{
		"one folder up":               {pairs("../secret"), "own folder"},
		"up and down again":           {pairs("../model/data"), "own folder"},
		"down and up":                 {pairs("sub/../../secret"), "own folder"},
		"down, up, and inside":        {pairs("sub/../data"), "own folder"},
		"an absolute path":            {pairs(filepath.Join(dir, "data")), "own folder"},
		"the system's files":          {pairs("/etc/passwd"), "own folder"},
		"a link to a file outside":    {pairs("link"), "not a link out of it"},
		"an absolute link":            {pairs("absolute"), "not a link out of it"},
		"a link to a folder outside":  {pairs("out/secret"), "not a link out of it"},
		"a link to itself":            {pairs("self"), "cannot be read"},
		"a folder":                    {pairs("sub"), "no file"},
		"the folder itself":           {pairs("."), "no file"},
		"no name":                     {pairs(""), "own folder"},
		"no location":                 {nil, "own folder"},
		"a zero byte":                 {pairs("data\x00x"), ""},
		"a very long name":            {pairs(strings.Repeat("a/", 5000) + "b"), ""},
		"what is not there":           {pairs("other.data"), "is missing"},
		"beyond the end":              {pairs("data", "offset", "4"), "cut off"},
		"far beyond the end":          {pairs("data", "offset", fmt.Sprint(math.MaxInt64)), "cut off"},
		"an offset of no number":      {pairs("data", "offset", "9223372036854775808"), "offset"},
		"an offset below zero":        {pairs("data", "offset", "-4"), "offset"},
		"a length below zero":         {pairs("data", "length", "-16"), "length"},
		"a length of words":           {pairs("data", "length", "many"), "length"},
		"another length than shape's": {pairs("data", "length", "12"), "12 bytes"},
		"a huge length":               {pairs("data", "length", fmt.Sprint(math.MaxInt64)), "bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := onnx.DecodeIn(root.FS(), withTensors(away(4, tt.pairs...)))
			if err == nil {
				t.Fatalf("read %v", m.Graph.Initializers["w"].Floats)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("says %q, want something with %q", err, tt.says)
			}
		})
	}
}

func TestAPipeBesideTheModelIsNotWaitedFor(t *testing.T) {
	folder := fstest.MapFS{"pipe": {Mode: fs.ModeNamedPipe}, "disk": {Mode: fs.ModeDevice}}
	for name := range folder {
		if _, err := onnx.DecodeIn(folder, withTensors(away(1, "location", name))); err == nil || !strings.Contains(err.Error(), "no file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Many tensors may mean the same bytes, and each is decoded into memory of its own.
func TestAFewBytesReadOverAndOverDoNotFillTheMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a gigabyte of memory")
	}
	const each = 8 << 20 // numbers
	folder := fstest.MapFS{"d": {Data: make([]byte, 4*each)}}
	var tensors []message
	for i := range 40 { // 1280 MB
		tensors = append(tensors, away(each, "location", "d", "offset", "0").bytes(8, fmt.Appendf(nil, "w%d", i)))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := onnx.DecodeIn(folder, withTensors(tensors...)); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("got %v", err)
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.TotalAlloc - before.TotalAlloc); grown > 3*onnx.MaxFile {
		t.Errorf("it allocates %d MB on the way", grown>>20)
	}
}

func FuzzExternal(f *testing.F) {
	folder := fstest.MapFS{"d": {Data: floats(1, 2, 3, 4)}, "sub/d": {Data: floats(5)}}
	for _, seed := range [][]string{
		{"location", "d", "offset", "4", "length", "8"}, {"location", "../d"}, {"location", "sub/d", "offset", "-1"},
		{"location", "d", "length", "99999999999999999999"}, {"offset", "0"},
	} {
		f.Add(withTensors(away(2, seed...)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := onnx.DecodeIn(folder, data)
		if err != nil {
			return
		}
		for _, name := range m.External {
			if folder[name] == nil {
				t.Errorf("it read %q", name)
			}
		}
	})
}
