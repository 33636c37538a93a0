package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A list that is left for one subscriber may be followed for others, and what is said of lists holds of them.
func TestListsAreSpokenOfAsTheyAre(t *testing.T) {
	here := time.Local
	time.Local = time.FixedZone("here", 14*3600)
	t.Cleanup(func() { time.Local = here })
	h := newHouse(t)
	h.invite(t, "eve@evil.example")
	list := filepath.Join(h.dir, "list.json")
	const hour = "2006-01-02 15:"
	wrote := time.Now()
	h.ok(t, "antidote", "export", list)
	h.ok(t, "antidote", "import", list)
	h.ok(t, "antidote", "import", list, "--user", "@eve@evil.example")
	if said := h.ok(t, "lists", "rm", "file:list", "--user", "@eve@evil.example"); !strings.Contains(said, "any more for @eve@evil.example") {
		t.Errorf("of the list that all still follow: %s", said)
	}
	if said := h.ok(t, "antidote", "verify", list); !strings.Contains(said, wrote.Format(hour)) && !strings.Contains(said, time.Now().Format(hour)) {
		t.Errorf("it is %s here: %s", time.Now().Format(hour), said)
	}
	for _, args := range [][]string{{"add", "nonsense"}, {"add", "https://127.0.0.1/a.json", "--key", "nonsense"}} {
		if code, said := h.run(append([]string{"lists"}, args...)...); code != exitUsage {
			t.Errorf("%v: exit code %d: %s", args, code, said)
		}
	}
	data, err := os.ReadFile(list)
	if err == nil {
		err = os.WriteFile(list, []byte(strings.Replace(string(data), `"maker":"slugpuppy"`, `"maker":"slugpuppx"`, 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if code, said := h.run("antidote", "verify", list); code != exitRefused || !strings.Contains(said, "was changed") {
		t.Errorf("a list that was changed: exit code %d: %s", code, said)
	}
}
