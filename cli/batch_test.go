package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// Where the folder for dreams is taken away meanwhile no dream becomes a file that is called like it.
func TestDreamsGoToTheFolderThatWasNamed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dreams")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	list := newNames(dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if got := list.of("a.jpg").out; got != filepath.Join(dir, "a.png") {
		t.Error(got)
	}
}
