package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/mastodontest"
	"slugpuppy/config"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// house is a server of the fake kind and a configuration for a bot on it, its token sealed.
type house struct {
	server *mastodontest.Server
	robot  *mastodontest.User
	dir    string
	env    map[string]string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	s := mastodontest.New(mastodontest.Options{})
	s.Start()
	t.Cleanup(s.Close)
	h := &house{server: s, robot: s.AddUser("dreambot", mastodontest.UserOptions{Bot: true}), dir: t.TempDir()}
	h.env = map[string]string{"HOME": h.dir, "XDG_STATE_HOME": filepath.Join(h.dir, "state"), "SLUGPUPPY_BOT_POLL": "5s"}
	return h
}

// configured reads the configuration with the loopback server, which a file may not name.
func (h *house) configured(t *testing.T, a *app) *config.Config {
	t.Helper()
	cfg, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Mastodon.Server = h.server.URL
	return cfg
}

func (h *house) app(out *bytes.Buffer) *app {
	return &app{in: strings.NewReader(""), out: out, err: &bytes.Buffer{}, configPath: os.DevNull, env: func(name string) (string, bool) {
		v, ok := h.env[name]
		return v, ok
	}}
}

// seal stores a token as login does.
func (h *house) seal(t *testing.T, cfg *config.Config, token string) {
	t.Helper()
	st, err := openStore(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	key, err := store.OpenKey(keyPath(cfg))
	if err != nil {
		t.Fatal(err)
	}
	if err := st.PutSecret(key, record(cfg.Mastodon.Server), "token", []byte(token)); err != nil {
		t.Fatal(err)
	}
}

// serve runs the daemon until the returned function is called.
func (h *house) serve(t *testing.T, cfg *config.Config) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.app(&bytes.Buffer{}).serve(ctx, cfg) }()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if code, _ := h.run("jobs", "ls"); code == exitOK && h.server.Streams() > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the daemon does not start")
		}
	}
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve ended with %v", err)
		}
	}
}

func (h *house) run(args ...string) (int, string) {
	var out bytes.Buffer
	code := h.app(&out).run(context.Background(), args)
	return code, out.String()
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

// listed waits until `jobs ls` prints something.
func (h *house) listed(t *testing.T, want string, args ...string) {
	t.Helper()
	var out string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, out = h.run(append([]string{"jobs", "ls"}, args...)...); strings.Contains(out, want) {
			return
		}
	}
	t.Errorf("jobs ls %v does not say %q: %s", args, want, out)
}

func TestServeAnswersAndCanBeLookedAfterMeanwhile(t *testing.T) {
	h := newHouse(t)
	cfg := h.configured(t, h.app(&bytes.Buffer{}))
	token := h.robot.Token()
	h.seal(t, cfg, token)
	stop := h.serve(t, cfg)

	ada := h.server.AddUser("ada", mastodontest.UserOptions{})
	png, err := picture.EncodePNG(picture.Landscape(96, 72, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	asked, err := ada.Mention(h.robot, "swirl octaves=1 steps=1", mastodontest.Picture{Data: png, Alt: "a hill"})
	if err != nil {
		t.Fatal(err)
	}
	if reply := h.answered(t, asked.ID); len(reply.Media) != 1 || !strings.Contains(reply.Text, "I saw:") {
		t.Errorf("%+v", reply)
	}

	h.listed(t, "@ada@", "--state", "posted") // soon: the server has the reply before the store knows
	copied := filepath.Join(h.dir, "copy.db")
	if code, out := h.run("db", "backup", copied); code != exitOK {
		t.Errorf("backup: %d %s", code, out)
	} else if err := store.Check(copied); err != nil {
		t.Errorf("the backup is not sound: %v", err)
	}
	if code, out := h.run("deny", "@ada@"+hostOf(h.server.URL), "--reason", "enough"); code != exitOK || !strings.Contains(out, "undo u") {
		t.Errorf("deny: %d %s", code, out)
	}
	denied, err := ada.Mention(h.robot, "help")
	if err != nil {
		t.Fatal(err)
	}
	h.listed(t, "enough", "--state", "skipped")
	if n := len(h.server.RepliesTo(denied.ID)); n != 0 {
		t.Errorf("a denied person got %d replies", n)
	}
	stop()

	if d := h.server.DuplicateReplies("dreambot"); len(d) > 0 {
		t.Errorf("answered twice: %+v", d)
	}
	noPlaintext(t, h.dir, token)
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

func hostOf(url string) string { return strings.TrimPrefix(url, "http://") }

func TestARestartAnswersNothingTwice(t *testing.T) {
	h := newHouse(t)
	cfg := h.configured(t, h.app(&bytes.Buffer{}))
	h.seal(t, cfg, h.robot.Token())
	for n := range 3 {
		stop := h.serve(t, cfg)
		bob := h.server.AddUser(fmt.Sprint("bob", n), mastodontest.UserOptions{})
		asked, err := bob.Mention(h.robot, "help")
		if err != nil {
			t.Fatal(err)
		}
		h.answered(t, asked.ID)
		stop()
	}
	if d := h.server.DuplicateReplies("dreambot"); len(d) > 0 {
		t.Errorf("answered twice: %+v", d)
	}
}

func TestServeWithoutATokenSaysWhatToDo(t *testing.T) {
	h := newHouse(t)
	cfg := h.configured(t, h.app(&bytes.Buffer{}))
	if err := h.app(&bytes.Buffer{}).serve(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "slugpuppy login") {
		t.Errorf("got %v", err)
	}
}
