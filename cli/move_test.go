package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slugpuppy/app/apptest"
	"slugpuppy/bot/network/fake/mastodontest"
)

// neighbour is another installation, for the same server.
func (h *house) neighbour(t *testing.T) *house {
	t.Helper()
	n := &house{server: h.server, robot: h.robot, dir: t.TempDir()}
	n.file = filepath.Join(n.dir, "slugpuppy.toml")
	text, err := os.ReadFile(h.file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(n.file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	n.env = map[string]string{"HOME": n.dir, "XDG_STATE_HOME": filepath.Join(n.dir, "state")}
	return n
}

// say runs a command with --json and returns what it says.
func (h *house) say(t *testing.T, args ...string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(h.ok(t, append([]string{"--json"}, args...)...)), &v); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return v
}

func TestAReaderMovesAsAFileOverTheCommandLine(t *testing.T) {
	t.Parallel()
	a := newHouse(t)
	b := a.neighbour(t)
	reader, dream, _ := apptest.Gallery(t, a.server)
	a.connect(t, reader, "--now")
	who, file := "@"+reader.Handle(), filepath.Join(a.dir, "reader.share")
	a.ok(t, "filter", "sync", who)
	address, _ := b.say(t, "user", "address")["address"].(string)
	for _, wrong := range []string{"", "sp1", address[:9] + string(address[9]^1) + address[10:], a.say(t, "user", "address")["address"].(string)} {
		if code, said := a.run("user", "export", who, file, "--to", wrong); code == exitOK {
			t.Errorf("handed over to %q: %s", wrong, said)
		}
	}
	a.ok(t, "user", "export", who, file, "--to", address)
	first, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(first, []byte(reader.Handle())) || bytes.Contains(first, []byte("https://")) {
		t.Error("the file says who it is of")
	}
	if code, said := a.run("filter", "sync", who); code != exitNotFound || !strings.Contains(said, "moving") {
		t.Errorf("a pass for who was handed over: %d %s", code, said)
	}
	if code, said := a.run("user", "stay", who); code != exitRefused || !strings.Contains(said, "they were handed over") {
		t.Errorf("taken back after it was handed over: %d %s", code, said)
	}
	if code, said := a.run("user", "import", file); code != exitRefused || !strings.Contains(said, "another installation") {
		t.Errorf("imported where it came from: %d %s", code, said)
	}
	arrived := b.say(t, "user", "import", file)
	receipt, _ := arrived["receipt"].(string)
	if arrived["taken"] != true || receipt == "" {
		t.Fatalf("arrived: %v", arrived)
	}
	if again := b.say(t, "user", "import", file); again["receipt"] != receipt {
		t.Errorf("imported twice: %v", again)
	}
	if code, said := b.run("user", "import", file, "--decline"); code != exitRefused {
		t.Errorf("declined what was taken: %d %s", code, said)
	}
	a.ok(t, "user", "receipt", who, receipt)
	if said := a.ok(t, "user", "ls"); strings.Contains(said, who) {
		t.Errorf("still known: %s", said)
	}
	if said := b.ok(t, "filter", "ls", who); !strings.Contains(said, "filed") {
		t.Errorf("what was hidden is not known there: %s", said)
	}
	b.ok(t, "filter", "undo", who, "last") // one that the other installation hid
	b.ok(t, "filter", "sync", who)
	if ids := apptest.FiledBy(reader); len(ids) != 0 {
		t.Errorf("%v are hidden still, %s was", ids, dream)
	}
	for h, want := range map[*house][]string{a: {"Forgot reader", "Began to move"}, b: {"Took ", "Received "}} {
		said := h.ok(t, "log")
		for _, action := range want {
			if !strings.Contains(said, action) {
				t.Errorf("the log does not say %q: %s", action, said)
			}
		}
	}
}

func TestADeclinedReaderStays(t *testing.T) {
	t.Parallel()
	a := newHouse(t)
	b := a.neighbour(t)
	reader, _, _ := apptest.Gallery(t, a.server)
	a.connect(t, reader, "--now")
	who, file := "@"+reader.Handle(), filepath.Join(a.dir, "reader.share")
	address, _ := b.say(t, "user", "address")["address"].(string)
	a.ok(t, "user", "export", who, file, "--to", address)
	declined := b.say(t, "user", "import", file, "--decline")
	if code, said := b.run("user", "import", file); code != exitRefused {
		t.Errorf("taken after it was declined: %d %s", code, said)
	}
	a.ok(t, "user", "receipt", who, declined["receipt"].(string))
	a.ok(t, "filter", "sync", who)
}

func TestTokensOfSomebodyElseAreNotTakenIn(t *testing.T) {
	t.Parallel()
	a := newHouse(t)
	b := a.neighbour(t)
	reader, _, _ := apptest.Gallery(t, a.server)
	a.connect(t, reader, "--now")
	who, file := "@"+reader.Handle(), filepath.Join(a.dir, "reader.share")
	address, _ := b.say(t, "user", "address")["address"].(string)
	a.ok(t, "user", "export", who, file, "--to", address)
	a.server.Inject(mastodontest.Fault{Match: "GET /api/v1/accounts/verify_credentials", Kind: mastodontest.Answer, Code: 401})
	if code, said := b.run("user", "import", file); code != exitRefused || !strings.Contains(said, "no longer accepts") {
		t.Errorf("%d %s", code, said)
	}
	a.server.ClearFaults()
	a.server.Inject(mastodontest.Fault{Match: "GET /api/v1/accounts/verify_credentials", Kind: mastodontest.Answer, Code: 503})
	if code, said := b.run("user", "import", file); code == exitOK {
		t.Errorf("taken while the server does not say whose it is: %s", said)
	}
	a.server.ClearFaults()
	b.ok(t, "user", "import", file)
}
