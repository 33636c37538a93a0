package reply

import (
	"context"
	"image"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/dream"
	"slugpuppy/store"
)

// usualSize is that of a picture whose server does not say how large it is, or that hangs further up in the thread.
var usualSize = image.Pt(1280, 960)

// due is how long it will take until a job in line is dreamed: those who dream end what they are at, for whomever, and take what was
// there before it. It is 0 where nobody can say.
func (t *task) due(ctx context.Context, j store.Job, before []store.Job) time.Duration {
	if t.Reckoner == nil {
		return 0
	}
	slices.SortFunc(before, func(a, b store.Job) int { return strings.Compare(a.ID, b.ID) })
	ends := t.Reckoner.Backlog()
	if len(ends) == 0 {
		return 0
	}
	take := func(d time.Duration) time.Duration {
		i := slices.Index(ends, slices.Min(ends))
		ends[i] += d
		return ends[i]
	}
	known := map[string]time.Duration{}
	for _, o := range append(before, j) {
		d, begun := t.running.later(o.ID)
		if !begun {
			d = t.reckoned(ctx, o, known)
		}
		if d == 0 && !begun {
			return 0
		}
		if end := take(d); o.ID == j.ID {
			return end
		}
	}
	return 0
}

// reckoned is how long a job takes whose pictures nobody has seen yet, by its words and by what the server says of their sizes.
// known are those that were reckoned before.
func (t *task) reckoned(ctx context.Context, j store.Job, known map[string]time.Duration) (sum time.Duration) {
	e, err := decodeEvent(j)
	if err != nil {
		return 0
	}
	req, err := t.parse(e.Post)
	if err != nil {
		return 0
	}
	o := &task{Daemon: t.Daemon, job: j, event: e, post: e.Post, req: req, limits: t.limits}
	media := e.Post.Media[:min(len(e.Post.Media), mostPictures)]
	if !req.All {
		media = media[:min(1, len(media))]
	}
	for _, d := range o.pieces(ctx, media, known) {
		sum += d
	}
	return sum
}

// pieces are how long each piece of a request takes, as it makes them one after the other; none where nobody can say.
func (t *task) pieces(ctx context.Context, media []network.Media, known map[string]time.Duration) (all []time.Duration) {
	wishes := append([]mention.Request{t.req}, chain(t.req)...)
	for _, m := range append(media, network.Media{})[:max(1, len(media))] {
		size := image.Pt(m.W, m.H)
		if m.W < 1 || m.H < 1 {
			size = usualSize
		}
		for k, wish := range wishes {
			r, err := t.recipe(ctx, wish, "")
			if err != nil {
				return nil
			}
			if wish.Verb == mention.Deeper {
				r.Verb, r.Repeat = dream.Dream, max(wish.Count, 1)
			}
			d := t.reckon(r, size, k == len(wishes)-1, known)
			if d == 0 {
				return nil
			}
			all = append(all, d)
			size = r.Makes(size)
		}
	}
	return all
}

// reckon is how long a recipe takes with a picture of a size.
func (t *task) reckon(r dream.Recipe, size image.Point, last bool, known map[string]time.Duration) time.Duration {
	r.Seed = 0
	o := dream.Order{Recipe: r, Source: &image.NRGBA{Rect: image.Rectangle{Max: size}}}
	if last {
		o.Accept = t.accepted()
	}
	key := r.Token() + size.String()
	if _, ok := known[key]; !ok {
		known[key] = t.Reckoner.Expect(o)
	}
	return known[key]
}

// course is how far a request of several pieces is.
type course struct {
	pieces []time.Duration // what each takes; none where nobody can say
	made   int
}

// setOut begins a request about those pictures.
func (t *task) setOut(ctx context.Context, sources []source) {
	if t.Reckoner == nil {
		return
	}
	var media []network.Media
	for _, s := range sources {
		media = append(media, s.media)
	}
	t.course = course{pieces: t.pieces(ctx, media, map[string]time.Duration{})}
}

// of is the progress of the request while a piece of it is that far, and how long the pieces after it take.
func (c course) of(p dream.Progress) (whole dream.Progress, after time.Duration) {
	if c.made >= len(c.pieces) || len(c.pieces) == 1 {
		return p, 0
	}
	before := time.Duration(0)
	for _, d := range c.pieces[:c.made] {
		before += d
	}
	for _, d := range c.pieces[c.made+1:] {
		after += d
	}
	piece := c.pieces[c.made]
	p.Fraction = (before.Seconds() + p.Fraction*piece.Seconds()) / (before + piece + after).Seconds()
	if p.Left > 0 {
		p.Left += after
	}
	return p, after
}
