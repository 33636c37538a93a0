package reply

import (
	"context"
	"image"
	"slices"
	"strconv"
	"strings"
	"time"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/dream"
)

// makePictures plans, checks consent, dreams, and packs the results into one reply.
func (t *task) makePictures(ctx context.Context) (outcome, error) {
	_, left := t.req.Wishes(mention.MaxWishes)
	t.leave(left)
	p, err := t.plan(ctx)
	if err != nil {
		return outcome{}, err
	}
	for _, post := range p.posts() {
		if ask, err := t.mayDream(ctx, post); ask != nil || err != nil {
			return outcome{ask: ask}, err
		}
	}
	if before, err := t.doneBefore(ctx, p); before != nil || err != nil {
		if err != nil {
			return outcome{}, err
		}
		return t.told(t.sayDone(before), nil)
	}
	t.like(ctx)
	began := time.Now()
	results, err := t.dreamAll(ctx, p)
	if err != nil {
		return outcome{}, err
	}
	t.pace.note(time.Since(began))
	return t.pack(p, results)
}

// without are the words that were held back.
func (t *task) without() (names []string) {
	for _, w := range t.req.Words {
		left := slices.ContainsFunc(t.heard.Left, func(l mention.Left) bool { return l.What == w.String() })
		if w.Sign < 0 && !left {
			names = append(names, strings.ToLower(w.Text))
		}
	}
	return names
}

// leave notes that nothing is made of parts of the request, for the requester to be told.
func (t *task) leave(left []mention.Left) { t.heard.Add(mention.Heard{Left: left}) }

// mostUnplaced is how many words nobody could place may be a wish; more are talk.
const mostUnplaced = 2

// misunderstood are words nobody could place, unless they are talk.
func (t *task) misunderstood() (unknown []string) {
	for _, wish := range append([]mention.Request{t.req}, chain(t.req)...) {
		if wish.Verb != mention.Bare && len(wish.Unknown) <= mostUnplaced {
			unknown = append(unknown, wish.Unknown...)
		}
	}
	return unknown
}

// dreamAll runs the plan and the wishes behind it for every source.
func (t *task) dreamAll(ctx context.Context, p plan) ([]dreamt, error) {
	t.setOut(ctx, p.sources)
	var guide *image.NRGBA
	if p.guide != nil {
		var err error
		if guide, err = t.load(ctx, p.guide.media[0]); err != nil {
			return nil, err
		}
	}
	if len(p.sources) == 0 {
		res, err := t.dreamChain(ctx, p.recipe, material{}, nil)
		if err != nil {
			return nil, err
		}
		d, err := keepsakeOf(res, nil, t.now())
		return []dreamt{d}, err
	}
	var results []dreamt
	most := max(t.limits.Attachments, 1)
	if more := len(p.sources) - most; more > 0 {
		t.leave([]mention.Left{{Why: mention.FullPost, N: more, Than: strconv.Itoa(most)}})
	}
	for _, s := range p.sources[:min(len(p.sources), most)] {
		src, err := t.material(ctx, s, p.recipe)
		if err != nil {
			return nil, err
		}
		res, err := t.dreamChain(ctx, p.recipe, src, guide)
		if err != nil {
			return nil, err
		}
		d, err := keepsakeOf(res, src.img, t.now())
		if err != nil {
			return nil, err
		}
		results = append(results, d)
	}
	return results, nil
}

// dreamChain makes one piece, then what the wishes after the comma make of it. Only the last one
// is sent.
func (t *task) dreamChain(ctx context.Context, r dream.Recipe, src material, guide *image.NRGBA) (words.Made, error) {
	wishes := chain(t.req)
	res, err := t.link(ctx, r, src, guide, len(wishes) == 0)
	for i, next := range wishes {
		if err != nil {
			return res, err
		}
		if r, err = t.recipe(ctx, next, res.Recipe.Model); err != nil {
			return res, err
		}
		if next.Verb == mention.Deeper {
			r = deeper(res.Recipe, r, next.Count)
		}
		saw := res.Saw
		res, err = t.link(ctx, r, material{img: res.Image}, nil, i == len(wishes)-1)
		res.Saw = saw
	}
	return res, err
}

// link makes one piece of a chain. Only the last may be a clip.
func (t *task) link(ctx context.Context, r dream.Recipe, src material, guide *image.NRGBA, last bool) (words.Made, error) {
	if r.Verb.Moves() && !last {
		return words.Made{}, &refusal{words.ClipLast, "a wish after a clip"}
	}
	return t.make(ctx, r, src, guide, last)
}

// chain are the wishes after the first, as far as there may be.
func chain(req mention.Request) []mention.Request {
	wishes, _ := req.Wishes(mention.MaxWishes)
	return wishes[1:]
}
