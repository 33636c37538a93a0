package reply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/dream"
	"slugpuppy/store"
)

// plan is what to dream: a recipe, and the pictures it is for; none for `imagine`.
type plan struct {
	recipe  dream.Recipe
	sources []source
	guide   *found
}

// source is one picture to dream, and whose it is.
type source struct {
	media network.Media // to fetch
	alt   string        // the original's own words
	post  network.Post  // that the original is in; none for a dream out of noise
	index int           // of the original in its post
}

// posts are the posts whose pictures a plan uses, each once.
func (p plan) posts() (posts []network.Post) {
	add := func(post network.Post) {
		if post.ID != "" && !slices.ContainsFunc(posts, func(q network.Post) bool { return q.ID == post.ID }) {
			posts = append(posts, post)
		}
	}
	for _, s := range p.sources {
		add(s.post)
	}
	if p.guide != nil {
		add(p.guide.post)
	}
	return posts
}

// plan finds out what the request is about.
func (t *task) plan(ctx context.Context) (plan, error) {
	switch t.req.Verb {
	case mention.Deeper:
		p, err := t.planDeeper(ctx)
		if r := new(refusal); errors.As(err, &r) && r.words == words.NoDream {
			return t.planFound(ctx) // on a plain picture, deeper is several generations at once
		}
		return p, err
	case mention.Again:
		return t.planAgain(ctx)
	}
	return t.planFound(ctx)
}

// planFound is for a picture in the thread, or for none with `imagine`.
func (t *task) planFound(ctx context.Context) (plan, error) {
	r, err := t.recipe(ctx, t.req, "")
	if err != nil {
		return plan{}, err
	}
	if r.Verb == dream.Imagine {
		return plan{recipe: r}, nil
	}
	f, err := t.findPicture(ctx)
	switch {
	case err != nil:
		return plan{}, err
	case f == nil && t.req.Verb == mention.Surprise:
		r.Verb, r.Guide = dream.Imagine, false
		return plan{recipe: r}, nil
	case f == nil:
		return plan{}, nothing()
	}
	p, err := t.planFor(r, f)
	if err == nil && r.Guide {
		p.guide, err = t.guide(ctx, f)
	}
	return p, err
}

// planFor is for pictures of one post.
func (t *task) planFor(r dream.Recipe, f *found) (plan, error) {
	p := plan{recipe: r}
	chosen, err := t.pick(f)
	for _, i := range chosen {
		p.sources = append(p.sources, source{f.media[i], f.media[i].Alt, f.post, i})
	}
	return p, err
}

// planDeeper goes on from our own picture. The person whose picture it once was still has
// a say.
func (t *task) planDeeper(ctx context.Context) (plan, error) {
	post, r, err := t.dreamAbove(ctx)
	if err != nil {
		return plan{}, err
	}
	base, err := dream.ParseToken(r.Made.Token)
	if err != nil {
		return plan{}, fmt.Errorf("read our own recipe: %w", err)
	}
	i := max(t.req.Image-1, 0)
	if i >= len(post.Media) {
		return plan{}, &refusal{words.Missing, fmt.Sprintf("image %d of %d", i+1, len(post.Media))}
	}
	if base.Verb == dream.Dive || base.Verb == dream.Wander || post.Media[i].Kind != network.Still {
		return plan{}, &refusal{words.NoClip, "deeper on a clip"}
	}
	over, err := t.recipe(ctx, t.req, base.Model)
	if err != nil {
		return plan{}, err
	}
	s := source{media: post.Media[i], index: i}
	if i < len(r.Media) {
		s.alt = r.Media[i].Original
	}
	if r.Made.SourcePost != "" {
		if s.post, err = t.Platform.Post(ctx, r.Made.SourcePost); err != nil {
			return plan{}, fmt.Errorf("look up the original: %w", err)
		}
	}
	t.leave(t.req.Without("guide", mention.NoUse, string(mention.Deeper)))
	return plan{recipe: t.changed(deeper(base, over, t.req.Count)), sources: []source{s}}, nil
}

// changed is an earlier dream's recipe with what the request changes of it, whatever it was.
func (t *task) changed(r dream.Recipe) dream.Recipe {
	r.KeepColours = r.KeepColours && !t.req.NewColours
	r, left := t.req.Nudged(r)
	t.leave(left)
	return r
}

// deeper is the recipe of the generations after a dream.
func deeper(base, over dream.Recipe, count int) dream.Recipe {
	next := overlay(base, over)
	next.Verb, next.Seed = dream.Dream, over.Seed
	next.Generation, next.Repeat = base.Reached()+1, max(count, 1)
	next.Size = over.Size
	return next
}

// planAgain takes an earlier recipe with a new seed, and whatever else was said, to its
// original picture.
func (t *task) planAgain(ctx context.Context) (plan, error) {
	_, r, err := t.dreamAbove(ctx)
	if refusalOf(err) != nil {
		r, err = t.lastDream()
	}
	if err != nil {
		return plan{}, err
	}
	base, err := dream.ParseToken(r.Made.Token)
	if err != nil {
		return plan{}, fmt.Errorf("read our own recipe: %w", err)
	}
	over, err := t.recipe(ctx, t.req, base.Model)
	if err != nil {
		return plan{}, err
	}
	next := t.changed(overlay(base, over))
	next.Seed = over.Seed
	t.leave(t.req.Unused(mention.Verb(next.Verb)))
	if next.Verb != dream.Imagine && len(t.stills(t.post)) > 0 { // the same with this one
		return t.planFor(next, &found{t.post, t.stills(t.post)})
	}
	none := []string{"guide", "count", "image", "all"}
	if r.Made.SourcePost != "" { // which may have other pictures
		none = none[:2]
	}
	for _, name := range none {
		t.leave(t.req.Without(name, mention.NoUse, string(mention.Again)))
	}
	if r.Made.SourcePost == "" {
		return plan{recipe: next}, nil
	}
	post, err := t.Platform.Post(ctx, r.Made.SourcePost)
	if err != nil {
		return plan{}, fmt.Errorf("look up the original: %w", err)
	}
	media := t.stills(post)
	if t.req.Image > 0 || t.req.All {
		return t.planFor(next, &found{post, media})
	}
	if r.Made.SourceMedia >= len(media) {
		return plan{}, &refusal{words.Gone, "the original has lost its picture"}
	}
	m := media[r.Made.SourceMedia]
	return plan{recipe: next, sources: []source{{m, m.Alt, post, r.Made.SourceMedia}}}, nil
}

// lastDream is the latest answer with a picture that the requester got.
func (t *task) lastDream() (reply, error) {
	jobs, err := t.bot.Jobs().List(store.Filter{States: []store.State{store.Posted}, Requester: t.job.Requester,
		Since: t.now().Add(-t.Keep), Limit: 20})
	if err != nil {
		return reply{}, err
	}
	for _, j := range jobs {
		if r, err := decodeReply(j); err == nil && r.Made != nil {
			return r, nil
		}
	}
	return reply{}, &refusal{words.NoDream, "no earlier dream of the requester's"}
}

// recipe turns a request into a recipe, for the network that it names or else the one of the dream that it
// goes on from, "" for the usual. A bare mention gets a house preset by chance and a slight shake, the
// chance being the job's own.
func (t *task) recipe(ctx context.Context, req mention.Request, model string) (dream.Recipe, error) {
	seed := t.seed()
	if made, err := dream.ParseToken(req.Token); err == nil {
		model = made.Model
	}
	vocabulary, err := t.vocabularyOf(req.Model, model)
	if err != nil {
		return dream.Recipe{}, err
	}
	r, heard, err := req.Recipe(ctx, vocabulary, seed)
	t.heard.Add(heard)
	if req.Token != "" || err != nil { // the token's recipe, with what else was said laid over it
		return r, err
	}
	r.Model = cmp.Or(r.Model, model)
	r.Seed = seed
	if r.Verb == "" {
		r.Verb = dream.Dream
	}
	if (req.Verb == mention.Bare || req.Implied) && r.Preset == "" && len(r.Layers) == 0 && len(r.Words) == 0 {
		presets := dream.Presets()
		p := presets[seed%uint64(len(presets))]
		r.Preset = p.Name
		r.Strength = cmp.Or(r.Strength, min(max(p.Strength-1+int(seed>>32%3), 1), dream.MaxStrength))
	}
	return r, nil
}

// vocabularyOf has the words of the network that was asked for, or of the one before if that is still there.
func (t *task) vocabularyOf(asked, before string) (*dream.Vocabulary, error) {
	switch {
	case t.Words == nil:
		return t.Vocabulary, nil
	case asked != "":
		return t.Words(asked)
	}
	words, err := t.Words(before)
	var gone *dream.Problem
	if errors.As(err, &gone) {
		return t.Vocabulary, nil
	}
	return words, err
}

// overlay is base with everything that over says.
func overlay(base, over dream.Recipe) dream.Recipe {
	if over.Preset != "" && over.Preset != base.Preset { // another look brings its own settings
		base.Preset, base.Layers, base.Octaves, base.OctaveScale, base.Steps, base.Strength = over.Preset, nil, 0, 0, 0, 0
	}
	if over.Model != "" && over.Model != base.Model { // labels and layers are a network's own
		base.Model, base.Layers, base.Words = over.Model, nil, nil
	}
	if len(over.Layers) > 0 {
		base.Layers = over.Layers
	}
	if len(over.Words) > 0 {
		base.Words = over.Words
	}
	base.Octaves = cmp.Or(over.Octaves, base.Octaves)
	base.OctaveScale = cmp.Or(over.OctaveScale, base.OctaveScale)
	base.Steps = cmp.Or(over.Steps, base.Steps)
	base.Strength = cmp.Or(over.Strength, base.Strength)
	base.Size = cmp.Or(over.Size, base.Size)
	base.Mask = cmp.Or(over.Mask, base.Mask)
	base.Seconds = cmp.Or(over.Seconds, base.Seconds)
	base.KeepColours = base.KeepColours || over.KeepColours
	base.Guide = false // the guiding picture is not part of a recipe
	base.Old = false   // an old dream is gone on from as I dream now
	base.Free = base.Free || over.Free
	return base
}
