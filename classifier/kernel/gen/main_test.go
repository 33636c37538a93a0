package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestGeneratingReproducesTheCommittedFiles(t *testing.T) {
	for name, want := range files() {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from what go generate writes", name)
		}
	}
}

func TestGeneratingTwiceGivesTheSameBytes(t *testing.T) {
	once, again := files(), files()
	for name := range once {
		if !bytes.Equal(once[name], again[name]) {
			t.Errorf("%s differs between two runs", name)
		}
	}
}
