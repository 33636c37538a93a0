// Package child decodes pictures of strangers in processes of their own: the same binary, started
// again with a hidden command, that gives up the network, new files and most system calls before it
// reads a byte. Whatever a file makes a decoder do ends with that process, which is killed when it
// has used the processor time, memory or hours that its file may cost. Processes are kept and
// used again, so that a picture takes a few milliseconds more than decoding it here: 0.1 for a small one,
// 5 for one of a megapixel, 50 for one of twelve, most of which its pixels take on their way.
//
// A process is asked over its standard input and answers over its standard output (protocol.go). It
// says what decoding will take before it begins, and begins when the asker has that much memory.
package child
