package dream_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

var network = sync.OnceValues(classifier.Default)

func load(t testing.TB) *classifier.Network {
	t.Helper()
	n, err := network()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func maker(t testing.TB, o dream.Options) *dream.Maker { return dream.New(load(t), o) }

// dreamt makes a recipe's piece of a picture; a clip comes as a GIF.
func dreamt(t testing.TB, m *dream.Maker, src *image.NRGBA, r dream.Recipe) dream.Piece {
	t.Helper()
	o := dream.Order{Recipe: r, Source: src}
	if r.Verb.Moves() {
		o.Accept = []dream.Format{{MIME: dream.GIF}}
	}
	p, err := m.Make(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// quick is a recipe that runs in a moment.
func quick() dream.Recipe { return dream.Recipe{Octaves: 2, Steps: 3, Seed: 7} }

// distance is the mean absolute difference of two pictures, of 255, where where says so.
func distance(a, b *image.NRGBA, where func(x, y int) bool) float64 {
	sum, n := 0.0, 0
	for y := range a.Rect.Dy() {
		for x := range a.Rect.Dx() {
			if where != nil && !where(x, y) {
				continue
			}
			p, q := a.NRGBAAt(x, y), b.NRGBAAt(x, y)
			sum += math.Abs(float64(p.R)-float64(q.R)) + math.Abs(float64(p.G)-float64(q.G)) + math.Abs(float64(p.B)-float64(q.B))
			n += 3
		}
	}
	return sum / float64(n)
}

func TestSameRecipeGivesTheSameBytes(t *testing.T) {
	src := picture.Landscape(96, 72, 1)
	var sums [2][32]byte
	for i := range sums {
		res := dreamt(t, maker(t, dream.Options{}), src, quick())
		sums[i] = sha256.Sum256(res.Image.Pix)
	}
	if sums[0] != sums[1] {
		t.Error("two runs of one recipe differ")
	}
	other := quick()
	other.Seed++
	res := dreamt(t, maker(t, dream.Options{}), src, other)
	if sha256.Sum256(res.Image.Pix) == sums[0] {
		t.Error("another seed gives the same picture")
	}
}

func TestTokenOfAResultReplaysIt(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	src := picture.Landscape(96, 72, 2)
	usual, strange := maker(t, dream.Options{}), light(t, dream.Options{})
	recipes := map[string]dream.Recipe{
		"preset": {Preset: "swirl", Octaves: 2, Steps: 2, Seed: 1 << 40},
		"words":  {Words: []dream.WordTerm{{Label: 4, Weight: 1.3}, {Label: 2, Weight: -1}}, Octaves: 2, Steps: 2, Strength: 9},
		"spelt":  {Layers: []dream.LayerTerm{{Layer: "relu1", Channel: 5, Weight: 0.5}, {Layer: "reducemean1", Channel: -1}}, Octaves: 1, Steps: 2},
		"layers": {Layers: []dream.LayerTerm{{Layer: "4c", Channel: 5, Weight: -0.4}, {Layer: "inception_3b/output", Channel: -1, Weight: 1}}, OctaveScale: 1.333, Octaves: 2, Steps: 2},
		"mask":   {Mask: dream.KeepTop, KeepColours: true, Octaves: 2, Steps: 2, Size: 100},
		"deeper": {Octaves: 1, Steps: 1, Generation: 2, Repeat: 2},
		"free":   {Free: true, Octaves: 1, Steps: 2},
	}
	for name, r := range recipes {
		t.Run(name, func(t *testing.T) {
			m := strange
			if name == "layers" { // by names that only ours knows
				m = usual
			}
			first := dreamt(t, m, src, r)
			again, err := dream.ParseToken(first.Recipe.Token())
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(first.Recipe, again); d != "" {
				t.Fatalf("the token lost something: %s", d)
			}
			second := dreamt(t, m, src, again)
			if !bytes.Equal(first.Image.Pix, second.Image.Pix) {
				t.Error("the replayed picture differs")
			}
		})
	}
}

// A label by its WordNet id.
const banana = "n07753592"

func label(t testing.TB, id string) int {
	t.Helper()
	i := slices.IndexFunc(load(t).Labels(), func(l classifier.Label) bool { return l.ID == id })
	if i < 0 {
		t.Fatalf("the network has no label %s", id)
	}
	return i
}

// evidence is the mean probability of labels in a picture.
func evidence(t *testing.T, img *image.NRGBA, labels ...int) float64 {
	t.Helper()
	g, err := load(t).See(t.Context(), picture.FromImage(img), len(load(t).Labels()))
	if err != nil {
		t.Fatal(err)
	}
	p := 0.0
	for _, x := range g {
		for _, l := range labels {
			if x.Index == l {
				p += x.P
			}
		}
	}
	return p
}

func TestWordsRaiseAndLowerEvidence(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	banana := label(t, banana)
	var dogs []int
	for i, l := range load(t).Labels() {
		if "n02085620" <= l.ID && l.ID <= "n02113978" { // WordNet numbers the breeds one after another
			dogs = append(dogs, i)
		}
	}
	src := picture.Landscape(120, 90, 0)
	m := maker(t, dream.Options{})
	run := func(r dream.Recipe) *image.NRGBA {
		res := dreamt(t, m, src, r)
		return res.Image
	}
	r := dream.Recipe{Octaves: 2, Steps: 6}
	usual := run(r)
	if before, after := evidence(t, src, dogs...), evidence(t, usual, dogs...); after < 2*before {
		t.Errorf("the usual dream takes dogs from %.3f to %.3f", before, after)
	}
	r.Words = []dream.WordTerm{{Label: banana, Weight: 1}}
	if before, after := evidence(t, src, banana), evidence(t, run(r), banana); after < 10*before {
		t.Errorf("more banana takes it from %.4f to %.4f", before, after)
	}
	no, err := dream.NewVocabulary(load(t).Labels()).Lookup("dogs")
	if err != nil {
		t.Fatal(err)
	}
	r.Words = no.Terms
	for i := range r.Words {
		r.Words[i].Weight = -1
	}
	if with, without := evidence(t, usual, dogs...), evidence(t, run(r), dogs...); without > with/2 {
		t.Errorf("no dogs takes them from %.3f to %.3f", with, without)
	}
}

func TestSubjectAndBackgroundAreEachOthersRest(t *testing.T) {
	src := picture.Landscape(96, 72, 4)
	var changed [2][]bool
	for i, mask := range []dream.Mask{dream.KeepSubject, dream.KeepBackground} {
		r := quick()
		r.Mask = mask
		res := dreamt(t, maker(t, dream.Options{}), src, r)
		for p := 0; p < len(src.Pix); p += 4 {
			d := 0.0
			for c := range 3 {
				d += math.Abs(float64(src.Pix[p+c]) - float64(res.Image.Pix[p+c]))
			}
			changed[i] = append(changed[i], d > 12)
		}
	}
	both, either := 0, 0
	for i := range changed[0] {
		if changed[0][i] && changed[1][i] {
			both++
		}
		if changed[0][i] || changed[1][i] {
			either++
		}
	}
	if either < len(changed[0])/4 || both > either/3 {
		t.Errorf("of %d pixels %d changed in either, %d in both", len(changed[0]), either, both)
	}
}

func TestOddSizesComeBackAsTheyWere(t *testing.T) {
	ours := maker(t, dream.Options{})
	for size, m := range map[[2]int]*dream.Maker{{1, 1}: ours, {33, 31}: ours,
		{3, 200}: light(t, dream.Options{}), {200, 3}: light(t, dream.Options{}), {97, 130}: light(t, dream.Options{})} {
		src := picture.Landscape(size[0], size[1], 8)
		if img := dreamt(t, m, src, dream.Recipe{Octaves: 2, Steps: 1}).Image; img.Rect != src.Rect {
			t.Errorf("%v came back as %v", size, img.Rect)
		}
	}
}

func TestProgressRisesToOne(t *testing.T) {
	last, calls := 0.0, 0
	r := quick()
	r.Repeat = 2
	_, err := light(t, dream.Options{}).Make(t.Context(), dream.Order{Recipe: r, Source: picture.Landscape(160, 120, 1)}, func(p dream.Progress) {
		calls++
		if p.Fraction < last || p.Fraction > 1 || p.Step > p.Steps || p.Octave > p.Octaves || p.Tile > p.Tiles || p.Frame > p.Frames || p.Step < 1 {
			t.Errorf("progress %+v after %.3f", p, last)
		}
		last = p.Fraction
	})
	if err != nil {
		t.Fatal(err)
	}
	if last != 1 || calls != 2*2*3+1 { // every step, and the end
		t.Errorf("ended at %.3f after %d calls", last, calls)
	}
}

func TestCancellingStopsWithinAStep(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the person left")
	calls := 0
	_, err := light(t, dream.Options{}).Make(ctx, dream.Order{Source: picture.Landscape(160, 120, 1)}, func(dream.Progress) {
		if calls++; calls == 3 {
			cancel(gone)
		}
	})
	if !errors.Is(err, gone) || calls != 3 {
		t.Errorf("%d steps, error %v", calls, err)
	}
}

func TestMemoryIsPlannedBeforeTheJobStarts(t *testing.T) {
	e, err := maker(t, dream.Options{}).Estimate(7000, 4700, dream.Recipe{})
	if err != nil {
		t.Fatal(err)
	}
	if e.Bytes > 512<<20 || e.W != 7000 || e.H != 4700 || e.WorkW < 1700 || e.WorkW*e.WorkH > 2<<20 || e.Tiles < 6 {
		t.Errorf("33 megapixels: %+v", e)
	}
	small, err := maker(t, dream.Options{MemoryBytes: e.Bytes - 1}).Estimate(7000, 4700, dream.Recipe{})
	if err != nil {
		t.Fatal(err)
	}
	if small.Bytes >= e.Bytes || small.Tile >= e.Tile || small.WorkW != e.WorkW {
		t.Errorf("with less memory: %+v", small)
	}
	least := load(t).WeightBytes() + 40<<20
	tiny, err := maker(t, dream.Options{MemoryBytes: least}).Estimate(1600, 1200, dream.Recipe{})
	if err != nil {
		t.Fatal(err)
	}
	if tiny.Bytes > least || tiny.WorkW >= 1600 {
		t.Errorf("with the least memory: %+v", tiny)
	}
	var p *dream.Problem
	if _, err := maker(t, dream.Options{MemoryBytes: 100 << 20}).Estimate(7000, 4700, dream.Recipe{}); !errors.As(err, &p) {
		t.Errorf("with far too little memory: %v", err)
	}
}

// The cap is small here, so that tiles come into play quickly.
func TestHeapStaysUnderTheCapWhileDreamingInTiles(t *testing.T) {
	cap := load(t).WeightBytes() + 70<<20
	src := picture.Landscape(1200, 800, 1)
	m := maker(t, dream.Options{MemoryBytes: cap})
	e, err := m.Estimate(1200, 800, quick())
	if err != nil {
		t.Fatal(err)
	}
	if e.Tiles < 4 {
		t.Fatalf("the plan has no tiles: %+v", e)
	}
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	top := uint64(0)
	res, err := m.Make(t.Context(), dream.Order{Source: src, Recipe: dream.Recipe{Octaves: 2, Steps: 1, Preset: "swirl"}}, func(dream.Progress) {
		runtime.GC()
		runtime.ReadMemStats(&now)
		top = max(top, now.HeapAlloc)
	})
	if err != nil {
		t.Fatal(err)
	}
	if res.Image.Rect != src.Rect {
		t.Errorf("the result is %v", res.Image.Rect)
	}
	// Weights were there before, and the source.
	if used := int64(top) - int64(before.HeapAlloc) + load(t).WeightBytes() + 4*1200*800; used > cap {
		t.Errorf("held %d MB, planned %d, cap %d", used>>20, e.Bytes>>20, cap>>20)
	}
}

func TestImagineShowsTheWordFromNoise(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	banana := label(t, banana)
	res := dreamt(t, maker(t, dream.Options{}), nil,
		dream.Recipe{Verb: dream.Imagine, Words: []dream.WordTerm{{Label: banana, Weight: 1}}, Steps: 12, Size: 128})
	if res.Image.Rect.Dx() != 128 || len(res.Saw.Guesses) != 0 {
		t.Errorf("%v, saw %v", res.Image.Rect, res.Saw)
	}
	if res.Dreamed[0].Index != banana {
		t.Errorf("the network sees %v", res.Dreamed)
	}
	var p *dream.Problem
	if _, err := maker(t, dream.Options{}).Make(t.Context(), dream.Order{Recipe: dream.Recipe{Verb: dream.Imagine}}, nil); !errors.As(err, &p) {
		t.Errorf("without a word: %v", err)
	}
}

func TestProblemsSayWhatWorks(t *testing.T) {
	m := maker(t, dream.Options{})
	outside := func(f dream.Field, got, low, high float64) dream.Problem {
		return dream.Problem{Kind: dream.OutOfRange, Field: f, Value: got, Min: low, Max: high}
	}
	layer, err := load(t).Layer("4c")
	if err != nil {
		t.Fatal(err)
	}
	labels := len(load(t).Labels())
	channel := outside(dream.FieldChannel, float64(layer.Channels), 0, float64(layer.Channels-1))
	channel.Name = "4c"
	tests := []struct {
		name string
		r    dream.Recipe
		want dream.Problem // but for Why, and as much of Known
	}{
		{"verb", dream.Recipe{Verb: "nap"}, dream.Problem{Kind: dream.UnknownVerb, Name: "nap"}},
		{"preset", dream.Recipe{Preset: "sharks"}, dream.Problem{Kind: dream.UnknownPreset, Name: "sharks", Known: []string{"slug", "eyes"}}},
		{"mask", dream.Recipe{Mask: "keep-hat"}, dream.Problem{Kind: dream.UnknownMask, Name: "keep-hat"}},
		{"layer", dream.Recipe{Layers: []dream.LayerTerm{{Layer: "9z", Channel: -1}}}, dream.Problem{Kind: dream.UnknownLayer, Name: "9z", Known: []string{"s1"}}},
		{"channel", dream.Recipe{Layers: []dream.LayerTerm{{Layer: "4c", Channel: layer.Channels}}}, channel},
		{"all labels", dream.Recipe{Layers: []dream.LayerTerm{{Layer: "logits", Channel: -1}}}, dream.Problem{Kind: dream.WholeLogits}},
		{"label", dream.Recipe{Words: []dream.WordTerm{{Label: labels}}}, outside(dream.FieldLabel, float64(labels), 0, float64(labels-1))},
		{"weight", dream.Recipe{Words: []dream.WordTerm{{Label: 4, Weight: -5}}}, outside(dream.FieldWeight, -5, -4, 4)},
		{"octaves", dream.Recipe{Octaves: 9}, outside(dream.FieldOctaves, 9, 1, 8)},
		{"octave scale", dream.Recipe{OctaveScale: 3}, outside(dream.FieldOctaveScale, 3, 1.1, 2)},
		{"steps", dream.Recipe{Steps: 101}, outside(dream.FieldSteps, 101, 1, 100)},
		{"strength", dream.Recipe{Strength: 11}, outside(dream.FieldStrength, 11, 1, 10)},
		{"size", dream.Recipe{Size: 10}, outside(dream.FieldSize, 10, 64, 8192)},
		{"other network", dream.Recipe{Model: "01234567"}, dream.Problem{Kind: dream.OtherNetwork, Name: "01234567"}},
		{"generations", dream.Recipe{Repeat: 6}, outside(dream.FieldGenerations, 6, 1, 5)},
		{"generation", dream.Recipe{Generation: 1001}, outside(dream.FieldGeneration, 1001, 1, 1000)},
		{"short wander", dream.Recipe{Verb: dream.Wander, Repeat: 1}, outside(dream.FieldStations, 1, 2, 8)},
		{"long wander", dream.Recipe{Verb: dream.Wander, Repeat: 9}, outside(dream.FieldStations, 9, 2, 8)},
		{"long dive", dream.Recipe{Verb: dream.Dive, Seconds: 13}, outside(dream.FieldSeconds, 13, 2, 12)},
		{"nothing to imagine", dream.Recipe{Verb: dream.Imagine}, dream.Problem{Kind: dream.NothingToDraw}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p *dream.Problem
			if _, err := m.Complete(tt.r); !errors.As(err, &p) {
				t.Fatalf("got %v", err)
			}
			got := *p
			got.Why, got.Known = "", got.Known[:min(len(got.Known), len(tt.want.Known))]
			if d := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAProblemSaysEverythingToTheLog(t *testing.T) {
	_, err := maker(t, dream.Options{}).Complete(dream.Recipe{Octaves: 9})
	if err == nil || err.Error() != "recipe: octaves 9 is outside 1..8" {
		t.Errorf("got %v", err)
	}
	_, err = maker(t, dream.Options{}).Complete(dream.Recipe{Preset: "sharks"})
	if err == nil || err.Error() != `recipe: unknown preset "sharks"` {
		t.Errorf("got %v", err)
	}
}

func TestCompletingTwiceChangesNothing(t *testing.T) {
	m := maker(t, dream.Options{})
	for _, p := range dream.Presets() {
		for _, v := range []dream.Verb{dream.Dream, dream.Dive, dream.Wander} {
			once, err := m.Complete(dream.Recipe{Verb: v, Preset: p.Name, Seed: 99})
			if err != nil {
				t.Fatal(err)
			}
			twice, err := m.Complete(once)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(once, twice); d != "" {
				t.Errorf("%s %s: %s", v, p.Name, d)
			}
		}
	}
}

func BenchmarkDream512(b *testing.B) {
	m, src := maker(b, dream.Options{}), picture.Landscape(512, 384, 1)
	for b.Loop() {
		if _, err := m.Make(b.Context(), dream.Order{Source: src}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkImagine(b *testing.B) {
	m := maker(b, dream.Options{})
	o := dream.Order{Recipe: dream.Recipe{Verb: dream.Imagine, Words: []dream.WordTerm{{Label: label(b, banana), Weight: 1}}}}
	for b.Loop() {
		if _, err := m.Make(b.Context(), o, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleParseToken() {
	r, err := dream.ParseToken(dream.Recipe{Verb: dream.Dream, Preset: "eyes", Octaves: 5, Seed: 42}.Token())
	fmt.Println(r.Preset, r.Octaves, r.Seed, err)
	// Output: eyes 5 42 <nil>
}
