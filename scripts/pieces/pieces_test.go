package pieces_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/scripts/pieces"
)

// program is one that writes down how it was called and makes a file of that.
func program(t *testing.T) (path string, calls func() []string) {
	t.Helper()
	dir := t.TempDir()
	path, log := filepath.Join(dir, "program"), filepath.Join(dir, "log")
	script := "#!/bin/sh\necho \"$*\" >>" + log + "\n[ \"$2\" = fails ] && echo no such word && exit 1\necho \"$*\" >\"$3\"\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path, func() []string {
		data, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(data)), "\n")
	}
}

func TestAPieceIsMadeOnceAndWhatItIsMadeOfToo(t *testing.T) {
	run, calls := program(t)
	m := pieces.Maker{Program: run, Folder: filepath.Join(t.TempDir(), "kept")}
	first := pieces.Piece{Verb: "dream", Of: "photos/cat.jpg", Words: "slug", More: "seed=1"}
	again := pieces.Piece{Verb: "dream", From: &first, Words: "deeper", More: "seed=1"}
	for range 2 {
		path, err := m.Make(t.Context(), again)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := filepath.Base(path), "dream cat.jpg slug seed=1 deeper seed=1.png"; got != want {
			t.Errorf("it is called %q, want %q", got, want)
		}
	}
	half := filepath.Join(m.Folder, "unfinished.png")
	want := []string{
		"dream photos/cat.jpg " + half + " slug seed=1 --progress none",
		"dream " + filepath.Join(m.Folder, "dream cat.jpg slug seed=1.png") + " " + half + " deeper seed=1 --progress none",
	}
	if got := calls(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("called\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWordsFromNoiseAndGuidesAreSaidAsCommandsTakeThem(t *testing.T) {
	run, calls := program(t)
	m := pieces.Maker{Program: run, Folder: t.TempDir()}
	for _, p := range []pieces.Piece{
		{Verb: "imagine", Words: "king penguin", More: "size=448"},
		{Verb: "dream", Of: "a.jpg", Words: "guide", Guide: "b/c.jpg"},
		{Verb: "dive", Of: "a.jpg", Words: "slug 2s"},
	} {
		if _, err := m.Make(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	half := filepath.Join(m.Folder, "unfinished")
	want := []string{
		"imagine king penguin " + half + ".png size=448 --progress none",
		"dream a.jpg " + half + ".png guide --guide b/c.jpg --progress none",
		"dive a.jpg " + half + ".gif slug 2s --progress none",
	}
	if got := calls(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("called\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatCannotBeMadeIsSaidAndLeavesNothing(t *testing.T) {
	run, _ := program(t)
	m := pieces.Maker{Program: run, Folder: t.TempDir()}
	if _, err := m.Make(t.Context(), pieces.Piece{Verb: "imagine", Words: "fails"}); err == nil || !strings.Contains(err.Error(), "no such word") {
		t.Errorf("a program that fails: %v", err)
	}
	m.Program = ""
	if _, err := m.Make(t.Context(), pieces.Piece{Verb: "imagine", Words: "banana"}); !errors.Is(err, pieces.ErrNotKept) {
		t.Errorf("without a program: %v", err)
	}
	left, err := os.ReadDir(m.Folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestAFileSaysWhatMadeIt(t *testing.T) {
	token := dream.Recipe{Verb: dream.Dream, Preset: "slug", Model: "0123abcd", Octaves: 1, OctaveScale: 1.5, Steps: 1, Strength: 1, Generation: 1, Repeat: 1}.Token()
	file, err := picture.EncodePNG(picture.Landscape(8, 8, 1), dream.Signature+token)
	if err != nil {
		t.Fatal(err)
	}
	if version, network := pieces.Origin(file); network != "0123abcd" || version != token[:3] {
		t.Errorf("made with %q %q", version, network)
	}
	if version, network := pieces.Origin([]byte("GIF89a")); version+network != "" {
		t.Errorf("a file that says nothing was made with %q %q", version, network)
	}
}
