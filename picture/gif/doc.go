// Package gif decodes the first frame of GIF files of strangers as browsers do, which is more
// leniently than image/gif: data that are short, long or broken, a trailer that is missing, frames
// that are larger than the canvas (which then grows). What is missing is transparent. The
// frames behind the first are counted, for limits, and not decoded.
//
// The format: GIF89a (CompuServe, 1990).
package gif
