// Package png decodes PNG files of strangers as browsers do, which is more leniently than image/png:
// checksums of chunks that do not change the pixels, and those of the compressed data, are not
// believed; rows that are there are shown though the rest is missing or broken. What is missing
// is transparent. Wrong checksums of the header or palette, and chunks that a decoder must know
// but nobody does, end it, as in browsers.
//
// The format: PNG, third edition (W3C). Of an animated PNG the still picture is read.
package png
