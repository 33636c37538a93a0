//go:build race

package scale_test

// raced says that the race detector is on, whose memory would be counted.
const raced = true
