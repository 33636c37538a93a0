package cli

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"slugpuppy/picture"
)

// anyText are flags for which no text is wrong, and why.
var anyText = map[string]string{
	"config": "a file that is not there is wrong use when it is read", "reason": "what somebody wants to say", "text": "a post's text",
}

// nonsense are values that no flag can have but one of anyText.
var nonsense = map[string][]string{
	"bool": {"maybe"}, "number": {"many", "", "-99999999999", "99999999999999999999999", "NaN", "1.5e400"},
	"span": {"soon", "", "-1s", "99999h"}, "time": {"whenever", "-3d", "2020-13-45", "tomorrowish"},
	"month": {"2026-13", "July", "2026"}, "host:port": {"nowhere", "127.0.0.1", "1:2:3", "127.0.0.1:http:", "127.0.0.1:99999"},
	"address": {"ftp://example.social", "https://", "two words", "http://%zz"}, "account": {"", "@", "two words", "@a@", "@@a"},
	"file": {"", " "}, "word": {"", "a,,b"}, "installation": {"", " "}, "daemon": {"", " "}, "folder": {"", " "}, "network": {""}, "key": {""}, "layer": {""},
}

// Every flag of every command reads its value when it is given: what it cannot read is wrong use, said with the
// flag's name before anything is done.
func TestWhatAFlagCannotReadIsWrongUse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	flags := 0
	for path, cmd := range everyCommand(h) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name == "help" || f.Name == "version" || anyText[f.Name] != "" {
				return
			}
			flags++
			if shown, _ := pflag.UnquoteUsage(f); shown != f.Value.Type() && shown != "" {
				t.Errorf("the help of `%s` shows --%s %s, for what stands between backquotes in its usage", path, f.Name, shown)
			}
			kind := strings.TrimSuffix(f.Value.Type(), ",...")
			bad := nonsense[kind]
			if v, ok := f.Value.(interface{ choices() []string }); ok && len(v.choices()) > 0 {
				bad = []string{"bogus", "", v.choices()[0] + "x"}
			}
			if len(bad) == 0 {
				t.Errorf("`%s --%s` takes any %s: give it a reader (flag.go), or say in anyText why nothing is wrong", path, f.Name, kind)
			}
			for _, value := range bad {
				code, said := h.run(append(strings.Fields(path), "--"+f.Name+"="+value)...)
				if code != exitUsage || !strings.Contains(said, "--"+f.Name) {
					t.Errorf("`%s --%s=%s`: exit code %d: %s", path, f.Name, value, code, said)
				}
			}
		})
	}
	if flags < 60 {
		t.Errorf("only %d flags were tried", flags)
	}
	if left, err := os.ReadDir(h.dir); err != nil || len(left) != 1 {
		t.Errorf("wrong use left %v behind: %v", left, err)
	}
}

// everyCommand lists all that can be run, by what is typed after the program's name.
func everyCommand(h *house) map[string]*cobra.Command {
	all := map[string]*cobra.Command{}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if path := strings.TrimPrefix(strings.TrimPrefix(cmd.CommandPath(), "slugpuppy"), " "); path != "" && cmd.Runnable() {
			all[path] = cmd
		}
		for _, sub := range shownCommands(cmd) {
			walk(sub)
		}
	}
	walk(h.app(nil, nil).root())
	return all
}

// wrongly are arguments that mean nothing, by command. What is only not there, such as an unknown job, is not found.
var wrongly = map[string][]string{
	"allow": {"nonsense", "@", "two words", "image:x", "post:"}, "deny": {"nonsense", "#", "@a@b@c", "https://"},
	"rules test":  {"nonsense", "image:00"},
	"filter set":  {"@a@b.c what on", "@a@b.c how softly", "@a@b.c budget lots", "@a@b.c digest hourly", "@a@b.c except everybody", "@a@b.c mute 0 in 7d for 2d", "@a@b.c mute 5 in x for 2d", "@a@b.c filter maybe", "@a@b.c filter pause never", "@ how warn"},
	"filter undo": {"@a@b.c something", "@a@b.c since never", "@a@b.c @", "@"},
	"filter ls":   {"@"}, "filter why": {"@ 1"}, "filter is": {"@ 1"}, "filter not": {"@ 1"}, "filter sync": {"@"},
	"filter rescan": {"@"}, "filter report": {"@"},
	"user show": {"@"}, "user export": {"@ OUT --to age1x", "@a@b.c OUT", "@a@b.c"}, "user move": {"@ --to b", "@a@b.c"}, "user takeover": {"b", "b --backup OUT"}, "user forget": {"@ --yes"}, "user limit": {"@ --per-hour 3", "@a@b.c"},
	"audit":   {"@", "--user @a@b.c @"},
	"dream":   {"IN", "IN OUT.xyz", "IN OUT.png layer=zz", "IN OUT.png steps=0", "IN OUT.png --every 3", "IN -o OUT.png octaves=many", "--watch IN"},
	"imagine": {"banana", "qwertyuiop OUT.png", "banana OUT.png size=0"},
	"dive":    {"IN", "IN OUT.gif 600s"}, "wander": {"IN", "IN OUT.gif frames=none"},
	"recipe show": {"dd3-zzz", "dd9-1", "x"}, "recipe replay": {"x OUT.png", "dd3-zzz IN OUT.png"},
	"inspect": {"--image IN", "--layer 3a"}, "model sheet": {"OUT.xyz"}, "detect": {"--heatmap OUT.png IN IN", "--heatmap OUT.xyz IN"},
	"detector train": {"--dreams 1"}, "detector eval": {"--dreams 1"},
	"demo": {"--out OUT.png --once --listen x"}, "login": {"--server ftp://x"}, "login x": {"surplus"},
	"filter connect": {"--server x:y:z"},
}

func TestArgumentsThatMeanNothingAreWrongUse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := filepath.Join(h.dir, "in.png")
	paintTo(t, in)
	before := h.files(t)
	every := everyCommand(h)
	for path, lines := range wrongly {
		if every[path] == nil {
			t.Errorf("there is no command %q", path)
		}
		for _, line := range lines {
			args := strings.Fields(path)
			for _, arg := range strings.Fields(line) {
				arg = strings.Replace(strings.Replace(arg, "IN", in, 1), "OUT", filepath.Join(h.dir, "out"), 1)
				args = append(args, arg)
			}
			if code, said := h.run(args...); code != exitUsage {
				t.Errorf("`%s %s`: exit code %d: %s", path, line, code, said)
			}
		}
	}
	for path, cmd := range every {
		if cmd.Name() == "help" || slices.Contains([]string{"completion"}, path) {
			continue
		}
		args := strings.Fields(path)
		if takes := strings.Fields(cmd.Use); len(takes) > 1 && strings.ToUpper(takes[1]) == takes[1] && takes[1][0] != '[' {
			if code, said := h.run(args...); code != exitUsage {
				t.Errorf("`%s` without arguments: exit code %d: %s", path, code, said)
			}
			if code, said := h.run(append(args, "", "", "")...); code != exitUsage {
				t.Errorf("`%s` with empty arguments: exit code %d: %s", path, code, said)
			}
		} else if len(takes) == 1 {
			if code, said := h.run(append(args, "surplus")...); code != exitUsage {
				t.Errorf("`%s surplus`: exit code %d: %s", path, code, said)
			}
		}
	}
	if after := h.files(t); !slices.Equal(before, after) {
		t.Errorf("wrong use left %v, where %v was", after, before)
	}
}

// paintTo writes a small picture.
func paintTo(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, small(t), 0o600); err != nil {
		t.Fatal(err)
	}
}

// files are the names of what is below the house's folder.
func (h *house) files(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(h.dir, func(path string, _ os.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// What changes more than one thing wants a yes, and tells how much it would change.
func TestMoreThanOneThingIsChangedOnlyAfterAYes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ok(t, "deny", "one.example")
	h.ok(t, "deny", "two.example")
	code, said := h.run("rules", "rm", "r1", "r2")
	if code != exitUsage || !strings.Contains(said, "remove 2: r1, r2: say --yes") {
		t.Errorf("exit code %d: %s", code, said)
	}
	if said := h.ok(t, "rules", "ls"); !strings.Contains(said, "r1") || !strings.Contains(said, "r2") {
		t.Errorf("something was removed: %s", said)
	}
	said = h.ok(t, "rules", "rm", "r1", "r2", "--yes")
	for _, want := range []string{"no longer deny domain one.example", "no longer deny domain two.example"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %s", want, said)
		}
	}
	dead, queued := h.furnish(t)
	if code, said := h.run("jobs", "cancel", dead, queued); code != exitUsage {
		t.Errorf("exit code %d: %s", code, said)
	}
	if said := h.ok(t, "jobs", "show", queued); !strings.Contains(said, "queued") {
		t.Error(said)
	}
	if code, said := h.run("user", "forget", "@a@b.example"); code != exitUsage || !strings.Contains(said, "every filter of") {
		t.Errorf("exit code %d: %s", code, said)
	}
	if code, said := h.run("user", "forget", "@a@b.example", "--yes"); code != exitNotFound {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// `rules test` decides by what the daemon decides by, also of posts of which it is only told the name.
func TestRulesAreTestedByWhatIsKnownOfAPost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.furnish(t) // post 10 is from ada@a.example
	hash := strings.Repeat("a", 32)
	for _, subject := range []string{"@ada@a.example", "#loud", "image:" + hash} {
		h.ok(t, "deny", subject)
	}
	for subject, want := range map[string]string{
		"post:10": "rule r1", "post:11": "no rule matches", "#loud": "rule r2", "word:LOUD": "rule r2", "#quiet": "no rule matches",
		"image:" + hash: "rule r3", "a.example": "no rule matches", "@ADA@a.example": "rule r1",
	} {
		if said := h.ok(t, "rules", "test", subject); !strings.Contains(said, want) {
			t.Errorf("%s: %s, want %s", subject, said, want)
		}
	}
	if said := h.ok(t, "log", "--limit", "1"); strings.Contains(said, "uid") || !strings.Contains(said, fmt.Sprintf("operator (%s)", userName())) {
		t.Errorf("who did it has no name: %s", said)
	}
}

func userName() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// small is a small picture's file.
func small(t *testing.T) []byte {
	t.Helper()
	data, err := picture.EncodePNG(picture.Landscape(96, 72, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	return data
}
