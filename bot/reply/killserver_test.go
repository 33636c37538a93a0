package reply_test

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/faulty"
	"slugpuppy/store"
)

// childToken is the access token of a daemon that speaks to a server through the real adapter.
const childToken = "SLUGPUPPY_TEST_TOKEN"

// The whole way, as in production: a real process, killed with SIGKILL, the real adapter, and
// the strict fake server, which applies what it received even if nobody hears the answer.
func TestKilledAtAnyPointItAnswersEverybodyOnceOnTheFakeServer(t *testing.T) {
	t.Parallel()
	kills := 12
	if long() {
		kills = 240
	}
	onNetworks(t, func(t *testing.T, n kind) { killOnServer(t, kills/2, n) })
}

func killOnServer(t *testing.T, kills int, n kind) {
	w := newTown(t, n, conditions{processing: 10 * time.Millisecond})
	for _, kind := range []faulty.Kind{faulty.Slow, faulty.SlowAfterApply} {
		w.Inject(faulty.Fault{Match: w.Routes().post, Kind: kind, Delay: slowest, Times: 1 << 30, Probability: 0.4})
	}
	path := filepath.Join(t.TempDir(), "slugpuppy.db")
	_, stop := w.run(path) // a first life, which learns where to start
	stop()

	url, token := w.Credentials()
	p, err := platform(url, token)
	if err != nil {
		t.Fatal(err)
	}
	var posts []string
	ask := func() {
		for kind := range 3 {
			posts = append(posts, w.ask(kind))
		}
	}
	life := lifetime(t, url, token, path, ask, func() { w.settled() })
	for range kills {
		c := spawn(t, url, token, path)
		ask()
		time.Sleep(rand.N(life))
		c.kill()
	}
	c := spawn(t, url, token, path)
	w.settled()
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
		j, err := s.For(w.scope(p)).Jobs().BySource(id)
		if err != nil {
			t.Errorf("mention %s is lost: %v", id, err)
			continue
		}
		if j.State == store.Dead {
			t.Errorf("mention %s was given up because its process was killed: %s", id, j.Reason)
		}
		if n := w.Answers(id); n != 1 {
			t.Errorf("mention %s was answered %d times; its job is %s (%s)", id, n, j.State, j.Reason)
		}
	}
	t.Logf("%d kills, %d mentions", kills, len(posts))
}
