//go:build race

package hostile_test

// raced says that the race detector is here, under which every server takes many times as long.
const raced = true
