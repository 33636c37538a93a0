package timeline_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/timeline"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// film is a file that begins like a video; projector knows what is in it.
var film = []byte("\x00\x00\x00\x18ftypisom of a film")

// projector shows frames of what moves, and its own GIF where it is shown the film.
type projector struct{ gif []byte }

func (p projector) Videos() bool { return p.gif != nil }

func (p projector) Frames(ctx context.Context, data []byte, show func(picture.Frame) error) error {
	if bytes.Equal(data, film) {
		data = p.gif
	}
	c, err := picture.OpenClip(data, picture.Limits{})
	if err != nil {
		return err
	}
	for f, err := range c.All(ctx) {
		if err == nil {
			err = show(f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// clip is a GIF whose frames are so red.
func clip(t *testing.T, reds ...float64) []byte {
	t.Helper()
	var b bytes.Buffer
	a := picture.NewAnimation(&b)
	for i, red := range reds {
		img, err := decode(t.Context(), paint(red, i))
		if err == nil {
			err = a.Add(img, 100*time.Millisecond)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// shelf has files by their address.
type shelf map[string][]byte

func (s shelf) Fetch(_ context.Context, m network.Media, _ int64) ([]byte, error) {
	data, ok := s[m.URL]
	if !ok {
		return nil, &network.Error{Op: "fetch", Kind: network.TooLarge, Err: errors.New("no")}
	}
	return data, nil
}
func (s shelf) Turn(context.Context, string) (func(), error) { return func() {}, nil }
func (s shelf) Work(ctx context.Context, do func(context.Context) error) error {
	return do(ctx)
}

// TestClipsAreJudgedByTheirFrames: the preview first, and then the frames, where they can be had.
func TestClipsAreJudgedByTheirFrames(t *testing.T) {
	late := clip(t, 0.2, 0.2, 0.95, 0.95, 0.95, 0.95) // a dream that begins plainly
	for name, test := range map[string]struct {
		kind    network.MediaKind
		preview []byte
		file    []byte
		frames  timeline.FrameDecoder
		want    float64
	}{
		"a GIF":                                 {network.Still, nil, late, projector{}, 0.95},
		"a GIF without a decoder of clips":      {network.Still, nil, late, nil, 0.2},
		"a GIF as film, whose preview is plain": {network.Gifv, paint(0.2, 1), film, projector{late}, 0.95},
		"and where there is no ffmpeg":          {network.Gifv, paint(0.2, 1), film, projector{}, 0.2},
		"a preview that leaves no doubt":        {network.Gifv, paint(0.92, 1), film, projector{clip(t, 0.1, 0.2)}, 0.92},
		"a video whose preview is plain":        {network.Video, paint(0.2, 1), film, projector{late}, 0.2},
		"a video whose preview leaves doubts":   {network.Video, paint(0.85, 1), film, projector{late}, 0.95},
		"a video that is too large":             {network.Video, paint(0.85, 1), nil, projector{late}, 0.85},
		"a film without a preview":              {network.Gifv, nil, film, projector{late}, 0.95},
		"a film that is broken":                 {network.Gifv, paint(0.2, 1), append(film[:len(film):len(film)], 'x'), projector{late}, 0.2},
	} {
		t.Run(name, func(t *testing.T) {
			st, err := store.Open(filepath.Join(t.TempDir(), "s.db"), store.Options{NoSync: true})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			eye := &timeline.Eye{Judge: &redness{}, Store: st, FetchBytes: 1 << 20, Decode: decode}
			if test.frames != nil {
				eye.Frames = test.frames
			}
			from := shelf{"https://a.example/file": test.file}
			if test.file == nil {
				delete(from, "https://a.example/file")
			}
			m := network.Media{ID: "1", Kind: test.kind, URL: "https://a.example/file"}
			if test.preview != nil {
				m.PreviewURL = "https://a.example/preview"
				from[m.PreviewURL] = test.preview
			}
			seen, err := eye.Look(t.Context(), from, m)
			if err != nil || seen.Unread != "" || seen.Score < test.want-0.03 || seen.Score > test.want+0.03 {
				t.Errorf("%+v, %v, want %v", seen, err, test.want)
			}
		})
	}
}
