package daemon_test

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

	"slugpuppy/bot"
	"slugpuppy/bot/daemon"
	"slugpuppy/bot/mastodon"
	"slugpuppy/bot/mastodontest"
	"slugpuppy/store"
)

// town is a real server of the fake kind, with a bot and people.
type town struct {
	t   *testing.T
	srv *mastodontest.Server
	bot *mastodontest.User
	n   int
}

func newTown(t *testing.T, o mastodontest.Options) *town {
	t.Helper()
	srv := mastodontest.New(o)
	srv.Start()
	t.Cleanup(srv.Close)
	return &town{t: t, srv: srv, bot: srv.AddUser("dreambot", mastodontest.UserOptions{Bot: true})}
}

// platform is our adapter, signed in as the bot.
func platform(url, token string) (bot.Platform, error) {
	return mastodon.New(mastodon.Options{Server: url, Token: token, MediaPoll: 20 * time.Millisecond})
}

// hasty are the options of a daemon that does not let a test wait, on a file of its own.
func hasty(p bot.Platform, s *store.Store) daemon.Options {
	o := options(p, &cheap{took: 2 * time.Millisecond})
	o.Store, o.Poll, o.Dreams = s, 20*time.Millisecond, 2
	o.Settle, o.SlowPost = 100*time.Millisecond, 200*time.Millisecond
	o.Caps = daemon.Caps{PerUserHour: -1, PerThread: -1, PerPair: -1, Queue: -1, Uploads: -1}
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
	p, err := platform(w.srv.URL, w.bot.Token("read write"))
	if err != nil {
		w.t.Fatal(err)
	}
	d, err := daemon.New(hasty(p, s))
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	for known := false; !known; time.Sleep(5 * time.Millisecond) { // it has found where to start
		_, known, _ = s.Cursor(store.Scope{Platform: "mastodon", Account: w.bot.ID()})
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
	person := w.srv.AddUser(fmt.Sprint("person", w.n), mastodontest.UserOptions{})
	var pictures []mastodontest.Picture
	words := [...]string{"eyes", "imagine banana", "help", "see"}[kind%4]
	if kind%4 == 0 || kind%4 == 3 {
		pictures = append(pictures, mastodontest.Picture{Data: photo(w.n), Alt: "a hill"})
	}
	post, err := person.Mention(w.bot, words, pictures...)
	if err != nil {
		w.t.Fatal(err)
	}
	return post.ID
}

// settled waits until nothing is left to answer, and then a little for an answer too many.
func (w *town) settled(limit time.Duration) {
	w.t.Helper()
	for end := time.Now().Add(limit); len(w.srv.Unanswered(w.bot)) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%d mentions are unanswered", len(w.srv.Unanswered(w.bot)))
		}
	}
	time.Sleep(300 * time.Millisecond)
	for _, d := range w.srv.DuplicateReplies("dreambot") {
		w.t.Errorf("post %s was answered %d times", d.Parent, len(d.Replies))
	}
}

// posted waits until the store knows as well that so many jobs were answered.
func (w *town) posted(s *store.Store, want int) {
	w.t.Helper()
	var counts map[store.State]int
	var err error
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if counts, err = s.Counts(); err == nil && counts[store.Posted] == want {
			return
		}
	}
	w.t.Errorf("jobs %v, %v; want %d posted", counts, err, want)
}

func TestAgainstAServer(t *testing.T) {
	for _, dialect := range []mastodontest.Dialect{mastodontest.Mastodon, mastodontest.GoToSocial} {
		t.Run(dialect.String(), func(t *testing.T) {
			w := newTown(t, mastodontest.Options{Dialect: dialect, RateLimits: true})
			_, stop := w.run(filepath.Join(t.TempDir(), "db"))
			defer stop()
			ada := w.srv.AddUser("ada", mastodontest.UserOptions{})
			p, err := ada.Post(mastodontest.PostOptions{Text: "@dreambot eyes", Warning: "cats", Sensitive: true, Language: "de",
				Visibility: "public", Media: []mastodontest.Picture{{Data: photo(1), Alt: "My cat"}}})
			if err != nil {
				t.Fatal(err)
			}
			w.settled(10 * time.Second)
			a := w.srv.RepliesTo(p.ID)[0]
			if a.Visibility != "unlisted" || a.Warning != "re: cats" || !a.Sensitive || a.Language != "de" || len(a.Mentions) != 1 {
				t.Errorf("reply %+v", a)
			}
			if len(a.Media) != 1 || !strings.HasPrefix(a.Media[0].Alt, "My cat. ") {
				t.Errorf("media %+v", a.Media)
			}
			if post, _ := w.srv.Status(p.ID); len(post.Favourited) != 1 {
				t.Error("not favourited")
			}
		})
	}
}

func TestAgainstAServerThatBreaks(t *testing.T) {
	const post, upload = "POST /api/v1/statuses", "POST /api/v2/media"
	lookUp := "GET /api/v1/accounts/{id}/statuses"
	for name, faults := range map[string][]mastodontest.Fault{
		"posts applied, answers dropped":        {{Match: post, Kind: mastodontest.DropAfterApply, Times: 4}},
		"posts applied, look-ups fail at first": {{Match: post, Kind: mastodontest.DropAfterApply, Times: 3}, {Match: lookUp, Kind: mastodontest.Answer, Code: 503, Times: 2}},
		"posts dropped":                         {{Match: post, Kind: mastodontest.DropBefore, Times: 3}},
		"posts reset":                           {{Match: post, Kind: mastodontest.Reset, Times: 3}},
		"posts cut off in the answer":           {{Match: post, Kind: mastodontest.Truncate, Times: 3}},
		"posts refused by the rate limit":       {{Match: post, Kind: mastodontest.Answer, Code: http.StatusTooManyRequests, Delay: time.Second, Times: 2}},
		"a proxy in trouble":                    {{Match: post, Kind: mastodontest.Answer, Code: 502, Times: 2}},
		"slow posts":                            {{Match: post, Kind: mastodontest.SlowAfterApply, Delay: 300 * time.Millisecond}},
		"uploads dropped":                       {{Match: upload, Kind: mastodontest.DropAfterApply, Times: 2}},
		"uploads reset":                         {{Match: upload, Kind: mastodontest.Reset, Times: 2}},
		"uploads refused for now":               {{Match: upload, Kind: mastodontest.Answer, Code: 503, Times: 2}},
		"everything fails now and then":         {{Kind: mastodontest.Reset, Probability: 0.1}, {Match: post, Kind: mastodontest.DropAfterApply, Probability: 0.3}},
	} {
		for _, dialect := range []mastodontest.Dialect{mastodontest.Mastodon, mastodontest.GoToSocial} {
			if !long() && len(name)%2 != int(dialect) { // one of the two, unless there is time
				continue
			}
			t.Run(name+" "+dialect.String(), func(t *testing.T) {
				t.Parallel()
				w := newTown(t, mastodontest.Options{Dialect: dialect, Processing: 10 * time.Millisecond, Seed: 1})
				s, stop := w.run(filepath.Join(t.TempDir(), "db"))
				defer stop()
				for _, f := range faults {
					w.srv.Inject(f)
				}
				for i := range 8 {
					w.ask(i)
				}
				w.settled(40 * time.Second)
				w.posted(s, 8)
			})
		}
	}
}

func TestAnOutageOfAServer(t *testing.T) {
	mentions := 300 // TestTwoThousandMentionsWaitAfterAnOutage has all of them in memory
	if long() {
		mentions = 2000
	}
	w := newTown(t, mastodontest.Options{Processing: time.Millisecond})
	s, stop := w.run(filepath.Join(t.TempDir(), "db"))
	defer stop()
	w.srv.Reachable(false)
	for i := range mentions {
		if i%20 == 0 {
			w.ask(0)
		} else {
			w.ask(1 + i%3)
		}
	}
	w.srv.Reachable(true)
	w.settled(90 * time.Second)
	w.posted(s, mentions)
}
