package daemon_test

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"slugpuppy/bot/mastodontest"
	"slugpuppy/store"
)

// childToken is the access token of a daemon that speaks to a server through the real adapter.
const childToken = "SLUGPUPPY_TEST_TOKEN"

// The whole way, as in production: a real process, killed with SIGKILL, the real adapter, and
// the strict fake server, which applies what it received even if nobody hears the answer.
func TestKilledAtAnyPointItAnswersEverybodyOnceOnTheFakeServer(t *testing.T) {
	kills := 12
	if long() {
		kills = 240
	}
	for name, dialect := range map[string]mastodontest.Dialect{"Mastodon": mastodontest.Mastodon, "GoToSocial": mastodontest.GoToSocial} {
		t.Run(name, func(t *testing.T) { killOnServer(t, kills/2, dialect) })
	}
}

func killOnServer(t *testing.T, kills int, dialect mastodontest.Dialect) {
	w := newTown(t, mastodontest.Options{Dialect: dialect, Processing: 10 * time.Millisecond})
	for _, kind := range []mastodontest.FaultKind{mastodontest.Slow, mastodontest.SlowAfterApply} {
		w.srv.Inject(mastodontest.Fault{Match: "POST /api/v1/statuses", Kind: kind, Delay: slowest, Times: 1 << 30, Probability: 0.4})
	}
	path := filepath.Join(t.TempDir(), "slugpuppy.db")
	scope := store.Scope{Platform: "mastodon", Account: w.bot.ID()}
	_, stop := w.run(path) // a first life, which learns where to start
	stop()

	t.Setenv(childToken, w.bot.Token("read write"))
	var posts []string
	ask := func() {
		for kind := range 3 {
			posts = append(posts, w.ask(kind))
		}
	}
	life := lifetime(t, w.srv.URL, path, ask, func() { w.settled(90 * time.Second) })
	for range kills {
		c := spawn(t, w.srv.URL, path)
		ask()
		time.Sleep(rand.N(life))
		c.kill()
	}
	c := spawn(t, w.srv.URL, path)
	w.settled(90 * time.Second)
	c.kill()
	if err := store.Check(path); err != nil {
		t.Error(err)
	}
	s, err := store.Open(path, store.Options{MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, id := range posts {
		j, err := s.BySource(scope, id)
		if err != nil {
			t.Errorf("mention %s is lost: %v", id, err)
			continue
		}
		if n := len(w.srv.RepliesTo(id)); n != 1 {
			t.Errorf("mention %s was answered %d times; its job is %s (%s)", id, n, j.State, j.Reason)
		}
	}
	t.Logf("%d kills, %d mentions", kills, len(posts))
}
