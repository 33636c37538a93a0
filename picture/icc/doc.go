// Package icc converts the colours of pictures to sRGB. It reads the profiles that cameras, phones
// and painting programs embed: three curves and a matrix (Display P3, Adobe RGB, ProPhoto) or one
// curve for grey (ICC.1:2010, 8.3 and 8.4), and what PNG says in its own chunks. Profiles made of
// lookup tables, as printers have, and those of inks are left alone: the picture is taken for sRGB.
package icc
