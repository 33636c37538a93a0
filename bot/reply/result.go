package reply

import (
	"context"
	"fmt"
	"image"
	"slices"
	"unicode/utf8"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// result is one picture or clip that was made.
type result struct {
	recipe       dream.Recipe
	saw, dreamed []classifier.Guess
	without      []string // words held back
	notes        []string
	img          *image.NRGBA // nil for a clip
	clip         bool
	data         []byte
	mime, ext    string
}

// dreamOnce makes one picture or clip, encoded so that the server takes it.
func (t *task) dreamOnce(ctx context.Context, r dream.Recipe, src, guide image.Image) (result, error) {
	report := func(p dream.Progress) { t.running.report(t.job.ID, p) }
	var made *dream.Result
	var err error
	switch r.Verb {
	case dream.Dive, dream.Wander:
		return t.dreamClip(ctx, r, src, report)
	case dream.Imagine:
		made, err = t.Dreamer.Imagine(ctx, r, report)
	default:
		made, err = t.Dreamer.Dream(ctx, src, guide, r, report)
	}
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", r.Verb, err)
	}
	enc, err := picture.EncodeWithin(made.Image, picture.WithinLimits{
		MaxBytes: t.limits.ImageBytes, MaxPixels: t.limits.ImagePixels, Formats: t.limits.MIMETypes,
	}, signature+made.Recipe.Token())
	if err != nil {
		return result{}, fmt.Errorf("encode the dream: %w", err)
	}
	if enc.Note != "" {
		t.Log.Info("the picture was changed for the server", "job", t.job.ID, "note", enc.Note)
	}
	return result{recipe: made.Recipe, saw: made.Saw, dreamed: made.Dreamed, without: t.without(), notes: append(t.misunderstood(), made.Notes...),
		img: made.Image, data: enc.Data, mime: enc.MIME, ext: enc.Format}, nil
}

func (t *task) dreamClip(ctx context.Context, r dream.Recipe, src image.Image, report func(dream.Progress)) (result, error) {
	make := t.Dreamer.Dive
	if r.Verb == dream.Wander {
		make = t.Dreamer.Wander
	}
	clip, err := make(ctx, src, r, report)
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", r.Verb, err)
	}
	res := result{recipe: clip.Recipe, saw: clip.Saw, dreamed: clip.Dreamed, without: t.without(), notes: append(t.misunderstood(), clip.Notes...),
		clip: true, data: clip.GIF, mime: "image/gif", ext: "gif"}
	if len(clip.MP4) > 0 && t.req.As != "gif" && t.takes("video/mp4") && int64(len(clip.MP4)) <= or(t.limits.VideoBytes, 99<<20) {
		res.data, res.mime, res.ext = clip.MP4, "video/mp4", "mp4"
	} else if limit := or(t.limits.ClipBytes, t.limits.ImageBytes); limit > 0 && int64(len(res.data)) > limit {
		return result{}, &refusal{"That clip became too big for this server, sorry; a smaller or shorter one works, such as \"size=480\" or \"4s\".",
			fmt.Sprintf("GIF of %d bytes, the server takes %d", len(res.data), limit)}
	}
	return res, nil
}

// takes says whether the server accepts a type; a server that lists none takes all.
func (t *task) takes(mime string) bool {
	return len(t.limits.MIMETypes) == 0 || slices.Contains(t.limits.MIMETypes, mime)
}

// pack makes the reply that carries the results.
func (t *task) pack(p plan, results []result) (outcome, error) {
	r := t.envelope(append(p.posts(), t.post)...)
	room := t.limits.TextRunes - utf8.RuneCountInString(r.Warning+r.To.Author.Handle) - len("@ ")
	r.Text = t.caption(results[0], room)
	r.Made = p.made(results[0])
	out := outcome{reply: &r, blobs: map[string][]byte{}}
	for i, res := range results {
		var original string
		if i < len(p.sources) {
			original = p.sources[i].alt
		}
		name := fmt.Sprintf("dream-%d.%s", i+1, res.ext)
		r.Media = append(r.Media, attachment{Blob: name, Type: res.mime, Name: name, Original: original,
			Alt: altText(original, res, or(t.limits.AltRunes, 1500))})
		out.blobs[name] = res.data
	}
	return out, nil
}

// made remembers how the picture came to be.
func (p plan) made(res result) *made {
	m := &made{Token: res.recipe.Token(), Preset: res.recipe.Preset, Generation: res.recipe.Reached(), Saw: res.saw, Dreamed: res.dreamed}
	if len(p.sources) == 0 || p.sources[0].post.ID == "" {
		return m
	}
	s := p.sources[0]
	m.SourcePost, m.SourceMedia, m.SourceURL, m.SourceAuthor = s.post.ID, s.index, s.post.URL, s.post.Author.ID
	for _, a := range s.post.Mentions {
		m.SourceTagged = append(m.SourceTagged, a.ID)
	}
	return m
}

// about says what our own records tell of a dream.
func (m *made) about() string {
	r, err := dream.ParseToken(m.Token)
	if err != nil {
		return m.Token
	}
	return fmt.Sprintf("Generation %d: %s. Send %s with a picture to do the same to it.", m.Generation, r, m.Token)
}
