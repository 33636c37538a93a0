package reply

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"time"

	"slugpuppy/antidote"
	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/words"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// keepsake is what is remembered of a picture of ours when it is posted, so that it is found again.
type keepsake struct {
	Record antidote.Record `json:"record"`
	Sketch picture.Sketch  `json:"sketch"`
	Thumb  string          `json:"thumb,omitempty"` // the blob that the gallery would show
}

// dreamt is a piece with its keepsake.
type dreamt struct {
	words.Made
	keep  keepsake
	thumb []byte
}

// thumbSide and thumbQuality make pictures of the gallery some 20 kB.
const (
	thumbSide    = 360
	thumbQuality = 80
)

// keepsakeOf looks at a piece, and at what it was made of.
func keepsakeOf(m words.Made, src *image.NRGBA, now time.Time) (d dreamt, err error) {
	d.Made = m
	img := m.Image
	if img == nil {
		img = m.Poster
	}
	if img == nil {
		return d, nil
	}
	var source image.Image
	if src != nil {
		source = src
	}
	look := antidote.LookOf(img)
	d.keep = keepsake{Record: look.Record(source, now), Sketch: look.Sketch}
	w, h := picture.Fit(img.Rect.Dx(), img.Rect.Dy(), thumbSide)
	small := picture.Scaled(picture.Pixels{NRGBA: img}, w, h)
	if d.thumb, err = picture.EncodeJPEG(small.NRGBA(), thumbQuality, ""); err != nil {
		return d, fmt.Errorf("make a picture for the gallery: %w", err)
	}
	return d, nil
}

// keepsakes are what is remembered of a reply's pictures once it is out.
func (d *Daemon) keepsakes(job store.Job, r reply) (all []store.Dream, err error) {
	open := r.Visibility == network.Public || r.Visibility == network.Unlisted
	for _, m := range r.Media {
		if m.Keep == nil || r.Made == nil {
			continue
		}
		record, err := json.Marshal(m.Keep.Record)
		if err != nil {
			return nil, fmt.Errorf("write down a dream: %w", err)
		}
		dream := store.Dream{Author: r.Made.SourceAuthor, Record: record, Sketch: m.Keep.Sketch, Open: open,
			Shown: open && !r.Sensitive && r.Warning == "" && d.Platform.Facts().Links, URL: r.URL, Alt: m.Alt}
		if dream.Shown {
			if dream.Thumb, err = d.bot.Jobs().Blob(job.ID, m.Keep.Thumb); err != nil {
				dream.Shown = false // nothing to show
			}
		}
		all = append(all, dream)
	}
	return all, nil
}

// showing takes a word on the gallery: whether dreams that somebody asked for, and of their pictures, may be shown.
func (t *task) showing(yes bool) (outcome, error) {
	err := t.bot.Consents().Set(t.author(), store.Consent{Topic: store.Gallery, Yes: yes, By: t.post.ID})
	if err != nil {
		return outcome{}, err
	}
	if !yes {
		return t.say(words.NotShown), nil
	}
	return t.say(words.Shown), nil
}

// dreamSent is the requester's own dream that a picture of theirs shows; otherwise is the error where there is none.
func (t *task) dreamSent(ctx context.Context, otherwise error) (reply, error) {
	f, err := t.findPicture(ctx)
	if err != nil || f == nil {
		return reply{}, otherwise
	}
	chosen, err := t.pick(f)
	if err != nil {
		return reply{}, err
	}
	data, err := t.fetch(ctx, f.media[chosen[0]])
	if err != nil {
		return reply{}, err
	}
	img, err := t.Decode(ctx, data)
	if err != nil {
		return reply{}, fmt.Errorf("decode a picture that may be a dream: %w", err)
	}
	r, err := t.owned(img)
	if err != nil {
		return reply{}, err
	}
	if r == nil {
		return reply{}, &refusal{words.NotOwned, "undream of a picture that is no dream the requester asked for"}
	}
	return *r, nil
}

// owned finds the dream that somebody asked for and that a picture shows, however it was re-encoded or cropped, with
// the answer that it was in; nil when they asked for no such dream, or when the answer is no longer remembered.
func (t *task) owned(img image.Image) (*reply, error) {
	dreams, err := t.bot.Dreams().Of(t.job.Requester)
	if err != nil {
		return nil, fmt.Errorf("read what the requester had dreamed: %w", err)
	}
	records := make([]antidote.Record, len(dreams))
	for i, d := range dreams {
		if err := json.Unmarshal(d.Record, &records[i]); err != nil {
			return nil, fmt.Errorf("read what was remembered of a dream: %w", err)
		}
	}
	m, ok := antidote.NewIndex(records).Find(antidote.LookOf(img))
	if !ok {
		return nil, nil
	}
	job, err := t.byPost(dreams[m.Record].Post)
	if err != nil || job == nil {
		return nil, err
	}
	r, err := decodeReply(*job)
	if err != nil || r.Made == nil {
		return nil, err
	}
	return &r, nil
}
