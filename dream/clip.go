package dream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"slugpuppy/picture"
)

// frameRate is that of clips, in frames per second.
const frameRate = 12

var (
	errNoFormat = errors.New("none of the accepted types of files can hold this piece")
	errHeavy    = errors.New("the file weighs too much")
)

// attempt is one way to write a clip. They are tried in order.
type attempt struct {
	mime   string
	most   int64 // bytes
	shrink int   // how often both sides are made a fifth shorter
	every  int   // one of so many frames is kept
}

// attempts are the ways to write a clip, the best first: films where there is an encoder, then GIFs
// that lose a fifth of their sides and half of their frames in turn until they are light enough.
// After eight of those they have a sixth of the pixels and a sixteenth of the frames.
func (m *Maker) attempts(accept []Format) (all []attempt) {
	for _, f := range accept {
		a := attempt{mime: f.MIME, most: tighter(m.opt.ClipBytes, f.Bytes), every: 1}
		if f.MIME == MP4 {
			if m.opt.FFmpeg != "" {
				all = append(all, a)
			}
			continue
		}
		for try := range maxTries + 1 {
			a.shrink, a.every = (try+1)/2, 1<<(try/2)
			all = append(all, a)
		}
	}
	return all
}

// maxTries bounds how often a GIF is made smaller.
const maxTries = 8

// clip finishes a clip: its file is the first attempt that succeeds.
func (j *job) clip(ctx context.Context, o Order, f strip) (p Piece, err error) {
	tries := j.m.attempts(o.takes(MP4, GIF))
	if len(tries) == 0 {
		if len(o.takes(MP4)) > 0 {
			return p, fmt.Errorf("%w: there is no film encoder", ErrNoFilm)
		}
		return p, errNoFormat
	}
	r := newReel(f, len(tries) > 1)
	defer r.close()
	for _, a := range tries {
		if p.File, err = j.m.encode(ctx, r, a, Signature+j.r.Token()); err == nil && int64(len(p.File.Data)) <= a.most-spaceForMarks {
			p.File.Data, err = j.markClip(p.File)
		}
		switch {
		case ctx.Err() != nil:
			return p, context.Cause(ctx)
		case r.err != nil:
			return p, r.err
		case err == nil:
			p.Poster = r.poster
			return p, nil
		case a.mime == MP4 && errors.Is(err, errHeavy):
			p.Notes = append(p.Notes, Note{Kind: HeavyFilm, Why: err.Error()})
		case a.mime == MP4:
			p.Notes = append(p.Notes, Note{Kind: NoFilm, Why: err.Error()})
		case !errors.Is(err, errHeavy):
			return p, err
		}
	}
	if tries[len(tries)-1].mime == MP4 {
		return p, fmt.Errorf("%w: %w", ErrNoFilm, err)
	}
	return p, &Problem{Kind: HeavyClip, Why: err.Error()}
}

// encode writes a film's frames in one way, with a comment where the type of file has one.
func (m *Maker) encode(ctx context.Context, r *reel, a attempt, comment string) (File, error) {
	if a.mime == MP4 {
		data, err := encodeMP4(ctx, m.opt.FFmpeg, r.frames(), r.strip.each, comment)
		if err == nil && int64(len(data)) > a.most {
			err = fmt.Errorf("%w: the film has %d bytes, the limit is %d", errHeavy, len(data), a.most)
		}
		return File{Data: data, MIME: MP4, W: r.size.X, H: r.size.Y, Frames: r.done, Each: r.strip.each}, err
	}
	f := File{MIME: GIF, Each: time.Duration(a.every) * r.strip.each}
	out := &limited{most: a.most}
	g, i := picture.NewAnimation(out), -1
	for img, err := range r.frames() {
		if err != nil {
			return f, err
		}
		if i++; i%a.every != 0 {
			continue
		}
		img = shrunk(img, a.shrink)
		f.W, f.H, f.Frames = img.Rect.Dx(), img.Rect.Dy(), f.Frames+1
		if err := g.Add(img, f.Each); err != nil {
			return f, fmt.Errorf("encode clip: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return f, err
		}
	}
	if err := g.Close(); err != nil {
		return f, fmt.Errorf("encode clip: %w", err)
	}
	f.Data = out.data.Bytes()
	return f, nil
}

// limited takes bytes up to a limit.
type limited struct {
	data bytes.Buffer
	most int64
}

// Write keeps p unless it is too much.
func (l *limited) Write(p []byte) (int, error) {
	if int64(l.data.Len()+len(p)) > l.most {
		return 0, fmt.Errorf("%w: more than %d bytes", errHeavy, l.most)
	}
	return l.data.Write(p)
}

// shrunk makes both sides a fifth shorter, so many times.
func shrunk(img *image.NRGBA, times int) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for range times {
		w, h = w*4/5, h*4/5
	}
	if times == 0 {
		return img
	}
	return picture.Scaled(picture.Pixels{NRGBA: img}, w, h).NRGBA()
}

// clipFrame brings a source to the size of clips; sides are even, as video wants them.
func (m *Maker) clipFrame(src *image.NRGBA, r Recipe) *picture.Planar {
	w, h := m.clipSize(src.Rect.Dx(), src.Rect.Dy(), r)
	return picture.Scaled(picture.Pixels{NRGBA: src}, w, h)
}

// clipSize is that of a clip of a picture of w by h.
func (m *Maker) clipSize(w, h int, r Recipe) (int, int) {
	side := m.opt.ClipSide
	if r.Size > 0 {
		side = min(side, r.Size)
	}
	w, h = picture.Fit(w, h, side)
	least := m.smallest() + m.smallest()%2
	return max(least, w) &^ 1, max(least, h) &^ 1
}

// blend mixes two pictures of one size: a where t is 0, b where it is 1.
func blend(a, b *picture.Planar, t float64) *picture.Planar {
	out := picture.NewPlanar(a.W, a.H)
	f := float32(t * t * (3 - 2*t))
	for i, v := range a.Pix {
		out.Pix[i] = v + f*(b.Pix[i]-v)
	}
	return out
}
