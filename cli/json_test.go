package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"slugpuppy/app/apptest"
	"slugpuppy/bot/identity"
	"slugpuppy/picture"
	"slugpuppy/store"
)

var update = flag.Bool("update", false, "write the documents from what the commands print")

// silent are the commands that print no objects, and why.
var silent = map[string]string{
	"completion bash": "a script for a shell", "completion fish": "a script for a shell",
	"completion powershell": "a script for a shell", "completion zsh": "a script for a shell",
	"help": "text for people", "man": "files", "serve": "a daemon: its log is JSON with log.format", "worker": "as serve", "detector train": "hours of work, told as text",
}

// alike are commands that print the object of another one; trying them needs a network or hours.
var alike = map[string]string{
	"login": "an object with account, network, server and automated", "login x": "as `login`",
	"filter connect": "the object of `user show`",
	"model pull":     "the object of `model ls`", "model rm": "the object of `model use`", "model verify": "the object of `model use`",
	"detector eval": "objects with class, against, dreams, others, auc and found (wrong, share)",
	"dive":          "the object of `dream`, with frames", "wander": "the object of `dive`", "imagine": "the object of `dream`",
	"antidote check": "objects with file, found, number (from 1), distance, pdq, made and post", "antidote rotate": "an object with key",
	"lists add": "the object of `antidote import`", "lists show": "the object of `lists ls`", "lists rm": "the object of `lists ls`",
	"recipe replay": "the object of `dream`", "demo": "with --once an object with text, alt, file and ms",
	"user address": "an object with address", "user export": "the object of `db check`",
	"user import": "an object with user (as `user ls` has it), taken, receipt and locked_out",
	"user move":   "the object of `user forget`", "user takeover": "an object with taken, left and later",
	"user receipt": "the object of `user forget`", "user stay": "the object of `user forget`",
	"model sheet": "an object for each word with word, drawn and least",
}

// Every command is run once with --json. docs/json.md is what came out, with what differs from run to
// run replaced; scripts rely on the names.
func TestEveryCommandPrintsObjectsWithStableNames(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	t.Parallel()
	h := newHouse(t)
	h.env["SLUGPUPPY_X_ENABLED"] = "true"
	reader, dream, _ := apptest.Gallery(t, h.server)
	h.connect(t, reader, "--now", "--mutes")
	who := "@" + reader.Handle()
	dead, queued := h.furnish(t)
	scene := filepath.Join(h.dir, "scene.png")
	data, err := picture.EncodePNG(picture.Landscape(96, 72, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(scene, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(h.dir, "out.png")
	var token, undo, rule string
	var doc bytes.Buffer
	doc.WriteString(preface)
	seen := map[string]bool{}
	try := func(args ...string) {
		t.Helper()
		code, said := h.run(append([]string{"--json"}, args...)...)
		if said, _, _ = strings.Cut(said, "slugpuppy: "); code != exitOK && args[0] != "doctor" { // who finds things missing here
			t.Fatalf("%v: exit code %d: %s", args, code, said)
		}
		objects := decoded(t, said)
		if args[0] == "doctor" { // what else it finds depends on the machine
			objects = slices.DeleteFunc(objects, func(o map[string]any) bool { return o["check"] != "account" })
		}
		name := commandOf(h, args)
		seen[name] = true
		for _, o := range objects {
			wellNamed(t, name, o, "")
			if v, ok := o["recipe"].(string); ok {
				token = v
			}
			if v, ok := o["undo"].(string); ok {
				undo = v
			}
			if r, ok := o["rule"].(map[string]any); ok {
				rule, _ = r["id"].(string)
			}
		}
		full := fullest(objects)
		if name == "see" || name == "dream" { // whether it is sure of something is the network's affair
			full["sure"] = map[string]any{"what": "fruit", "p": 0.5, "kind": true}
		}
		fmt.Fprintf(&doc, "\n## %s\n\n```json\n%s```\n", name, steady(t, full))
	}

	try("version")
	try("config", "check")
	try("config", "dump")
	try("doctor")
	try("status")
	try("jobs", "ls")
	try("jobs", "show", dead)
	try("jobs", "retry", dead)
	try("jobs", "cancel", queued)
	try("allow", "@friend@a.example", "--reason", "asked nicely")
	try("deny", "spam.example", "--until", "7d", "--user", who)
	try("rules", "ls")
	try("rules", "show", rule)
	try("rules", "test", "@x@spam.example", "--scope", "filter", "--user", who)
	try("rules", "rm", rule)
	try("undo", undo)
	try("log")
	try("user", "limit", "@busy@a.example", "--per-hour", "3")
	try("user", "ls")
	h.ok(t, "filter", "set", who, "budget", "relaxed")
	try("filter", "sync", who)
	try("filter", "set", who, "mute", "5", "in", "7d", "for", "2d")
	try("user", "show", who)
	try("filter", "ls", who)
	try("filter", "why", who, dream)
	try("filter", "report", who)
	try("filter", "is", who, dream)
	try("filter", "not", who, dream)
	h.ok(t, "filter", "is", who, dream)
	try("filter", "undo", who, "all")
	try("filter", "rescan", who)
	try("audit", h.handle("artist"))
	list := filepath.Join(h.dir, "list.json")
	try("antidote", "export", list)
	try("antidote", "verify", list)
	try("antidote", "import", list)
	try("lists", "ls")
	try("x", "cost", "--month", "all")
	try("user", "forget", who, "--yes")
	try("presets")
	try("words", "gold")
	try("see", scene)
	try("dream", scene, out, "octaves=1", "steps=1")
	try("recipe", "show", token)
	try("detect", "--explain", scene)
	try("inspect", "--image", scene, "--layer", "3a")
	try("bench", "--size", "64", "--time", "1ms", "--only", "forward", "--layer", "3a")
	try("model", "ls")
	try("model", "show")
	try("model", "layers")
	try("model", "use", "slugnet")
	try("db", "check")
	copied := filepath.Join(h.dir, "copy.db")
	try("db", "backup", copied)
	try("db", "compact")
	try("db", "restore", copied)

	for _, name := range leaves(h.app(nil, nil).root()) {
		if !seen[name] && silent[name] == "" && alike[name] == "" {
			t.Errorf("`%s` is not tried with --json", name)
		}
	}
	doc.WriteString("\n## others\n\n")
	for _, name := range sortedKeys(alike) {
		fmt.Fprintf(&doc, "* `%s`: %s\n", name, alike[name])
	}
	golden(t, "../docs/json.md", doc.String())
}

const preface = `# What commands print with --json

One object a line, on standard output. Names are in snake_case and stay; new ones may come. Times are RFC 3339,
spans are in seconds, names with an empty value may be left out. Errors are sentences on standard error, and the
exit code says their kind: 1 failed, 2 wrong use, 3 not found, 4 no daemon, 5 refused, 130 interrupted, 143 terminated. Commands that list print
no line when there is nothing. The examples are of a run in a test, with what differs from run to run replaced.

What is seen in pictures has a probability. ` + "`sure`" + ` is the most special thing that is likelier than not: a label, or a kind of things
(` + "`kind`" + `) where it may be one of several labels; it is left out when nothing is.

## progress

With --progress=json long work says on standard error how far it is, one object a line, ten a second at most and none
before there is something to say; errors are sentences there all the same.

` + "```json\n" + `{"doing": "dreaming, octave 2 of 4", "share": 0.54, "left_s": 3}
{"doing": "judging, 12 of 300 done", "share": 0.04, "left_s": 40}
{"doing": "checking the database", "took_s": 2}
` + "```" + `

| name | |
|---|---|
| doing | what is being done, for people: its words may change |
| share | how much of it is done, from 0 to 1; absent where nobody can tell |
| left_s | seconds until it is done, by what such work takes on this machine, or as it went until now; absent in the first two |
| took_s | seconds since it began, where share is absent |

Whole folders (dream, see, detect), single dreams and clips, model pull and sheet, detector train and eval, db backup and compact have a
share; db check and restore, bench and the filter's orders say how long they take.
`

// furnish puts a dead and a queued job and a bill into the database.
func (h *house) furnish(t *testing.T) (dead, queued string) {
	t.Helper()
	st, _ := h.open(t)
	defer st.Close()
	bot := st.For(identity.Identity{Server: "dreams.example", ID: "1"})
	_, err := bot.Jobs().Record("11",
		store.Job{Network: "mastodon", Source: "10", Handle: "ada@a.example", Requester: "2", State: store.Queued, Lane: "dreams"},
		store.Job{Network: "mastodon", Source: "11", Handle: "bob@a.example", Requester: "3", State: store.Queued, Lane: "dreams"})
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]string, 2)
	for i, source := range []string{"10", "11"} {
		j, err := bot.Jobs().BySource(source)
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = j.ID
	}
	if _, _, ok, err := bot.Jobs().Lease("dreams", "o", time.Hour); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := bot.Jobs().Bury(ids[0], "died three times"); err != nil {
		t.Fatal(err)
	}
	x := st.For(identity.Identity{Server: "x.com", ID: "12"})
	if err := x.Ledger().Spend(store.Spending{Handle: "dreambot", Month: "2026-08", Item: "post read", N: 200, Cost: 1_000_000}); err != nil {
		t.Fatal(err)
	}
	return ids[0], ids[1]
}

// commandOf is the path of the command that arguments name.
func commandOf(h *house, args []string) string {
	cmd, _, err := h.app(nil, nil).root().Find(args)
	if err != nil {
		return args[0]
	}
	return strings.TrimPrefix(cmd.CommandPath(), "slugpuppy ")
}

// leaves are the paths of all commands that do something.
func leaves(cmd *cobra.Command) (all []string) {
	if !cmd.HasSubCommands() || cmd.CommandPath() == "slugpuppy login" {
		all = append(all, strings.TrimPrefix(cmd.CommandPath(), "slugpuppy "))
	}
	for _, sub := range cmd.Commands() {
		if !sub.Hidden {
			all = append(all, leaves(sub)...)
		}
	}
	return all
}

func decoded(t *testing.T, said string) (objects []map[string]any) {
	t.Helper()
	for dec := json.NewDecoder(strings.NewReader(said)); dec.More(); {
		var o map[string]any
		if err := dec.Decode(&o); err != nil {
			t.Fatalf("no object: %v\n%s", err, said)
		}
		objects = append(objects, o)
	}
	if len(objects) == 0 {
		t.Fatalf("nothing was printed")
	}
	return objects
}

// byName are objects whose names are data.
var byName = []string{".jobs", ".waiting"}

var snake = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// wellNamed checks every name in an object.
func wellNamed(t *testing.T, command string, v any, at string) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if !snake.MatchString(name) && !slices.Contains(byName, at) {
				t.Errorf("%s prints %s.%s", command, at, name)
			}
			wellNamed(t, command, inner, at+"."+name)
		}
	case []any:
		for _, inner := range v {
			wellNamed(t, command, inner, at)
		}
	}
}

// fullest is the object with most names, the first of them.
func fullest(objects []map[string]any) map[string]any {
	return slices.MaxFunc(objects, func(a, b map[string]any) int { return cmp.Compare(len(a), len(b)) })
}

var (
	digits = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)
	hex    = regexp.MustCompile(`^[0-9a-f]{8,}$`)
	ours   = regexp.MustCompile(`127\.0\.0\.1:[0-9]+`) // the house's server
)

// steady is an object as text, with what differs between machines and runs replaced.
func steady(t *testing.T, o map[string]any) string {
	t.Helper()
	data, err := json.MarshalIndent(calm("", o), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data) + "\n"
}

func calm(name string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			v[k] = calm(k, inner)
		}
		return v
	case []any:
		if len(v) > 1 {
			v = v[:1]
		}
		for i := range v {
			v[i] = calm(name, v[i])
		}
		return v
	case float64:
		if v == float64(int(v)) || name == "allocs" { // of which there may be a part in each repeat
			return 1
		}
		return 0.5
	case string:
		return calmText(name, v)
	}
	return v
}

// volatile are texts that are of this run or machine.
var volatile = map[string]string{"file": "FILE", "from": "FILE", "kept": "FILE", "undo": "TOKEN", "token": "dd3-RECIPE", "recipe": "dd3-RECIPE",
	"go": "go1.26.0", "platform": "linux/amd64", "kernels": "avx512", "actor": "operator (root)", "by": "operator (root)", "channel": "3b:17",
	"label": "banana", "detail": "...", "remedy": "...", "revision": "0123456789ab", "value": "...", "band": "no", "class": "natural",
	"text": "...", "needs": "...", "what": "...", "why": "...", "before": "...", "after": "...", "about": "..."}

func calmText(name, s string) string {
	if _, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return "2026-11-29T12:00:00Z"
	}
	if strings.HasPrefix(s, "RW") && len(s) == 56 { // a minisign key
		return "RWQ..."
	}
	if v, ok := volatile[name]; ok && s != "" {
		return v
	}
	switch {
	case name == "model" && s != "slugnet":
		return "0123456789abcdef"
	case strings.Contains(s, os.TempDir()):
		return "FILE:1"
	case hex.MatchString(s):
		return "0123456789abcdef"
	case strings.HasPrefix(s, "http"):
		return "https://dreams.example/..."
	}
	return digits.ReplaceAllString(ours.ReplaceAllString(s, "dreams.example"), "1")
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// golden compares a document with what it should say.
func golden(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s does not say what the commands print; run the test with -update and read the difference", file)
		diff(t, strings.Split(string(got), "\n"), strings.Split(want, "\n"))
	}
}

// diff logs the first lines that differ.
func diff(t *testing.T, got, want []string) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Logf("line %d: %q, now %q", i+1, got[i], want[i])
			return
		}
	}
	t.Logf("%d lines, now %d", len(got), len(want))
}
