package reply_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/dream"
	"slugpuppy/store"
)

// table is the cells of a table's first column below a heading of the README, as the code in each.
func table(t *testing.T, head string) (cells [][]string) {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(readme), head+"\n|---|---|\n")
	if !ok {
		t.Fatalf("README has no table %q", head)
	}
	code := regexp.MustCompile("`([^`]+)`")
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		var cell []string
		for _, m := range code.FindAllStringSubmatch(strings.SplitN(line, "|", 3)[1], -1) {
			cell = append(cell, m[1])
		}
		cells = append(cells, cell)
	}
	return cells
}

// below are what people say of a dream, in answer to it.
var below = []string{"deeper", "deeper 3", "again", ".. strength=8", "again, less intense", "again but stronger", "info", "delete"}

// quiet says whether something is done without an answer.
func quiet(said string) bool {
	return said == "stop" || said == "don't dream my pictures" || said == "delete"
}

// comesTo is what a setting of the README must have made of the recipe in the answer.
var comesTo = map[string]func(r dream.Recipe) bool{
	"layer=4c": func(r dream.Recipe) bool { return len(r.Layers) == 1 && r.Layers[0].Layer == "4c" },
	"layer=3b,4c": func(r dream.Recipe) bool {
		return len(r.Layers) == 2 && r.Layers[0].Layer == "3b" && r.Layers[1].Layer == "4c"
	},
	"octaves=5":       func(r dream.Recipe) bool { return r.Octaves == 5 },
	"steps=20":        func(r dream.Recipe) bool { return r.Steps == 20 },
	"strength=7":      func(r dream.Recipe) bool { return r.Strength == 7 },
	".. strength=8":   func(r dream.Recipe) bool { return r.Strength == 8 },
	"seed=42":         func(r dream.Recipe) bool { return r.Seed == 42 },
	"size=800":        func(r dream.Recipe) bool { return r.Size == 800 },
	"octave=1.4":      func(r dream.Recipe) bool { return r.OctaveScale == 1.4 },
	"keep top":        func(r dream.Recipe) bool { return r.Mask == dream.KeepTop },
	"keep subject":    func(r dream.Recipe) bool { return r.Mask == dream.KeepSubject },
	"only the centre": func(r dream.Recipe) bool { return r.Mask == dream.KeepEdges },
	"only the background": func(r dream.Recipe) bool {
		return r.Mask == dream.KeepSubject
	},
	"keep colours": func(r dream.Recipe) bool { return r.KeepColours },
	"imagine banana": func(r dream.Recipe) bool {
		return r.Verb == dream.Imagine && len(r.Words) == 1
	},
	"surprise":    func(r dream.Recipe) bool { return r.Free },
	"into banana": func(r dream.Recipe) bool { return len(r.Words) == 1 && r.Words[0].Weight == 1 },
	"deeper 3":    func(r dream.Recipe) bool { return r.Repeat == 3 },
}

var token = regexp.MustCompile(`dd3-[0-9a-z]+`)

// Everything in the README's table is answered, and does what it says.
func TestWhatTheReadmeSaysPeopleCanSay(t *testing.T) {
	cells := table(t, "| say | and it |")
	if len(cells) < 12 {
		t.Fatalf("%d rows", len(cells))
	}
	for _, visibility := range []string{"public", "direct"} {
		t.Run(visibility, func(t *testing.T) {
			t.Parallel()
			w := newTown(t, networks[0], conditions{})
			srv := w.host.(mastodonHost).Server
			s, stop := w.run(filepath.Join(t.TempDir(), "db"))
			defer stop()
			for i, said := range slices.Concat(cells...) {
				said = strings.ReplaceAll(said, "dd3-...", dream.Recipe{Verb: dream.Dream, Preset: "eyes"}.Token())
				if said == "#nobot" { // for a profile
					continue
				}
				u := srv.AddUser(fmt.Sprint("reader", i), mastodontest.UserOptions{})
				answer := tell(t, srv, s, u, visibility, said)
				switch {
				case quiet(said):
					if answer != "" {
						t.Errorf("%s was answered %q", said, answer)
					}
				case answer == "":
					t.Errorf("%s was not answered", said)
				case said != "help" && strings.Contains(answer, "Send me a picture"):
					t.Errorf("%s was not understood: %s", said, answer)
				}
				if want := comesTo[said]; want != nil {
					r, err := dream.ParseToken(token.FindString(answer))
					if err != nil || !want(r) {
						t.Errorf("%s came to %+v, %v: %s", said, r, err, answer)
					}
				}
			}
		})
	}
}

// tell says something, below a dream where that belongs, and returns the answer; "" when the post was only
// liked. Who speaks before a dream is written down is looked after a little later; here nobody is so quick.
func tell(t *testing.T, srv *mastodontest.Server, s *store.Store, u *mastodontest.User, visibility, said string) string {
	t.Helper()
	post := func(o mastodontest.PostOptions) string {
		o.Visibility = visibility
		p, err := u.Post(o)
		if err != nil {
			t.Fatal(err)
		}
		return p.ID
	}
	pictures := []mastodontest.Picture{{Data: photo(1), Alt: "a hill"}, {Data: photo(2), Alt: "another"}}
	o := mastodontest.PostOptions{Text: "@dreambot " + said, Media: pictures}
	if slices.Contains(below, said) {
		first := post(mastodontest.PostOptions{Text: "@dreambot slug", Media: pictures[:1]})
		o = mastodontest.PostOptions{Text: "@dreambot " + said, InReplyTo: outcomeOf(t, srv, first, false).ID}
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if j, err := s.Operator().JobOf(first); err == nil && j.State == store.Posted {
				break
			}
		}
	}
	return outcomeOf(t, srv, post(o), quiet(said)).Text
}

// outcomeOf waits for the answer to a post or, if it gets none, for it to be liked and nothing more.
func outcomeOf(t *testing.T, srv *mastodontest.Server, post string, quiet bool) mastodontest.Status {
	t.Helper()
	liked := time.Time{}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if all := srv.RepliesTo(post); len(all) > 0 {
			return all[0]
		}
		p, _ := srv.Status(post)
		if len(p.Favourited) > 0 && liked.IsZero() {
			liked = time.Now()
		}
		if quiet && !liked.IsZero() && time.Since(liked) > 300*time.Millisecond {
			break
		}
	}
	return mastodontest.Status{}
}
