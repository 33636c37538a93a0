package classifier_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slugpuppy/classifier"
	"slugpuppy/picture"
)

var update = flag.Bool("update", false, "rewrite golden files")

var network = sync.OnceValues(classifier.Default)

func load(t testing.TB) *classifier.Network {
	t.Helper()
	n, err := network()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// reference is a network with the tensors that another framework computed.
type reference struct {
	net   *classifier.Network
	dir   string
	label int // whose logit's gradient there is
	sizes []refSize
}

// Single ReLU and maximum decisions may fall the other way on differences of 1e-7, which
// shows as up to a per cent of the gradient of a deep layer, and does at the larger sizes; a
// wrong kernel shows as tens of per cent.
type refSize struct {
	w, h      int
	tolerance float64 // of gradients
}

func (r refSize) String() string { return fmt.Sprintf("%dx%d", r.h, r.w) }

// references are the embedded network's tensors, and those of the first one where a shared folder
// beside the checkout has them.
func references(t *testing.T) map[string]reference {
	t.Helper()
	all := map[string]reference{"embedded": {load(t), filepath.Join("testdata", "reference"), banana(load(t)), []refSize{{32, 32, 2e-2}, {45, 37, 2e-2}}}}
	dir := filepath.Join("..", "..", "shared", "model")
	file, err := os.ReadFile(filepath.Join(dir, "slugnet.onnx"))
	if err != nil {
		t.Log("no first network in a shared folder beside the checkout")
		return all
	}
	text, err := os.ReadFile(filepath.Join(dir, "labels.txt"))
	if err != nil {
		t.Fatal(err)
	}
	labels, err := classifier.ParseLabels(string(text))
	if err != nil {
		t.Fatal(err)
	}
	first, err := classifier.Load(file, labels)
	if err != nil {
		t.Fatal(err)
	}
	all["first"] = reference{first, filepath.Join(dir, "reference"), banana(first), []refSize{{64, 64, 1e-5}, {130, 97, 2e-2}}}
	return all
}

func banana(n *classifier.Network) int {
	return slices.IndexFunc(n.Labels(), func(l classifier.Label) bool { return l.ID == "n07753592" })
}

// tensor reads one.
func (r reference) tensor(t *testing.T, name string, size refSize) []float32 {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(r.dir, name+"_"+size.String()+".f32"))
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, len(raw)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return x
}

func (r reference) picture(t *testing.T, size refSize) *picture.Planar {
	return &picture.Planar{W: size.w, H: size.h, Pix: r.tensor(t, "image", size)}
}

// off is the L2 distance relative to the L2 norm of want.
func off(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	d, n := 0.0, 0.0
	for i, w := range want {
		d += (float64(got[i]) - float64(w)) * (float64(got[i]) - float64(w))
		n += float64(w) * float64(w)
	}
	return math.Sqrt(d / n)
}

func TestActivationsMatchAnotherFramework(t *testing.T) {
	for which, ref := range references(t) {
		for _, size := range ref.sizes {
			var names []string
			for _, l := range ref.net.Layers() {
				names = append(names, l.Name)
			}
			got, err := ref.net.Activations(t.Context(), ref.picture(t, size), names...)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				file := "layer_" + name
				if name == classifier.Logits {
					file = name
				}
				if d := off(got[name].Data, ref.tensor(t, file, size)); !(d < 1e-5) {
					t.Errorf("%s network: %s at %v is off by %.1e", which, name, size, d)
				}
			}
		}
	}
}

func TestGradientsMatchAnotherFramework(t *testing.T) {
	for which, ref := range references(t) {
		tests := map[string]classifier.Target{
			fmt.Sprintf("grad_logit%d", ref.label): {Layer: classifier.Logits, Weight: 1, Channels: []classifier.ChannelWeight{{Channel: ref.label, Weight: 1}}},
		}
		for _, l := range []string{"3b", "4a", "4c", "5a", "5b"} {
			if _, err := ref.net.Layer(l); err == nil { // the first network ends with 5a
				tests["grad_meansq_"+l] = classifier.Target{Layer: l, Weight: 1}
			}
		}
		for _, size := range ref.sizes {
			grad := picture.NewPlanar(size.w, size.h)
			for file, target := range tests {
				if _, err := ref.net.Gradient(t.Context(), ref.picture(t, size), []classifier.Target{target}, grad); err != nil {
					t.Fatal(err)
				}
				if d := off(grad.Pix, ref.tensor(t, file, size)); !(d < size.tolerance) {
					t.Errorf("%s network: %s at %v is off by %.1e", which, file, size, d)
				}
			}
		}
	}
}

// scene is a picture made of discs and stripes; it needs no file.
func scene(w, h int, seed uint64) *picture.Planar {
	r := rand.New(rand.NewPCG(seed, 1))
	p := picture.NewPlanar(w, h)
	for range 12 {
		cx, cy, rad := r.Float64()*float64(w), r.Float64()*float64(h), (0.1+0.2*r.Float64())*float64(min(w, h))
		colour := [3]float32{r.Float32(), r.Float32(), r.Float32()}
		for y := range h {
			for x := range w {
				if d := math.Hypot(float64(x)-cx, float64(y)-cy); d < rad {
					for c := range 3 {
						p.Plane(c)[y*w+x] = colour[c] * float32(0.8+0.2*math.Cos(d/3))
					}
				}
			}
		}
	}
	return p
}

type golden struct {
	Logits []float32
	Norms  map[string]float64 // gradient length by layer
}

// The golden file was written by a build that matches the reference tensors.
func TestEmbeddedNetworkAnswersAsRecorded(t *testing.T) {
	n := load(t)
	in := scene(80, 60, 1)
	got := golden{Norms: map[string]float64{}}
	f, err := n.Activations(t.Context(), in, classifier.Logits)
	if err != nil {
		t.Fatal(err)
	}
	got.Logits = f[classifier.Logits].Data
	grad := picture.NewPlanar(in.W, in.H)
	for _, l := range n.Layers() {
		if _, err := n.Gradient(t.Context(), in, []classifier.Target{{Layer: l.Name, Weight: 1}}, grad); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, v := range grad.Pix {
			sum += float64(v) * float64(v)
		}
		got.Norms[l.Name] = math.Sqrt(sum)
	}
	file := filepath.Join("testdata", "answers.json")
	if *update {
		b, _ := json.MarshalIndent(got, "", " ")
		if err := os.WriteFile(file, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want golden
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	if d := off(got.Logits, want.Logits); !(d < 1e-5) {
		t.Errorf("logits are off by %.1e", d)
	}
	for name, w := range want.Norms {
		if g := got.Norms[name]; !(math.Abs(g-w) < 1e-2*w) {
			t.Errorf("gradient of %s has length %g, want %g", name, g, w)
		}
	}
}

func TestSameInputGivesTheSameBitsWhateverElseRuns(t *testing.T) {
	n := load(t)
	in := scene(96, 64, 2)
	targets := []classifier.Target{{Layer: "4c", Weight: 1}, {Layer: "3b", Weight: -0.3}}
	want := picture.NewPlanar(in.W, in.H)
	if _, err := n.Gradient(t.Context(), in, targets, want); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 3 {
				got := picture.NewPlanar(in.W, in.H)
				if _, err := n.Gradient(context.Background(), in, targets, got); err != nil {
					t.Error(err)
				} else if !cmp.Equal(got.Pix, want.Pix) {
					t.Error("another answer while others compute")
				}
				if _, err := n.Activations(context.Background(), in, "5a"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestSeeWorksAtEverySize(t *testing.T) {
	n := load(t)
	for _, size := range [][2]int{{1, 1}, {32, 32}, {640, 480}, {3000, 20}, {20, 3000}} {
		guesses, err := n.See(t.Context(), scene(size[0], size[1], 3), 5)
		if err != nil {
			t.Fatalf("%v: %v", size, err)
		}
		if near, err := n.Details(t.Context(), scene(size[0], size[1], 3), 5); err != nil || len(near) != 5 {
			t.Errorf("%v: %v %v", size, near, err)
		}
		if len(guesses) != 5 || guesses[0].P < guesses[4].P || guesses[0].P > 1 || guesses[4].P <= 0 || guesses[0].Label == "" {
			t.Errorf("%v: %+v", size, guesses)
		}
	}
}

func TestLayersAreFoundByTheNamesPeopleKnow(t *testing.T) {
	n := load(t)
	for _, name := range []string{"4c", "4C", " 4c ", "inception_4c/output", "mixed4c", "layer_4c", "logits", "Logits"} {
		if _, err := n.Layer(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	var unknown *classifier.UnknownLayer
	if _, err := n.Layer("9z"); !errors.As(err, &unknown) || len(unknown.Names) != len(n.Layers()) {
		t.Errorf("9z: %v", err)
	}
}

func TestMistakesAreErrorsThatSayWhatIsWrong(t *testing.T) {
	n := load(t)
	in := scene(64, 64, 4)
	tests := []struct {
		name    string
		in      *picture.Planar
		targets []classifier.Target
		want    string
	}{
		{"small picture", scene(31, 64, 1), []classifier.Target{{Layer: "4c", Weight: 1}}, "at least 32"},
		{"unknown layer", in, []classifier.Target{{Layer: "nose", Weight: 1}}, `no layer "nose"`},
		{"unknown channel", in, []classifier.Target{{Layer: "4c", Weight: 1, Channels: []classifier.ChannelWeight{{Channel: 400, Weight: 1}}}}, "0 to 399"},
		{"foreign guide", in, []classifier.Target{{Layer: "4c", Weight: 1, Guide: &classifier.Features{C: 2, H: 1, W: 1, Data: []float32{1, 2}}}}, "guide"},
		{"no target", in, nil, "nothing to compute"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := n.Gradient(t.Context(), tt.in, tt.targets, picture.NewPlanar(tt.in.W, tt.in.H))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCancelledWorkStops(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the person left"))
	in := scene(64, 64, 5)
	_, err := load(t).Gradient(ctx, in, []classifier.Target{{Layer: "4c", Weight: 1}}, picture.NewPlanar(64, 64))
	if err == nil || err.Error() != "the person left" {
		t.Errorf("got %v", err)
	}
}

func TestMemoryOfAGradientIsKnownBeforeItRuns(t *testing.T) {
	n := load(t)
	small, err := n.GradientBytes(128, 128, []classifier.Target{{Layer: "4c", Weight: 1}})
	if err != nil {
		t.Fatal(err)
	}
	large, err := n.GradientBytes(256, 256, []classifier.Target{{Layer: "4c", Weight: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if small < 4*3*128*128 || large < 3*small || large > 5*small {
		t.Errorf("%d bytes at 128 px and %d at 256 px", small, large)
	}
}

func BenchmarkForward(b *testing.B) {
	n := load(b)
	for _, side := range []int{64, 128, 224, 512} {
		in := scene(side, side, 6)
		b.Run(fmt.Sprintf("%dpx", side), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := n.Activations(b.Context(), in, classifier.Logits); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkGradient(b *testing.B) {
	n := load(b)
	for _, layer := range []string{"3b", "4c", "5a"} {
		for _, side := range []int{224, 512} {
			in, grad := scene(side, side, 6), picture.NewPlanar(side, side)
			b.Run(fmt.Sprintf("%s/%dpx", layer, side), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := n.Gradient(b.Context(), in, []classifier.Target{{Layer: layer, Weight: 1}}, grad); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func TestWorkGrowsWithThePictureAndTheGradient(t *testing.T) {
	n := load(t)
	small, err := n.ForwardWork(128, 128, classifier.Logits)
	if err != nil {
		t.Fatal(err)
	}
	large, err := n.ForwardWork(256, 256, classifier.Logits)
	if err != nil {
		t.Fatal(err)
	}
	gradient, err := n.GradientWork(256, 256, []classifier.Target{{Layer: classifier.Logits, Weight: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if r := large / small; r < 3.9 || r > 4.1 {
		t.Errorf("four times the pixels are %.2f times the work", r)
	}
	if gradient != 2*large {
		t.Errorf("a gradient is %.2f times a forward pass", gradient/large)
	}
}
