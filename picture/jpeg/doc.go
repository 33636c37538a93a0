// Package jpeg decodes JPEG files of strangers as browsers do, which is more leniently than
// image/jpeg: any sampling factors, files that end early, damaged restarts, stray bytes between
// markers. Its arithmetic is that of libjpeg, to the bit (the slow integer transform, "fancy"
// upsampling), so that what is seen here is what people see. Baseline, extended and progressive
// Huffman files of 8 bits are read; arithmetic coding, 12 bits, lossless and hierarchical files are
// refused by name, as browsers refuse them too.
//
// The format: ITU-T T.81. Where it is silent about broken files, libjpeg's behaviour is followed.
package jpeg
