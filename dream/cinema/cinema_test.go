package cinema_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/dream/cinema"
	"slugpuppy/dream/film"
	"slugpuppy/dream/flow/flowtest"
	"slugpuppy/picture"
)

var embedded = sync.OnceValues(classifier.Default)

func maker(t *testing.T) *dream.Maker {
	t.Helper()
	net, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	return dream.New(net, dream.Options{})
}

// frames are those of a small scene that moves.
func frames(n int) (all []*image.NRGBA) {
	s := flowtest.Scene{W: 72, H: 56, Ground: flowtest.Landscape(3), Face: flowtest.Grain, GX: 2, X: 20, Y: 30, R: 12, SX: 3}
	for i := range n {
		all = append(all, s.Frame(i).NRGBA())
	}
	return all
}

// delayOf is how long the i-th frame of the tests' clips is shown.
func delayOf(i int) time.Duration { return time.Duration(5+i%2*3) * 10 * time.Millisecond }

// clip is a GIF of so many frames.
func clip(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.gif")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	a := picture.NewAnimation(f)
	for i, img := range frames(n) {
		if err := a.Add(img, delayOf(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(a.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func quick() dream.Script {
	r := dream.Recipe{Octaves: 1, Steps: 2, Layers: []dream.LayerTerm{{Layer: "3b", Channel: -1}}}
	return dream.Script{Keys: []dream.Key{{Recipe: r}}}
}

func job(t *testing.T, in, to string) cinema.Job {
	t.Helper()
	s, err := cinema.Open(t.Context(), in, cinema.Opening{})
	if err != nil {
		t.Fatal(err)
	}
	return cinema.Job{Maker: maker(t), Source: s, Script: quick(), Mode: film.Flow, To: to}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAClipBecomesAClip(t *testing.T) {
	in, dir := clip(t, 4), t.TempDir()
	for _, name := range []string{"out.gif", "out.webp", "out.apng"} {
		to := filepath.Join(dir, name)
		res, err := cinema.Make(t.Context(), job(t, in, to))
		if err != nil {
			t.Fatal(err)
		}
		c, err := picture.OpenClip(read(t, to), picture.Limits{})
		if err != nil || c.Frames != 4 || c.W != 72 || c.H != 56 || res.Frames != 4 || res.W != 72 {
			t.Errorf("%s: %+v, %+v, %v", name, c, res, err)
			continue
		}
		if data := string(read(t, to)); !strings.Contains(data, "compositeWithTrainedAlgorithmicMedia") || !strings.Contains(data, res.Recipe.Token()+"<") {
			t.Errorf("%s does not say what it is", name)
		}
		i := 0
		for f, err := range c.All(t.Context()) {
			if err != nil || f.Delay != delayOf(i) {
				t.Errorf("%s, frame %d: shown for %v, %v", name, i, f.Delay, err)
			}
			i++
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.film")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestAnEndedRunIsGoneOnWith: whenever and however it ended, the frames are the same, and none is dreamed twice.
func TestAnEndedRunIsGoneOnWith(t *testing.T) {
	in, dir := clip(t, 6), t.TempDir()
	whole := filepath.Join(dir, "whole")
	if _, err := cinema.Make(t.Context(), job(t, in, whole)); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(dir, "part")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	j := job(t, in, part)
	j.Report = func(p dream.Progress) {
		if p.Frame == 4 {
			cancel()
		}
	}
	if _, err := cinema.Make(ctx, j); !errors.Is(err, context.Canceled) {
		t.Fatalf("ended with %v", err)
	}
	// what a process that is killed may leave beside
	for name, data := range map[string]string{"000004.png": "half a frame", "000004.png.part": "x", "film.json.part": "{"} {
		if err := os.WriteFile(filepath.Join(part, name), []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	res, err := cinema.Make(t.Context(), job(t, in, part))
	if err != nil || res.Kept != 3 || res.Frames != 6 {
		t.Fatalf("%+v, %v", res, err)
	}
	for i := range 6 {
		name := fmt.Sprintf("%06d.png", i+1)
		if !bytes.Equal(read(t, filepath.Join(part, name)), read(t, filepath.Join(whole, name))) {
			t.Errorf("frame %d is another", i+1)
		}
	}
	done := job(t, in, part)
	done.Source.N = 0 // of a video it may not be known
	if res, err := cinema.Make(t.Context(), done); err != nil || res.Kept != 6 || res.Frames != 6 {
		t.Errorf("once more: %+v, %v", res, err)
	}
}

func TestFramesOfAnotherFilmAreNotTaken(t *testing.T) {
	in, to := clip(t, 2), filepath.Join(t.TempDir(), "frames")
	if _, err := cinema.Make(t.Context(), job(t, in, to)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*cinema.Job){
		"another clip": func(j *cinema.Job) { *j = job(t, clip(t, 3), to) },
		"other words":  func(j *cinema.Job) { j.Script.Keys[0].Recipe.Seed = 9 },
		"another mode": func(j *cinema.Job) { j.Mode = film.None },
	} {
		j := job(t, in, to)
		change(&j)
		if _, err := cinema.Make(t.Context(), j); !errors.Is(err, cinema.ErrOther) {
			t.Errorf("%s: %v", name, err)
		}
	}
	j := job(t, in, to)
	j.Mode, j.Anew = film.None, true
	if res, err := cinema.Make(t.Context(), j); err != nil || res.Kept != 0 {
		t.Errorf("anew: %+v, %v", res, err)
	}
	longer := job(t, clip(t, 4), to)
	longer.Anew = true
	for _, j := range []cinema.Job{longer, j} {
		if _, err := cinema.Make(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(to, "*.png")); len(left) != 2 {
		t.Errorf("of a longer film before it there are still frames: %v", left)
	}
}

// TestFramesOfSomebodysAreKept: of whoever cut a video into pictures of such names.
func TestFramesOfSomebodysAreKept(t *testing.T) {
	to := t.TempDir()
	theirs := filepath.Join(to, "000002.png")
	if err := os.WriteFile(theirs, []byte("theirs"), 0o666); err != nil {
		t.Fatal(err)
	}
	j := job(t, clip(t, 2), to)
	if _, err := cinema.Make(t.Context(), j); !errors.Is(err, cinema.ErrOther) || string(read(t, theirs)) != "theirs" {
		t.Errorf("%v; there is %q", err, read(t, theirs))
	}
	j.Anew = true
	if res, err := cinema.Make(t.Context(), j); err != nil || res.Frames != 2 || string(read(t, theirs)) == "theirs" {
		t.Errorf("anew: %+v, %v", res, err)
	}
}

func TestALinkToAClipGoesOnPointingThere(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(t.TempDir(), "real.gif"), filepath.Join(dir, "link.gif")
	err := os.WriteFile(real, []byte("before"), 0o666)
	if err == nil {
		err = os.Symlink(real, link)
	}
	if err != nil {
		t.Skip(err)
	}
	if _, err := cinema.Make(t.Context(), job(t, clip(t, 2), link)); err != nil {
		t.Fatal(err)
	}
	if at, err := os.Readlink(link); err != nil || at != real || !bytes.HasPrefix(read(t, real), []byte("GIF8")) {
		t.Errorf("it points to %q (%v), where %.9q lies", at, err, read(t, real))
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(real), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestTwoRunsDoNotMeet: of one file, at the same time.
func TestTwoRunsDoNotMeet(t *testing.T) {
	in, to := clip(t, 3), filepath.Join(t.TempDir(), "out.gif")
	var met error
	j := job(t, in, to)
	j.Report = func(dream.Progress) {
		if met == nil {
			_, met = cinema.Make(t.Context(), job(t, in, to))
		}
	}
	if _, err := cinema.Make(t.Context(), j); err != nil || !errors.Is(met, cinema.ErrBusy) {
		t.Errorf("the first: %v, the second: %v", err, met)
	}
}

func TestAFolderOfFramesIsAClip(t *testing.T) {
	dir := t.TempDir()
	all := frames(3)
	for i, name := range []string{"shot-2.png", "shot-10.png", "shot-1.png"} {
		data, err := picture.EncodePNG(all[i], "")
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := cinema.Open(t.Context(), dir, cinema.Opening{Rate: 25})
	if err != nil || s.N != 3 {
		t.Fatal(s, err)
	}
	order, i := []int{2, 0, 1}, 0
	for f, err := range s.Frames(t.Context()) {
		if err != nil || f.Delay != 40*time.Millisecond || !bytes.Equal(f.Image.Pix, all[order[i]].Pix) {
			t.Errorf("frame %d: %v, %v", i, f.Delay, err)
		}
		i++
	}
}

func TestWithoutFFmpegItIsSaidWhatWorks(t *testing.T) {
	video := filepath.Join(t.TempDir(), "a.mp4")
	if err := os.WriteFile(video, []byte("\x00\x00\x00\x18ftypisom"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := cinema.Open(t.Context(), video, cinema.Opening{}); !errors.Is(err, cinema.ErrNoFFmpeg) || !strings.Contains(err.Error(), ".gif") {
		t.Errorf("read: %v", err)
	}
	if _, err := cinema.Make(t.Context(), job(t, clip(t, 2), "out.mp4")); !errors.Is(err, cinema.ErrNoFFmpeg) {
		t.Errorf("write: %v", err)
	}
	if err := cinema.CanWrite("out.avi", ""); err == nil || !strings.Contains(err.Error(), ".gif") {
		t.Errorf("another end: %v", err)
	}
}

// TestVideosKeepTheirSound needs an ffmpeg that knows H.264.
func TestVideosKeepTheirSound(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg here")
	}
	dir := t.TempDir()
	in, to := filepath.Join(dir, "in.mp4"), filepath.Join(dir, "out.mp4")
	out, err := exec.Command(ffmpeg, "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=96x64:rate=10:duration=0.6",
		"-f", "lavfi", "-i", "sine=440:duration=0.6", "-pix_fmt", "yuv420p", in).CombinedOutput()
	if err != nil {
		t.Skipf("ffmpeg cannot: %v: %s", err, out)
	}
	s, err := cinema.Open(t.Context(), in, cinema.Opening{FFmpeg: ffmpeg})
	if err != nil || s.N != 6 {
		t.Fatal(s, err)
	}
	j := cinema.Job{Maker: maker(t), Source: s, Script: quick(), Mode: film.Flow, To: to, FFmpeg: ffmpeg}
	if res, err := cinema.Make(t.Context(), j); err != nil || res.Frames != 6 {
		t.Fatal(res, err)
	}
	said, _ := exec.Command(ffmpeg, "-i", to).CombinedOutput()
	for _, want := range []string{"Audio:", "Video: h264", "96x64", "10 fps", "recipe dd3-"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("no %q in %s", want, said)
		}
	}
	film, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(picture.Comment(film), dream.Signature+"dd3-") || !strings.Contains(string(film), "DigitalSourceType") {
		t.Errorf("the film says %q of itself, and has XMP: %v", picture.Comment(film), strings.Contains(string(film), "DigitalSourceType"))
	}
}

func TestLinesOfWords(t *testing.T) {
	for text, want := range map[string][]cinema.Line{
		"more eyes":                          {{0, "more eyes"}},
		"0s birds; 3s dogs":                  {{0, "birds"}, {3 * time.Second, "dogs"}},
		"birds; 2.5s dogs":                   {{0, "birds"}, {2500 * time.Millisecond, "dogs"}},
		"steps=3 0s birds; 1s no dogs":       {{0, "steps=3 birds"}, {time.Second, "steps=3 no dogs"}},
		"0s birds; 1s dogs|steps=3":          {{0, "steps=3 birds"}, {time.Second, "steps=3 dogs"}},
		"0s layer=4c; 1s layer=5a; 2s AGAIN": {{0, "layer=4c"}, {time.Second, "layer=5a"}},
	} {
		got, again, err := cinema.ParseLines(strings.Split(text, "|")...)
		if err != nil || !slices.Equal(got, want) || (again > 0) != strings.Contains(text, "AGAIN") {
			t.Errorf("%q: %v, %v, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"1s birds; 2s dogs", "0s birds; 0s dogs", "0s birds; 3s dogs; 2s cats", "0s birds; 1s again; 2s dogs", "0s again; 1s birds",
		"0s birds; 1s dogs; cats"} {
		if got, _, err := cinema.ParseLines(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestNumbersOrderFrames(t *testing.T) {
	names := []string{"f10", "f9", "f010b", "a", "f1", "g0", "f002"}
	slices.SortFunc(names, cinema.ByNumbers)
	if got := strings.Join(names, " "); got != "a f1 f002 f9 f10 f010b g0" {
		t.Error(got)
	}
}

// FuzzReadPPM: what ffmpeg, or whoever made it wrong, writes.
func FuzzReadPPM(f *testing.F) {
	f.Add([]byte("P6\n2 1\n255\nabcdef"))
	f.Add([]byte("P6\n99999 99999\n255\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := cinema.ReadPPM(bufio.NewReader(bytes.NewReader(data)), picture.Limits{MaxPixels: 1 << 12})
		if err == nil && (img.Rect.Empty() || img.Rect.Dx()*img.Rect.Dy() > 1<<12) {
			t.Errorf("a picture of %v", img.Rect)
		}
	})
}

// FuzzParseLines: lines are in order and few.
func FuzzParseLines(f *testing.F) {
	f.Add("0s birds; 3s dogs; 6s again")
	f.Fuzz(func(t *testing.T, text string) {
		lines, again, err := cinema.ParseLines(text)
		if err != nil {
			return
		}
		for i, l := range lines {
			if i == 0 && l.At != 0 || i > 0 && l.At <= lines[i-1].At {
				t.Errorf("%q: %v", text, lines)
			}
		}
		if len(lines) == 0 || again < 0 || again > 0 && again <= lines[len(lines)-1].At {
			t.Errorf("%q: %v, again %v", text, lines, again)
		}
	})
}
