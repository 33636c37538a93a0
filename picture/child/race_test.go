//go:build race

package child_test

// raced says that the race detector is here, whose memory is more than a decoder may have.
const raced = true
