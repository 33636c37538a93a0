package training_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/picture"
	"slugpuppy/training"
)

func TestAHeadIsFittedTheSameFromPicturesAndFromTheCache(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	net, err := classifier.Default()
	if err != nil {
		t.Fatal(err)
	}
	var ordinary []string
	list := filepath.Join(t.TempDir(), "ordinary.txt")
	for i := range 6 {
		name := fmt.Sprintf("%d.png", i)
		data, err := picture.EncodePNG(picture.Landscape(300, 200, uint64(100+i)), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(list), name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		ordinary = append(ordinary, name)
	}
	ordinary[1] += "\tmap"
	ordinary[5] += "\tscreenshot"
	ordinary = append(ordinary, "none.png") // what cannot be read is not counted
	if err := os.WriteFile(list, []byte(strings.Join(ordinary, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	made := corpus(t)
	manifest := filepath.Join(made, "manifest.tsv")
	lines, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(manifest, bytes.ReplaceAll(lines, []byte("\tdream\t"), []byte("\town\t")), 0o600); err != nil {
		t.Fatal(err)
	}
	o := training.FitOptions{Corpus: corpus(t), More: []string{made}, Ordinary: list, Learned: 2,
		Cache: filepath.Join(t.TempDir(), "cache"), Dreams: 1, Patterns: 4, Seed: 1}
	fit := func() []byte {
		t.Helper()
		f, err := training.Fit(t.Context(), net, o)
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Scores) != len(f.Samples) || len(f.Samples) < 10 || len(f.Head.Examples) == 0 {
			t.Errorf("%d scores for %d samples, %d examples", len(f.Scores), len(f.Samples), len(f.Head.Examples))
		}
		if h := f.Head; h.Ordinary.N != 4 || h.Hard.N != 1 || h.Dreams.N != 1 || len(f.Ordinary) != 4 {
			t.Errorf("promises of %d ordinary, %d hard pictures and %d dreams", h.Ordinary.N, h.Hard.N, h.Dreams.N)
		}
		kinds := map[string]int{}
		for _, c := range f.OrdinaryConfusions() {
			kinds[c.Kind] = c.N
		}
		if kinds["photograph"] != 3 || kinds["screenshot"] != 1 {
			t.Errorf("kinds of ordinary pictures: %v", kinds)
		}
		learned := map[string]int{}
		for _, s := range f.Samples {
			if s.Extra && strings.HasPrefix(s.Group, "list:") {
				learned[s.Class+" "+s.Kind]++
				if s.Weight != 0.5 {
					t.Errorf("an ordinary picture of a list counts %g", s.Weight)
				}
			}
		}
		if len(learned) != 2 || learned["natural photograph"] != 1 || learned["ordinary map"] != 1 {
			t.Errorf("learned from ordinary pictures: %v", learned)
		}
		if _, err := detector.WithHead(net, f.Head); err != nil {
			t.Error(err)
		}
		var b bytes.Buffer
		if err := f.Head.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	first := fit()
	if seen, err := os.ReadFile(o.Cache + ".corpus"); err != nil || !bytes.Contains(seen, []byte(made)) {
		t.Errorf("a dream that was made and kept in a file is not looked at as the program looks: %v", err)
	}
	if again := fit(); !bytes.Equal(first, again) {
		t.Error("from the cache another head is fitted")
	}
}
