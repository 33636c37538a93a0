package dream

import (
	"context"
	"fmt"
	"image"
	"iter"
	"time"

	"slugpuppy/picture"
)

// method is how the pieces of one verb are made.
type method struct {
	fromNoise bool // no picture is needed
	moves     bool // what comes of it is a clip
	render    func(context.Context, *job) strip
	// load is the work on a picture of a size, beside looking at it before.
	load   func(m *Maker, size image.Point, r Recipe, p Preset) (load, error)
	frames func(Recipe) int // of a clip
}

// methods are those of all verbs.
var methods = map[Verb]method{
	Dream:   {render: dreamFrames, load: dreamLoad},
	Imagine: {render: imagineFrames, load: imagineLoad, fromNoise: true},
	Dive:    {render: diveFrames, load: diveLoad, frames: diveLength, moves: true},
	Wander:  {render: wanderFrames, load: wanderLoad, frames: wanderLength, moves: true},
}

// Moves says whether the verb makes clips.
func (v Verb) Moves() bool { return methods[v].moves }

// FromNoise says whether the verb needs no picture to begin with.
func (v Verb) FromNoise() bool { return methods[v].fromNoise }

// strip is what a method renders: frames of one size, each made when it is asked for. A still is a
// strip of one frame. An error ends it.
type strip struct {
	n      int
	each   time.Duration // how long a frame is shown; 0 for a still
	frames iter.Seq2[*image.NRGBA, error]
}

// still is a strip of a single frame.
func still(make func() (*image.NRGBA, error)) strip {
	return strip{n: 1, frames: func(yield func(*image.NRGBA, error) bool) { yield(make()) }}
}

// Make makes a piece and calls report, which may be nil, after every step. What cannot be done as
// asked is a *Problem; an order that is meant for another place is ErrElsewhere. It returns within
// one step of ctx being cancelled, with its cause.
func (m *Maker) Make(ctx context.Context, o Order, report func(Progress)) (Piece, error) {
	m, err := m.meant(o)
	if err != nil {
		return Piece{}, err
	}
	r, err := m.Complete(o.Recipe)
	if err != nil {
		return Piece{}, err
	}
	how, moving := methods[r.Verb], o.Clip != nil && r.Verb == Dream
	j := &job{m: m, desk: m.desk(), r: r, meter: m.newMeter(report), source: o.Source, guide: o.Guide}
	j.preset, _ = FindPreset(r.Preset)
	if !how.fromNoise {
		if err := checkSource(o.Source); err != nil {
			return Piece{}, err
		}
	}
	whole, err := m.expected(o, r)
	if err != nil {
		return Piece{}, err
	}
	j.meter.expect(whole)
	j.framing = m.framing(o)
	if !how.fromNoise {
		if j.saw, err = j.see(ctx, o.Source); err != nil {
			return Piece{}, err
		}
	}
	defer j.desk.clear()
	sweep(o.Source)
	p, err := Piece{}, error(nil)
	switch {
	case moving:
		p, err = j.clip(ctx, o, j.movieFrames(ctx, o.Clip))
	case how.moves:
		p, err = j.clip(ctx, o, how.render(ctx, j))
	default:
		p, err = j.picture(o, how.render(ctx, j))
	}
	if err != nil {
		return Piece{}, err
	}
	j.meter.finish()
	p.Saw, p.Dreamed, p.Recipe, p.Notes = j.saw, j.dreamed, r, append(j.notes, p.Notes...)
	return p, nil
}

// meant returns the maker with the arithmetic that an order wants, and refuses orders that would have
// other bytes if they were made here.
func (m *Maker) meant(o Order) (*Maker, error) {
	if o.Network != "" && o.Network != m.net.Hash() {
		return nil, fmt.Errorf("%w: it wants network %.12q, this is %.12q", ErrElsewhere, o.Network, m.net.Hash())
	}
	net, err := m.net.In(o.ISA)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrElsewhere, err)
	}
	meant := *m
	meant.net = net
	return &meant, nil
}

// picture finishes a still: its file, if one is accepted, carries the recipe.
func (j *job) picture(o Order, f strip) (p Piece, err error) {
	for p.Image, err = range f.frames {
		if err != nil {
			return p, err
		}
	}
	if len(o.Accept) == 0 {
		return p, nil
	}
	var limits picture.WithinLimits
	for _, f := range o.takes(PNG, JPEG, WebP) {
		limits.Formats = append(limits.Formats, f.MIME)
		limits.MaxBytes, limits.MaxPixels = tighter(limits.MaxBytes, f.Bytes), tighter(limits.MaxPixels, f.Pixels)
	}
	if len(limits.Formats) == 0 {
		return p, errNoFormat
	}
	if limits.MaxBytes > 2*spaceForMarks {
		limits.MaxBytes -= spaceForMarks
	}
	j.meter.begin()
	enc, err := picture.EncodeWithin(p.Image, limits, Signature+j.r.Token())
	if err != nil {
		return p, err
	}
	j.meter.did(writing(enc.W, enc.H, []Format{{MIME: enc.MIME}}))
	if limits.MaxBytes == 0 || limits.MaxBytes > spaceForMarks { // else it is too small for more than the picture
		if enc.Data, err = j.mark(enc.Data); err != nil {
			return p, err
		}
	}
	p.File = File{Data: enc.Data, MIME: enc.MIME, W: enc.W, H: enc.H, Frames: 1}
	if enc.Note != "" {
		p.Notes = []Note{{Kind: Squeezed, W: enc.W, H: enc.H, Why: enc.Note}}
	}
	return p, nil
}

// tighter is the lower of two limits, of which 0 is none.
func tighter(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// dreamFrames dreams a picture.
func dreamFrames(ctx context.Context, j *job) strip {
	return still(func() (img *image.NRGBA, err error) {
		j.meter.progress.Frames = j.r.Repeat
		j.src = resized(j.source, j.r.Size)
		if j.terms, err = j.wishes(ctx, j.r); err != nil {
			return nil, err
		}
		if j.mask, err = j.m.mask(ctx, j.r.Mask, j.src); err != nil {
			return nil, err
		}
		if img, err = j.generations(ctx); err != nil {
			return nil, err
		}
		j.dreamed, err = j.dreamt(ctx, img)
		return img, err
	})
}

func dreamLoad(m *Maker, size image.Point, r Recipe, p Preset) (load, error) {
	w, h := longSide(size.X, size.Y, r.Size)
	e, err := m.outline(w, h, r, m.likely(r, p))
	return e.load(m).times(r.Repeat).plus(m.lookLoad(w, h, true)), err
}
