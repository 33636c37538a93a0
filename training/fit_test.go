package training_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"slugpuppy/classifier"
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
	o := training.FitOptions{Corpus: corpus(t), Cache: filepath.Join(t.TempDir(), "cache"), Dreams: 1, Patterns: 4,
		Seed: 1}
	fit := func() []byte {
		t.Helper()
		f, err := training.Fit(t.Context(), net, o)
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Scores) != len(f.Samples) || len(f.Samples) < 10 || len(f.Head.Examples) == 0 {
			t.Errorf("%d scores for %d samples, %d examples", len(f.Scores), len(f.Samples), len(f.Head.Examples))
		}
		var b bytes.Buffer
		if err := f.Head.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	first := fit()
	if again := fit(); !bytes.Equal(first, again) {
		t.Error("from the cache another head is fitted")
	}
}
