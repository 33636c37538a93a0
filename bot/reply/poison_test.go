package reply_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"slices"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// allergic is a dreamer that some wishes are poison for: one hangs, one is a bug.
type allergic struct{ *cheap }

func (a allergic) Make(ctx context.Context, o dream.Order, report func(dream.Progress)) (dream.Piece, error) {
	switch {
	case o.Recipe.Verb.Moves():
		panic("poison")
	case o.Recipe.Verb.FromNoise():
		<-ctx.Done() // for as long as it is let
		return dream.Piece{}, context.Cause(ctx)
	}
	return a.cheap.Make(ctx, o, report)
}

// bomb is a picture whose decoder is killed for the memory it takes.
var bomb = photo(6666)

func defusing(ctx context.Context, data []byte) (image.Image, error) {
	if bytes.Equal(data, bomb) {
		return nil, &picture.Problem{Kind: picture.TooCostly, Reason: "the decoder needed more memory than it may have"}
	}
	return decodePNG(ctx, data)
}

// honest asks for a dream every minute for hours, while others ask for poison if they are to, and returns
// how long the honest waited, in order.
func honest(t *testing.T, poison []string) (waited []time.Duration) {
	inWorld(t, func(r *rig) {
		r.dreamer.behave(20*time.Second, nil)
		var posts, bad []network.Post
		for i := range 180 {
			person := r.w.join(fmt.Sprint("person", i))
			posts = append(posts, person.post("@dreambot eyes", person.withPicture(photo(i), "")))
			if i%60 == 5 {
				for _, wish := range poison {
					evil := r.w.join(fmt.Sprint(wish, i))
					if wish == "bomb" {
						bad = append(bad, evil.post("@dreambot eyes", evil.withPicture(bomb, "")))
						continue
					}
					bad = append(bad, evil.post("@dreambot "+wish, evil.withPicture(photo(i), "")))
				}
			}
			r.bot.hint()
			later(time.Minute)
		}
		later(3 * time.Hour)
		for _, p := range posts {
			waited = append(waited, r.answered(p, "I dreamed").Created.Sub(p.Created))
		}
		for _, p := range bad {
			if r.answer(p) == nil {
				t.Errorf("%q was told nothing: %s", p.Text, r.describe(p))
			}
			if j := r.job(p); j.State == store.Dead && j.Attempts != store.MaxAttempts {
				t.Errorf("given up after %d attempts: %s", j.Attempts, r.describe(p))
			}
		}
	}, func(o *reply.Options) {
		o.Dreams, o.Decode = 2, defusing
		o.Dreamer = allergic{o.Dreamer.(*cheap)}
	})
	slices.Sort(waited)
	return waited
}

func TestPoisonHoldsUpNobodyElse(t *testing.T) {
	p95 := func(waited []time.Duration) time.Duration { return waited[len(waited)*95/100] }
	without := p95(honest(t, nil))
	with := p95(honest(t, []string{"imagine banana", "dive", "bomb"}))
	t.Logf("95 of 100 wait %v at most, %v beside poison", without, with)
	if with >= 2*without {
		t.Errorf("95 of 100 wait %v at most, %v beside poison", without, with)
	}
}
