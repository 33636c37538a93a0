package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"slugpuppy/picture"
	"slugpuppy/scripts/pieces"
)

// album is a folder of small pictures.
func album(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for i, name := range []string{"cat", "coffee", "hills", "rocket", "stars"} {
		data, err := picture.EncodePNG(picture.Landscape(48, 40, uint64(i)), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".png"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// small is a network of five classes, with their names beside it, in the order in which it says them of the album's first.
func small(t *testing.T, shown string) (model string, says []string) {
	t.Helper()
	file, err := os.ReadFile("../../classifier/graph/testdata/torch/channels-13/model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	labels := []string{"n07753592\tbanana", "n01443537\tgoldfish", "n04398044\tteapot", "n02980441\tcastle", "n09472597\tvolcano"}
	model = filepath.Join(t.TempDir(), "small.onnx")
	for path, data := range map[string][]byte{
		model: file, strings.TrimSuffix(model, ".onnx") + ".labels.txt": []byte(strings.Join(labels, "\n") + "\n")} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j, err := openJudge(model)
	if err != nil {
		t.Fatal(err)
	}
	cat, _, err := pieces.Read(t.Context(), filepath.Join(shown, "cat.png"))
	if err != nil {
		t.Fatal(err)
	}
	sight, err := j.maker.See(t.Context(), cat, 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range sight.Guesses {
		says = append(says, j.words.Label(g.Index))
	}
	return model, says
}

// painter is a program that makes pictures by copying files: the guide where there is one, else what is to be dreamed, else a cat.
func painter(t *testing.T, shown string) pieces.Maker {
	return program(t, `of=$2; [ $1 = imagine ] && of=`+shown+`/cat.png
out=$3; while [ $# -gt 0 ]; do [ "$1" = --guide ] && of=$2; shift; done
cp "$of" "$out"`)
}

// deaf is one that takes no notice of guides.
func deaf(t *testing.T) pieces.Maker { return program(t, `cp "$2" "$3"`) }

func program(t *testing.T, script string) pieces.Maker {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	script = "#!/bin/sh\n" + script + "\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return pieces.Maker{Program: path, Folder: t.TempDir()}
}

func TestPicturesAreJudgedByTheWordsTheyWereMadeOf(t *testing.T) {
	shown := album(t)
	model, says := small(t, shown)
	c := trial{judges: []string{model}, imagine: says[:2], mixes: []string{says[3] + " " + says[0], says[1] + " " + says[2]}, seeds: 1, photographs: shown}
	r, err := c.run(t.Context(), painter(t, shown))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		of    *Verdicts
		ranks [][]int
	}{"imagine": {r.Imagine, [][]int{{1}, {2}}}, "mixes": {r.Mixes, [][]int{{4, 1}, {2, 3}}}} {
		if want.of.Pieces != 2 {
			t.Errorf("%s: %d pieces", name, want.of.Pieces)
		}
		for i, each := range want.of.Each {
			if got := each.Ranks["small.onnx"]; !slices.Equal(got, want.ranks[i]) {
				t.Errorf("%s: %s at %v, want %v", name, each.Piece, got, want.ranks[i])
			}
		}
		for _, c := range copies {
			if got := want.of.Judges["small.onnx"][c.name]; got.InFive != 1 || c.name == "as made" && got.First != 0.5 {
				t.Errorf("%s, %s: %+v", name, c.name, got)
			}
		}
	}
}

func TestWordsAreDreamedIntoEveryPhotographAndWhatIsMissingIsSaid(t *testing.T) {
	shown := album(t)
	model, says := small(t, shown)
	c := trial{judges: []string{model}, into: says[:1], seeds: 1, photographs: shown}
	m := painter(t, shown)
	if _, err := m.Make(t.Context(), c.dreamedInto([]string{shown + "/stars.png"})[0].Piece); err != nil {
		t.Fatal(err)
	}
	m.Program = ""
	r, err := c.run(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if r.Into.Pieces != 1 || len(r.Missing) != 4 || !slices.Contains(r.Missing, "dream rocket.png into "+says[0]+" seed=1 size=448.png") {
		t.Errorf("judged %d, missing %q", r.Into.Pieces, r.Missing)
	}
}

func TestAGuidedDreamIsComparedWithOneThatIsNot(t *testing.T) {
	shown := album(t)
	model, _ := small(t, shown)
	c := trial{judges: []string{model}, model: model, guides: 3, photographs: shown}
	r, err := c.run(t.Context(), painter(t, shown))
	if err != nil {
		t.Fatal(err)
	}
	if r.Guides.Pairs != 3 || r.Guides.Nearer["small.onnx"] != 3 {
		t.Errorf("%+v", r.Guides)
	}
	for _, two := range r.Guides.Cosines["small.onnx"] {
		if two.With != 1 || two.Without >= 1 {
			t.Errorf("a dream that is its guide: %+v", two)
		}
	}
	if r, err = c.run(t.Context(), deaf(t)); err != nil {
		t.Fatal(err)
	}
	if r.Guides.Nearer["small.onnx"] != 0 {
		t.Errorf("guides that are not followed: %+v", r.Guides)
	}
}

func TestAWordThatAJudgeDoesNotKnowIsSaidBeforeAnythingIsMade(t *testing.T) {
	shown := album(t)
	model, _ := small(t, shown)
	m := painter(t, shown)
	c := trial{judges: []string{model}, imagine: []string{"banana", "xyzzy"}, seeds: 1, photographs: shown}
	if _, err := c.run(t.Context(), m); err == nil || !strings.Contains(err.Error(), "xyzzy") {
		t.Errorf("an unknown word: %v", err)
	}
	if made, err := os.ReadDir(m.Folder); err != nil || len(made) > 0 {
		t.Errorf("made %v %v", made, err)
	}
}

func TestASubjectIsComparedWithWhatSomebodyDrew(t *testing.T) {
	shown := album(t)
	model, _ := small(t, shown)
	c := trial{model: model, masks: shown, photographs: shown}
	if _, err := c.run(t.Context(), pieces.Maker{}); err == nil {
		t.Error("photographs without masks were measured")
	}
	finder, err := openJudge(model)
	if err != nil {
		t.Fatal(err)
	}
	files, err := photographs(shown)
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		img, _, err := pieces.Read(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		mask, err := finder.maker.Subject(t.Context(), img)
		if err != nil {
			t.Fatal(err)
		}
		for k := range mask.Pix {
			if i == 0 {
				mask.Pix[k] = 255 - mask.Pix[k]
			}
		}
		data, err := picture.EncodePNG(mask, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(strings.TrimSuffix(file, ".png")+drawn, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := c.run(t.Context(), pieces.Maker{})
	if err != nil {
		t.Fatal(err)
	}
	if s := r.Subject; s.Pictures != 5 || s.Good != 4 || s.Each["coffee.png"] != 1 || s.Each["cat.png"] > 0.05 {
		t.Errorf("%+v", s)
	}
}

func TestOfSeveralThingsAllAreToBeSeen(t *testing.T) {
	var s Share
	for _, ranks := range [][]int{{1}, {5}, {6}, {1, 5}, {2, 3}, {1, 6}} {
		s = s.with(ranks)
	}
	if want := (Share{First: 2, InFive: 4}); s != want {
		t.Errorf("%+v, want %+v", s, want)
	}
}
