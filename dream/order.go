package dream

import (
	"errors"
	"image"
	"slices"
	"time"

	"slugpuppy/classifier"
)

// Order is everything that decides the bytes of a piece. The same order makes the same bytes on
// every machine with the same program, network and processor family.
type Order struct {
	Recipe Recipe
	Source *image.NRGBA // what is dreamed; nil for imagine
	Guide  *image.NRGBA // what guides it, if the recipe says so; else nil
	// Clip is what is dreamed frame by frame instead, if the recipe's verb is Dream; Source is its first frame then. nil: a still.
	Clip *Clip
	// Network is the hash of the network it is meant for and ISA the arithmetic, as
	// classifier.Arithmetic names it; "" is whatever is at hand.
	Network, ISA string
	// Accept lists the file types that may come back, the best first. A still is one of those that
	// hold stills, a clip one of those that hold clips. None: a still comes back as pixels only.
	Accept []Format
}

// Format is a type of file that is taken, and how much of it. Zero is no limit.
type Format struct {
	MIME   string
	Bytes  int64
	Pixels int64 // of a still
}

// The types of files that can be made.
const (
	PNG  = "image/png"
	JPEG = "image/jpeg"
	WebP = "image/webp"
	GIF  = "image/gif"
	MP4  = "video/mp4"
)

// Signature begins the comment in every still that is made; the recipe's token follows it.
const Signature = "DeepDream by slugpuppy, recipe "

// ErrElsewhere is the error for an order that is meant for another network or processor.
var ErrElsewhere = errors.New("the order is for another network or processor")

// ErrNotNow is the error for an order that nobody can take at present, which is not its fault: it may be given
// again later.
var ErrNotNow = errors.New("nobody can make it now")

// ErrPoison is the error for an order that ended whoever worked at it, time and again: nobody is to try it once more.
var ErrPoison = errors.New("the order ended those who worked at it")

// Piece is what came of an order.
type Piece struct {
	File    File               // none when only pixels were asked for
	Image   *image.NRGBA       // of a still, to go on from; nil for a clip
	Poster  *image.NRGBA       // a still from the middle of a clip; nil for a still
	Saw     Sight              // of the source; none for imagine
	Dreamed []classifier.Guess // in the result; for wander the chain, in order
	Recipe  Recipe             // completed: its Token makes the same piece again
	Notes   []Note             // what was done differently than asked
}

// File is an encoded picture or clip.
type File struct {
	Data   []byte
	MIME   string
	W, H   int
	Frames int           // 1 for a still
	Each   time.Duration // how long a frame is shown; 0 for a still
}

// Clip says whether the piece moves.
func (p Piece) Clip() bool { return p.Image == nil }

// Ext is what the file's name may end in, without a dot.
func (f File) Ext() string {
	switch f.MIME {
	case JPEG:
		return "jpeg"
	case WebP:
		return "webp"
	case GIF:
		return "gif"
	case MP4:
		return "mp4"
	}
	return "png"
}

// Note is one thing that was done differently than asked.
type Note struct {
	Kind NoteKind
	W, H int    // see the kinds
	Why  string // for the log
}

// NoteKind is what a note is about.
type NoteKind string

// The kinds of notes.
const (
	// Smaller: a picture too large for the memory was dreamed at W x H, and the dream laid over it at
	// full size.
	Smaller NoteKind = "smaller"
	// Squeezed: the file has W x H pixels or lost quality so that it is accepted.
	Squeezed NoteKind = "squeezed"
	// NoFilm: the film encoder failed, so the clip is of another type.
	NoFilm NoteKind = "no-film"
	// Shortened: of a clip that is longer only the first W tenths of a second were dreamed.
	Shortened NoteKind = "shortened"
	// HeavyFilm: the film weighed too much, so the clip is of another type.
	HeavyFilm NoteKind = "heavy-film"
)

// takes finds the formats of these types, the best first.
func (o Order) takes(types ...string) []Format {
	return slices.DeleteFunc(slices.Clone(o.Accept), func(f Format) bool { return !slices.Contains(types, f.MIME) })
}
