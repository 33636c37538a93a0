package x_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/faulty"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/network/x"
	"slugpuppy/store"
)

// The environment by which a test binary becomes a filter.
const (
	childServer = "SLUGPUPPY_TEST_SERVER"
	childKeys   = "SLUGPUPPY_TEST_KEYS" // x.Keys as JSON
	childStore  = "SLUGPUPPY_TEST_STORE"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childServer); url != "" {
		fmt.Fprintln(os.Stderr, "filter:", beFilter(url))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// beFilter looks after timelines until it is killed.
func beFilter(url string) error {
	st, err := store.Open(os.Getenv(childStore), store.Options{})
	if err != nil {
		return err
	}
	o := x.Options{API: url, Poll: 5 * time.Millisecond}
	if err := json.Unmarshal([]byte(os.Getenv(childKeys)), &o.Keys); err != nil {
		return err
	}
	_, f, err := keeping(st, "v2", o)
	if err != nil {
		return err
	}
	fmt.Println("at work")
	return f.Run(context.Background())
}

// A real process, killed with SIGKILL while it mutes and unmutes: every mute of ours ends, and none of
// the subscriber's does.
func TestKilledAtAnyPointEveryMuteEndsAndTheSubscribersStay(t *testing.T) {
	r := newReader(t, xtest.Options{})
	loud, own := r.town.AddUser("loud", xtest.UserOptions{}), r.town.AddUser("own", xtest.UserOptions{})
	r.town.alice.Mute(loud)
	r.town.alice.Mute(own)
	r.town.alice.Follow(own)
	r.join(func(s *store.Subscriber) {
		s.Mute = store.MuteRule{After: 1, Within: time.Hour, For: 50 * time.Millisecond}
	})
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, match := range []string{"POST /2/users/{id}/muting", "DELETE /2/users/{id}/muting/{target}"} {
		for _, kind := range []faulty.Kind{faulty.Slow, faulty.SlowAfterApply, faulty.DropAfterApply} {
			r.town.Inject(faulty.Fault{Match: match, Kind: kind, Delay: 20 * time.Millisecond, Times: 1 << 30, Probability: 0.3})
		}
	}
	var artists []*xtest.User
	kills := 8
	if os.Getenv("SLUGPUPPY_LONG") != "" {
		kills = 100
	}
	begun := time.Now()
	spawn(t, r)()
	life := 300*time.Millisecond + time.Since(begun) // of a process, on this machine
	for i := range kills {
		end := spawn(t, r)
		r.artist = r.town.AddUser(fmt.Sprint("artist", i), xtest.UserOptions{})
		artists = append(artists, r.artist)
		r.town.alice.Follow(r.artist)
		r.post(0.97)
		r.n++
		if _, err := own.Post(xtest.PostOptions{Text: fmt.Sprint("mine ", i), Media: []xtest.Picture{{Data: red(0.96, 100+i)}}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(life))
		end()
	}
	r.town.ClearFaults()
	for begun := time.Now(); !r.settled(artists); {
		if time.Since(begun) > time.Minute {
			t.Fatal("not every mute was made and ended")
		}
		end := spawn(t, r)
		time.Sleep(life)
		end()
	}
	if !r.town.alice.Mutes(loud) || !r.town.alice.Mutes(own) {
		t.Error("a mute of the subscriber's was ended")
	}
	for _, a := range artists {
		if r.town.alice.Mutes(a) {
			t.Errorf("%s is muted still", a.Name())
		}
	}
	t.Logf("%d kills, %d mutes made, %d ended", kills, r.town.Count("POST /2/users/{id}/muting"), r.town.Count("DELETE /2/users/{id}/muting/{target}"))
}

// settled says whether every artist was muted and is no more, as far as the file knows.
func (r *reader) settled(artists []*xtest.User) bool {
	st, err := store.Open(r.path, store.Options{MustExist: true})
	if err != nil {
		r.t.Fatal(err)
	}
	defer st.Close()
	list, err := st.For(r.scope).Timeline().Mutes()
	if err != nil {
		r.t.Fatal(err)
	}
	over := map[string]bool{}
	for _, m := range list {
		over[m.Account] = m.Over
	}
	return !slices.ContainsFunc(artists, func(a *xtest.User) bool { return !over[a.ID()] })
}

// spawn starts a filter and returns what kills it.
func spawn(t *testing.T, r *reader) (kill func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := json.Marshal(r.options.Keys)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childServer+"="+r.town.URL, childKeys+"="+string(keys), childStore+"="+r.path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(out).Scan() {
		t.Fatal("the filter did not start")
	}
	return func() {
		_ = cmd.Process.Kill() // SIGKILL
		_ = cmd.Wait()         // reports the kill
	}
}
