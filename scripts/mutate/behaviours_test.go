package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A row whose place in the code has changed is found here at once, and not by the next run of the whole table.
func TestEveryBehaviourHasItsPlace(t *testing.T) {
	for _, b := range behaviours {
		code, err := os.ReadFile(filepath.Join("..", "..", b.file))
		if err != nil {
			t.Errorf("%s: %v", b.what, err)
		} else if n := strings.Count(string(code), b.old); n != 1 {
			t.Errorf("%s: its place is in %s %d times", b.what, b.file, n)
		}
	}
}
