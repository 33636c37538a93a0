package reply

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"slices"
	"time"
	"unicode/utf8"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/dream"
)

// make makes one piece. One that is to be sent is encoded so that the server takes it; of another
// there are only the pixels, to go on from.
func (t *task) make(ctx context.Context, r dream.Recipe, src material, guide *image.NRGBA, send bool) (words.Made, error) {
	o := dream.Order{Recipe: r, Source: src.img, Guide: guide}
	if send {
		o.Clip = src.clip
		o.Accept = t.accepted()
	}
	p, err := t.Dreamer.Make(ctx, o, func(p dream.Progress) {
		whole, after := t.course.of(p)
		t.running.report(t.job.ID, whole, after)
	})
	t.course.made++
	if err != nil {
		return words.Made{}, fmt.Errorf("%s: %w", r.Verb, err)
	}
	if o.Clip != nil && src.cut {
		p.Notes = append(p.Notes, dream.Note{Kind: dream.Shortened, W: int(o.Clip.Length().Round(100*time.Millisecond) / (100 * time.Millisecond))})
	}
	for _, n := range p.Notes {
		t.Log.Info("made differently than asked", "job", t.job.ID, "note", n.Kind, "reason", n.Why)
	}
	return words.Made{Piece: p, Without: t.without(), Unknown: t.misunderstood()}, nil
}

// altered notes what of a request the file is not: as large, or of the type that was asked for.
func (t *task) altered(wish mention.Request, p dream.Piece) {
	if long := max(p.File.W, p.File.H); wish.Size > long {
		t.leave(wish.Shrunk(long))
	}
	typed := t.fileType()
	if want := map[string]string{"gif": dream.GIF, "mp4": dream.MP4, "png": dream.PNG}[typed.As]; want != "" && want != p.File.MIME {
		t.leave(typed.Without("as", mention.OtherFile, fileKinds[p.File.MIME]))
	}
}

// fileKinds are the types of files as people are told of them.
var fileKinds = map[string]string{dream.GIF: "a GIF", dream.MP4: "a film", dream.PNG: "a PNG, which does not move", dream.JPEG: "a JPEG", dream.WebP: "a WebP"}

// accepted is what the server takes, the best first: films before GIFs unless one was asked for.
func (t *task) accepted() (all []dream.Format) {
	if t.fileType().As != "gif" && t.takes(dream.MP4) {
		all = append(all, dream.Format{MIME: dream.MP4, Bytes: cmp.Or(t.limits.VideoBytes, 99<<20)})
	}
	all = append(all, dream.Format{MIME: dream.GIF, Bytes: cmp.Or(t.limits.ClipBytes, t.limits.ImageBytes)})
	for _, still := range []string{dream.PNG, dream.JPEG} {
		if t.takes(still) {
			all = append(all, dream.Format{MIME: still, Bytes: t.limits.ImageBytes, Pixels: t.limits.ImagePixels})
		}
	}
	return all
}

// fileType is the last wish that names a type of file, else the first.
func (t *task) fileType() mention.Request {
	for _, wish := range slices.Backward(chain(t.req)) {
		if wish.As != "" {
			return wish
		}
	}
	return t.req
}

// takes says whether the server accepts a type; a server that lists none takes all.
func (t *task) takes(mime string) bool {
	return len(t.limits.MIMETypes) == 0 || slices.Contains(t.limits.MIMETypes, mime)
}

// pack makes the reply that carries the results.
func (t *task) pack(p plan, results []dreamt) (outcome, error) {
	r := t.envelope(append(p.posts(), t.post)...)
	t.narrowed(r)
	wishes := append([]mention.Request{t.req}, chain(t.req)...)
	for _, res := range results {
		t.altered(wishes[len(wishes)-1], res.Piece)
		results[0].Notes = withNotes(results[0].Notes, res.Notes)
	}
	results[0].Heard = t.heard
	room := t.limits.TextRunes - utf8.RuneCountInString(r.Warning+r.To.Author.Handle) - len("@ ")
	r.Text = words.Caption(results[0].Made, room)
	if t.Hashtag {
		r.Text = words.Tagged(results[0].Made, room)
	}
	r.Made = p.made(results[0].Made)
	r.Made.Wish = t.wish(p)
	out := outcome{reply: &r, blobs: map[string][]byte{}}
	for i, res := range results {
		var original string
		if i < len(p.sources) {
			original = p.sources[i].alt
		}
		name := fmt.Sprintf("dream-%d.%s", i+1, res.File.Ext())
		keep := res.keep
		if len(res.thumb) > 0 {
			keep.Thumb = fmt.Sprintf("thumb-%d.jpeg", i+1)
			out.blobs[keep.Thumb] = res.thumb
		}
		r.Media = append(r.Media, attachment{Keep: &keep, Blob: name, Type: res.File.MIME, Name: name, Original: original,
			Alt: words.Alt(original, res.Made, cmp.Or(t.limits.AltRunes, 1500))})
		out.blobs[name] = res.File.Data
	}
	return out, nil
}

// withNotes adds those of other pictures of one answer, each kind once.
func withNotes(notes, more []dream.Note) []dream.Note {
	for _, n := range more {
		if !slices.ContainsFunc(notes, func(o dream.Note) bool { return o.Kind == n.Kind }) {
			notes = append(notes, n)
		}
	}
	return notes
}

// made remembers how the picture came to be.
func (p plan) made(res words.Made) *made {
	m := &made{Token: res.Recipe.Token(), Preset: res.Recipe.Preset, Generation: res.Recipe.Reached(), Saw: res.Saw.Guesses, Dreamed: res.Dreamed}
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
