package timeline_test

import (
	"context"
	"image"
	"image/color"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/timeline"
	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// trained is the detector as the program uses it.
type trained struct{ *detector.Detector }

// pattern is a picture that is no dream and no photograph: interfering waves.
func pattern(seed int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, 320, 240))
	s := float64(seed)
	for y := range 240 {
		for x := range 320 {
			u, v := float64(x)/40, float64(y)/40
			a := math.Sin(u*(1+s/9)+math.Cos(v*2)) + math.Sin(v*(2+s/7)-u)
			b := math.Sin(math.Hypot(u-4, v-3) * (1 + s/5))
			img.SetNRGBA(x, y, color.NRGBA{uint8(127 + 60*a), uint8(127 + 120*b), uint8(127 + 60*math.Sin(a+b+s)), 255})
		}
	}
	return img
}

// A timeline as people have it, through the real adapter and the real detector: one pass files
// the dreams, whoever boosted them, and nothing else; undo restores the filters.
func TestATimelineOfDreamsPhotographsAndPatterns(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole timeline of dreams is left out of -short")
	}
	n := 20
	if os.Getenv("SLUGPUPPY_LONG") != "" {
		n = 200
	}
	net, err := classifier.Default()
	if err != nil {
		t.Fatal(err)
	}
	eye, err := detector.New(net)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, mastodontest.Mastodon, (*mastodontest.Server).Start)
	r.filter.Eye.Judge = trained{eye}
	booster := r.server.AddUser("booster", mastodontest.UserOptions{})
	r.reader.Follow(booster)
	r.reader.AddFilter("spoilers", "hide", "home")
	before := r.reader.Filters()
	maker := dream.New(net, dream.Options{})

	var dreams, others []string
	post := func(by *mastodontest.User, img image.Image) string {
		data, err := picture.EncodeJPEG(img, 85, "")
		if err != nil {
			t.Fatal(err)
		}
		st, err := by.Post(mastodontest.PostOptions{Text: "look", Media: []mastodontest.Picture{{Data: data}}})
		if err != nil {
			t.Fatal(err)
		}
		return st.ID
	}
	for i := range n {
		scene := picture.Landscape(320, 240, uint64(i))
		switch i % 10 {
		case 0:
			r0 := dream.Recipe{Verb: dream.Dream, Preset: []string{"nightmare", "slug", "fractal"}[i/10%3], Strength: 8, Seed: uint64(i)}
			made, err := maker.Make(context.Background(), dream.Order{Recipe: r0, Source: scene}, nil)
			if err != nil {
				t.Fatal(err)
			}
			author := r.artist
			if i%20 == 0 {
				author = r.stranger
			}
			id := post(author, made.Image)
			if author == r.stranger {
				if _, err := booster.Boost(id); err != nil {
					t.Fatal(err)
				}
			}
			dreams = append(dreams, id)
		case 5, 8:
			others = append(others, post(r.artist, pattern(i)))
		default:
			others = append(others, post(r.artist, scene))
		}
	}
	r.join(func(s *store.Subscriber) { s.Budget = 0.01 })
	start := time.Now()
	r.pass()
	t.Logf("%d posts judged and filed in %v", n, time.Since(start).Round(time.Millisecond))
	filed := append(r.filed("DeepDream: certain"), r.filed("DeepDream: likely")...)
	missed := 0
	for _, id := range dreams {
		if !slices.Contains(filed, id) {
			missed++
			t.Logf("missed: %s", r.say("why "+id))
		}
	}
	if 3*missed > len(dreams) { // no detector finds all; the model card says how many
		t.Errorf("%d of %d dreams are missed", missed, len(dreams))
	}
	wrong := 0
	for _, id := range others {
		if slices.Contains(filed, id) {
			wrong++
			t.Logf("no dream is filed: %s", r.say("why "+id))
		}
	}
	if 50*wrong > len(others) { // the budget is one in a hundred
		t.Errorf("%d of %d others are filed", wrong, len(others))
	}
	for _, q := range r.server.Requests() {
		if strings.HasSuffix(q.Route, "/follow") || strings.HasSuffix(q.Route, "/mute") || strings.HasSuffix(q.Route, "/block") {
			t.Errorf("a call of %s", q.Route)
		}
	}
	r.say("undo all")
	r.calm()
	if after := r.reader.Filters(); !slices.EqualFunc(before, after, func(a, b mastodontest.Filter) bool { return a.ID == b.ID && a.Title == b.Title }) || len(after) != 1 {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
}

var _ timeline.Judge = trained{}
