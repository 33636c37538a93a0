package classifier_test

import (
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/classifier/kernel"
	"slugpuppy/picture"
)

func TestGradientsAreComputedInTheArithmeticThatIsWanted(t *testing.T) {
	n, all := load(t), classifier.Arithmetics()
	if n.Arithmetic() != all[len(all)-1] {
		t.Errorf("gradients are in %s unless somebody asks, of %v", n.Arithmetic(), all)
	}
	for _, name := range all {
		in, err := n.In(name)
		if err != nil || in.Arithmetic() != name {
			t.Errorf("asked for %s: %v, %v", name, in.Arithmetic(), err)
		}
	}
	if quick, err := n.In(""); err != nil || quick.Arithmetic() != classifier.Arithmetic() {
		t.Errorf("the quickest is %v, %v", quick.Arithmetic(), err)
	}
	if _, err := n.In("mips/plain"); err == nil {
		t.Error("an arithmetic that there is not here")
	}
}

// Only the direction of a gradient matters to who climbs it, and all that is read stays exact.
func TestRoughGradientsPointWhereExactOnesDo(t *testing.T) {
	if !kernel.Rough() { // then in a process that has it, slowly
		if os.Getenv(kernel.Variable) != "" {
			t.Skip("an instruction set is forced")
		}
		cmd := exec.Command(os.Args[0], "-test.run", t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), kernel.Variable+"=plain_bf16")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	n := load(t)
	rough, err := n.In("")
	if err != nil {
		t.Fatal(err)
	}
	in, layers := scene(96, 64, 6), []string{"3b", "4c", "5b"}
	if kernel.Names()[0] == "plain_bf16" {
		in, layers = scene(64, 48, 6), layers[:1]
	}
	for _, layer := range layers {
		target := []classifier.Target{{Layer: layer, Weight: 1}}
		exact, got := picture.NewPlanar(in.W, in.H), picture.NewPlanar(in.W, in.H)
		value, err := n.Gradient(t.Context(), in, target, exact)
		if err != nil {
			t.Fatal(err)
		}
		roughly, err := rough.Gradient(t.Context(), in, target, got)
		if err != nil {
			t.Fatal(err)
		}
		var dot, a, b float64
		for i, v := range exact.Pix {
			dot, a, b = dot+float64(v)*float64(got.Pix[i]), a+float64(v)*float64(v), b+float64(got.Pix[i])*float64(got.Pix[i])
		}
		cosine := dot / math.Sqrt(a*b)
		t.Logf("%s: cosine %.4f, value %g for %g", layer, cosine, roughly, value)
		if cosine < 0.95 || cosine == 1 || math.Abs(float64(roughly/value)-1) > 0.05 {
			t.Errorf("%s: cosine %.4f, value %g for %g", layer, cosine, roughly, value)
		}
		read := func(n *classifier.Network) []float32 {
			f, err := n.Activations(t.Context(), in, layer)
			if err != nil {
				t.Fatal(err)
			}
			return f[layer].Data
		}
		for i, v := range read(rough) {
			if w := read(n)[i]; v != w {
				t.Fatalf("%s: value %d is read as %g, exactly %g", layer, i, v, w)
			}
			if i > 50 {
				break
			}
		}
	}
}
