package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slugpuppy/dream"
)

func TestABarSaysHowFarAndHowLong(t *testing.T) {
	var out strings.Builder
	at := time.Unix(0, 0)
	b := newBar(&out, func() time.Time { return at })
	step := func(d time.Duration, share float64, left time.Duration) string {
		out.Reset()
		at = at.Add(d)
		b.show("dreaming", share, left)
		return out.String()
	}
	for _, s := range []struct {
		after time.Duration
		share float64
		left  time.Duration
		want  string
	}{
		{0, 0, 0, "\rdreaming [........................]   0 %\x1b[K"},
		{time.Second, 0.25, 9 * time.Second, "\rdreaming [######..................]  25 %\x1b[K"},
		{time.Millisecond, 0.26, 0, ""}, // too soon
		{3 * time.Second, 0.5, 0, "\rdreaming [############............]  50 %, 4s left\x1b[K"},
		{time.Second, 0.5, 7 * time.Second, "\rdreaming [############............]  50 %, 7s left\x1b[K"},
		{time.Second, 1.5, 0, "\rdreaming [########################] 100 %, 0s left\x1b[K"},
	} {
		if got := step(s.after, s.share, s.left); got != s.want {
			t.Errorf("at %v: %q, want %q", s.share, got, s.want)
		}
	}
	out.Reset()
	if b.clear(); out.String() != "\r\x1b[K" {
		t.Errorf("left behind: %q", out.String())
	}
}

func TestProgressForPrograms(t *testing.T) {
	var out bytes.Buffer
	at := time.Unix(0, 0)
	c := newConsole(nil, nil, &out, nil)
	c.progress, c.now = progressJSON, func() time.Time { return at }
	report, done := c.reporting("dreaming")
	report(dream.Progress{Octave: 1, Octaves: 4, Fraction: 0.1})
	report(dream.Progress{Octave: 1, Octaves: 4, Fraction: 0.11}) // too soon
	at = at.Add(10 * time.Second)
	report(dream.Progress{Octave: 2, Octaves: 4, Fraction: 0.5})
	done()
	want := `{"doing":"dreaming, octave 1 of 4","share":0.1}
{"doing":"dreaming, octave 2 of 4","share":0.5,"left_s":10}
`
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
	out.Reset()
	c.progress = progressNone
	report, done = c.reporting("dreaming")
	report(dream.Progress{Fraction: 0.1})
	done()
	if out.Len() > 0 {
		t.Errorf("%q", out.String())
	}
}

// Long work says how far it is, on standard error and to programs as lines of which docs/json.md tells.
func TestLongWorkSaysHowFarItIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := filepath.Join(h.dir, "in")
	if err := os.Mkdir(in, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.png", "b.png", "c.png"} {
		paintTo(t, filepath.Join(in, name))
	}
	for command, doing := range map[string]string{
		"see " + in: "seeing, 1 of 3 done", "detect " + in: "judging, 1 of 3 done",
		"dream " + in + " -o " + filepath.Join(h.dir, "out") + " steps=2 octaves=1":                          "dreaming, 0 of 3 done",
		"dream " + filepath.Join(in, "a.png") + " " + filepath.Join(h.dir, "one.png") + " steps=2 octaves=1": "dreaming, octave 1 of 1",
	} {
		var out, errs bytes.Buffer
		code := h.app(&out, &errs).run(t.Context(), append([]string{"--config", h.file, "--json", "--progress=json"}, strings.Fields(command)...))
		if code != exitOK {
			t.Fatalf("%s: exit code %d: %s", command, code, errs.String())
		}
		seen := ""
		for dec := json.NewDecoder(&errs); dec.More(); {
			var e event
			if err := dec.Decode(&e); err != nil {
				t.Fatalf("%s: standard error has more than events: %v", command, err)
			}
			if e.Share == nil || *e.Share < 0 || *e.Share > 1 {
				t.Errorf("%s: %+v", command, e)
			}
			seen += e.Doing + "\n"
		}
		if !strings.Contains(seen, doing) {
			t.Errorf("%s says %q, not %q", command, seen, doing)
		}
	}
}

// Of some work nobody can tell how much there is: it says for how long it has gone on.
func TestWorkOfUnknownLengthSaysHowLongItTakes(t *testing.T) {
	var out bytes.Buffer
	at := time.Unix(0, 0)
	e := &events{to: &out, now: func() time.Time { return at }, begun: at}
	at = at.Add(7 * time.Second)
	e.show("checking", noShare, 0)
	if got := out.String(); got != `{"doing":"checking","took_s":7}`+"\n" {
		t.Error(got)
	}
	out.Reset()
	b := newBar(&out, func() time.Time { return at })
	at = at.Add(3 * time.Second)
	if b.show("checking", noShare, 0); out.String() != "\rchecking, 3s\x1b[K" {
		t.Errorf("%q", out.String())
	}
}

// Several dreams share one bar, which knows of all of them.
func TestSeveralDreamsShareABar(t *testing.T) {
	var out bytes.Buffer
	at := time.Unix(0, 0)
	c := newConsole(nil, nil, &out, nil)
	c.progress, c.now = progressJSON, func() time.Time { at = at.Add(time.Second); return at }
	k := c.counting("dreaming", 4)
	k.at(0, 0.5)
	k.at(2, 1)
	k.at(0, 1)
	want := `{"doing":"dreaming, 0 of 4 done","share":0.125}
{"doing":"dreaming, 1 of 4 done","share":0.375,"left_s":3}
{"doing":"dreaming, 2 of 4 done","share":0.5,"left_s":3}
`
	if out.String() != want {
		t.Error(out.String())
	}
}
