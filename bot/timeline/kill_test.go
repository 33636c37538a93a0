package timeline_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/faulty"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/mastodon/serverfilter"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// The environment by which a test binary becomes a filter.
const (
	childServer = "SLUGPUPPY_TEST_SERVER"
	childStore  = "SLUGPUPPY_TEST_STORE"
	childToken  = "SLUGPUPPY_TEST_TOKEN" // on Mastodon
	childKeys   = "SLUGPUPPY_TEST_KEYS"  // on X, x.Keys as JSON
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childServer); url != "" {
		fmt.Fprintln(os.Stderr, "filter:", beFilter(url))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// beFilter is a filter that works until it is killed, on the network whose keys it got.
func beFilter(url string) error {
	st, err := store.Open(os.Getenv(childStore), store.Options{})
	if err != nil {
		return err
	}
	f, err := timeline.New(timeline.Options{
		Store: st, Log: slog.New(slog.DiscardHandler), Check: time.Nanosecond, Poll: 5 * time.Millisecond, First: 400,
		Eye: &timeline.Eye{Judge: &redness{}, Store: st, FetchBytes: 1 << 20, Decode: decode},
		Connect: func(sub store.Subscriber) (network.Reader, error) {
			if keys := os.Getenv(childKeys); keys != "" {
				o := x.Options{API: url, Poll: 5 * time.Millisecond}
				if err := json.Unmarshal([]byte(keys), &o.Keys); err != nil {
					return nil, err
				}
				return readX(st, sub, "v2", o)
			}
			c, err := mastodon.New(mastodon.Options{Server: url, Token: os.Getenv(childToken)})
			if err != nil {
				return nil, err
			}
			return c.Reader(st.For(sub.Identity).Notes("filters"), serverfilter.Options{Late: 50 * time.Millisecond}), nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println("at work")
	return f.Run(context.Background())
}

// startFilter starts a process that filters; stop kills it.
func startFilter(t *testing.T) (stop func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "at work\n" {
		t.Fatalf("the filter says %q, %v", line, err)
	}
	return func() {
		_ = cmd.Process.Kill() // SIGKILL
		_ = cmd.Wait()         // "signal: killed"
	}
}

func TestKilledAtAnyPointItLeavesNoUnknownFilter(t *testing.T) {
	kills := 20
	if os.Getenv("SLUGPUPPY_LONG") != "" {
		kills = 200
	}
	r := newRig(t, mastodontest.Mastodon, (*mastodontest.Server).Start, func(r *rig) { r.late = 50 * time.Millisecond })
	r.join()
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []mastodontest.FaultKind{mastodontest.Slow, mastodontest.SlowAfterApply} {
		r.server.Inject(mastodontest.Fault{Match: "*", Kind: kind, Delay: 4 * time.Millisecond, Probability: 0.3})
	}
	t.Setenv(childServer, r.server.URL)
	t.Setenv(childStore, r.path)
	t.Setenv(childToken, r.reader.Token("read:accounts", "read:statuses", "read:filters", "write:filters"))
	dreams := 0
	for i := range kills {
		stop := startFilter(t)
		for range 3 {
			r.post(r.artist, 0.8+0.15*float64(dreams%2), "dream")
			dreams++
		}
		time.Sleep(rand.N(120 * time.Millisecond))
		stop()
		if i%5 == 4 { // an operator takes everything back meanwhile
			st, err := store.Open(r.path, store.Options{NoSync: true})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := st.For(r.scope).Timeline().Return(store.Actor{Name: "test"}, time.Time{}, "", nil); err != nil {
				t.Fatal(err)
			}
			st.Close()
		}
	}
	r.server.ClearFaults()
	if err := store.Check(r.path); err != nil {
		t.Error(err)
	}
	time.Sleep(100 * time.Millisecond) // requests of the killed have their effect
	r.open()
	r.sleep = func(time.Duration) { time.Sleep(10 * time.Millisecond) }
	r.calm()
	r.agrees()
	rows, err := r.store.For(r.scope).Timeline().Since(time.Time{})
	if err != nil || len(rows) != dreams {
		t.Errorf("%d posts are known of %d (%v)", len(rows), dreams, err)
	}
	t.Logf("%d kills, %d dreams, %d filters at the end", kills, dreams, len(r.reader.Filters()))
}

// A real process, killed with SIGKILL while it mutes and unmutes: every mute of ours ends, and none of
// the subscriber's does.
func TestKilledAtAnyPointEveryMuteEndsAndTheSubscribersStay(t *testing.T) {
	r := newXRig(t, xtest.Options{}, (*xtest.Server).Start)
	loud, own := r.server.AddUser("loud", xtest.UserOptions{}), r.server.AddUser("own", xtest.UserOptions{})
	r.reader.Mute(loud)
	r.reader.Mute(own)
	r.reader.Follow(own)
	r.join(func(s *store.Subscriber) {
		s.Mute = store.MuteRule{After: 1, Within: time.Hour, For: 50 * time.Millisecond}
	})
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	keys, err := json.Marshal(r.options.Keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(childServer, r.server.URL)
	t.Setenv(childStore, r.path)
	t.Setenv(childKeys, string(keys))
	for _, match := range []string{"POST /2/users/{id}/muting", "DELETE /2/users/{id}/muting/{target}"} {
		for _, kind := range []faulty.Kind{faulty.Slow, faulty.SlowAfterApply, faulty.DropAfterApply} {
			r.server.Inject(faulty.Fault{Match: match, Kind: kind, Delay: 20 * time.Millisecond, Times: 1 << 30, Probability: 0.3})
		}
	}
	var artists []*xtest.User
	kills := 8
	if os.Getenv("SLUGPUPPY_LONG") != "" {
		kills = 100
	}
	begun := time.Now()
	startFilter(t)()
	life := 300*time.Millisecond + time.Since(begun) // of a process, on this machine
	for i := range kills {
		end := startFilter(t)
		r.artist = r.server.AddUser(fmt.Sprint("artist", i), xtest.UserOptions{})
		artists = append(artists, r.artist)
		r.reader.Follow(r.artist)
		r.post(0.97)
		r.n++
		if _, err := own.Post(xtest.PostOptions{Text: fmt.Sprint("mine ", i), Media: []xtest.Picture{{Data: paint(0.96, 100+i)}}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(life))
		end()
	}
	r.server.ClearFaults()
	for begun := time.Now(); !r.settled(artists); life *= 2 { // the machine may be busier than it was
		if time.Since(begun) > 2*time.Minute {
			t.Fatal("not every mute was made and ended")
		}
		end := startFilter(t)
		time.Sleep(life)
		end()
	}
	if !r.reader.Mutes(loud) || !r.reader.Mutes(own) {
		t.Error("a mute of the subscriber's was ended")
	}
	for _, a := range artists {
		if r.reader.Mutes(a) {
			t.Errorf("%s is muted still", a.Name())
		}
	}
	t.Logf("%d kills, %d mutes made, %d ended", kills, r.server.Count("POST /2/users/{id}/muting"), r.server.Count("DELETE /2/users/{id}/muting/{target}"))
}

// settled says whether every artist was muted and is no more, as far as the file knows.
func (r *xrig) settled(artists []*xtest.User) bool {
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
		over[m.ID] = m.Over
	}
	return !slices.ContainsFunc(artists, func(a *xtest.User) bool { return !over[a.ID()] })
}
