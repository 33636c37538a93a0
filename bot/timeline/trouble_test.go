package timeline_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// agrees wants the server's filters to be what the store says, and nothing of ours to be unknown.
func (r *rig) agrees() {
	r.t.Helper()
	rows, err := r.store.For(r.scope).Timeline().Since(time.Time{}, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	want := map[string]string{}
	for _, j := range rows {
		switch j.Fate {
		case store.Filed:
			want[j.Post] = j.Shelf
		case store.Wanted, store.Unwanted:
			r.t.Errorf("post %s is still %s", j.Post, j.Fate)
		}
	}
	shelves, err := r.store.For(r.scope).Timeline().Shelves()
	if err != nil {
		r.t.Fatal(err)
	}
	known := map[string]string{}
	for _, s := range shelves {
		known[s.ID] = s.Name
	}
	got := map[string]string{}
	for _, f := range r.reader.Filters() {
		if !strings.HasPrefix(f.Title, "DeepDream: ") {
			continue
		}
		if known[f.ID] == "" {
			r.t.Errorf("filter %s %q is unknown", f.ID, f.Title)
		}
		for _, s := range f.Statuses {
			if got[s.Status] != "" {
				r.t.Errorf("post %s is filed twice", s.Status)
			}
			got[s.Status] = known[f.ID]
		}
	}
	if !maps.Equal(want, got) {
		r.t.Errorf("the store says %v\nthe server %v", want, got)
	}
}

// calm makes passes until everything is done.
func (r *rig) calm() {
	r.t.Helper()
	for range 20 {
		r.pass()
		work, err := r.store.For(r.scope).Timeline().Work()
		if err != nil {
			r.t.Fatal(err)
		}
		shelves, err := r.store.For(r.scope).Timeline().Shelves()
		if err != nil {
			r.t.Fatal(err)
		}
		busy := slices.ContainsFunc(shelves, func(s store.Shelf) bool { return s.Removing || s.ID == "" })
		if len(work) == 0 && !busy {
			return
		}
	}
}

func TestAThousandRoundsOfTroubleEndInAgreement(t *testing.T) {
	for _, d := range []mastodontest.Dialect{mastodontest.Mastodon, mastodontest.GoToSocial} {
		t.Run(fmt.Sprint(d), func(t *testing.T) {
			rounds := 60
			if os.Getenv("SLUGPUPPY_LONG") != "" {
				rounds = 1000
			}
			r := newRig(t, d)
			r.reader.AddFilter("spoilers", "hide", "home")
			before := r.reader.Filters()
			r.join()
			r.pass()
			for _, f := range []mastodontest.Fault{
				{Match: "*", Kind: mastodontest.Answer, Code: 503, Probability: 0.08},
				{Match: "DELETE /api/v2/filters/*", Kind: mastodontest.Answer, Code: 404, Probability: 0.1},
				{Match: "POST /api/v2/filters/*", Kind: mastodontest.Answer, Code: 404, Probability: 0.05},
				{Match: "POST /api/v2/filters", Kind: mastodontest.DropAfterApply, Probability: 0.2},
				{Match: "POST /api/v2/filters/*", Kind: mastodontest.DropAfterApply, Probability: 0.1},
				{Match: "DELETE /api/v2/filters/*", Kind: mastodontest.DropAfterApply, Probability: 0.1},
				{Match: "GET /api/v2/filters", Kind: mastodontest.Truncate, Probability: 0.05},
			} {
				r.server.Inject(f)
			}
			rnd := rand.New(rand.NewPCG(1, uint64(d)))
			for range rounds {
				switch rnd.IntN(6) {
				case 0, 1:
					r.post(r.artist, 0.92, "dream")
				case 2:
					r.post(r.artist, 0.1, "photograph")
				case 3:
					r.say([]string{"undo last", "undo all", "undo @artist"}[rnd.IntN(3)])
				case 4:
					r.say([]string{"how hide", "how warn"}[rnd.IntN(2)])
				}
				if _, err := r.filter.Pass(t.Context(), r.scope); err != nil {
					t.Fatal(err)
				}
			}
			r.server.ClearFaults()
			r.calm()
			r.agrees()
			if lessons, err := r.store.For(r.scope).Timeline().Lessons(); err != nil || len(lessons) != 0 {
				t.Errorf("trouble on the line was taken for %d words of the subscriber (%v)", len(lessons), err)
			}
			r.say("undo all")
			r.calm()
			if after := r.reader.Filters(); fmt.Sprint(before) != fmt.Sprint(after) {
				t.Errorf("before %+v\nafter  %+v", before, after)
			}
		})
	}
}

// The environment by which a test binary becomes a filter.
const (
	childServer = "SLUGPUPPY_TEST_SERVER"
	childStore  = "SLUGPUPPY_TEST_STORE"
	childToken  = "SLUGPUPPY_TEST_TOKEN"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childServer); url != "" {
		if err := beFilter(url, os.Getenv(childStore), os.Getenv(childToken)); err != nil {
			fmt.Fprintln(os.Stderr, "filter:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// beFilter is a filter that works until it is killed.
func beFilter(url, path, token string) error {
	st, err := store.Open(path, store.Options{})
	if err != nil {
		return err
	}
	f, err := timeline.New(timeline.Options{
		Store: st, Log: slog.New(slog.DiscardHandler), Check: time.Nanosecond, Poll: 5 * time.Millisecond, Settle: 50 * time.Millisecond,
		Eye: &timeline.Eye{Judge: &redness{}, Store: st, FetchBytes: 1 << 20, Decode: decode}, First: 400,
		Connect: func(store.Subscriber) (timeline.Account, error) {
			return mastodon.New(mastodon.Options{Server: url, Token: token})
		},
	})
	if err != nil {
		return err
	}
	fmt.Println("at work")
	return f.Run(context.Background())
}

func TestKilledAtAnyPointItLeavesNoUnknownFilter(t *testing.T) {
	kills := 20
	if os.Getenv("SLUGPUPPY_LONG") != "" {
		kills = 200
	}
	r := newRig(t, mastodontest.Mastodon)
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
	r.calm()
	r.agrees()
	rows, err := r.store.For(r.scope).Timeline().Since(time.Time{}, nil)
	if err != nil || len(rows) != dreams {
		t.Errorf("%d posts are known of %d (%v)", len(rows), dreams, err)
	}
	t.Logf("%d kills, %d dreams, %d filters at the end", kills, dreams, len(r.reader.Filters()))
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

func TestTimedMutesEndAndLeaveThePersonsOwnAlone(t *testing.T) {
	scopes := func(r *rig) {
		r.options.Connect = func(store.Subscriber) (timeline.Account, error) {
			return mastodon.New(mastodon.Options{Server: r.server.URL, Token: r.reader.Token(
				"read:accounts", "read:statuses", "read:filters", "write:filters", "read:mutes", "write:mutes")})
		}
	}
	r := newRig(t, mastodontest.Mastodon, scopes)
	own := r.server.AddUser("own", mastodontest.UserOptions{})
	r.reader.Mute(own, 0)
	r.join(func(s *store.Subscriber) {
		s.Mute = store.MuteRule{After: 2, Within: time.Hour, For: 2 * time.Second}
	})
	r.post(r.artist, 0.95, "one")
	r.pass()
	if r.reader.Mutes(r.artist) {
		t.Error("muted after one")
	}
	r.post(r.artist, 0.95, "two")
	r.pass()
	if !r.reader.Mutes(r.artist) {
		t.Error("not muted after two")
	}
	r.store.Close() // and the daemon starts anew
	r.open()
	time.Sleep(2100 * time.Millisecond)
	r.pass()
	if mutes, err := r.store.For(r.scope).Timeline().Mutes(); err != nil || slices.ContainsFunc(mutes, store.Mute.Ours) {
		t.Errorf("%v %v", mutes, err)
	}
	if r.reader.Mutes(r.artist) || !r.reader.Mutes(own) {
		t.Errorf("artist muted: %v, own mute: %v", r.reader.Mutes(r.artist), r.reader.Mutes(own))
	}
}
