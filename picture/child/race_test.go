//go:build race

package child_test

// raced tells that the race detector is there, whose own memory ends before a limit is met.
const raced = true
