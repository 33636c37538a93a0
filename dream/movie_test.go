package dream_test

import (
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/dream/film"
	"slugpuppy/dream/flow"
	"slugpuppy/dream/flow/flowtest"
	"slugpuppy/picture"
)

// each is how long a frame of the tests' clips is shown.
const each = time.Second / 12

// dreamScene dreams the first n frames of a scene.
func dreamScene(t *testing.T, m *dream.Maker, s flowtest.Scene, n int, r dream.Recipe, mode film.Mode) (frames []*image.NRGBA) {
	t.Helper()
	first := s.Frame(0).NRGBA()
	v, err := m.Movie(t.Context(), dream.Script{Keys: []dream.Key{{Recipe: r}}}, mode, first, nil, n, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		step, err := v.Next(t.Context(), s.Frame(i).NRGBA(), time.Duration(i)*each)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, step.Dream)
		t.Logf("%d cut %v new %.3f", i, step.Cut, step.New)
	}
	return frames
}

// flicker is how much frames differ from those before them, moved as the scene moves, where a point can be seen in both:
// the mean over pixels and frames, of 255.
func flicker(s flowtest.Scene, frames []*image.NRGBA) float64 {
	sum, n := 0.0, 0
	for i := 1; i < len(frames); i++ {
		back, seen := flow.NewField(s.W, s.H), make([]bool, s.W*s.H)
		for y := range s.H {
			for x := range s.W {
				dx, dy, ok := s.Back(i, float64(x), float64(y))
				k := y*s.W + x
				back.U[k], back.V[k], seen[k] = float32(-dx), float32(-dy), ok
			}
		}
		before, now, moved := picture.FromImage(frames[i-1]), picture.FromImage(frames[i]), make([]float32, s.W*s.H)
		for c := range 3 {
			back.Pull(moved, before.Plane(c))
			for k, v := range now.Plane(c) {
				if seen[k] {
					sum += 255 * math.Abs(float64(v-moved[k]))
					n++
				}
			}
		}
	}
	return sum / float64(n)
}

// energy is how much a layer is excited: the mean square of its activations over frames.
func energy(t *testing.T, net *classifier.Network, layer string, frames []*image.NRGBA) float64 {
	t.Helper()
	sum := 0.0
	for _, f := range frames {
		grad := picture.NewPlanar(f.Rect.Dx(), f.Rect.Dy())
		v, err := net.Gradient(t.Context(), picture.FromImage(f), []classifier.Target{{Layer: layer, Weight: 1}}, grad)
		if err != nil {
			t.Fatal(err)
		}
		sum += float64(v)
	}
	return sum / float64(len(frames))
}

func TestTry(t *testing.T) {
	m := maker(t, dream.Options{})
	net := load(t)
	out := os.Getenv("OUT")
	s := flowtest.Scene{W: 320, H: 180, Ground: flowtest.Landscape(3), Face: flowtest.Landscape(1), GX: 1.3, GY: 0.4, X: 90, Y: 100, R: 34, SX: 3, SY: -1}
	for _, r := range []dream.Recipe{{Preset: "slug"}, {Preset: "birds", Layers: []dream.LayerTerm{{Layer: "4c", Channel: -1, Weight: 1}}}} {
		layer := "5a"
		if len(r.Layers) > 0 {
			layer = "4c"
		}
		var src []*image.NRGBA
		for i := range 12 {
			src = append(src, s.Frame(i).NRGBA())
		}
		t.Logf("source: flicker %.2f energy %.4g", flicker(s, src), energy(t, net, layer, src))
		base, baseE := map[string]float64{"5a": 12.27, "4c": 17.49}[layer], map[string]float64{"5a": 0.7206, "4c": 1.155}[layer]
		for _, mode := range []film.Mode{film.Flow} {
			start := time.Now()
			frames := dreamScene(t, m, s, 40, r, mode)
			took := time.Since(start)
			fl, e := flicker(s, frames), energy(t, net, layer, frames[6:12])
			t.Log(energy(t, net, layer, frames[:1]), energy(t, net, layer, frames[20:24]), energy(t, net, layer, frames[35:]))
			if mode == film.None {
				base, baseE = fl, e
			}
			t.Logf("%s %s: %.1f s, flicker %.2f (%.2f), energy %.4g (%.2f)", layer, mode, took.Seconds(), fl, fl/base, e, e/baseE)
			for i, f := range frames {
				if out != "" && (i%4 == 3) {
					data, _ := picture.EncodePNG(f, "")
					os.WriteFile(filepath.Join(out, layer+"-"+string(mode)+"-"+string(rune('a'+i))+".png"), data, 0o666)
				}
			}
		}
	}
}
