package graph

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
)

// Golden folders hold a model and what PyTorch computes with it, written by
// scripts/compare-torch: expected.json says what, expected.bin holds the numbers.
type golden struct {
	Opset  int64       `json:"opset"`
	Runs   []goldenRun `json:"runs"`
	Layers []string    `json:"layers"` // names that must be found
}

type goldenRun struct {
	Width, Height int
	Input         int          `json:"input"` // offset in numbers
	Values        []goldenData `json:"values"`
}

type goldenData struct {
	Layer    string `json:"layer"`
	At       int    `json:"at"`
	Size     int    `json:"size"`
	Gradient *int   `json:"gradient"` // of mean(L^2) with respect to the picture
	// Noise is how far PyTorch's own gradients in single precision, or with convolutions that
	// are off by a millionth, are from those in double. In a deep network one ReLU that decides
	// otherwise moves the gradient by per cents.
	Noise float64 `json:"noise"`
}

func readGolden(t *testing.T, dir string) (golden, []float32, *Network) {
	t.Helper()
	var g golden
	text, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "expected.bin"))
	if err != nil {
		t.Fatal(err)
	}
	numbers := make([]float32, len(raw)/4)
	for i := range numbers {
		numbers[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	file, err := os.ReadFile(filepath.Join(dir, "model.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if g.Opset != m.Opset {
		t.Fatalf("the model has operator set %d, its notes say %d", m.Opset, g.Opset)
	}
	n, err := Import(m)
	if err != nil {
		t.Fatal(err)
	}
	return g, numbers, n
}

// off returns the largest difference relative to the largest expected value, and the
// difference in the mean square sense.
func off(got, want []float32) (worst, whole float64) {
	most, diff, size := 0.0, 0.0, 0.0
	for i, w := range want {
		d := math.Abs(float64(got[i]) - float64(w))
		worst, most = max(worst, d), max(most, math.Abs(float64(w)))
		diff, size = diff+d*d, size+float64(w)*float64(w)
		if math.IsNaN(d) {
			return math.Inf(1), math.Inf(1)
		}
	}
	if size == 0 {
		return worst, math.Sqrt(diff)
	}
	return worst / most, math.Sqrt(diff / size)
}

// checkGolden compares every value of a golden folder that the network has a name for.
func checkGolden(t *testing.T, dir string, chance float64) {
	g, numbers, n := readGolden(t, dir)
	team, err := kernel.Processor().Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer team.Leave()
	for _, name := range g.Layers {
		if _, ok := n.Find(name); !ok {
			t.Errorf("layer %s is not found", name)
		}
	}
	for _, run := range g.Runs {
		var worst, worstGradient, noise float64
		for _, v := range run.Values {
			noise = max(noise, v.Noise)
		}
		gradientLimit := max(chance, 3*noise)
		layers, gradients := 0, 0
		image := numbers[run.Input:][:3*run.Width*run.Height]
		for _, v := range run.Values {
			l, ok := n.Find(v.Layer)
			if !ok {
				continue
			}
			layers++
			o := []Objective{{Layer: l.Name, Weight: 1}}
			if v.Gradient == nil {
				o = nil
			}
			p, err := n.NewPlan(run.Width, run.Height, []string{l.Name}, o)
			if err != nil {
				t.Fatalf("%dx%d: %v", run.Width, run.Height, err)
			}
			if err := p.Run(t.Context(), team, image, o); err != nil {
				t.Fatal(err)
			}
			got, s, _ := p.Read(l.Name)
			if len(got) != v.Size {
				t.Errorf("%dx%d, layer %s has shape %v, want %d values", run.Width, run.Height, v.Layer, s, v.Size)
				continue
			}
			const limit = 1e-4
			most, whole := off(got, numbers[v.At:][:v.Size])
			if worst = max(worst, most); most > limit {
				t.Errorf("%dx%d, layer %s (%s): off by %.2g, on the whole %.2g", run.Width, run.Height, v.Layer, l.Name, most, whole)
			}
			if v.Gradient == nil {
				continue
			}
			gradients++
			if !slices.ContainsFunc(p.Gradient(), func(g float32) bool { return g != 0 }) {
				t.Errorf("layer %s: the gradient is zero everywhere: it shows nothing", v.Layer)
			}
			_, whole = off(p.Gradient(), numbers[*v.Gradient:][:len(image)])
			if worstGradient = max(worstGradient, whole); whole > gradientLimit {
				t.Errorf("%dx%d, layer %s (%s): the gradient is off by %.2g, PyTorch's own by %.2g", run.Width, run.Height, v.Layer, l.Name, whole, v.Noise)
			}
		}
		text := fmt.Sprintf("%dx%d: %d layers off by at most %.1e", run.Width, run.Height, layers, worst)
		if gradients > 0 {
			text += fmt.Sprintf(", %d gradients by %.1e (PyTorch's own by %.1e)", gradients, worstGradient, noise)
		}
		t.Log(text)
		if layers == 0 {
			t.Error("nothing was compared")
		}
	}
}

func TestEveryOperatorAgreesWithPyTorch(t *testing.T) {
	dirs, err := filepath.Glob("testdata/torch/*/model.onnx")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no golden models: %v", err)
	}
	for _, d := range dirs {
		d = filepath.Dir(d)
		t.Run(filepath.Base(d), func(t *testing.T) { checkGolden(t, d, 1e-4) })
	}
}

// scripts/compare-torch calls this for networks that are too large to keep.
func TestNetworkAgreesWithPyTorch(t *testing.T) {
	dir := os.Getenv("SLUGPUPPY_TORCH")
	if dir == "" {
		t.Skip("SLUGPUPPY_TORCH names no folder written by scripts/compare-torch")
	}
	checkGolden(t, dir, 1e-4)
}
