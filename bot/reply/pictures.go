package reply

import (
	"context"
	"image"
	"strings"
	"time"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/dream"
)

// longestChain is how many wishes one request may hold, as in "dream, deeper 2, dive".
const longestChain = 3

// makePictures plans, checks consent, dreams, and packs the results into one reply.
func (t *task) makePictures(ctx context.Context) (outcome, error) {
	p, err := t.plan(ctx)
	if err != nil {
		return outcome{}, err
	}
	for _, post := range p.posts() {
		if ask, err := t.mayDream(ctx, post); ask != nil || err != nil {
			return outcome{ask: ask}, err
		}
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
		if w.Sign < 0 {
			names = append(names, strings.ToLower(w.Text))
		}
	}
	return names
}

// misunderstood is a note about words nobody could place, unless the whole post is talk.
func (t *task) misunderstood() []string {
	if n := len(t.req.Unknown); t.req.Verb == mention.Bare || n == 0 || n > 2 {
		return nil
	}
	return []string{"I did not know \"" + strings.Join(t.req.Unknown, " ") + "\""}
}

// dreamAll runs the plan and the wishes behind it for every source.
func (t *task) dreamAll(ctx context.Context, p plan) ([]result, error) {
	var guide image.Image
	if p.guide != nil {
		var err error
		if guide, err = t.load(ctx, p.guide.media[0]); err != nil {
			return nil, err
		}
	}
	if len(p.sources) == 0 {
		res, err := t.dreamChain(ctx, p.recipe, nil, nil)
		return []result{res}, err
	}
	var results []result
	for _, s := range p.sources[:min(len(p.sources), max(t.limits.Attachments, 1))] {
		src, err := t.load(ctx, s.media)
		if err != nil {
			return nil, err
		}
		res, err := t.dreamChain(ctx, p.recipe, src, guide)
		if err != nil {
			return nil, err
		}
		results = append(results, res)
	}
	return results, nil
}

// dreamChain makes one picture, then what the wishes after the comma make of it.
func (t *task) dreamChain(ctx context.Context, r dream.Recipe, src, guide image.Image) (result, error) {
	res, err := t.dreamOnce(ctx, r, src, guide)
	next := t.req.Then
	for n := 1; err == nil && next != nil && n < longestChain; n, next = n+1, next.Then {
		if res.clip {
			return res, &refusal{sayNoClip, "a wish after a clip"}
		}
		over, rerr := t.recipe(ctx, *next)
		if rerr != nil {
			return res, rerr
		}
		if next.Verb == mention.Deeper {
			over = deeper(res.recipe, over, next.Count)
		}
		saw := res.saw
		res, err = t.dreamOnce(ctx, over, res.img, nil)
		res.saw = saw
	}
	return res, err
}
