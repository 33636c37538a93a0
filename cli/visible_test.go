package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"slugpuppy/bot/identity"
	"slugpuppy/store"
)

// hostile is what a server may claim to be a name: it colours the terminal, begins a line that looks like
// ours, goes back over it, and turns the direction of text.
const hostile = "eve\x1b[2J\x1b]0;gone\a\nj1 posted @boss\rxx\u202egnp\u2066@evil.example"

func TestNamesAndReasonsOfStrangersAreShownNotObeyed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dead := h.invite(t, hostile)
	for _, args := range [][]string{
		{"jobs", "ls"}, {"jobs", "show", dead}, {"user", "ls"}, {"rules", "ls"}, {"log"}, {"status"},
	} {
		lines := map[string]int{"jobs ls": 1, "user ls": 1, "rules ls": 1, "log": 2}
		for _, how := range [][]string{nil, {"--json"}} {
			said := h.ok(t, append(how, args...)...)
			if i := strings.IndexFunc(said, obeyed); i >= 0 {
				t.Errorf("%v %v prints %q", how, args, said)
			}
			if want := lines[strings.Join(args, " ")]; want > 0 && strings.Count(said, "\n") != want {
				t.Errorf("%v %v prints %d lines, want %d: %q", how, args, strings.Count(said, "\n"), want, said)
			}
		}
		if said := h.ok(t, args...); args[0] != "status" && !strings.Contains(said, `\u001b[2J`) {
			t.Errorf("%v does not show what the name holds: %q", args, said)
		}
	}
	if _, said := h.run("see", hostile); strings.IndexFunc(said, obeyed) >= 0 {
		t.Errorf("an error prints %q", said)
	}
	file := filepath.Join(t.TempDir(), "a\nnothing.png")
	if err := os.WriteFile(file, scene(t, 1), 0o600); err != nil {
		t.Skip(err)
	}
	for _, args := range [][]string{{"see", file}, {"detect", file}, {"see", file + "x"}} {
		if _, said := h.run(args...); strings.Contains(said, "\nnothing") {
			t.Errorf("%v does not keep the name to its line: %q", args[0], said)
		}
	}
}

func obeyed(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
}

// invite lets somebody of that name ask, subscribe and have a rule, as the database holds it when it was
// written by a version that believed servers.
func (h *house) invite(t *testing.T, name string) (dead string) {
	t.Helper()
	st, _ := h.open(t)
	defer st.Close()
	bot := st.For(identity.Identity{Server: "dreams.example", ID: "1"})
	job := store.Job{Network: "mastodon", Source: "10", Handle: name, Requester: "2", State: store.Queued, Lane: "dreams"}
	if _, err := bot.Jobs().Record("10", job); err != nil {
		t.Fatal(err)
	}
	j, err := bot.Jobs().BySource("10")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok, err := bot.Jobs().Lease("dreams", "o", time.Hour); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := bot.Jobs().Bury(j.ID, name); err != nil {
		t.Fatal(err)
	}
	eve := st.For(identity.Identity{Server: "evil.example", ID: "9"})
	sub := store.Subscriber{Network: "mastodon", Handle: name, Server: "https://evil.example", Mode: store.FilterShadow,
		How: "warn", Budget: 0.001, Digest: "off", Trouble: name}
	if _, err := eve.Subscription().Join(store.Actor{Identity: eve.Identity(), Name: name}, sub); err != nil {
		t.Fatal(err)
	}
	rule := store.Rule{Kind: "account", Value: name, Effect: "deny", Scope: "filter", Reason: name}
	if _, _, err := eve.Rules().Add(store.Actor{Identity: eve.Identity(), Name: name}, rule); err != nil {
		t.Fatal(err)
	}
	return j.ID
}
