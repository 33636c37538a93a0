package cli

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/app/apptest"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/operator"
	"slugpuppy/store"
)

// connect lets the filter into an account through the link that it prints.
func (h *house) connect(t *testing.T, u *mastodontest.User, args ...string) {
	t.Helper()
	term := comeIn(t, h.dir, h.env, append([]string{"--config", h.file, "filter", "connect"}, args...)...)
	back, err := u.Authorize(term.address(t))
	if err != nil {
		t.Fatal(err)
	}
	open(t, back)
	if code := term.wait(t); code != exitOK {
		t.Fatalf("connect: exit code %d: %s", code, term.said())
	}
	if said := term.said(); strings.Contains(said, "slugpuppy login") || !strings.Contains(said, "--paste") {
		t.Errorf("for a browser elsewhere it names a command that lets the bot into the reader's account, or none: %s", said)
	}
}

func TestATimelineIsLookedAfterWithoutADaemon(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	reader, dream, photo := apptest.Gallery(t, h.server)
	h.connect(t, reader, "--now")
	who := "@" + reader.Handle()
	h.ok(t, "filter", "set", who, "budget", "relaxed")
	h.ok(t, "filter", "sync", who)
	if got := apptest.FiledBy(reader); !slices.Equal(got, []string{dream}) {
		t.Fatalf("filed %v, want %s, not %s\n%s", got, dream, photo, h.ok(t, "filter", "why", who, dream))
	}
	if said := h.ok(t, "filter", "why", who, dream); !strings.Contains(said, "Hidden") {
		t.Error(said)
	}
	if said := h.ok(t, "filter", "why", who, photo); !strings.Contains(said, "Not hidden") {
		t.Error(said)
	}
	if said := h.ok(t, "filter", "ls", who); !strings.Contains(said, dream) || strings.Contains(said, photo) {
		t.Error(said)
	}
	if said := h.ok(t, "user", "ls"); !strings.Contains(said, who) || !strings.Contains(said, "the filter is on") {
		t.Error(said)
	}
	if said := h.ok(t, "audit", h.handle("artist")); !strings.Contains(said, "1 of the last 2 posts") {
		t.Error(said)
	}
	said := h.ok(t, "filter", "undo", who, "all")
	h.ok(t, "filter", "sync", who)
	if len(reader.Filters()) != 0 {
		t.Errorf("%+v", reader.Filters())
	}
	h.ok(t, "undo", said[strings.LastIndex(said, "undo ")+5:len(said)-2]) // and the undo can be undone
	h.ok(t, "filter", "sync", who)
	if got := apptest.FiledBy(reader); !slices.Equal(got, []string{dream}) {
		t.Errorf("filed %v", got)
	}
	h.ok(t, "user", "forget", who, "--yes")
	h.ok(t, "filter", "sync", who)
	if len(reader.Filters()) != 0 || strings.Contains(h.ok(t, "user", "ls"), who) {
		t.Error("something is left after leaving")
	}
	if code, said := h.run("filter", "ls", who); code != exitNotFound {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestTheDaemonFilesDreamsAndTakesOrders(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login(t)
	reader, dream, _ := apptest.Gallery(t, h.server)
	stop := h.serve(t)
	h.connect(t, reader) // while the daemon runs: the token goes through its socket
	who := "@" + reader.Handle()
	h.ok(t, "filter", "set", who, "budget", "relaxed")
	h.ok(t, "filter", "sync", who)
	if len(reader.Filters()) != 0 || !strings.Contains(h.ok(t, "filter", "report", who), "would have hidden 1 post") {
		t.Errorf("the first week only looks: %+v", reader.Filters())
	}
	order, err := reader.Post(mastodontest.PostOptions{Text: "@dreambot filter on", Visibility: "direct"})
	if err != nil {
		t.Fatal(err)
	}
	reply := h.answered(t, order.ID)
	if reply.Visibility != "direct" || !strings.Contains(reply.Text, "The filter is on") {
		t.Errorf("%+v", reply)
	}
	h.ok(t, "filter", "rescan", who)
	h.ok(t, "filter", "sync", who)
	if got := apptest.FiledBy(reader); !slices.Equal(got, []string{dream}) {
		t.Errorf("filed %v, want %s", got, dream)
	}
	var status operator.Status
	if err := json.Unmarshal([]byte(h.ok(t, "--json", "status")), &status); err != nil || !status.Running || status.Users != 1 {
		t.Errorf("%+v %v", status, err)
	}
	log := stop()
	if token := reader.Token("read:accounts"); strings.Contains(log, token) {
		t.Error("a token is in the log")
	}
}

func TestAPersonHasALimitOfTheirOwn(t *testing.T) {
	h := newHouse(t)
	st, err := store.Open(filepath.Join(h.dir, "state", "slugpuppy", "slugpuppy.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
	h.ok(t, "user", "limit", "@ada@example.social", "--per-hour", "3")
	if said := h.ok(t, "log"); !strings.Contains(said, "Limited ada@example.social to 3 requests an hour.  [u1]") {
		t.Error(said)
	}
	for _, args := range [][]string{{"status"}, {"user", "ls"}, {"rules", "ls"}} {
		start := time.Now()
		h.ok(t, args...)
		t.Log(fmt.Sprint(args), time.Since(start))
	}
}

func TestATimelineInTroubleIsNotInAgreement(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.invite(t, "eve@evil.example") // of whom there is no token
	if _, said := h.run("filter", "sync", "@eve@evil.example"); strings.Contains(said, "in agreement") || !strings.Contains(said, "trouble: ") {
		t.Error(said)
	}
}
