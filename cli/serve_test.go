package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slugpuppy/app"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/operator"
	"slugpuppy/config"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// house is a fake server, a bot on it, and a home with a configuration file that names it.
type house struct {
	server *mastodontest.Server
	robot  *mastodontest.User
	dir    string // everything the bot keeps
	file   string // its configuration
	env    map[string]string
}

func newHouse(t testing.TB) *house {
	t.Helper()
	s := mastodontest.New(mastodontest.Options{})
	s.Start()
	t.Cleanup(s.Close)
	h := &house{server: s, robot: s.AddUser("dreambot", mastodontest.UserOptions{Bot: true}), dir: t.TempDir()}
	h.file = filepath.Join(h.dir, "slugpuppy.toml")
	text := fmt.Sprintf("[mastodon]\nserver = %q\n[bot]\npoll = \"5s\"\n", s.URL)
	if err := os.WriteFile(h.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	h.env = map[string]string{"HOME": h.dir, "XDG_STATE_HOME": filepath.Join(h.dir, "state")}
	return h
}

// handle is what somebody of the house's server is called.
func (h *house) handle(name string) string {
	return "@" + name + "@" + strings.TrimPrefix(h.server.URL, "http://")
}

func (h *house) app(out, errs *bytes.Buffer) *console {
	return newConsole(strings.NewReader(""), out, errs, func(name string) (string, bool) {
		v, ok := h.env[name]
		return v, ok
	})
}

// run runs a command with the house's configuration; what it said comes back, errors last.
func (h *house) run(args ...string) (int, string) {
	var out, errs bytes.Buffer
	code := h.app(&out, &errs).run(context.Background(), append([]string{"--config", h.file}, args...))
	return code, out.String() + errs.String()
}

// ok runs a command that must work and returns what it said.
func (h *house) ok(t *testing.T, args ...string) string {
	t.Helper()
	code, said := h.run(args...)
	if code != exitOK {
		t.Fatalf("%v: exit code %d: %s", args, code, said)
	}
	return said
}

// login signs the bot in through the link that login prints, and returns the token.
func (h *house) login(t *testing.T) string {
	t.Helper()
	term := signIn(t, h.dir, h.env, "--config", h.file)
	back, err := h.robot.Authorize(term.address(t))
	if err != nil {
		t.Fatal(err)
	}
	if code, page := open(t, back); code != http.StatusOK {
		t.Fatalf("the browser is told %d %s", code, page)
	}
	if code := term.wait(t); code != exitOK {
		t.Fatalf("login: exit code %d: %s", code, term.said())
	}
	cfg, err := app.Load(h.file, h.app(nil, nil).env)
	if err != nil {
		t.Fatal(err)
	}
	return sealedToken(t, cfg)
}

// sealedToken opens the token that a login left behind.
func sealedToken(t *testing.T, cfg *config.Config) string {
	t.Helper()
	st, err := store.Open(cfg.Store.Path, store.Options{MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	key, err := store.OpenKey(cfg.Store.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	server, err := url.Parse(cfg.Networks[0].Options.(*mastodon.Settings).Server)
	if err != nil {
		t.Fatal(err)
	}
	token, err := st.Vault(key).Get("mastodon:"+server.Host, "token")
	if err != nil || len(token) == 0 {
		t.Fatalf("no token was kept: %v", err)
	}
	return string(token)
}

// open opens what a stopped daemon has left.
func (h *house) open(t *testing.T) (*store.Store, *store.Key) {
	t.Helper()
	cfg, err := app.Load(h.file, h.app(nil, nil).env)
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(cfg.Store.Path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	key, err := store.OpenKey(cfg.Store.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	return st, key
}

// serve runs the daemon until the returned function is called, which gives its log.
func (h *house) serve(t *testing.T) (stop func() string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var out, log bytes.Buffer
	ended := make(chan int, 1)
	go func() { ended <- h.app(&out, &log).run(ctx, []string{"--config", h.file, "serve"}) }()
	// The first start looks at what is newest before it fetches: only what comes later is answered.
	ready := func() bool {
		return h.server.Streams() > 0 && h.server.Count("GET /api/v1/notifications") >= 2
	}
	for end := time.Now().Add(time.Minute); !ready() || !h.answers(); time.Sleep(10 * time.Millisecond) {
		select {
		case code := <-ended:
			t.Fatalf("the daemon ended with exit code %d: %s", code, log.String())
		default:
		}
		if time.Now().After(end) {
			cancel()
			<-ended
			t.Fatalf("the daemon does not start: %s", log.String())
		}
	}
	return func() string {
		t.Helper()
		cancel()
		if code := <-ended; code != exitOK {
			t.Errorf("serve ended with exit code %d: %s", code, log.String())
		}
		return out.String() + log.String()
	}
}

// answers tells whether the daemon answers operators.
func (h *house) answers() bool {
	code, _ := h.run("jobs", "ls")
	return code == exitOK
}

// answered waits for the reply to a post.
func (h *house) answered(t *testing.T, id string) mastodontest.Status {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if replies := h.server.RepliesTo(id); len(replies) > 0 {
			return replies[0]
		}
	}
	t.Fatalf("no reply to %s", id)
	return mastodontest.Status{}
}

func TestServeAnswersAndCanBeLookedAfterMeanwhile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := h.login(t)
	stop := h.serve(t)

	ada := h.server.AddUser("ada", mastodontest.UserOptions{})
	png, err := picture.EncodePNG(picture.Landscape(96, 72, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	asked, err := ada.Mention(h.robot, "swirl octaves=1 steps=1", mastodontest.Picture{Data: png, Alt: "a hill"})
	if err != nil {
		t.Fatal(err)
	}
	if reply := h.answered(t, asked.ID); len(reply.Media) != 1 || !strings.Contains(reply.Text, "I saw") || !strings.HasPrefix(reply.Media[0].Alt, "a hill") {
		t.Errorf("%+v", reply)
	}
	job := h.job(t, asked.ID, "posted")
	if said := h.ok(t, "jobs", "show", job.ID); !strings.Contains(said, h.handle("ada")) || strings.Contains(said, "swirl") {
		t.Errorf("jobs show: %s", said)
	}
	if code, said := h.run("jobs", "cancel", job.ID); code != exitRefused {
		t.Errorf("cancel what was posted: %d %s", code, said)
	}
	if said := h.ok(t, "doctor"); strings.Contains(said, "fail ") || !strings.Contains(said, "dreambot") {
		t.Errorf("doctor: %s", said)
	}
	copied := filepath.Join(h.dir, "copy.db")
	h.ok(t, "db", "backup", copied)
	if said := h.ok(t, "db", "check", copied); !strings.Contains(said, "sound") {
		t.Errorf("db check: %s", said)
	}
	if code, said := h.run("serve"); code != exitRefused || !strings.Contains(said, "is slugpuppy running already?") || strings.Count(said, ".db") != 1 {
		t.Errorf("a second daemon beside the first: %d %s", code, said)
	}
	for _, args := range [][]string{{"db", "check"}, {"db", "compact"}, {"db", "restore", copied}, {"antidote", "rotate"}} {
		if code, said := h.run(args...); code != exitRefused || !strings.Contains(said, "top") {
			t.Errorf("%v beside the daemon: %d %s", args, code, said)
		}
	}
	if code, said := h.run("login"); code != exitRefused || !strings.Contains(said, "please stop it") {
		t.Errorf("a login beside the daemon: %d %s", code, said)
	}

	if said := h.ok(t, "deny", h.handle("ada"), "--reason", "enough"); !strings.Contains(said, "undo u") {
		t.Errorf("deny: %s", said)
	}
	denied, err := ada.Mention(h.robot, "help")
	if err != nil {
		t.Fatal(err)
	}
	if job := h.job(t, denied.ID, "skipped"); !strings.Contains(job.Reason, "enough") {
		t.Errorf("%+v", job)
	}
	if n := len(h.server.RepliesTo(denied.ID)); n != 0 {
		t.Errorf("a denied person got %d replies", n)
	}

	if log := stop(); strings.Contains(log, token) || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log: %s", log)
	}
	if d := h.server.DuplicateReplies("dreambot"); len(d) > 0 {
		t.Errorf("answered twice: %+v", d)
	}
	noPlaintext(t, h.dir, token)
	if said := h.ok(t, "jobs", "show", job.ID); !strings.Contains(said, "posted") {
		t.Errorf("without the daemon: %s", said)
	}
}

// job waits until the job of a mention is in a state.
func (h *house) job(t *testing.T, source, state string) operator.Job {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for dec := json.NewDecoder(strings.NewReader(h.ok(t, "--json", "jobs", "ls", "--state", state))); dec.More(); {
			var j operator.Job
			if err := dec.Decode(&j); err != nil {
				t.Fatal(err)
			}
			if j.Source == source {
				return j
			}
		}
	}
	t.Fatalf("the job of %s is never %s", source, state)
	return operator.Job{}
}

// noPlaintext looks for a secret in every file of a folder.
func noPlaintext(t *testing.T, dir, secret string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("%s has the token in plain text", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestARestartAnswersNothingTwiceAndForgetsNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ask := func(name string) string {
		asked, err := h.server.AddUser(name, mastodontest.UserOptions{}).Mention(h.robot, "help")
		if err != nil {
			t.Fatal(err)
		}
		return asked.ID
	}
	before := ask("early")
	h.login(t)
	between := ask("ann")
	stop := h.serve(t)
	h.answered(t, between)
	h.answered(t, ask("bea"))
	stop()
	missed := ask("cem")
	stop = h.serve(t)
	h.answered(t, missed)
	h.answered(t, ask("dan"))
	stop()
	if d := h.server.DuplicateReplies("dreambot"); len(d) > 0 {
		t.Errorf("answered twice: %+v", d)
	}
	if n := len(h.server.RepliesTo(before)); n != 0 {
		t.Errorf("a mention from before the bot could read them got %d replies", n)
	}
}

func TestServeWithoutATokenSaysWhatToDo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if code, said := h.run("serve"); code == exitOK || !strings.Contains(said, "slugpuppy login") {
		t.Errorf("exit code %d: %s", code, said)
	}
}
