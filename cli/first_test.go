package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRulesMayBeThereBeforeTheFirstDaemon(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if code, said := h.run("jobs", "ls"); code != exitDaemonDown {
		t.Fatalf("exit code %d: %s", code, said)
	}
	if said := h.ok(t, "deny", "@noisy@a.example"); !strings.Contains(said, "slugpuppy undo u1") {
		t.Errorf("deny says %q", said)
	}
	if said := h.ok(t, "rules", "ls"); !strings.Contains(said, "noisy@a.example") {
		t.Errorf("rules ls says %q", said)
	}
	if said := h.ok(t, "log"); !strings.Contains(said, "[u1]") {
		t.Errorf("log says %q", said)
	}
	h.ok(t, "undo", "u1")
	if code, said := h.run("undo", "u1"); code != exitRefused || !strings.Contains(said, "already") {
		t.Errorf("taken back twice: exit code %d: %s", code, said)
	}
	if said := h.ok(t, "log"); strings.Contains(said, "[u1]") || !strings.Contains(said, "[u2]") {
		t.Errorf("log says %q", said)
	}
}

func TestEmptyListsSaySoToPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ok(t, "deny", "spam.example")
	h.ok(t, "undo", "u1")
	for list, want := range map[string]string{"jobs ls": "no jobs\n", "rules ls": "no rules\n", "user ls": "no subscribers; `filter connect` makes one\n"} {
		if said := h.ok(t, strings.Fields(list)...); said != want {
			t.Errorf("%s says %q", list, said)
		}
		if said := h.ok(t, append([]string{"--json"}, strings.Fields(list)...)...); said != "" {
			t.Errorf("%s --json says %q", list, said)
		}
	}
}

func TestACommandThatIsNotThereIsNamedWithThoseLikeIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for typed, want := range map[string]string{
		"dreem": "did you mean `slugpuppy dream`?", "jobs lss": "did you mean `slugpuppy jobs ls`?", "xyzzy": "`slugpuppy --help` lists",
	} {
		if code, said := h.run(strings.Fields(typed)...); code != exitUsage || !strings.Contains(said, want) {
			t.Errorf("%s: exit code %d: %s", typed, code, said)
		}
	}
	if said, same := h.ok(t, "--version"), h.ok(t, "version"); said != same || !strings.HasPrefix(said, "slugpuppy ") {
		t.Errorf("--version says %q, version %q", said, same)
	}
	if _, err := os.Stat(filepath.Join(h.dir, "state")); err == nil {
		t.Error("asking for the version made a folder")
	}
}
