package dream_test

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/dream"
	"slugpuppy/dream/film"
	"slugpuppy/dream/flow"
	"slugpuppy/dream/flow/flowtest"
	"slugpuppy/picture"
	"slugpuppy/training"
)

// each is how long a frame of the tests' clips is shown.
const each = time.Second / 12

func always(r dream.Recipe) dream.Script { return dream.Script{Keys: []dream.Key{{Recipe: r}}} }

// movie begins to dream a scene.
func movie(t *testing.T, m *dream.Maker, s flowtest.Scene, script dream.Script, mode film.Mode) *dream.Movie {
	t.Helper()
	v, err := m.Movie(t.Context(), script, mode, s.Frame(0).NRGBA(), nil, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// show dreams frames of a scene, from one to before another.
func show(t *testing.T, v *dream.Movie, s flowtest.Scene, from, to int) (frames []*image.NRGBA) {
	t.Helper()
	for i := from; i < to; i++ {
		step, err := v.Next(t.Context(), s.Frame(i).NRGBA(), time.Duration(i)*each)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, step.Dream)
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

// energy is how much a layer is excited: the mean square of its activations, over frames.
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

// panned is a scene whose ground and whose disc move, at a size.
func panned(w, h int) flowtest.Scene {
	k := float64(w) / 320
	return flowtest.Scene{W: w, H: h, Ground: flowtest.Landscape(3), Face: flowtest.Landscape(1), GX: 2.3, GY: 0.4,
		X: 90 * k, Y: 100 * k, R: 34 * k, SX: 5, SY: -1}
}

func TestAFilmDoesNotFlicker(t *testing.T) {
	m, s := maker(t, dream.Options{}), panned(128, 80)
	r := dream.Recipe{Layers: []dream.LayerTerm{{Layer: "4c", Channel: -1}}, Octaves: 2, Steps: 6, Seed: 3}
	alone := show(t, movie(t, m, s, always(r), film.None), s, 0, 5)
	carried := show(t, movie(t, m, s, always(r), film.Flow), s, 0, 5)
	a, b := flicker(s, alone), flicker(s, carried)
	ea, eb := energy(t, load(t), "4c", alone), energy(t, load(t), "4c", carried)
	t.Logf("frame by frame it differs by %.2f, as a film by %.2f, %.2f of that; energy %.3g and %.3g", a, b, b/a, ea, eb)
	if b > 0.45*a || eb < 0.8*ea {
		t.Error("it flickers, or is weaker")
	}
}

// TestMeasuredFilms measures what docs/films.md says, and draws what is to be looked at into the folder SLUGPUPPY_SHEETS:
//
//	SLUGPUPPY_LONG=1 SLUGPUPPY_SHEETS=/tmp go test -run TestMeasuredFilms -v ./dream
func TestMeasuredFilms(t *testing.T) {
	if os.Getenv("SLUGPUPPY_LONG") == "" {
		t.Skip("SLUGPUPPY_LONG is not set")
	}
	const frames = 24
	m, s := maker(t, dream.Options{}), panned(320, 180)
	for _, test := range []struct {
		name, layer string
		recipe      dream.Recipe
	}{
		{"slug", "5a", dream.Recipe{Preset: "slug"}},
		{"eyes at 4c", "4c", dream.Recipe{Layers: []dream.LayerTerm{{Layer: "4c", Channel: -1}}}},
	} {
		var base, strength float64
		for _, mode := range []film.Mode{film.None, film.Flow, film.Blend} {
			begun := time.Now()
			all := show(t, movie(t, m, s, always(test.recipe), mode), s, 0, frames)
			took := time.Since(begun)
			f, e := flicker(s, all), energy(t, load(t), test.layer, all[frames/2:])
			if mode == film.None {
				base, strength = f, e
			}
			t.Logf("%s, %s: %.2f s a frame, it differs by %.2f (%.2f), energy %.3f (%.2f)", test.name, mode,
				took.Seconds()/frames, f, f/base, e, e/strength)
			if mode == film.Flow && (f > 0.35*base || e < 0.9*strength) {
				t.Errorf("%s: it flickers, or is weaker", test.name)
			}
			var cells []training.Cell
			for i, img := range all {
				cells = append(cells, training.Cell{Image: img, Text: fmt.Sprint("frame ", i)})
			}
			if dir := os.Getenv("SLUGPUPPY_SHEETS"); dir != "" {
				data, err := picture.EncodePNG(training.Board(cells, 6, 320), "")
				if err == nil {
					err = os.WriteFile(filepath.Join(dir, test.layer+"-"+string(mode)+".png"), data, 0o666)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func TestAStillCameraGivesAStillDream(t *testing.T) {
	m, s := maker(t, dream.Options{}), panned(96, 64)
	s.GX, s.GY, s.R = 0, 0, 0
	all := show(t, movie(t, m, s, always(quick()), film.Flow), s, 0, 4)
	for i, f := range all {
		if !bytes.Equal(f.Pix, all[0].Pix) {
			t.Errorf("frame %d is another", i)
		}
	}
	if distance(all[0], s.Frame(0).NRGBA(), nil) < 2 {
		t.Error("nothing was dreamed")
	}
}

// TestAFilmGoesOnFromItsState: what was measured to balance words and look goes with it.
func TestAFilmGoesOnFromItsState(t *testing.T) {
	m, s := maker(t, dream.Options{}), panned(96, 64)
	r := quick()
	r.Preset = "birds"
	script := dream.Script{Keys: []dream.Key{{Recipe: r}, {At: 3 * each, Recipe: quick()}}, Again: 4 * each}
	want := show(t, movie(t, m, s, script, film.Flow), s, 0, 6)
	for _, cut := range []int{2, 5} {
		v := movie(t, m, s, script, film.Flow)
		show(t, v, s, 0, cut)
		again := movie(t, m, s, script, film.Flow)
		again.Resume(film.Flow, v.State(), time.Duration(cut-1)*each)
		for i, f := range show(t, again, s, cut, 6) {
			if !bytes.Equal(f.Pix, want[cut+i].Pix) {
				t.Errorf("after frame %d: frame %d is another", cut, cut+i)
			}
		}
	}
}

func TestWordsChangeWithTime(t *testing.T) {
	m, s := maker(t, dream.Options{}), panned(96, 64)
	one, two := quick(), quick()
	one.Layers, two.Layers = []dream.LayerTerm{{Layer: "3b", Channel: -1}}, []dream.LayerTerm{{Layer: "5a", Channel: -1}}
	same := show(t, movie(t, m, s, always(one), film.None), s, 0, 4)
	other := show(t, movie(t, m, s, always(two), film.None), s, 0, 4)
	script := dream.Script{Keys: []dream.Key{{Recipe: one}, {At: 2 * each, Recipe: two}}, Again: 3 * each}
	got := show(t, movie(t, m, s, script, film.None), s, 0, 4)
	for i, want := range []*image.NRGBA{same[0], same[1], other[2], same[3]} {
		if !bytes.Equal(got[i].Pix, want.Pix) {
			t.Errorf("frame %d is not what its words make of it", i)
		}
	}
}

// TestDreamedClipsAreFoundAsOftenAsStills: of the same pictures in the same recipes, the clips as GIFs, the stills as JPEGs.
func TestDreamedClipsAreFoundAsOftenAsStills(t *testing.T) {
	if os.Getenv("SLUGPUPPY_LONG") == "" {
		t.Skip("SLUGPUPPY_LONG is not set")
	}
	const frames = 6
	m := maker(t, dream.Options{})
	d, err := detector.New(load(t))
	if err != nil {
		t.Fatal(err)
	}
	judge := func(data []byte) bool {
		c, err := picture.OpenClip(data, picture.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var clip detector.Clip
		for f, err := range c.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			clip.Add(f.Image)
		}
		v, err := clip.Judge(t.Context(), d.Judge)
		if err != nil {
			t.Fatal(err)
		}
		return v.Dream
	}
	stills, clips, plain, all := 0, 0, 0, 0
	for seed := range uint64(4) {
		for _, p := range dream.Presets() {
			s := panned(256, 160)
			s.Ground, s.Face = flowtest.Landscape(seed), flowtest.Landscape(seed+7)
			frame := func(img *image.NRGBA) []byte {
				data, err := picture.EncodeJPEG(img, 80, "")
				if err != nil {
					t.Fatal(err)
				}
				return data
			}
			gif := func(imgs []*image.NRGBA) []byte {
				var b bytes.Buffer
				a := picture.NewAnimation(&b)
				for _, img := range imgs {
					if err := a.Add(img, each); err != nil {
						t.Fatal(err)
					}
				}
				if err := a.Close(); err != nil {
					t.Fatal(err)
				}
				return b.Bytes()
			}
			dreamed := show(t, movie(t, m, s, always(dream.Recipe{Preset: p.Name, Seed: seed}), film.Flow), s, 0, frames)
			var source []*image.NRGBA
			for i := range frames {
				source = append(source, s.Frame(i).NRGBA())
			}
			still, clip, none := judge(frame(dreamed[0])), judge(gif(dreamed)), judge(gif(source))
			t.Logf("%s, %d: still %v, clip %v; not dreamed %v", p.Name, seed, still, clip, none)
			all++
			stills, clips, plain = stills+one(still), clips+one(clip), plain+one(none)
		}
	}
	t.Logf("of %d the detector finds %d as stills, %d as clips, and %d that are not dreamed", all, stills, clips, plain)
	if clips < stills || plain > 0 {
		t.Error("clips are found less often, or found where there are none")
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
