package reply_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// projector decodes pictures that move as they are, and videos, where it can, as a moving picture that it has.
type projector struct {
	video []byte // nil: videos cannot be read
}

func (p projector) Videos() bool { return p.video != nil }

func (p projector) Frames(ctx context.Context, data []byte, show func(picture.Frame) error) error {
	if bytes.Equal(data, []byte("video")) {
		if p.video == nil {
			return errors.New("no ffmpeg")
		}
		data = p.video
	}
	c, err := picture.OpenClip(data, picture.Limits{MaxFrames: 300})
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

// moving is a GIF of so many frames, each shown for a tenth of a second.
func moving(n int) []byte {
	var b bytes.Buffer
	a := picture.NewAnimation(&b)
	for i := range n {
		img, err := decodePNG(context.Background(), photo(i))
		if err == nil {
			err = a.Add(img, 100*time.Millisecond)
		}
		if err != nil {
			panic(err)
		}
	}
	if err := a.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// attached is a post's attachment of a kind, and its files: the server's still, and the original.
func attached(w *world, kind network.MediaKind, original []byte) func(*network.Post) {
	return func(p *network.Post) {
		m := network.Media{ID: "moves", Kind: kind, URL: "https://files.example/original", PreviewURL: "https://files.example/still"}
		w.files[m.URL], w.files[m.PreviewURL] = original, photo(1)
		p.Media = []network.Media{m}
	}
}

func TestWhatMovesIsDreamedAsAClip(t *testing.T) {
	for name, test := range map[string]struct {
		kind     network.MediaKind
		original []byte
		frames   reply.FrameDecoder
		text     string
		clip     int // frames; 0 for a still
		says     string
	}{
		"a GIF":                            {network.Still, moving(6), projector{}, "dream", 8, ""},
		"a GIF of one frame":               {network.Still, moving(1), projector{}, "dream", 0, ""},
		"a GIF that is long":               {network.Still, moving(80), projector{}, "dream", 60, "first 5 seconds"},
		"a GIF that the server made film":  {network.Gifv, []byte("video"), projector{moving(6)}, "dream", 8, ""},
		"a video":                          {network.Video, []byte("video"), projector{moving(6)}, "dream", 8, ""},
		"a film where there is no ffmpeg":  {network.Gifv, []byte("video"), projector{}, "dream", 0, ""},
		"a film that is broken":            {network.Gifv, []byte("another"), projector{moving(2)}, "dream", 0, ""},
		"a GIF without a decoder of clips": {network.Still, moving(6), nil, "dream", 0, ""},
		"a GIF of which more is wanted":    {network.Still, moving(6), projector{}, "dream, deeper", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(r *rig) {
				p := r.ask(r.ada, test.text, attached(r.w, test.kind, test.original))
				a := r.answered(p, test.says)
				clip := r.dreamer.clip.Load()
				switch {
				case test.clip == 0 && clip != nil:
					t.Errorf("a clip of %d frames was dreamed", len(clip.Frames))
				case test.clip > 0 && (clip == nil || len(clip.Frames) != test.clip):
					t.Errorf("the order has the clip %+v", clip)
				}
				if moves := strings.HasSuffix(r.w.uploaded(a.Media[0]).Name, ".gif"); moves != (test.clip > 0) {
					t.Errorf("answered with %+v", r.w.uploaded(a.Media[0]).Name)
				}
			}, func(o *reply.Options) {
				if test.frames != nil {
					o.Frames = test.frames
				}
			})
		})
	}
}

// TestOurOwnClipIsNotDreamedAgain: a file that says that we made it is known whether it moves or not.
func TestOurOwnClipIsNotDreamedAgain(t *testing.T) {
	var b bytes.Buffer
	a := picture.NewAPNG(&b, 2, "DeepDream by slugpuppy, recipe dd1-x")
	for i := range 2 {
		img, err := decodePNG(t.Context(), photo(i))
		if err == nil {
			err = a.Add(img, time.Second)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	inWorld(t, func(r *rig) {
		r.answered(r.ask(r.ada, "dream", attached(r.w, network.Still, b.Bytes())), "already")
	}, func(o *reply.Options) { o.Frames = projector{} })
	var plain bytes.Buffer
	g := picture.NewAnimation(&plain)
	g.XMP = dream.Packet(dream.Recipe{Verb: dream.Dive}, "plain")
	img, err := decodePNG(t.Context(), photo(1))
	if err == nil {
		err = errors.Join(g.Add(img, time.Second), g.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	film, err := picture.AddXMP([]byte("\x00\x00\x00\x08ftyp"), g.XMP)
	if err != nil {
		t.Fatal(err)
	}
	inWorld(t, func(r *rig) {
		r.answered(r.ask(r.ada, "dream", attached(r.w, network.Still, plain.Bytes())), "already")
		r.answered(r.ask(r.w.join("bea"), "dream", attached(r.w, network.Gifv, film)), "already")
	}, func(o *reply.Options) { o.Frames = projector{moving(6)} })
}
