package child_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"strings"
	"testing"
	"time"

	"slugpuppy/picture"
	"slugpuppy/picture/child"
)

// moving is a GIF of so many frames.
func moving(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	a := picture.NewAnimation(&b)
	for i := range n {
		if err := a.Add(picture.Landscape(40, 30, uint64(i)), 70*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAChildDecodesFrames(t *testing.T) {
	p, data := pool(t, "decode"), moving(t, 5)
	c, err := picture.OpenClip(data, picture.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var want []*image.NRGBA
	for f, err := range c.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, f.Image)
	}
	n := 0
	err = p.Frames(t.Context(), data, picture.Limits{MaxFrames: 4}, func(f picture.Frame) error {
		if !bytes.Equal(f.Image.Pix, want[n].Pix) || f.Delay != 70*time.Millisecond {
			t.Errorf("frame %d is another, or shown for %v", n, f.Delay)
		}
		n++
		return nil
	})
	if err != nil || n != 4 {
		t.Errorf("%d frames, %v", n, err)
	}
	enough := errors.New("enough")
	if err := p.Frames(t.Context(), data, picture.Limits{}, func(picture.Frame) error { return enough }); err != enough {
		t.Errorf("got %v", err)
	}
	if _, err := p.Decode(t.Context(), data, picture.Limits{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// liars are children that answer a question for frames wrongly.
func init() {
	for kind, answer := range map[string]func(){
		"frames without end": func() {
			for {
				message('d', []byte(`{"NS":1000000}`))
				message('x', make([]byte, 4*4*4))
			}
		},
		"no time":    func() { message('d', []byte(`{"NS":-1}`)); message('x', make([]byte, 4*4*4)) },
		"too little": func() { message('d', []byte(`{"NS":1000000}`)); message('x', make([]byte, 4*4)) },
		"nothing":    func() {},
	} {
		children[kind] = func() int {
			greet()
			message('p', fmt.Appendf(nil, `{"Format":"gif","W":4,"H":4,"Frames":3,"Memory":1,"Cost":1}`))
			untilBegin()
			answer()
			return 0
		}
	}
	children["boast frames"] = func() int {
		greet()
		message('p', fmt.Appendf(nil, `{"Format":"gif","W":4,"H":4,"Frames":3000,"Memory":1,"Cost":1}`))
		untilBegin()
		return 0
	}
}

func TestAChildIsNotBelievedAboutFrames(t *testing.T) {
	for kind, reason := range map[string]string{
		"frames without end": "more than 3 frames", "no time": "shown for -1", "too little": "16 bytes", "nothing": "EOF",
		"boast frames": "plans 3000", "crash": "exit status 2",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			p := pool(t, kind, func(o *child.Options) { o.Wall = 2 * time.Second })
			err := p.Frames(t.Context(), moving(t, 3), picture.Limits{}, func(picture.Frame) error { return nil })
			var problem *picture.Problem
			if !errors.As(err, &problem) || !strings.Contains(problem.Reason, reason) {
				t.Errorf("got %v, want %s", err, reason)
			}
		})
	}
}
