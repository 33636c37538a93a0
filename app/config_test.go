package app

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slugpuppy/classifier/kernel"
	"slugpuppy/config"
)

var update = flag.Bool("update", false, "rewrite config/example.toml and the table in docs/configuration.md")

func TestTheExampleFileShowsTheDefaults(t *testing.T) {
	var want bytes.Buffer
	if err := Default().Example(&want); err != nil {
		t.Fatal(err)
	}
	golden(t, "../config/example.toml", want.String())
	var on []string // with every option switched on it must load, and change nothing
	for line := range strings.Lines(want.String()) {
		if !strings.HasPrefix(line, "# ") {
			line = strings.TrimPrefix(line, "#")
		}
		on = append(on, line)
	}
	load := func(text string) *config.Config {
		path := filepath.Join(t.TempDir(), "slugpuppy.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := Load(path, func(name string) (string, bool) { return "/home/x", name == "HOME" })
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	if diff := cmp.Diff(load(""), load(strings.Join(on, "")), cmpopts.IgnoreUnexported(config.Config{})); diff != "" {
		t.Error(diff)
	}
}

func TestTheReadmeListsEveryOption(t *testing.T) {
	const open, end = "<!-- config -->", "<!-- /config -->"
	var table bytes.Buffer
	if err := Default().Table(&table); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(readme), open)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("docs/configuration.md lacks the markers %s and %s", open, end)
	}
	golden(t, "../docs/configuration.md", before+open+"\n"+table.String()+end+after)
}

// golden compares a file, or rewrites it with -update.
func golden(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is out of date; run `go test ./app -update`\n%s", path, diff)
	}
}

func TestArithmeticThatIsForcedMustBeThere(t *testing.T) {
	for forced, ok := range map[string]bool{"plain": true, "": true, "sse2": false} {
		_, err := Load(os.DevNull, func(name string) (string, bool) { return forced, name == kernel.Variable })
		if ok != (err == nil) || !ok && !strings.Contains(err.Error(), kernel.Variable) {
			t.Errorf("%q: %v", forced, err)
		}
	}
}
