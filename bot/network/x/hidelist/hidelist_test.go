package hidelist_test

import (
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/x/hidelist"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

var update = flag.Bool("update", false, "rewrite golden files")

var site = hidelist.Site{Name: "X", Hosts: []string{"x.com", "twitter.com"}, Post: "article", Link: "/status/"}

var scope = identity.Identity{Server: "x.com", ID: "42"}

func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.For(scope).Subscription().Join(store.Actor{Name: "test"}, store.Subscriber{Identity: scope, Network: "x", Handle: "reader", Mode: store.FilterOn}); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAKeeperIsACabinet(t *testing.T) {
	st := open(t)
	changes := 0
	k := &hidelist.Keeper{Lists: st.For(scope).Lists(), Changed: func() error { changes++; return nil }}
	f, err := k.CreateFilter(t.Context(), timeline.ServerFilter{Title: "DeepDream: certain", How: timeline.Warn}, time.Hour)
	if err != nil || f.ID == "" {
		t.Fatal(err)
	}
	gone, err := k.CreateFilter(t.Context(), timeline.ServerFilter{Title: "old", How: timeline.Hide}, -time.Second)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := k.File(t.Context(), f.ID, "1001")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.File(t.Context(), f.ID, "1001"); !errors.Is(err, timeline.ErrFiled) {
		t.Errorf("filed twice: %v", err)
	}
	if _, err := k.File(t.Context(), "none", "1001"); !network.Is(err, network.NotFound) {
		t.Errorf("%v", err)
	}
	if err := k.ChangeFilter(t.Context(), f.ID, timeline.Hide); err != nil {
		t.Error(err)
	}
	list, err := k.Filters(t.Context())
	if err != nil || len(list) != 1 || list[0].How != timeline.Hide || list[0].Entries["1001"] != entry || list[0].Words != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	for range 2 {
		if err := k.Unfile(t.Context(), entry); err != nil {
			t.Error(err)
		}
	}
	for _, id := range []string{f.ID, f.ID, gone.ID} {
		if err := k.DeleteFilter(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if err := k.Unfile(t.Context(), entry); err != nil {
		t.Error(err)
	}
	if lists, err := st.For(scope).Lists().All(); err != nil || len(lists) != 0 || changes < 8 {
		t.Errorf("%v, %v, %d changes", lists, err, changes)
	}
}

// lists are one of each kind, and what must not get out.
func lists(now time.Time) []store.PostList {
	return []store.PostList{
		{ID: "a", Title: "DeepDream: certain", How: timeline.Hide, Expires: now.Add(time.Hour), Posts: map[string]time.Time{"1001": now, "1002": now.Add(time.Second)}},
		{ID: "b", Title: "DeepDream: likely </script>", How: timeline.Warn, Expires: now.Add(time.Hour), Posts: map[string]time.Time{"1003": now}},
		{ID: "c", Title: "you said so", How: timeline.Blur, Expires: now.Add(time.Hour), Posts: map[string]time.Time{"1004": now, `1"]) , body`: now}},
		{ID: "d", Title: "old", How: timeline.Hide, Expires: now, Posts: map[string]time.Time{"1005": now}},
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
	st := open(t)
	press := &hidelist.Press{Store: st, Network: "x", Site: site, Secret: []byte("salt"), Dir: filepath.Join(t.TempDir(), "lists")}
	srv := httptest.NewServer(press.Handler())
	defer srv.Close()
	press.Address = srv.URL
	k := press.Keeper(scope)
	f, err := k.CreateFilter(t.Context(), timeline.ServerFilter{Title: "DeepDream: certain", How: timeline.Hide}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.File(t.Context(), f.ID, "1001"); err != nil {
		t.Fatal(err)
	}
	ublock, script := press.URLs(scope)
	fileA, fileB := press.Files(scope)
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
	if err := st.For(scope).Subscription().Forget(store.Actor{Name: "test"}); err != nil {
		t.Fatal(err)
	}
	if err := press.Write(scope); err != nil {
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
		list := []store.PostList{{Title: title, How: how, Expires: now.Add(1), Posts: map[string]time.Time{id: now}}}
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
