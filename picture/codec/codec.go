// Package codec is what the decoders of single formats have in common: what they tell of a file
// before they decode it, and how they say no. It decodes nothing itself.
package codec

import (
	"fmt"

	"slugpuppy/picture/icc"
)

// Header is what is known of a picture file before any of its pixels is decoded.
type Header struct {
	W, H   int
	Frames int   // 1 unless the file is an animation
	Pixels int64 // over all frames

	// Cost is the work of decoding in pixel passes: one is a pass over one sample of one pixel,
	// a few nanoseconds. A photograph takes three to twenty for each of its pixels.
	Cost int64

	// Memory is what decoding holds at its peak, in bytes, the decoded picture included.
	Memory int64

	// Colours leads from the file's colours to those of sRGB; nil where they are the same.
	Colours *icc.Transform
}

// FormatError is a file that no decoder could show.
type FormatError string

// Error says what is wrong with the file.
func (e FormatError) Error() string { return string(e) }

// UnsupportedError is a sound file that uses something this program has no decoder for.
type UnsupportedError string

// Error names what is used.
func (e UnsupportedError) Error() string { return fmt.Sprintf("%s is not supported", string(e)) }
