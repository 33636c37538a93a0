package app

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slugpuppy/app/apptest"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/operator"
	"slugpuppy/cluster/broker"
)

// twin is one of two daemons that share readers, each with a page, a database and a key of its own.
type twin struct {
	*house
	page string
	svc  operator.Service
}

// twins run both until the test ends.
func twins(t *testing.T) (a, b *twin) {
	t.Helper()
	first := newHouse(t)
	br, err := broker.Start(broker.Options{Listen: "127.0.0.1:0", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(br.Close)
	run := func(name string) *twin {
		h := &house{server: first.server, robot: first.robot, dir: t.TempDir(), env: maps.Clone(first.env)}
		listen := apptest.FreeAddress(t)
		socket := filepath.Join(h.dir, "s")
		maps.Copy(h.env, map[string]string{"HOME": h.dir, "XDG_STATE_HOME": filepath.Join(h.dir, "state"), "SLUGPUPPY_ADMIN_SOCKET": socket,
			"SLUGPUPPY_CLUSTER_NATS": br.Address(), "SLUGPUPPY_CLUSTER_NKEY": br.Keys().Daemon, "SLUGPUPPY_CLUSTER_READERS": "true",
			"SLUGPUPPY_WEB_ADMINS":   "reader@" + strings.TrimPrefix(first.server.URL, "http://"),
			"SLUGPUPPY_CLUSTER_NODE": name, "SLUGPUPPY_WEB_LISTEN": listen, "SLUGPUPPY_WEB_URL": "http://" + listen})
		serve(t, func(ctx context.Context) error { return New(h.config(t), Options{Version: "test"}).Serve(ctx, true) })
		w := &twin{house: h, page: "http://" + listen}
		soon(t, "daemon "+name+" answers", func() bool {
			c, err := operator.Dial(t.Context(), socket)
			if err == nil {
				w.svc = c
			}
			return err == nil
		})
		return w
	}
	return run("left"), run("right")
}

// hangs is after what time a test hangs. A busy machine is slow, and still right.
const hangs = 2 * time.Minute

func soon(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(hangs); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came that %s", what)
		}
	}
}

func (w *twin) users(t *testing.T) int {
	t.Helper()
	all, err := w.svc.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestAReaderMovesBetweenTwoDaemonsAndThePageFindsThem(t *testing.T) {
	a, b := twins(t)
	reader := a.server.AddUser("reader", mastodontest.UserOptions{})
	browser := apptest.NewBrowser(t, a.page, a.server)
	if code, page := browser.Get(browser.Consent(reader)); code != http.StatusOK || !strings.Contains(page, "@reader@") {
		t.Fatalf("%d: %s", code, page)
	}
	who := operator.Moving{Account: "reader@" + strings.TrimPrefix(a.server.URL, "http://"), To: "right"}
	var err error
	soon(t, "the reader can be moved", func() bool {
		_, err = a.svc.Move(t.Context(), who)
		return err == nil || !errors.Is(err, operator.ErrRefused)
	})
	if err != nil {
		t.Fatal(err)
	}
	if a.users(t) != 0 || b.users(t) != 1 {
		t.Errorf("left has %d readers, right %d", a.users(t), b.users(t))
	}
	if _, page := browser.Get("/filter"); strings.Contains(page, "@reader@") {
		t.Error("who has moved is signed in where they were")
	}
	again := apptest.NewBrowser(t, a.page, a.server)
	_, page := again.Get(again.Consent(reader))
	if !strings.Contains(page, b.page) {
		t.Errorf("the page does not say where they are: %s", page)
	}
	if a.users(t) != 0 {
		t.Error("signing in made a second reader of them")
	}
	there := apptest.NewBrowser(t, b.page, b.server)
	if _, page := there.Get(there.Consent(reader)); !strings.Contains(page, "@reader@") {
		t.Errorf("they cannot sign in where they are: %s", page)
	}
	if b.users(t) != 1 {
		t.Errorf("right has %d readers", b.users(t))
	}
	soon(t, "each daemon hears of the other", func() bool {
		s, err := b.svc.Status(t.Context())
		c := s.Cluster
		return err == nil && c != nil && c.Connected && c.Node == "right" && c.Shared && c.Lease.After(time.Now()) && len(c.Nodes) == 2
	})
	if code, page := there.Get("/operator"); code != http.StatusOK || !strings.Contains(page, "<h2>Machines</h2>") ||
		!strings.Contains(page, `<th scope="row">left</th><td>daemon</td>`) {
		t.Errorf("the operator's page is %d: %s", code, page)
	}
	if _, err := a.svc.Move(t.Context(), who); !errors.Is(err, operator.ErrNotFound) {
		t.Errorf("moved once more: %v", err)
	}
	if _, err := a.svc.TakeOver(t.Context(), operator.Lost{Node: "right", Backup: "/nowhere", Key: "/nowhere"}); !errors.Is(err, operator.ErrRefused) {
		t.Errorf("taken over from nothing: %v", err)
	}
}
