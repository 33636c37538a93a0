package dream_test

import (
	"errors"
	"image"
	"testing"
	"time"

	"slugpuppy/dream"
	"slugpuppy/picture"
)

// sampled is a clip of a scene, at a size.
func sampled(t *testing.T, side, n int) *dream.Clip {
	t.Helper()
	s, scene := dream.NewSampler(side, 0), panned(96, 64)
	for i := range n {
		if err := s.Add(picture.Frame{Image: scene.Frame(i).NRGBA(), Delay: 100 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
	}
	c, _ := s.Clip()
	if c == nil {
		t.Fatal("no clip")
	}
	return c
}

func TestAClipOfAnOrderIsDreamed(t *testing.T) {
	m, c := maker(t, dream.Options{}), sampled(t, 72, 3)
	o := dream.Order{Source: panned(96, 64).Frame(0).NRGBA(), Clip: c, Recipe: quick(), Accept: []dream.Format{{MIME: dream.GIF}}}
	data, err := o.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var there dream.Order
	if err := there.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	p, err := m.Make(t.Context(), there, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := frames(t, p.File.Data)
	if p.File.Frames != 4 || p.File.W != 72 || p.File.H != 48 || len(all) != 4 || len(p.Dreamed) == 0 || len(p.Saw.Guesses) == 0 {
		t.Errorf("%d frames of %dx%d, dreamed %v", p.File.Frames, p.File.W, p.File.H, p.Dreamed)
	}
	o.Recipe.Verb = dream.Wander // of whatever moves, other verbs take the first picture
	o.Recipe.Repeat, o.Recipe.Steps = 2, 1
	if p, err := m.Make(t.Context(), o, nil); err != nil || p.File.Frames == 4 {
		t.Errorf("wander: %d frames, %v", p.File.Frames, err)
	}
}

func TestClipsAreSampledEvenly(t *testing.T) {
	s := dream.NewSampler(96, 80)
	var err error
	n := 0
	for ; err == nil; n++ {
		err = s.Add(picture.Frame{Image: picture.Landscape(64, 48, uint64(n%3)), Delay: 40 * time.Millisecond})
	}
	c, cut := s.Clip()
	if !errors.Is(err, dream.ErrEnough) || !cut || len(c.Frames) != dream.MaxClipFrames || n < 120 || n > 130 {
		t.Errorf("%v after %d frames; %d are kept, more: %v", err, n, len(c.Frames), cut)
	}
	still := dream.NewSampler(96, 0)
	for range 3 {
		if err := still.Add(picture.Frame{Image: picture.Landscape(64, 48, 1), Delay: time.Second}); err != nil {
			t.Fatal(err)
		}
	}
	if c, _ := still.Clip(); c != nil {
		t.Error("what does not move is a clip")
	}
}

// TestClipsOfStrangersAreChecked: an order comes from another machine.
func TestClipsOfStrangersAreChecked(t *testing.T) {
	good := dream.Order{Source: picture.Landscape(64, 48, 1), Clip: sampled(t, 64, 2)}
	other, err := picture.EncodePNG(image.NewNRGBA(image.Rect(0, 0, 9, 9)), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(c *dream.Clip){
		"no time":         func(c *dream.Clip) { c.Each = 1 },
		"hours":           func(c *dream.Clip) { c.Each = time.Hour },
		"no frames":       func(c *dream.Clip) { c.Frames = nil },
		"too many frames": func(c *dream.Clip) { c.Frames = make([][]byte, dream.MaxClipFrames+1) },
		"no picture":      func(c *dream.Clip) { c.Frames[1] = []byte("x") },
		"another size":    func(c *dream.Clip) { c.Frames[1] = other },
	} {
		bad := *good.Clip
		bad.Frames = append([][]byte{}, bad.Frames...)
		spoil(&bad)
		o := good
		o.Clip = &bad
		data, err := o.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var got dream.Order
		if err := got.UnmarshalBinary(data); !errors.Is(err, dream.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
