package hidelist_test

import (
	"errors"
	"flag"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/x/hidelist"
)

var update = flag.Bool("update", false, "rewrite golden files")

var site = hidelist.Site{Name: "X", Hosts: []string{"x.com", "twitter.com"}, Post: "article", Link: "/status/"}

// library has the lists of one subscriber in memory.
type library struct {
	subscribers []hidelist.Subscriber
	lists       notebook
}

func newLibrary() *library {
	return &library{[]hidelist.Subscriber{{ID: "7", Handle: "other"}, {ID: "42", Handle: "reader"}}, notebook{}}
}

func (l *library) Subscribers() ([]hidelist.Subscriber, error) { return l.subscribers, nil }
func (l *library) Lists(id string) network.Notes {
	if id != "42" {
		return notebook{}
	}
	return l.lists
}

// notebook is notes in memory.
type notebook map[string][]byte

func (n notebook) All() (map[string][]byte, error)    { return maps.Clone(n), nil }
func (n notebook) Put(name string, data []byte) error { n[name] = data; return nil }
func (n notebook) Drop(name string) error             { delete(n, name); return nil }

func TestEveryChangeIsToldAndNothingElse(t *testing.T) {
	changes := 0
	h := &hidelist.Hider{Notes: notebook{}, Changed: func() error { changes++; return nil }}
	for _, step := range []struct {
		name string
		do   func() error
		want int
	}{
		{"hide", func() error { _, err := h.Hide(t.Context(), "1001", "certain", network.Warn); return err }, 1},
		{"hide again", func() error { _, err := h.Hide(t.Context(), "1001", "likely", network.Warn); return err }, 0},
		{"tidy", func() error { _, err := h.Tidy(t.Context(), network.All(network.Warn)); return err }, 0},
		{"another style", func() error { _, err := h.Tidy(t.Context(), network.All(network.Hide)); return err }, 1},
		{"unhide", func() error { return h.Unhide(t.Context(), "1001") }, 1},
		{"unhide again", func() error { return h.Unhide(t.Context(), "1001") }, 0},
		{"tidy what is empty", func() error { _, err := h.Tidy(t.Context(), network.All(network.Hide)); return err }, 1},
		{"clear", func() error { return h.Clear(t.Context()) }, 0},
	} {
		changes = 0
		if err := step.do(); err != nil || changes != step.want {
			t.Errorf("%s: %d changes, want %d; %v", step.name, changes, step.want, err)
		}
	}
	full := errors.New("the disk is full")
	h.Changed = func() error { return full }
	if _, err := h.Hide(t.Context(), "1002", "certain", network.Warn); !errors.Is(err, full) || network.Failed(err) {
		t.Errorf("%v", err)
	}
}

// lists are one of each kind, and what must not get out.
func lists(now time.Time) []hidelist.List {
	return []hidelist.List{
		{Name: "a", Title: "DeepDream: certain", Style: network.Hide, Expires: now.Add(time.Hour), Posts: map[string]time.Time{"1001": now, "1002": now.Add(time.Second)}},
		{Name: "b", Title: "DeepDream: likely </script>", Style: network.Warn, Expires: now.Add(time.Hour), Posts: map[string]time.Time{"1003": now}},
		{Name: "c", Title: "you said so", Style: network.Blur, Expires: now.Add(time.Hour), Posts: map[string]time.Time{"1004": now, `1"]) , body`: now}},
		{Name: "d", Title: "old", Style: network.Hide, Expires: now, Posts: map[string]time.Time{"1005": now}},
	}
}

func TestListsForBrowsers(t *testing.T) {
	now := time.Date(2026, 8, 7, 12, 0, 0, 0, time.UTC)
	script, err := site.Script("reader\n\u2028// @grant x", "https://lists.example/dreams.user.js", lists(now), now)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]byte{"dreams.txt": site.UBlock("reader\n##body", lists(now), now), "dreams.user.js": script} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || string(want) != string(got) {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
		if strings.Contains(string(got), "body\"") || strings.Contains(string(got), "1005") {
			t.Errorf("%s holds what it must not", name)
		}
	}
}

func TestTheListIsServedToWhoeverKnowsItsAddressAndWritten(t *testing.T) {
	books := newLibrary()
	press := &hidelist.Press{Library: books, Network: "x", Site: site, Secret: []byte("salt"), Dir: filepath.Join(t.TempDir(), "lists")}
	srv := httptest.NewServer(press.Handler())
	defer srv.Close()
	press.Address = srv.URL
	if _, err := press.Hider("42").Hide(t.Context(), "1001", "certain", network.Hide); err != nil {
		t.Fatal(err)
	}
	ublock, script := press.URLs("42")
	fileA, fileB := press.Files("42")
	for url, file := range map[string]string{ublock: fileA, script: fileB} {
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		written, err := os.ReadFile(file)
		if resp.StatusCode != 200 || !strings.Contains(string(body), "1001") || err != nil || !strings.Contains(string(written), "1001") {
			t.Errorf("%s: %d %v %s", url, resp.StatusCode, err, body)
		}
	}
	for _, path := range []string{"/lists/x/dreams.txt", "/lists/" + strings.Repeat("0", 32) + "/dreams.txt", "/lists/", strings.TrimPrefix(ublock, srv.URL) + "x"} {
		if resp, err := http.Get(srv.URL + path); err != nil || resp.StatusCode != 404 {
			t.Errorf("%s: %v %v", path, resp.StatusCode, err)
		}
	}
	books.subscribers = books.subscribers[:1]
	if err := press.Write("42"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(fileA); !os.IsNotExist(err) {
		t.Error("the file of a subscriber who left is still there")
	}
	if resp, err := http.Get(ublock); err != nil || resp.StatusCode != 404 {
		t.Errorf("the list of a subscriber who left: %v %v", resp.StatusCode, err)
	}
}

func FuzzListsHoldNothingButPosts(f *testing.F) {
	f.Add("1001", "DeepDream", "reader", "hide")
	f.Add("1\")) , body", "</script>\u2028*/alert(1)", "a\u2029b\n##body", "warn")
	lines := len(strings.Split(string(site.UBlock("x", nil, time.Time{})), "\n"))
	f.Fuzz(func(t *testing.T, id, title, handle, how string) {
		now := time.Unix(0, 0)
		list := []hidelist.List{{Title: title, Style: network.Style(how), Expires: now.Add(1), Posts: map[string]time.Time{id: now}}}
		script, err := site.Script(handle, "", list, now)
		if err != nil {
			t.Fatal(err)
		}
		head, rest, ok := strings.Cut(string(script), "// ==/UserScript==\n")
		if !ok || strings.ContainsAny(head, "\u2028\u2029\r") || strings.Count(head, "\n") != 8 || !strings.HasPrefix(rest, "(() => {") || strings.ContainsAny(rest, "\u2028\u2029") {
			t.Errorf("the script of %q, %q, %q:\n%s", id, title, handle, script)
		}
		if got := len(strings.Split(string(site.UBlock(handle, list, now)), "\n")); got > lines+1 {
			t.Errorf("the list of %q, %q, %q has %d lines", id, title, handle, got)
		}
	})
}
