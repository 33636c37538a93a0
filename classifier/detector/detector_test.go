package detector_test

import (
	"bytes"
	"encoding/gob"
	"image"
	"image/draw"
	"io"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
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

func TestFingerprintIsTheSameEveryTimeAndForEverySize(t *testing.T) {
	eye := detector.NewFingerprinter(load(t))
	for _, size := range [][2]int{{1, 1}, {320, 200}, {31, 900}, {900, 31}} {
		img := picture.Landscape(size[0], size[1], 1)
		first, err := eye.Of(t.Context(), img)
		if err != nil {
			t.Fatalf("%v: %v", size, err)
		}
		second, err := eye.Of(t.Context(), img)
		if err != nil {
			t.Fatal(err)
		}
		if len(first) != eye.Size() || !cmp.Equal(first, second) {
			t.Errorf("%v: %d numbers, want %d; the same again: %v", size, len(first), eye.Size(), cmp.Equal(first, second))
		}
		for i, v := range first {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) || v < 0 && i < eye.Channels() {
				t.Fatalf("%v: number %d is %g", size, i, v)
			}
		}
	}
	if _, err := eye.Of(t.Context(), image.NewNRGBA(image.Rectangle{})); err == nil {
		t.Error("a picture without pixels has a fingerprint")
	}
}

// cloud makes samples whose first feature tells dreams, among noise.
func cloud(n, features int, seed uint64) []detector.Sample {
	r := rand.New(rand.NewPCG(seed, 1))
	samples := make([]detector.Sample, n)
	for i := range samples {
		s := detector.Sample{Dream: i%3 == 0, Clear: true, Weight: 1, Class: "natural", Group: string(rune('a' + i/4%26)), Print: make(detector.Fingerprint, features)}
		for j := range s.Print {
			s.Print[j] = float32(r.NormFloat64())
		}
		if s.Dream {
			s.Class = "dream"
			s.Print[0] += 3
		}
		samples[i] = s
	}
	return samples
}

func TestTrainingFindsWhatTellsDreams(t *testing.T) {
	samples := cloud(400, 20, 1)
	trained, err := detector.Train("abc", samples, detector.TrainOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	h, scores := trained.Head, trained.Logits
	r := detector.Measure(samples, scores, "dream", "natural",
		func(s detector.Sample) bool { return s.Dream }, func(s detector.Sample) bool { return !s.Dream })
	if r.AUC < 0.97 || r.Dreams != 134 || r.Others != 266 {
		t.Errorf("%+v", r)
	}
	top, weight := 0, h.Experts[0].Weight
	for j, w := range weight {
		if math.Abs(float64(w)) > math.Abs(float64(weight[top])) {
			top = j
		}
	}
	if top != 0 {
		t.Errorf("feature %d counts most", top)
	}
	again, err := detector.Train("abc", samples, detector.TrainOptions{Seed: 1})
	if err != nil || !cmp.Equal(trained, again) {
		t.Errorf("the same samples give another head: %v", err)
	}
	for i, s := range samples {
		if got, err := trained.LeftOut(i).Score(s.Print); err != nil || math.Abs(got-detector.Sigmoid(scores[i])) > 1e-9 {
			t.Fatalf("sample %d scores %g where it was left out, %g was said: %v", i, got, detector.Sigmoid(scores[i]), err)
		}
	}
	if _, err := h.Score(make(detector.Fingerprint, 3)); err == nil {
		t.Error("a foreign fingerprint has a score")
	}
}

func TestCalibratedScoresAreProbabilities(t *testing.T) {
	samples := cloud(2000, 5, 2)
	for i := range samples { // overlapping classes, else every score is 0 or 1
		if samples[i].Dream {
			samples[i].Print[0] -= 1.5
		}
	}
	trained, err := detector.Train("abc", samples, detector.TrainOptions{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	scores := make([]float64, len(samples))
	for i, v := range trained.Logits {
		scores[i] = detector.Sigmoid(v)
	}
	var n, sum, dreams float64
	for i, s := range samples {
		if scores[i] > 0.4 && scores[i] < 0.6 {
			n, sum = n+1, sum+scores[i]
			if s.Dream {
				dreams++
			}
		}
	}
	if n < 50 || math.Abs(sum/n-dreams/n) > 0.1 {
		t.Errorf("of %.0f pictures at %.2f, %.2f were dreams", n, sum/n, dreams/n)
	}
}

func TestMeasureCountsAsTheDefinitionSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "n")
		samples, scores := make([]detector.Sample, n), make([]float64, n)
		wins, pairs := 0.0, 0.0
		for i := range samples {
			samples[i].Dream = i == 0 || i > 1 && rapid.Bool().Draw(t, "dream")
			scores[i] = float64(rapid.IntRange(0, 5).Draw(t, "score")) / 5
		}
		for i, a := range samples {
			for j, b := range samples {
				if a.Dream && !b.Dream {
					pairs++
					switch {
					case scores[i] > scores[j]:
						wins++
					case scores[i] == scores[j]:
						wins += 0.5
					}
				}
			}
		}
		r := detector.Measure(samples, scores, "", "", func(s detector.Sample) bool { return s.Dream }, func(s detector.Sample) bool { return !s.Dream })
		if math.Abs(r.AUC-wins/pairs) > 1e-9 {
			t.Fatalf("AUC %g, want %g", r.AUC, wins/pairs)
		}
	})
}

// small is a head of little.
func small() (*detector.Head, error) {
	trained, err := detector.Train("abc", cloud(60, 4, 3), detector.TrainOptions{Seed: 3, Channels: 2, Centres: 10})
	if err != nil {
		return nil, err
	}
	h := trained.Head
	h.Settle([]detector.Scan{{Whole: -3}, {Whole: -2, Closer: -1}}, []detector.Scan{{Whole: 1}}, []detector.Scan{{Whole: 4}})
	return h, nil
}

func TestHeadSurvivesItsFile(t *testing.T) {
	h, err := small()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := h.Write(&b); err != nil {
		t.Fatal(err)
	}
	back, err := detector.ReadHead(b.Bytes())
	if err != nil || !cmp.Equal(h, back) {
		t.Errorf("%v %s", err, cmp.Diff(h, back))
	}
}

// other is something else that the process encodes.
type other struct{ A, B []float64 }

func TestWhatAModelIsCalledHangsOnTheHeadAlone(t *testing.T) {
	h, err := small()
	if err != nil {
		t.Fatal(err)
	}
	before, err := h.Looks()
	if err != nil {
		t.Fatal(err)
	}
	if err := gob.NewEncoder(io.Discard).Encode(other{}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := h.Write(&b); err != nil {
		t.Fatal(err)
	}
	again, err := detector.ReadHead(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if after, err := again.Looks(); err != nil || after != before {
		t.Errorf("%s, and %s after it was written and read: %v", before, after, err)
	}
	again.Experts[0].Weight[0]++
	if after, err := again.Looks(); err != nil || after == before {
		t.Errorf("another head is called %s too: %v", after, err)
	}
}

func FuzzReadHead(f *testing.F) {
	h, err := small()
	if err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if err := h.Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, data []byte) {
		if h, err := detector.ReadHead(data); err == nil {
			if _, err := h.Score(make(detector.Fingerprint, min(h.Size, 1<<20))); err != nil {
				t.Error(err)
			}
		}
	})
}

func embedded(t testing.TB) *detector.Detector {
	t.Helper()
	d, err := detector.New(load(t))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestOwnDreamsAreFoundAndLandscapesAreNot(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	d := embedded(t)
	maker := dream.New(load(t), dream.Options{})
	for seed := range uint64(3) {
		src := picture.Landscape(320, 240, seed)
		before, err := d.Judge(t.Context(), src)
		if err != nil {
			t.Fatal(err)
		}
		res, err := maker.Make(t.Context(), dream.Order{Source: src,
			Recipe: dream.Recipe{Octaves: 4, Preset: []string{"slug", "swirl", "eyes"}[seed]}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		after, err := d.Judge(t.Context(), res.Image)
		if err != nil {
			t.Fatal(err)
		}
		if before.Dream || !after.Dream || after.Score < before.Score+0.3 {
			t.Errorf("landscape %d: %+v, dreamed %+v", seed, before, after)
		}
	}
}

// Pictures are looked at in the quickest arithmetic, which no verdict may hang on.
func TestScoresAreNearlyThoseOfExactArithmetic(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	quick, exact := embedded(t), embedded(t)
	if err := exact.Exactly(); err != nil {
		t.Fatal(err)
	}
	if got := quick.Arithmetic(); got != classifier.Arithmetic() {
		t.Errorf("pictures are looked at in %s, not in %s", got, classifier.Arithmetic())
	}
	maker := dream.New(load(t), dream.Options{})
	for seed := range uint64(3) {
		res, err := maker.Make(t.Context(), dream.Order{Source: picture.Landscape(208, 156, seed),
			Recipe: dream.Recipe{Octaves: 2, Steps: 2 + 3*int(seed), Preset: "slug"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := quick.Judge(t.Context(), res.Image)
		if err != nil {
			t.Fatal(err)
		}
		b, err := exact.Judge(t.Context(), res.Image)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(a.Score-b.Score) > 0.02 {
			t.Errorf("%s says %.4f, %s %.4f", quick.Arithmetic(), a.Score, exact.Arithmetic(), b.Score)
		}
	}
}

func TestHeatmapIsWarmWhereThePictureWasDreamed(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	src := picture.Landscape(480, 240, 1)
	res, err := dream.New(load(t), dream.Options{}).Make(t.Context(), dream.Order{Source: src,
		Recipe: dream.Recipe{Octaves: 4, Mask: dream.KeepLeft}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := embedded(t).Heatmap(t.Context(), res.Image)
	if err != nil {
		t.Fatal(err)
	}
	if m.Rect != src.Rect {
		t.Fatalf("the map is %v", m.Rect)
	}
	red := func(x0, x1 int) (sum float64) {
		for y := range m.Rect.Dy() {
			for x := x0; x < x1; x++ {
				c := m.NRGBAAt(x, y)
				sum += float64(c.R) - float64(c.B)
			}
		}
		return sum
	}
	if left, right := red(0, 160), red(320, 480); right < 1.3*left {
		t.Errorf("left %.0f, right %.0f", left, right)
	}
}

func TestADreamInsideSomethingElseIsFound(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	d := embedded(t)
	res, err := dream.New(load(t), dream.Options{}).Make(t.Context(), dream.Order{Source: picture.Landscape(320, 240, 2),
		Recipe: dream.Recipe{Octaves: 4, Preset: "eyes"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	limit := d.Likely(detector.Usual)
	alone, err := d.Judge(t.Context(), res.Image)
	if err != nil || alone.Score < limit {
		t.Fatalf("alone it is %+v, %v", alone, err)
	}
	white := image.NewNRGBA(image.Rect(0, 0, 640, 960))
	draw.Draw(white, white.Rect, image.White, image.Point{}, draw.Src)
	collage := image.NewNRGBA(image.Rect(0, 0, 640, 480))
	for i := range 4 {
		at := image.Pt(i%2*320, i/2*240)
		draw.Draw(collage, image.Rectangle{at, at.Add(image.Pt(320, 240))}, picture.Landscape(320, 240, uint64(4+i)), image.Point{}, draw.Src)
	}
	for name, c := range map[string]struct {
		in *image.NRGBA
		at image.Point
	}{"on a white page": {white, image.Pt(160, 300)}, "a quarter of a collage": {collage, image.Pt(320, 0)}} {
		before, err := d.Judge(t.Context(), c.in)
		if err != nil {
			t.Fatal(err)
		}
		draw.Draw(c.in, res.Image.Rect.Add(c.at), res.Image, image.Point{}, draw.Src)
		after, err := d.Judge(t.Context(), c.in)
		if err != nil {
			t.Fatal(err)
		}
		if before.Score >= limit || after.Score < limit {
			t.Errorf("%s: %.3f, without the dream %.3f, the limit is %.3f", name, after.Score, before.Score, limit)
		}
	}
}

func TestAForeignNetworkIsRefused(t *testing.T) {
	h, err := small()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := detector.WithHead(load(t), h); err == nil {
		t.Error("a head of another network is taken")
	}
}

func BenchmarkJudge(b *testing.B) {
	d, img := embedded(b), picture.Landscape(640, 480, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Judge(b.Context(), img); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJudgeManyAtATime(b *testing.B) {
	d, img := embedded(b), picture.Landscape(640, 480, 1)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, err := d.Judge(b.Context(), img); err != nil {
				b.Error(err)
			}
		}
	})
}

func TestTheUsualPromiseIsMeasured(t *testing.T) {
	d := embedded(t)
	usual, fewer := d.Promise(detector.Usual), d.Promise(1.0/100)
	if !usual.Measured || usual.Ordinary > detector.Usual || usual.Hard > 0.01 {
		t.Errorf("1 in 1000 is %+v", usual)
	}
	if usual.Score <= fewer.Score || usual.Found >= fewer.Found {
		t.Errorf("1 in 1000 is %+v, 1 in 100 %+v", usual, fewer)
	}
	if n := d.Head().Ordinary.N; n < 3000 {
		t.Errorf("it is promised of %d ordinary pictures", n)
	}
}
