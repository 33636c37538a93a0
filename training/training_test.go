package training_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/picture"
	"slugpuppy/training"
)

// corpus paints a small one: nobody's pictures.
func corpus(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	lines := []string{"file\tclass\tgroup\twidth\theight\tbytes\tnotes"}
	for i, class := range []string{"natural", "natural", "hard", "dream", "dream-weak", "classviz"} {
		name := class + string(rune('a'+i)) + ".png"
		data, err := picture.EncodePNG(picture.Landscape(96, 72, uint64(i)), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, name+"\t"+class+"\tg"+string(rune('a'+i))+"\t96\t72\toriginal\t")
	}
	if err := os.WriteFile(filepath.Join(dir, "manifest.tsv"), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func collect(t *testing.T, dir string, known []detector.Sample, keep func(detector.Sample) error) []detector.Sample {
	t.Helper()
	net, err := classifier.Default()
	if err != nil {
		t.Fatal(err)
	}
	samples, err := training.Collect(t.Context(), training.Options{
		Corpus: dir, Copies: 1, Dreams: 1, Posted: 1, Patterns: 1, Redrawn: 1, Nets: []*classifier.Network{net}, Eye: detector.NewFingerprinter(net), Seed: 1,
		Known: known, Keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

func TestCollectGathersPicturesCopiesAndOwnDreams(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	dir := corpus(t)
	samples := collect(t, dir, nil, nil)
	counts := map[string]int{}
	for _, s := range samples {
		counts[s.Class]++
		if own := s.Class == "own" || s.Class == "posted"; own && (!s.Dream || s.Clear || s.Group != "ga" && s.Group != "gb") {
			t.Errorf("own dream %+v does not belong to its photograph", s.File)
		}
		if s.Copy > 0 && s.Weight >= 1 {
			t.Errorf("a copy counts as much as a picture: %s", s.File)
		}
	}
	if counts["natural"] != 4 || counts["dream"] != 2 || counts["own"] != 1 || counts["posted"] != 1 || counts["made"] != 2 {
		t.Errorf("%v", counts)
	}
	// The same corpus and seed give the same samples, and those that are known are not made again.
	var kept []detector.Sample
	again := collect(t, dir, samples[3:], func(s detector.Sample) error {
		kept = append(kept, s)
		return nil
	})
	if !cmp.Equal(samples, again) || len(kept) != 3 {
		t.Errorf("another run made %d samples, and others", len(kept))
	}
}

func TestManifestsThatAreWrongSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		"file\tclass\tgroup\nx.png\tdream":       "manifest.tsv:2",
		"file\tclass\tgroup\nx.png\tdaydream\tg": `unknown class "daydream"`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "manifest.tsv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := training.ReadManifest(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := training.ReadManifest(t.TempDir()); err == nil {
		t.Error("a folder without a manifest is a corpus")
	}
}

func TestReportsAreWritten(t *testing.T) {
	samples := []detector.Sample{
		{Class: "dream", Dream: true, Clear: true, File: "a"}, {Class: "natural", File: "b"}, {Class: "hard", File: "c"}, {Class: "own", Dream: true, File: "d"},
	}
	scores := []float64{0.9, 0.2, 0.95, 0.99}
	reports := training.Reports(samples, scores)
	var b bytes.Buffer
	training.WriteReports(&b, reports)
	if len(reports) != 6 || !strings.Contains(b.String(), "hard negatives") {
		t.Errorf("%s", b.String())
	}
	hides, misses := training.Worst(samples, scores, 1)
	if hides[0].Sample.File != "c" || misses[0].Sample.File != "a" {
		t.Errorf("%v %v", hides, misses)
	}
	var svg bytes.Buffer
	if err := training.WriteROC(&svg, training.ROC(samples, scores)); err != nil || !strings.HasPrefix(svg.String(), "<svg") {
		t.Errorf("%v %s", err, svg.String())
	}
	samples[2].Kind = "fractal"
	head := &detector.Head{}
	confusions := training.Confusions(head, samples, scores)
	if len(confusions) != 3 || confusions[2].Kind != "dream" || confusions[0].N != 1 {
		t.Errorf("%+v", confusions)
	}
	rel := training.Reliabilities(samples, scores, 10)
	svg.Reset()
	if err := training.WriteReliability(&svg, rel); err != nil || strings.Count(svg.String(), "<circle") != 2 {
		t.Errorf("%v %s", err, svg.String())
	}
	if rel[9].N != 2 || rel[9].Dreams != 0.5 {
		t.Errorf("%+v", rel[9])
	}
}

func TestACardGetsItsFiguresAndKeepsItsWords(t *testing.T) {
	fitted := training.Fitted{Head: &detector.Head{}, Scores: []float64{0.9, 0.2, 0.95},
		Samples:  []detector.Sample{{Class: "dream", Kind: "VGG dream", Dream: true, Clear: true}, {Class: "natural"}, {Class: "hard", Kind: "fractal"}},
		Settings: []training.Setting{{Name: "screenshot", Alone: []float64{0.9}, Set: []float64{0.8}, Others: []float64{0.1}}}}
	const begin, end = "<!-- figures: written by slugpuppy detector train -->", "<!-- end of figures -->"
	card, err := training.PutFigures([]byte("# Card\n\n"+begin+"\nold\n"+end+"\nafter\n"), fitted)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Card", "| clear dream | 1 | 0 | 0 |", "| VGG clear dream | 1 |", "| 1 in 1000 | screenshot | 1 |", end + "\nafter"} {
		if !strings.Contains(string(card), want) {
			t.Errorf("no %q in\n%s", want, card)
		}
	}
	if strings.Contains(string(card), "old") {
		t.Error("the old figures are still there")
	}
	if again, err := training.PutFigures(card, fitted); err != nil || string(again) != string(card) {
		t.Errorf("written once more the card differs: %v", err)
	}
	if _, err := training.PutFigures([]byte("no place"), fitted); err == nil {
		t.Error("a card without a place got figures")
	}
}

func TestContactSheetsShowEveryMistake(t *testing.T) {
	dir := corpus(t)
	mistakes := []training.Mistake{{Sample: detector.Sample{File: "naturala.png", Kind: "photograph"}, Score: 0.9}}
	for range 7 {
		mistakes = append(mistakes, mistakes[0])
	}
	sheet, err := training.Sheet(t.Context(), dir, mistakes)
	if err != nil {
		t.Fatal(err)
	}
	background := sheet.NRGBAAt(1, 1)
	for i := range mistakes {
		x, y := i%6*200+100, i/6*216+100
		if sheet.NRGBAAt(x, y) == background {
			t.Errorf("no picture at %d,%d", x, y)
		}
	}
	if _, err := training.Sheet(t.Context(), dir, []training.Mistake{{Sample: detector.Sample{File: "none.png"}}}); err == nil {
		t.Error("a picture that is not there is shown")
	}
}

func TestKindsAreNeutralWords(t *testing.T) {
	for notes, want := range map[string]string{
		"kind: fractal": "fractal", "extra: wikiart224": "painting", "kind: reaction-diffusion": "reaction-diffusion", "": "hard",
	} {
		if got := (training.Entry{Class: "hard", Notes: notes}).Kind(); got != want {
			t.Errorf("%q is %q, want %q", notes, got, want)
		}
	}
	if got := (training.Entry{Class: "dream", Notes: "net: inception5h (TF); from somewhere"}).Kind(); got != "GoogLeNet dream" {
		t.Errorf("got %q", got)
	}
}
