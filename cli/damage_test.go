//go:build unix

package cli

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"slugpuppy/bot/identity"
	"slugpuppy/store"
)

// used is a database with some jobs in it.
func used(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for i := range 300 {
		job := store.Job{Source: fmt.Sprint("post", i), Handle: "ada@example.social", Requester: "2", State: store.Queued, Lane: "words", Payload: make([]byte, 700)}
		if _, err := st.For(identity.Identity{Server: "example.social", ID: "1"}).Jobs().Record(fmt.Sprint(i), job); err != nil {
			t.Fatal(err)
		}
	}
}

// program runs this very program as a process of its own.
func (h *house) program(t *testing.T, args ...string) (status syscall.WaitStatus, said string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, append(args, "--config", h.file)...)
	cmd.Env = os.Environ()
	for name, value := range h.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, _ := cmd.CombinedOutput() // how it ended is in ProcessState
	return cmd.ProcessState.Sys().(syscall.WaitStatus), string(out)
}

func TestADamagedDatabaseIsRefusedAndNeverCrashesAnybody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := filepath.Join(h.dir, "state", "slugpuppy", "slugpuppy.db")
	used(t, path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	spoilt := map[string][]byte{
		"empty":                        {},
		"half a page":                  whole[:page/2],
		"cut after the two metas":      whole[:2*page],
		"cut in the middle":            whole[:len(whole)/2/page*page],
		"zeros after the metas":        append(append([]byte{}, whole[:2*page]...), make([]byte, len(whole)-2*page)...),
		"no database at all":           []byte(strings.Repeat("not a database ", 4000)),
		"both metas gone":              append(make([]byte, 2*page), whole[2*page:]...),
		"every page's kind is garbage": garbled(whole, page),
	}
	refused := 0
	for name, data := range spoilt {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, command := range [][]string{{"db", "check"}, {"serve"}, {"doctor"}, {"db", "restore", path}, {"db", "compact"}, {"db", "backup", path + ".copy"}, {"jobs", "ls"}, {"login", "--paste"}} {
				status, said := h.program(t, command...)
				if status.ExitStatus() != exitError || strings.Contains(said, `\u000a`) || strings.HasSuffix(said, "\n\n") || !strings.Contains(said, "db restore") && !strings.Contains(said, "restore a backup") || strings.Contains(said, "SIGSEGV") && !strings.Contains(said, "is damaged") {
					t.Errorf("%v: %d %s", command, status, said)
				}
			}
		})
	}
	// Bits that flip anywhere are found, or do no harm.
	flips := 40
	if testing.Short() {
		flips = 10
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range flips {
		data := append([]byte{}, whole...)
		for range 1 + random.IntN(20) {
			data[random.IntN(len(data))] ^= 1 << random.IntN(8)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		status, said := h.program(t, "db", "check")
		switch {
		case status.ExitStatus() == exitOK:
		case status.ExitStatus() == exitError && strings.Contains(said, "db restore"):
			refused++
		default:
			t.Errorf("%d %s", status, said)
		}
	}
	t.Logf("%d of %d files with flipped bits were refused", refused, flips)
	if refused == 0 {
		t.Error("no flipped bit was ever found")
	}
}

// garbled has nonsense in the head of every page but the metas.
func garbled(whole []byte, page int) []byte {
	data := append([]byte{}, whole...)
	for at := 2 * page; at+16 <= len(data); at += page {
		for i := range 16 {
			data[at+i] = 0xa5
		}
	}
	return data
}

func TestACopyIsPutBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path, copied := filepath.Join(h.dir, "state", "slugpuppy", "slugpuppy.db"), filepath.Join(h.dir, "copy.db")
	used(t, path)
	h.ok(t, "db", "backup", copied)
	st, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if code, said := h.run("db", "restore", copied); code != exitRefused || !strings.Contains(said, "stop it") {
		t.Errorf("restored over a database in use: %d %s", code, said)
	}
	st.Close()
	if err := os.WriteFile(path, []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	said := h.ok(t, "db", "restore", copied)
	_, kept, found := strings.Cut(strings.TrimSpace(said), "what was there is ")
	if data, err := os.ReadFile(kept); !found || err != nil || string(data) != "spoilt" {
		t.Errorf("%s: %v", said, err)
	}
	h.ok(t, "db", "check")
	h.ok(t, "db", "compact")
	if jobs := strings.Count(h.ok(t, "--json", "jobs", "ls", "--limit", "1000"), "\n"); jobs != 300 {
		t.Errorf("%d jobs came back", jobs)
	}
	if code, _ := h.run("db", "restore", filepath.Join(h.dir, "nothing")); code != exitNotFound {
		t.Errorf("exit code %d", code)
	}
}
