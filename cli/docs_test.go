//go:build unix

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"slugpuppy/app"
	"slugpuppy/app/apptest"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/classifier/networks"
	"slugpuppy/picture"
)

// elsewhere are the commands of the documents that are not run here, each with why, and what is looked at instead. A
// command is elsewhere when it begins so.
var elsewhere = []struct {
	begins, why string
	instead     func(t *testing.T, command string)
}{
	{"git clone", "the checkout is the one that is tested", nil},
	{"cd slugpuppy", "likewise", nil},
	{"go build", "the tests' own binary is the program", builds},
	{"CGO_ENABLED=0 go build", "likewise", builds},
	{"slugpuppy model pull", "it downloads", pulls},
	{"slugpuppy model sheet", "minutes of work; TestScripts makes a small one of a small network", parses},
	{"docker compose", "there is no Docker; scripts/compose reads the file as Compose does", composes},
	{"scripts/packages", "minutes of work, and it downloads what packs; the checks run it", isThere},
	{"scripts/reproducible", "likewise", isThere},
	{"systemctl", "there is no systemd", nil},
	{"slugpuppy lists", "it downloads; app and bot/timeline have tests with servers", parses},
	{"slugpuppy antidote", "likewise", parses},
	{"slugpuppy user move", "it takes several daemons; the tests of app have them", parses},
	{"slugpuppy user takeover", "likewise", parses},
	{"here$", "it takes two installations; cli/move_test.go has them", elsewheres},
	{"there$", "likewise", elsewheres},
}

// A document's commands are run in its order, in one folder, as they stand there but for names of servers and people
// that exist only here, and for words that make pictures small.
func TestWhatTheDocumentsSayIsRun(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	t.Parallel()
	ran := 0
	for _, file := range documents(t) {
		all := fences(t, file)
		if !slices.ContainsFunc(all, func(f fence) bool { return f.kind == "" }) {
			continue
		}
		ran++
		t.Run(filepath.Base(file), func(t *testing.T) {
			if made := []string{"dreaming.md", "films.md", "models.md"}; slices.Contains(made, filepath.Base(file)) && os.Getenv("SLUGPUPPY_LONG") == "" {
				t.Skip("half a minute of pictures: SLUGPUPPY_LONG=1 makes them")
			}
			if testing.Short() && !strings.HasSuffix(file, "first-hour.md") {
				t.Skip("the other documents are left out of -short")
			}
			t.Parallel()
			n := newNewcomer(t)
			for _, f := range all {
				switch f.kind {
				case "toml":
					n.configure(f.text)
				case "":
					for _, command := range commandsOf(f.text) {
						n.types(command)
					}
				}
			}
			n.leaves()
		})
	}
	if ran < 5 {
		t.Errorf("only %d documents have commands", ran)
	}
}

// documents are README and what is below docs, but for those that a program writes.
func documents(t *testing.T) (files []string) {
	t.Helper()
	all, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	written := []string{"../docs/json.md", "../docs/configuration.md"}
	return append([]string{"../README.md"}, slices.DeleteFunc(all, func(f string) bool { return slices.Contains(written, f) })...)
}

// fence is a block of code.
type fence struct{ kind, text string }

func fences(t *testing.T, file string) (all []fence) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range regexp.MustCompile("(?m)^ *```").Split(string(data), -1) {
		if kind, text, _ := strings.Cut(part, "\n"); i%2 == 1 {
			all = append(all, fence{kind, text})
		}
	}
	return all
}

// commandsOf are the lines of a block that somebody types. One that begins with a comment is a file to look at.
func commandsOf(block string) (lines []string) {
	if strings.HasPrefix(block, "#") || strings.Contains(block, ":  [") { // what files of several machines say
		return nil
	}
	for line := range strings.Lines(block) {
		if line, _, _ = strings.Cut(line, "  #"); strings.TrimSpace(line) != "" {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// newcomer is somebody who does what a document says, in a folder of their own.
type newcomer struct {
	t      *testing.T
	house  *house
	reader *mastodontest.User
	dir    string
	names  *strings.Replacer
	env    map[string]string
	said   string    // by the commands so far
	serves *exec.Cmd // nil when no daemon runs
	log    paper
	// hid says that posts were hidden when somebody looked, and forgotten that all of it should be gone at the end.
	hid, forgotten bool
}

func newNewcomer(t *testing.T) *newcomer {
	t.Helper()
	h := newHouse(t)
	reader, dream, _ := apptest.Gallery(t, h.server)
	host := strings.TrimPrefix(h.server.URL, "http://")
	n := &newcomer{t: t, house: h, reader: reader, dir: filepath.Join(h.dir, "here")}
	n.names = strings.NewReplacer("https://example.social", h.server.URL, "@you@example.social", "@"+reader.Handle(),
		"127.0.0.1:8080", "127.0.0.1:0", " LINK", " "+dream, "googlenet", "slugnet")
	n.env = map[string]string{"HOME": h.dir, "XDG_STATE_HOME": filepath.Join(h.dir, "state"), "PATH": n.dir + ":" + os.Getenv("PATH"),
		"SLUGPUPPY_MASTODON_TRUSTED": host, "SLUGPUPPY_LOG_LEVEL": "warn"}
	self, err := os.Executable()
	if err == nil {
		err = os.MkdirAll(filepath.Join(n.dir, "holidays"), 0o700)
	}
	if err == nil {
		err = os.Symlink(self, filepath.Join(n.dir, "slugpuppy"))
	}
	for i, name := range []string{"photo.jpg", "other.jpg", "holidays/one.png", "holidays/two.png"} {
		if err == nil {
			err = os.WriteFile(filepath.Join(n.dir, name), scene(t, uint64(i)), 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n.serves != nil {
			_ = n.serves.Process.Kill() // the test has failed before it was stopped
			_ = n.serves.Wait()
		}
	})
	return n
}

func scene(t *testing.T, seed uint64) []byte {
	t.Helper()
	data, err := picture.EncodePNG(picture.Landscape(64, 48, seed), "")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// configure writes the file that a document shows.
func (n *newcomer) configure(text string) {
	n.t.Helper()
	if err := os.WriteFile(filepath.Join(n.dir, "slugpuppy.toml"), []byte(n.names.Replace(text)), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// types does one command.
func (n *newcomer) types(typed string) {
	n.t.Helper()
	command := strings.Replace(typed, "go run .", "./slugpuppy", 1)
	for _, e := range elsewhere {
		if strings.HasPrefix(strings.TrimPrefix(command, "./"), e.begins) {
			if e.instead != nil {
				e.instead(n.t, command)
			}
			return
		}
	}
	name, value, isExport := strings.Cut(strings.TrimPrefix(command, "export "), "=")
	if isExport && strings.HasPrefix(command, "export ") {
		n.env[name] = value
		return
	}
	command = hurried(n.names.Replace(command))
	command = strings.Replace(command, "TOKEN", last(n.said, `undo (u\d+)`), 1)
	command = strings.Replace(command, "RECIPE", last(n.said, `(?s)^.*?recipe: (\S+)`), 1) // the first
	switch words := strings.Fields(strings.TrimPrefix(command, "./")); {
	case len(words) < 2 || words[0] != "slugpuppy":
		n.t.Fatalf("%q is no command of ours; name it in elsewhere if it cannot be run", typed)
	case words[1] == "serve":
		n.starts(command)
	case words[1] == "demo" && !strings.Contains(command, "--once"):
		n.plays(command)
	case words[1] == "login":
		n.lets(command, n.house.robot)
	case words[1] == "filter" && words[2] == "connect":
		n.lets(command, n.reader)
	default:
		n.hid = n.hid || len(n.reader.Filters()) > 0
		n.forgotten = n.forgotten || strings.Contains(command, "user forget")
		out, err := n.shell(n.t.Context(), command).CombinedOutput()
		n.said += string(out)
		if err != nil {
			n.t.Fatalf("%s: %v\n%s\nthe daemon: %s", typed, err, out, n.log.String())
		}
	}
}

// shell is a command as the newcomer's shell runs it.
func (n *newcomer) shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", "exec "+command)
	cmd.Dir = n.dir
	for _, name := range slices.Sorted(maps.Keys(n.env)) {
		cmd.Env = append(cmd.Env, name+"="+n.env[name])
	}
	return cmd
}

// starts runs the daemon until the newcomer leaves.
func (n *newcomer) starts(command string) {
	n.t.Helper()
	n.serves = n.shell(context.Background(), command)
	n.serves.Stdout, n.serves.Stderr = &n.log, &n.log
	if err := n.serves.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.waits("the daemon runs", func() bool {
		out, err := n.shell(n.t.Context(), "slugpuppy status").CombinedOutput()
		return err == nil && bytes.Contains(out, []byte("running for"))
	})
}

// leaves stops what runs.
func (n *newcomer) leaves() {
	n.t.Helper()
	if n.forgotten {
		if !n.hid {
			n.t.Error("nothing was ever hidden")
		}
		n.waits("every filter is removed", func() bool { return len(n.reader.Filters()) == 0 })
	}
	if n.serves == nil {
		return
	}
	_ = n.serves.Process.Signal(os.Interrupt) // Wait tells when it has gone
	if err := n.serves.Wait(); err != nil {
		n.t.Errorf("the daemon ended with %v: %s", err, n.log.String())
	}
	n.serves = nil
}

// plays opens the demo, and ends it with Ctrl-C.
func (n *newcomer) plays(command string) {
	n.t.Helper()
	said, cmd := n.begins(command + " --listen 127.0.0.1:0")
	n.waits("the demo says where it is", func() bool { return strings.Contains(said.String(), "http://127.0.0.1:") })
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait() // how it ended is in ProcessState
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.HasSuffix(said.String(), "slugpuppy: interrupted\n") {
		n.t.Errorf("Ctrl-C ended the demo with %d: %s", code, said.String())
	}
}

// lets says yes in a browser to a command that asks for that.
func (n *newcomer) lets(command string, who *mastodontest.User) {
	n.t.Helper()
	said, cmd := n.begins(command)
	n.waits("an address is printed", func() bool { return link.MatchString(said.String()) })
	back, err := who.Authorize(link.FindString(said.String()))
	if err != nil {
		n.t.Fatal(err)
	}
	open(n.t, back)
	if err := cmd.Wait(); err != nil {
		n.t.Fatalf("%s: %v: %s", command, err, said.String())
	}
	n.said += said.String()
}

// begins runs a command that waits for somebody.
func (n *newcomer) begins(command string) (*paper, *exec.Cmd) {
	n.t.Helper()
	said, cmd := new(paper), n.shell(n.t.Context(), command)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	return said, cmd
}

func (n *newcomer) waits(what string, done func() bool) {
	n.t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			n.t.Fatalf("never: %s\n%s", what, n.log.String())
		}
	}
}

// hurried asks for less work: the words that are appended are those that anybody may append.
func hurried(command string) string {
	words := strings.Fields(strings.TrimPrefix(command, "./"))
	if len(words) < 2 {
		return command
	}
	return command + map[string]string{"dream": " steps=1 octaves=1", "imagine": " steps=1 size=64", "dive": " 2s steps=1 octaves=1 size=64",
		"wander": " 2 steps=1 octaves=1 size=64", "demo": " slug steps=1 octaves=1"}[words[1]]
}

// last is the last match of a pattern's group.
func last(text, pattern string) string {
	all := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return "nothing"
	}
	return all[len(all)-1][1]
}

func builds(t *testing.T, command string) {
	t.Helper()
	if _, err := os.Stat("../main.go"); err != nil || !strings.HasSuffix(command, " .") {
		t.Errorf("%q builds no program: %v", command, err)
	}
}

func pulls(t *testing.T, command string) {
	t.Helper()
	parses(t, command)
	words := strings.Fields(command)
	if _, ok := networks.Find(words[len(words)-1]); !ok {
		t.Errorf("%q: there is no such network", command)
	}
}

// elsewheres looks at a command behind the prompt of one of several machines.
func elsewheres(t *testing.T, command string) {
	t.Helper()
	_, command, _ = strings.Cut(command, "$")
	parses(t, strings.TrimSpace(command))
}

func isThere(t *testing.T, command string) {
	t.Helper()
	info, err := os.Stat("../" + strings.Fields(command)[0])
	if err != nil || info.Mode().Perm()&0o100 == 0 {
		t.Errorf("%q cannot be run: %v", command, err)
	}
}

// composes looks whether a service of the file is meant, and what the program is asked there.
func composes(t *testing.T, command string) {
	t.Helper()
	data, err := os.ReadFile("../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	verb, words := "", strings.Fields(command)
	for i, word := range words {
		switch {
		case i < 2 || strings.HasPrefix(word, "-") || words[i-1] == "--profile":
			continue
		case verb == "":
			verb = word
			continue
		}
		if !bytes.Contains(data, []byte("\n  "+word+":\n")) {
			t.Errorf("%q: no service %q", command, word)
		}
		if rest := words[i+1:]; verb == "run" && len(rest) > 0 {
			parses(t, "slugpuppy "+strings.Join(rest, " "))
		}
		return
	}
}

// parses is an error where a command is spelt as none is.
func parses(t *testing.T, command string) {
	t.Helper()
	for _, args := range spelled(command) {
		var out bytes.Buffer
		root := newConsole(strings.NewReader(""), &out, &out, func(string) (string, bool) { return "", false }).root()
		cmd, rest, err := root.Find(args)
		switch {
		case err != nil:
		case cmd == root || cmd.HasSubCommands() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-"):
			err = fmt.Errorf("no such command")
		default:
			if err = cmd.ParseFlags(rest); err == nil && cmd.Flags().NArg() > 0 {
				err = cmd.ValidateArgs(cmd.Flags().Args())
			}
		}
		if err != nil && !errors.Is(err, pflag.ErrHelp) {
			t.Errorf("`%s`: %v", command, err)
		}
	}
}

// spelled are a command's arguments, once for each of the names that are written name|name.
func spelled(command string) [][]string {
	command, _, _ = strings.Cut(strings.ReplaceAll(command, `"..."`, `"x"`), "...")
	command = regexp.MustCompile(`"[^"]*"`).ReplaceAllString(command, "words")
	all := [][]string{{}}
	for _, word := range strings.Fields(command)[1:] {
		var next [][]string
		for _, begun := range all {
			for choice := range strings.SplitSeq(word, "|") {
				if choice == "N" { // stands for a number
					choice = "1"
				}
				next = append(next, append(slices.Clone(begun), choice))
			}
		}
		all = next
	}
	return all
}

// What documents name in their sentences is spelt as the program wants it.
func TestCommandsInTheDocumentsSentencesAreSpeltRight(t *testing.T) {
	t.Parallel()
	roots, err := filepath.Glob("../*.md")
	if err != nil {
		t.Fatal(err)
	}
	files, n := append(roots, documents(t)[1:]...), 0
	for _, file := range append(files, "../docker-compose.yml", "../packaging/slugpuppy.service", "../packaging/slugpuppy.toml") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`(?:\\./|sudo -u slugpuppy )?(slugpuppy [^`\n]+)`").FindAllStringSubmatch(string(data), -1) {
			if strings.HasPrefix(m[1], "slugpuppy antidote key OLD") { // a text that is signed
				continue
			}
			n++
			parses(t, m[1])
		}
	}
	if n < 60 {
		t.Errorf("only %d commands were found", n)
	}
}

// What documents name is there: tests and benchmarks, also by the patterns of commands, files, and where links lead.
func TestWhatTheDocumentsNameIsThere(t *testing.T) {
	t.Parallel()
	files, tests := checkout(t)
	named := regexp.MustCompile(`\b(?:Test|Benchmark|Fuzz)[A-Z]\w+`)
	pattern := regexp.MustCompile("-(run|bench) ('[^']+'|[^ `\n]+)")
	link := regexp.MustCompile(`(?:\]\(|src=")([^)#":]+)[)#"]`)
	file := regexp.MustCompile("`((?:[\\w.-]+/)+[\\w.-]+\\.(?:go|md|py|txt|toml|yml|json|conf|service))`")
	for name, text := range files {
		if filepath.Ext(name) != ".md" {
			continue
		}
		for _, m := range named.FindAllString(text, -1) {
			if !slices.ContainsFunc(tests, func(test string) bool { return strings.HasPrefix(test, m) }) {
				t.Errorf("%s: there is no %s", name, m)
			}
		}
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			kind := map[string]string{"run": "Test", "bench": "Benchmark"}[m[1]]
			for part := range strings.SplitSeq(strings.NewReplacer(`\|`, "|", "'", "").Replace(m[2]), "|") {
				find, err := regexp.Compile(part)
				if err != nil || !slices.ContainsFunc(tests, func(test string) bool { return strings.HasPrefix(test, kind) && find.MatchString(test) }) &&
					!slices.Contains([]string{"-", "XXX", "^$"}, part) { // which are to match nothing
					t.Errorf("%s: %s matches nothing, %v", name, m[0], err)
				}
			}
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join("..", filepath.Dir(name), m[1])); err != nil {
				t.Errorf("%s: a link leads nowhere: %v", name, err)
			}
		}
		for _, m := range file.FindAllStringSubmatch(text, -1) {
			if _, ours := files[strings.SplitAfter(m[1], "/")[0]]; ours && files[m[1]] == "" {
				t.Errorf("%s: there is no %s", name, m[1])
			}
		}
	}
}

// checkout is what stands in the files of the repository, by their path, with "" for its folders that end in a slash; and
// the names of its tests, benchmarks and fuzz targets.
func checkout(t *testing.T) (files map[string]string, tests []string) {
	t.Helper()
	files = map[string]string{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)[A-Z]\w*)`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		name := strings.TrimPrefix(filepath.ToSlash(path), "../")
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || len(d.Name()) > 2 && d.Name()[0] == '.'):
			return fs.SkipDir
		case d.IsDir():
			files[name+"/"] = ""
			return nil
		}
		text := " " // of no interest
		if ext := filepath.Ext(name); ext == ".go" || ext == ".md" {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text += string(data)
		}
		if files[name] = text; strings.HasSuffix(name, "_test.go") {
			for _, m := range function.FindAllStringSubmatch(text, -1) {
				tests = append(tests, m[1])
			}
		}
		return nil
	})
	if err != nil || len(tests) < 500 {
		t.Fatalf("%d tests were found, %v", len(tests), err)
	}
	return files, tests
}

// The compose file and the program agree, line by line: variables are options, what is named is there, the page
// listens where a port is published, and the commands of the comments are ours.
func TestTheComposeFileFitsTheProgram(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	services, volumes, ok := strings.Cut(text, "\nvolumes:\n")
	if !ok {
		t.Fatal("no volumes")
	}
	var env []string
	for _, m := range regexp.MustCompile(`(?m)^ +(SLUGPUPPY_\w+):`).FindAllStringSubmatch(services, -1) {
		env = append(env, m[1]+"=x")
	}
	if odd := app.Default().UnknownEnv(env); len(env) < 5 || len(odd) > 0 {
		t.Errorf("of %d variables nothing reads %v", len(env), odd)
	}
	for _, m := range regexp.MustCompile(`[- \[]([a-z][a-z-]+):/[a-z]`).FindAllStringSubmatch(services, -1) {
		if !strings.Contains("\n"+volumes, "\n  "+m[1]+":\n") {
			t.Errorf("no volume %q is declared", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`service:([a-z-]+)`).FindAllStringSubmatch(services, -1) {
		if !strings.Contains(services, "\n  "+m[1]+":\n") {
			t.Errorf("no service %q", m[1])
		}
	}
	first, _, _ := strings.Cut(services[strings.Index(services, "\n  slugpuppy:\n"):], "\n\n")
	for _, want := range []string{`ports: ["127.0.0.1:8080:8080"]`, "SLUGPUPPY_WEB_LISTEN: 0.0.0.0:8080", "state:/var/lib/slugpuppy"} {
		if !strings.Contains(first, want) {
			t.Errorf("the service does not say %q", want)
		}
	}
	commands := 0
	for _, m := range regexp.MustCompile(`(?m)^ *#   .*?(docker compose [^#\n;]+)`).FindAllStringSubmatch(text, -1) {
		composes(t, m[1])
		commands++
	}
	if commands < 7 {
		t.Errorf("only %d commands", commands)
	}
}
