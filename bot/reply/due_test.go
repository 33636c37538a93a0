package reply_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
	"slugpuppy/dream"
)

// laborious is a dreamer whose pieces take as long as they are large.
type laborious struct{ *cheap }

// Expect is how long it works on an order.
func (laborious) Expect(o dream.Order) (time.Duration, error) {
	per := map[dream.Verb]time.Duration{dream.Dream: 4 * time.Minute, dream.Imagine: 25 * time.Minute, dream.Dive: 50 * time.Minute}
	d := per[o.Recipe.Verb] * time.Duration(max(o.Recipe.Repeat, 1))
	if o.Source != nil && o.Recipe.Verb == dream.Dream {
		d = d * time.Duration(o.Source.Rect.Dx()*o.Source.Rect.Dy()) / (448 * 448)
	}
	return d, nil
}

func (l laborious) Make(ctx context.Context, o dream.Order, report func(dream.Progress)) (dream.Piece, error) {
	const parts = 20
	whole, _ := l.Expect(o)
	for i := range parts {
		report(dream.Progress{Fraction: float64(i) / parts, Left: whole * time.Duration(parts-i) / parts})
		select {
		case <-time.After(whole / parts):
		case <-ctx.Done():
			return dream.Piece{}, context.Cause(ctx)
		}
	}
	p, err := l.cheap.Make(ctx, o, report)
	if p.Image != nil {
		p.Image = &image.NRGBA{Rect: image.Rectangle{Max: o.Recipe.Makes(p.Image.Rect.Size())}}
		p.Image.Pix, p.Image.Stride = make([]byte, 4*p.Image.Rect.Dx()*p.Image.Rect.Dy()), 4*p.Image.Rect.Dx()
	}
	return p, err
}

// What people are told of how long they wait is true within a quarter, though the pieces before theirs take from four minutes to
// nearly an hour.
func TestQueueTellsWhenADreamIsDue(t *testing.T) {
	for _, workers := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d at a time", workers), func(t *testing.T) { tellsWhenDue(t, workers) })
	}
}

func tellsWhenDue(t *testing.T, workers int) {
	var line *dream.Queue
	inWorld(t, func(r *rig) {
		file := photograph(448, 448)
		large := func(p *network.Post) { p.Media[0].W, p.Media[0].H = 448, 448 }
		var asked []network.Post
		for _, text := range []string{"eyes", "dive", "imagine banana", "deeper 3", "imagine castle, deeper 2"} {
			asked = append(asked, r.ada.post("@dreambot "+text, r.ada.withPicture(file, ""), large))
		}
		r.bot.hint()
		settle()
		others := make(chan error) // who came to the maker by another way
		for range workers {
			go func() {
				_, err := line.Make(context.Background(), dream.Order{Recipe: dream.Recipe{Verb: dream.Dive}}, nil)
				others <- err
			}()
		}
		later(time.Second)
		type telling struct {
			at  time.Time
			due []time.Duration // of those that were not answered yet, in their order
		}
		var told []telling
		answered := make([]time.Time, len(asked))
		for range 12 {
			begun := time.Now()
			q := r.ada.post("@dreambot queue")
			r.bot.hint()
			later(10 * time.Minute)
			told = append(told, telling{begun, durations(t, r.answered(q).Text)})
			for i, p := range asked {
				if a := r.answer(p); a != nil {
					answered[i] = a.Created
				}
			}
		}
		later(5 * time.Hour)
		for range workers {
			if err := <-others; err != nil {
				t.Error(err)
			}
		}
		for i, p := range asked {
			answered[i] = r.answered(p).Created
		}
		n := 0
		for _, k := range told {
			for i := len(asked) - 1; i >= 0; i-- { // the latest is told of first
				if !answered[i].After(k.at) {
					continue
				}
				if len(k.due) == 0 {
					t.Fatalf("%q had nothing told of it", asked[i].Text)
				}
				due, took := k.due[0], answered[i].Sub(k.at)
				k.due = k.due[1:]
				if n++; math.Abs(due.Seconds()-took.Seconds()) > took.Seconds()/4+30 {
					t.Errorf("%q was to take %v, and took %v", asked[i].Text, due, took)
				}
			}
		}
		if n < 15 {
			t.Errorf("%d times were told", n)
		}
	}, func(o *reply.Options) {
		line = dream.NewQueue(laborious{o.Dreamer.(*cheap)}, workers)
		o.Dreamer, o.Reckoner, o.Dreams = line, line, workers
		o.JobTime, o.Caps.PerUserHour, o.Caps.PerThread = 6*time.Hour, -1, -1
	})
}

// photograph is a plain picture of that size.
func photograph(w, h int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

var due = regexp.MustCompile(`(?:(\d+) h )?(\d+) (s|min)`)

// durations are the times that an answer tells of.
func durations(t *testing.T, text string) (all []time.Duration) {
	for _, m := range due.FindAllStringSubmatch(text, -1) {
		d, err := time.ParseDuration("0" + m[1] + "h" + m[2] + strings.TrimSuffix(m[3], "in"))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		all = append(all, d)
	}
	return all
}
