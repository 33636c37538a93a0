package dream_test

import (
	"image"
	"math"
	"slices"
	"testing"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// onlyArithmetic is the clock of a machine that does nothing but what networks compute: so many floating-point operations a
// second, and for each run as many more as measured machines take for a few thousand pixels. What work costs there does not hang
// on how busy this machine is, nor on what a Maker thinks of it.
func onlyArithmetic(t *testing.T, perSecond float64) func() time.Time {
	const side, pixels = 256, 3000
	work, err := load(t).GradientWork(side, side, []classifier.Target{{Layer: classifier.Logits, Weight: 1, Channels: []classifier.ChannelWeight{{Weight: 1}}}})
	if err != nil {
		t.Fatal(err)
	}
	eachRun := pixels * work / (side * side)
	return func() time.Time {
		operations, _ := classifier.Performed()
		operations += eachRun * float64(classifier.Runs())
		return time.Unix(0, 0).Add(time.Duration(operations / perSecond * float64(time.Second)))
	}
}

// told is a piece and how long it takes.
type told struct {
	name  string
	order dream.Order
}

// tolds are pieces of all kinds, in few steps.
var tolds = []told{
	{"a dream", dream.Order{Recipe: dream.Recipe{Octaves: 3, Steps: 3}, Source: picture.Landscape(200, 150, 1)}},
	{"twice", dream.Order{Recipe: dream.Recipe{Preset: "eyes", Octaves: 2, Steps: 3, Repeat: 2}, Source: picture.Landscape(130, 130, 1)}},
	{"in tiles", dream.Order{Recipe: dream.Recipe{Octaves: 2, Steps: 1}, Source: picture.Landscape(700, 64, 1)}},
	{"with words", dream.Order{Recipe: dream.Recipe{Octaves: 2, Steps: 3, Words: []dream.WordTerm{{Label: 2, Weight: 1}, {Label: 7, Weight: -1}}}, Source: picture.Landscape(120, 120, 1)}},
	{"after a guide", dream.Order{Recipe: dream.Recipe{Octaves: 2, Steps: 3, Guide: true}, Source: picture.Landscape(120, 100, 1), Guide: picture.Landscape(90, 90, 2)}},
	{"out of nothing", dream.Order{Recipe: dream.Recipe{Verb: dream.Imagine, Steps: 5, Size: 100, Words: []dream.WordTerm{{Label: 2, Weight: 1}}}}},
	{"into the depth", dream.Order{Recipe: dream.Recipe{Verb: dream.Dive, Seconds: 2, Octaves: 2, Steps: 3}, Source: picture.Landscape(96, 96, 1), Accept: []dream.Format{{MIME: dream.GIF}}}},
	{"along a chain", dream.Order{Recipe: dream.Recipe{Verb: dream.Wander, Repeat: 2, Octaves: 2, Steps: 4}, Source: picture.Landscape(96, 96, 1), Accept: []dream.Format{{MIME: dream.GIF}}}},
}

// How long a piece takes is told within a quarter of the truth: before it is begun, and whenever it is asked.
func TestToldTimesAreNearTheTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	const near = 0.25
	clock := onlyArithmetic(t, 30e9)
	m := maker(t, dream.Options{Now: clock, ClipSide: 64})
	if _, err := m.Make(t.Context(), tolds[0].order, nil); err != nil {
		t.Fatal(err)
	}
	for _, k := range tolds {
		o := k.order
		t.Run(k.name, func(t *testing.T) {
			expected, err := m.Expect(o)
			if err != nil {
				t.Fatal(err)
			}
			var all []telling
			begun := clock()
			if _, err := m.Make(t.Context(), o, func(p dream.Progress) {
				all = append(all, telling{clock().Sub(begun), p.Left, p.Fraction})
			}); err != nil {
				t.Fatal(err)
			}
			took := clock().Sub(begun)
			if off := wrong(expected, took); off > near {
				t.Errorf("expected %v, took %v", expected, took)
			}
			for _, k := range all[:len(all)-1] {
				if off := wrong(k.at+k.left, took); off > near {
					t.Errorf("after %v of %v %v was told to be left", k.at, took, k.left)
				}
				if share := k.at.Seconds() / took.Seconds(); math.Abs(share-k.share) > near/2 {
					t.Errorf("after %v of %v %.2f was told to be done", k.at, took, k.share)
				}
			}
		})
	}
}

// telling is what was told of a piece at a time.
type telling struct {
	at, left time.Duration
	share    float64
}

func wrong(told, true time.Duration) float64 { return math.Abs(told.Seconds()/true.Seconds() - 1) }

// What a machine has learnt of one piece it knows of others, larger and smaller; before the first nobody can say.
func TestTheFirstPieceTeachesHowFastTheMachineIs(t *testing.T) {
	small := dream.Order{Recipe: dream.Recipe{Octaves: 2, Steps: 3}, Source: picture.Landscape(120, 90, 1)}
	large := dream.Order{Recipe: dream.Recipe{Octaves: 4, Steps: 10}, Source: &image.NRGBA{Rect: image.Rect(0, 0, 1200, 900)}}
	var told [2]time.Duration
	for i, speed := range []float64{1e9, 8e9} {
		m := light(t, dream.Options{Now: onlyArithmetic(t, speed)})
		if d, err := m.Expect(large); err != nil || d != 0 {
			t.Fatalf("told %v before anything was made, %v", d, err)
		}
		for range 2 {
			if _, err := m.Make(t.Context(), small, nil); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if told[i], err = m.Expect(large); err != nil {
			t.Fatal(err)
		}
	}
	if times := told[0].Seconds() / told[1].Seconds(); times < 7 || times > 9 {
		t.Errorf("%v on one machine, %v on one that is eight times as fast", told[0], told[1])
	}
	for _, o := range []dream.Order{{}, {Recipe: dream.Recipe{Verb: "paint"}, Source: large.Source}} {
		if d, err := light(t, dream.Options{}).Expect(o); err == nil {
			t.Errorf("%+v takes %v", o.Recipe, d)
		}
	}
}

// BenchmarkTold compares what is told of real pieces with what they take on this machine: a total over the true one, as told
// before the piece is begun, after a quarter of the time and after half of it. Another piece was made before.
func BenchmarkTold(b *testing.B) {
	m := maker(b, dream.Options{})
	make := func(o dream.Order) (all []telling, took time.Duration) {
		begun := time.Now()
		if _, err := m.Make(b.Context(), o, func(p dream.Progress) {
			all = append(all, telling{time.Since(begun), p.Left, p.Fraction})
		}); err != nil {
			b.Fatal(err)
		}
		return all, time.Since(begun)
	}
	still := func(w, h int, preset string) dream.Order {
		return dream.Order{Recipe: dream.Recipe{Preset: preset}, Source: picture.Landscape(w, h, 1), Accept: []dream.Format{{MIME: dream.JPEG}}}
	}
	make(still(200, 150, "slug"))
	moving := still(400, 300, "slug")
	moving.Recipe.Verb, moving.Recipe.Seconds, moving.Accept = dream.Dive, 2, []dream.Format{{MIME: dream.GIF}}
	for _, k := range []told{
		{"eyes-320x240", still(320, 240, "eyes")}, {"slug-592x444", still(592, 444, "slug")}, {"swirl-800x600", still(800, 600, "swirl")},
		{"temple-1024x768", still(1024, 768, "temple")}, {"slug-3264x2448", still(3264, 2448, "slug")}, {"dive-400x300", moving},
		{"imagine", dream.Order{Recipe: dream.Recipe{Verb: dream.Imagine, Words: []dream.WordTerm{{Label: 7, Weight: 1}}}}},
	} {
		b.Run(k.name, func(b *testing.B) {
			for b.Loop() {
				before, err := m.Expect(k.order)
				if err != nil {
					b.Fatal(err)
				}
				all, took := make(k.order)
				b.ReportMetric(before.Seconds()/took.Seconds(), "start")
				for name, share := range map[string]float64{"quarter": 0.25, "half": 0.5} {
					i := slices.IndexFunc(all, func(k telling) bool { return k.at.Seconds() >= share*took.Seconds() })
					b.ReportMetric((all[i].at+all[i].left).Seconds()/took.Seconds(), name)
				}
			}
		})
	}
}
