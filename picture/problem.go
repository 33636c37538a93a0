package picture

import (
	"errors"
	"fmt"

	"slugpuppy/picture/codec"
)

// Kind says what is wrong with a picture file.
type Kind int

// The kinds of problem.
const (
	Corrupt     Kind = iota + 1 // so damaged that browsers do not show it either
	TooBig                      // more bytes, pixels or pixels on a side than allowed
	Unsupported                 // no picture, or one of a kind that this program does not read
	Empty                       // no bytes at all
	Modern                      // HEIC, AVIF or JPEG XL: phones make and show them, this program has no decoder
	TooLong                     // an animation of more frames, or of more pixels in all of them, than allowed
	TooCostly                   // made so that decoding takes far longer than a picture of its size needs
	TimedOut                    // not decoded in time; the file may be sound, and another time do
	Failed                      // a decoder has a fault that this file meets; it may be sound
)

var kindNames = map[Kind]string{
	Corrupt: "corrupt", TooBig: "too big", Unsupported: "unsupported", Empty: "empty",
	Modern: "modern", TooLong: "too long", TooCostly: "too costly", TimedOut: "timed out", Failed: "failed",
}

// String is the kind's name in logs.
func (k Kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return fmt.Sprintf("kind %d", int(k))
}

// Quantity is something that Limits bound.
type Quantity string

// The quantities.
const (
	FileBytes   Quantity = "bytes"        // of the file
	PixelCount  Quantity = "pixels"       // width times height
	LongSide    Quantity = "side"         // the longer one, in pixels
	FrameCount  Quantity = "frames"       // of an animation
	FramePixels Quantity = "frame pixels" // over all frames
	Passes      Quantity = "passes"       // over a sample of a pixel, to decode the file
)

// Problem is why a file was not decoded. Reason is for the log.
type Problem struct {
	Kind   Kind
	Format string // as sniffed; "" when unknown
	Reason string

	// Of TooBig, TooLong and TooCostly: what is too much, how much there is, and how much may be.
	What     Quantity
	Got, Max int64
}

// Error names the kind and the reason.
func (p *Problem) Error() string { return fmt.Sprintf("%s picture: %s", p.Kind, p.Reason) }

// NotNow tells whether an error of decoding does not speak against the file, which may do another time.
func NotNow(err error) bool {
	var p *Problem
	return err != nil && (!errors.As(err, &p) || p.Kind == TimedOut)
}

func tooMuch(kind Kind, format string, what Quantity, got, most int64) *Problem {
	reason := fmt.Sprintf("%s: %d, more than %d", what, got, most)
	return &Problem{Kind: kind, Format: format, Reason: reason, What: what, Got: got, Max: most}
}

// unread is the problem of a format without a reader.
func unread(format string) *Problem {
	switch format {
	case "heic", "avif", "jxl":
		return &Problem{Kind: Modern, Format: format, Reason: "no decoder for " + format}
	}
	return &Problem{Kind: Unsupported, Format: format, Reason: "not a JPEG, PNG, GIF, WebP, BMP or TIFF file"}
}

// problem is what a reader's error means.
func problem(format string, err error) *Problem {
	var u codec.UnsupportedError
	if errors.As(err, &u) {
		return &Problem{Kind: Unsupported, Format: format, Reason: err.Error()}
	}
	var p *panicked
	if errors.As(err, &p) {
		return &Problem{Kind: Failed, Format: format, Reason: err.Error()}
	}
	return &Problem{Kind: Corrupt, Format: format, Reason: err.Error()}
}

// panicked is a decoder's own fault.
type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprintf("decoder panicked: %v", p.value) }
