package graph

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"slugpuppy/classifier/onnx"
)

// FuzzImport gives damaged models to the importer: whatever they say, it must not panic, take
// long or hold much more than they bring.
func FuzzImport(f *testing.F) {
	files, err := filepath.Glob("testdata/torch/*/model.onnx")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := onnx.Decode(data)
		if err != nil {
			return
		}
		start := time.Now()
		n, err := Import(m)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("importing %d bytes takes %v", len(data), took)
		}
		if n != nil && n.WeightBytes() > 3<<30 {
			t.Errorf("%d bytes become weights of %d MB", len(data), n.WeightBytes()>>20)
		}
		if err != nil {
			return
		}
		for _, l := range n.Layers() {
			if found, ok := n.Find(l.Name); !ok || found.Name != l.Name {
				t.Errorf("layer %q finds %q", l.Name, found.Name)
			}
		}
		side := n.MinSide()
		layers := n.Layers()
		name := layers[len(layers)-1].Name
		if _, err := n.Measure(side, side, []string{name}, []Objective{{Layer: name, Weight: 1}}); err != nil {
			t.Errorf("%dx%d, which it says is enough: %v", side, side, err)
		}
	})
}
