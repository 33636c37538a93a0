package networks_test

import (
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/classifier/networks"
	"slugpuppy/picture"
)

// cases finds files of reports that a shared folder beside the checkout has.
func cases(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "cases", pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("no reports in a shared folder beside the checkout")
	}
	return files
}

func TestNetworksOfReportsLoadAndDream(t *testing.T) {
	for _, file := range slices.Concat(cases(t, "09-*/*.onnx"), cases(t, "10-*/*.onnx"), cases(t, "11-*/*.onnx")) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			n, err := networks.OpenFile(file, "")
			if err != nil {
				t.Fatal(err)
			}
			in := pattern(40, 48)
			for _, l := range n.Layers() {
				grad := picture.NewPlanar(in.W, in.H)
				if _, err := n.Gradient(t.Context(), in, []classifier.Target{{Layer: l.Name, Weight: 1}}, grad); err != nil {
					t.Fatal(err)
				}
				length := 0.0
				for _, g := range grad.Pix {
					length += float64(g) * float64(g)
				}
				if !(length > 0) || math.IsInf(length, 1) {
					t.Errorf("the gradient of layer %s has length %g", l.Name, math.Sqrt(length))
				}
			}
		})
	}
}

func TestTwoFilesOfReportsAreTheSameNetwork(t *testing.T) {
	for one, other := range map[string]string{
		"09-onnx-external-data/model.onnx": "09-onnx-external-data/one-file.onnx",
		"11-onnx-headers/qdq-int8.onnx":    "11-onnx-headers/weights-int8.onnx",
		"11-onnx-headers/float-0-1.onnx":   "11-onnx-headers/uint8-input.onnx",
	} {
		var answers [2][]float32
		for i, name := range []string{one, other} {
			n, err := networks.OpenFile(cases(t, name)[0], "")
			if err != nil {
				t.Fatal(err)
			}
			answers[i] = logits(t, n)
		}
		for i, v := range answers[0] {
			if math.Abs(float64(v-answers[1][i])) > 1e-5 {
				t.Errorf("%s and %s: logit %d is %g and %g", one, other, i, v, answers[1][i])
			}
		}
	}
}

func TestAPictureOfBytesIsThePictureOfTheReport(t *testing.T) {
	dir := filepath.Dir(cases(t, "11-*/in.png")[0])
	f, err := os.Open(filepath.Join(dir, "in.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"float-0-1", "uint8-input"} {
		n, err := networks.OpenFile(filepath.Join(dir, name+".onnx"), "")
		if err != nil {
			t.Fatal(err)
		}
		f, err := n.Activations(t.Context(), picture.FromImage(img), "r1")
		if err != nil {
			t.Fatal(err)
		}
		sum, data := 0.0, f["r1"].Data
		for _, v := range data {
			sum += float64(v)
		}
		mean, top := sum/float64(len(data)), slices.Max(data)
		if math.Abs(mean-0.6409) > 1e-4 || math.Abs(float64(top)-3.581) > 1e-3 {
			t.Errorf("%s: layer r1 has mean %.4f and at most %.3f, want 0.6409 and 3.581", name, mean, top)
		}
	}
}
