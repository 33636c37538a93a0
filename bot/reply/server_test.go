package reply_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/faulty"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/reply"
	"slugpuppy/store"
)

// town is a server of the fake kind, with a bot and people.
type town struct {
	host
	t *testing.T
	n int
}

func newTown(t *testing.T, n kind, c conditions) *town {
	t.Helper()
	return &town{host: n.open(t, c), t: t}
}

// scope is the bot's account in the store.
func (w *town) scope(p network.Bot) identity.Identity {
	return identity.Identity{Server: p.Host(), ID: w.Account()}
}

// hasty are the options of a daemon that does not let a test wait, on a file of its own.
func hasty(p network.Bot, s *store.Store) reply.Options {
	o := options(p, &cheap{took: 2 * time.Millisecond})
	o.Store, o.Poll, o.Dreams = s, 20*time.Millisecond, 2
	o.Settle, o.SlowPost = 100*time.Millisecond, 200*time.Millisecond
	o.Caps = reply.Caps{PerUserHour: -1, PerThread: -1, PerPair: -1, Queue: -1, Uploads: -1}
	if os.Getenv(childLog) != "" {
		o.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return o
}

// run starts a daemon and returns its store and what stops it.
func (w *town) run(path string) (*store.Store, func()) {
	w.t.Helper()
	s, err := store.Open(path, store.Options{NoSync: true})
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := platform(w.Credentials())
	if err != nil {
		w.t.Fatal(err)
	}
	d, err := reply.New(hasty(p, s))
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	for known := false; !known; time.Sleep(5 * time.Millisecond) { // it has found where to start
		_, known, _ = s.For(w.scope(p)).Jobs().Cursor()
	}
	return s, func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
		s.Close()
	}
}

// ask has somebody new post a request of one of several kinds; the id of the post.
func (w *town) ask(kind int) string {
	w.t.Helper()
	w.n++
	var png []byte
	words := [...]string{"eyes", "imagine banana", "help", "see"}[kind%4]
	if kind%4 == 0 || kind%4 == 3 {
		png = photo(w.n)
	}
	id, err := w.Ask(fmt.Sprint("person", w.n), words, png, "a hill", "")
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// patience ends a test that hangs. A busy machine is slow, and still right.
const patience = 2 * time.Minute

// settled waits until nothing is left to answer, and then a little for an answer too many.
func (w *town) settled() {
	w.t.Helper()
	for end := time.Now().Add(patience); w.Unanswered() > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%d mentions are unanswered", w.Unanswered())
		}
	}
	time.Sleep(300 * time.Millisecond)
	for _, post := range w.Twice() {
		w.t.Errorf("post %s was answered %d times", post, w.Answers(post))
	}
}

// posted waits until the store knows as well that so many jobs were answered.
func (w *town) posted(s *store.Store, want int) {
	w.t.Helper()
	var counts map[store.State]int
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if counts, err = s.Operator().Counts(); err == nil && counts[store.Posted] == want {
			return
		}
	}
	w.t.Errorf("jobs %v, %v; want %d posted", counts, err, want)
}

func TestRepliesOnMastodonKeepWhatThePostSaid(t *testing.T) {
	for _, n := range networks[:2] {
		t.Run(n.name, func(t *testing.T) {
			w := newTown(t, n, conditions{limits: true})
			srv := w.host.(mastodonHost).Server
			_, stop := w.run(filepath.Join(t.TempDir(), "db"))
			defer stop()
			ada := srv.AddUser("ada", mastodontest.UserOptions{})
			p, err := ada.Post(mastodontest.PostOptions{Text: "@dreambot eyes", Warning: "cats", Sensitive: true, Language: "de",
				Visibility: "public", Media: []mastodontest.Picture{{Data: photo(1), Alt: "My cat"}}})
			if err != nil {
				t.Fatal(err)
			}
			w.settled()
			a := srv.RepliesTo(p.ID)[0]
			if a.Visibility != "unlisted" || a.Warning != "re: cats" || !a.Sensitive || a.Language != "de" || len(a.Mentions) != 1 {
				t.Errorf("reply %+v", a)
			}
			if len(a.Media) != 1 || !strings.HasPrefix(a.Media[0].Alt, "My cat. ") {
				t.Errorf("media %+v", a.Media)
			}
			if post, _ := srv.Status(p.ID); len(post.Favourited) != 1 {
				t.Error("not favourited")
			}
		})
	}
}

func TestRepliesOnXKeepItsRules(t *testing.T) {
	for _, n := range networks[2:4] {
		t.Run(n.name, func(t *testing.T) {
			w := newTown(t, n, conditions{limits: true})
			srv := w.host.(xHost).Server
			_, stop := w.run(filepath.Join(t.TempDir(), "db"))
			defer stop()
			ada, bea := srv.AddUser("ada", xtest.UserOptions{}), srv.AddUser("bea", xtest.UserOptions{})
			p, err := ada.Post(xtest.PostOptions{Text: "@dreambot eyes", Sensitive: true, Media: []xtest.Picture{{Data: photo(1), Alt: "My cat"}}})
			if err != nil {
				t.Fatal(err)
			}
			hers, err := bea.Post(xtest.PostOptions{Text: "my garden", Media: []xtest.Picture{{Data: photo(2)}}})
			if err != nil {
				t.Fatal(err)
			}
			about, err := ada.Post(xtest.PostOptions{Text: "@dreambot eyes", InReplyTo: hers.ID})
			if err != nil {
				t.Fatal(err)
			}
			w.settled()
			a := srv.RepliesTo(p.ID)[0]
			if len(a.Media) != 1 || !strings.HasPrefix(a.Media[0].Alt, "My cat. ") || !a.Media[0].Warned || !a.MadeWithAI || len(a.Mentions) != 1 {
				t.Errorf("reply %+v", a)
			}
			if r := srv.RepliesTo(about.ID); !strings.Contains(r[0].Text, "cannot ask them") {
				t.Errorf("%+v", r)
			}
			for _, r := range srv.RepliesTo(hers.ID) {
				if r.Author == "dreambot" {
					t.Errorf("somebody who did not ask was answered: %q", r.Text)
				}
			}
			if u := srv.Usage(); u[xtest.Summoned] != 2 || u[xtest.Posted]+u[xtest.PostedURL] != 0 {
				t.Errorf("%v", u)
			}
		})
	}
}

func TestAgainstAServerThatBreaks(t *testing.T) {
	for name, faults := range map[string]func(r routes) []faulty.Fault{
		"posts applied, answers dropped": func(r routes) []faulty.Fault {
			return []faulty.Fault{{Match: r.post, Kind: faulty.DropAfterApply, Times: 4}}
		},
		"posts applied, look-ups fail at first": func(r routes) []faulty.Fault {
			return []faulty.Fault{{Match: r.post, Kind: faulty.DropAfterApply, Times: 3}, {Match: r.lookUp, Kind: faulty.Answer, Code: 503, Times: 2}}
		},
		"posts dropped": func(r routes) []faulty.Fault {
			return []faulty.Fault{{Match: r.post, Kind: faulty.DropBefore, Times: 3}}
		},
		"posts reset": func(r routes) []faulty.Fault {
			return []faulty.Fault{{Match: r.post, Kind: faulty.Reset, Times: 3}}
		},
		"posts cut off in the answer": func(r routes) []faulty.Fault {
			return []faulty.Fault{{Match: r.post, Kind: faulty.Truncate, Times: 3}}
		},
		"posts refused by the rate limit": func(r routes) []faulty.Fault {
			return []faulty.Fault{{Match: r.post, Kind: faulty.Answer, Code: http.StatusTooManyRequests, Delay: time.Second, Times: 2}}
		},
		"a proxy in trouble": func(r routes) []faulty.Fault {
			return []faulty.Fault{{Match: r.post, Kind: faulty.Answer, Code: 502, Times: 2}}
		},
		"slow posts": func(r routes) []faulty.Fault {
			return []faulty.Fault{{Match: r.post, Kind: faulty.SlowAfterApply, Delay: 300 * time.Millisecond}}
		},
		"uploads dropped": func(r routes) []faulty.Fault {
			return []faulty.Fault{{Match: r.upload, Kind: faulty.DropAfterApply, Times: 2}}
		},
		"uploads reset": func(r routes) []faulty.Fault {
			return []faulty.Fault{{Match: r.upload, Kind: faulty.Reset, Times: 2}}
		},
		"uploads refused for now": func(r routes) []faulty.Fault {
			return []faulty.Fault{{Match: r.upload, Kind: faulty.Answer, Code: 503, Times: 2}}
		},
		"everything fails now and then": func(r routes) []faulty.Fault {
			return []faulty.Fault{{Kind: faulty.Reset, Probability: 0.1}, {Match: r.post, Kind: faulty.DropAfterApply, Probability: 0.3}}
		},
	} {
		for i, n := range networks {
			if !long() && (len(name)+i)%2 != 0 { // one of each two, unless there is time
				continue
			}
			t.Run(name+" "+n.name, func(t *testing.T) {
				t.Parallel()
				w := newTown(t, n, conditions{processing: 10 * time.Millisecond, seed: 1})
				s, stop := w.run(filepath.Join(t.TempDir(), "db"))
				defer stop()
				for _, f := range faults(w.Routes()) {
					w.Inject(f)
				}
				for i := range 8 {
					w.ask(i)
				}
				w.settled()
				w.posted(s, 8)
			})
		}
	}
}

func TestAnOutageOfAServer(t *testing.T) {
	t.Parallel()
	for i, n := range networks {
		if !long() && i%2 != 0 {
			continue
		}
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			mentions := 100 // TestTwoThousandMentionsWaitAfterAnOutage has more of them in memory
			if long() {
				mentions = min(2000, n.most)
			}
			w := newTown(t, n, conditions{processing: time.Millisecond})
			s, stop := w.run(filepath.Join(t.TempDir(), "db"))
			defer stop()
			w.Reachable(false)
			for i := range mentions {
				if i%20 == 0 {
					w.ask(0)
				} else {
					w.ask(1 + i%3)
				}
			}
			w.Reachable(true)
			w.settled()
			w.posted(s, mentions)
		})
	}
}
