package antidote

import (
	"image"
	"time"

	"slugpuppy/antidote/pdq"
	"slugpuppy/picture"
)

// core is the central part of each side of a picture: it is left when a tenth is cropped off anywhere, and seldom
// written over.
var core = pdq.Span{From: 0.15, To: 0.85}

// Record is a dream as others can find it again.
type Record struct {
	PDQ     pdq.Hash `json:"pdq"`
	Quality int      `json:"quality"`       // of the hash, 0 to 100
	Core    pdq.Hash `json:"core,omitzero"` // of the central seven tenths of each side; none in lists of others' making
	// Source is the same of what was dreamed, none for a dream out of noise. Gentle dreams are so near it that
	// their hashes would find it, too; it is no dream.
	Source pdq.Hash  `json:"source,omitzero"`
	Made   time.Time `json:"made,omitzero"`  // to the second, UTC
	Post   string    `json:"post,omitempty"` // address of the post that shows it, where its requester said yes to that
}

// LookOf looks at a picture.
func LookOf(img image.Image) Look {
	l := Look{Sketch: picture.SketchOf(img)}
	l.PDQ, l.Quality = pdq.Of(img)
	return l
}

// Of is the record of a dream of a source, nil for one out of noise.
func Of(dream, source image.Image, made time.Time) Record { return LookOf(dream).Record(source, made) }

// Record is that of the dream that was looked at, of a source as in Of.
func (l Look) Record(source image.Image, made time.Time) Record {
	r := Record{PDQ: l.PDQ, Quality: l.Quality, Core: coreOf(l.Sketch), Made: made.UTC().Truncate(time.Second)}
	if source != nil {
		r.Source = coreOf(picture.SketchOf(source))
	}
	return r
}

func coreOf(s picture.Sketch) pdq.Hash {
	g, ok := pdq.NewGrid(s)
	if !ok {
		return pdq.Hash{}
	}
	return g.Window(core, core)
}
