package reply

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// material is what a piece is made of.
type material struct {
	img  *image.NRGBA // nil for what comes out of noise
	clip *dream.Clip  // whose first frame img is; nil for a still
	cut  bool         // there was more of it
}

// clipSide is the longest side of clips that are dreamed, in pixels.
const clipSide = 400

// material fetches and decodes what a plan is about: a clip, where a clip is to be dreamed, comes with its frames.
func (t *task) material(ctx context.Context, s source, r dream.Recipe) (material, error) {
	whole := r.Verb == dream.Dream && len(chain(t.req)) == 0 && t.Options.Frames != nil
	if film, ok := s.film(); ok && whole && t.Options.Frames.Videos() {
		m, err := t.clip(ctx, film, r.Size)
		if r := new(refusal); err == nil || ctx.Err() != nil || errors.As(err, &r) && r.words == words.Already {
			return m, err
		}
		t.Log.Info("a clip cannot be read, so the server's still of it is dreamed", "job", t.job.ID, "media", film.ID, "error", err)
		t.leave([]mention.Left{{Why: mention.UnreadableClip}})
	} else if ok {
		t.leave([]mention.Left{{Why: t.unmoved(whole)}})
	}
	data, err := t.fetch(ctx, s.media)
	if err != nil {
		return material{}, err
	}
	moves := picture.Moves(data)
	if moves && !whole {
		t.leave([]mention.Left{{Why: t.unmoved(whole)}})
	}
	if whole && moves {
		if err := t.ours(data); err != nil {
			return material{}, err
		}
		m, err := t.frames(ctx, data, r.Size)
		if err == nil && m.clip != nil || ctx.Err() != nil {
			return m, err
		}
		if err != nil {
			t.leave([]mention.Left{{Why: mention.UnreadableClip}})
		}
	}
	img, err := t.decode(ctx, s.media, data)
	return material{img: img}, err
}

// unmoved is why what moves is not dreamed as a clip: more is wanted than that, or nobody here can.
func (t *task) unmoved(whole bool) mention.Why {
	if !whole && t.Options.Frames != nil {
		return mention.OnlyStill
	}
	return mention.UnreadableClip
}

// film is the attachment that a source's still was made of by the server.
func (s source) film() (network.Media, bool) {
	i := slices.IndexFunc(s.post.Media, func(m network.Media) bool {
		return m.ID == s.media.ID && (m.Kind == network.Gifv || m.Kind == network.Video) && m.URL != ""
	})
	if i < 0 {
		return network.Media{}, false
	}
	return s.post.Media[i], true
}

// clip fetches and decodes a film, unless it is one of ours.
func (t *task) clip(ctx context.Context, film network.Media, size int) (material, error) {
	data, err := t.fetch(ctx, film)
	if err == nil {
		err = t.ours(data)
	}
	if err != nil {
		return material{}, err
	}
	m, err := t.frames(ctx, data, size)
	if err == nil && m.img == nil {
		err = errors.New("there is no frame in it")
	}
	return m, err
}

// frames decodes as many frames of a file as are dreamed.
func (t *task) frames(ctx context.Context, data []byte, size int) (m material, err error) {
	sampler := dream.NewSampler(clipSide, size)
	err = t.Options.Frames.Frames(ctx, data, func(f picture.Frame) error {
		if m.img == nil {
			m.img = f.Image
		}
		return sampler.Add(f)
	})
	if err != nil && !errors.Is(err, dream.ErrEnough) {
		return m, fmt.Errorf("decode a clip: %w", err)
	}
	m.clip, m.cut = sampler.Clip()
	return m, nil
}
