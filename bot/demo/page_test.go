package demo_test

import (
	"bytes"
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"slugpuppy/bot/demo"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a page with a file, addresses and ids made the same.
func golden(t *testing.T, name, page string, ids ...string) {
	t.Helper()
	for i, id := range ids {
		page = strings.ReplaceAll(page, "round-"+id, "round-"+string(rune('A'+i)))
	}
	page = regexp.MustCompile(`/media/\d+`).ReplaceAllString(page, "/media/N")
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if page != string(want) {
		t.Errorf("the page differs from %s (go test -update rewrites it):\n%s", path, page)
	}
}

func TestThePageShowsWhatHappens(t *testing.T) {
	s := newStage(t)
	golden(t, "empty.html", s.get(t, s.visit(t)).body)

	id := s.mention(t, landscape(t), "a hill & a \"tree\"", "swirl")
	page := s.visit(t, id)
	golden(t, "waiting.html", s.get(t, page).body, id)
	if err := s.robot.Favourite(id); err != nil {
		t.Fatal(err)
	}
	s.watch.set(id, dream.Progress{Octave: 2, Octaves: 4, Step: 3, Steps: 10, Fraction: 0.5})
	golden(t, "working.html", s.get(t, page).body, id)
	s.answer(t, id, "I saw: <b>hills</b>.\nI dreamed: eyes.", mastodontest.Picture{Data: landscape(t), Alt: "hills, dreamed"})
	golden(t, "answered.html", s.get(t, page).body, id)
}

func TestThePageLoadsNothingFromElsewhere(t *testing.T) {
	s := newStage(t)
	page := s.visit(t)
	got := s.get(t, page)
	policy := got.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self';", "media-src 'self';", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("%q is missing in %q", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(got.body, "style=") || strings.Contains(got.body, "onclick") {
		t.Error("the page needs what its policy forbids")
	}
	for header, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Type": "text/html; charset=utf-8"} {
		if got.header.Get(header) != want {
			t.Errorf("%s: %q", header, got.header.Get(header))
		}
	}
	for name, kind := range map[string]string{"static/style.css": "text/css", "demo.js": "text/javascript"} {
		if f := s.get(t, page+"/"+name); f.code != http.StatusOK || !strings.HasPrefix(f.header.Get("Content-Type"), kind) {
			t.Errorf("%s: %d %s", name, f.code, f.header.Get("Content-Type"))
		}
	}
	if f := s.get(t, page+"/demo.go"); f.code != http.StatusNotFound {
		t.Errorf("/demo.go: %d", f.code)
	}
	s.mention(t, landscape(t), "a hill", "swirl")
	post := s.server.User("visitor").Statuses()[0]
	src := regexp.MustCompile(`src="(/media/[^"]+)"`).FindStringSubmatch(s.get(t, s.visit(t, post.ID)).body)
	if src == nil {
		t.Fatal("no picture")
	}
	if f := s.get(t, page+src[1]); f.code != http.StatusOK || picture.Sniff([]byte(f.body)) != "png" {
		t.Errorf("%s, as a browser on another machine sees it: %d", src[1], f.code)
	}
}

// What the server says of filters is shown as stock clients show it, and can be put right as there.
func TestTheTimelineLooksAsInAClient(t *testing.T) {
	s := newStage(t)
	visitor, artist := s.server.User("visitor"), s.server.AddUser("artist", mastodontest.UserOptions{})
	visitor.Follow(artist)
	post := func(text string) string {
		st, err := artist.Post(mastodontest.PostOptions{Text: text, Media: []mastodontest.Picture{{Data: landscape(t), Alt: text}}})
		if err != nil {
			t.Fatal(err)
		}
		return st.ID
	}
	for _, action := range []string{"warn", "blur", "hide"} {
		visitor.AddFilter("in "+action, action, "home")
	}
	ids := map[string]string{}
	for i, text := range []string{"warned", "blurred", "gone"} {
		ids[text] = post(text)
		visitor.File(visitor.Filters()[i].ID, ids[text])
	}
	plain := post("plain")
	page := s.visit(t)
	shown := s.get(t, page).body
	for text, want := range map[string]bool{
		`<details class="warned"><summary><span>Filtered: in warn</span>`: true, // and words behind it
		`<p class="words">blurred</p>`:                                    true, `<span>Covered: in blur</span>`: true, "gone</p>": false, "1 of the posts is gone": true,
		`value="` + plain + "\">\n<button class=\"plain\" name=\"do\" value=\"file\">": true,
	} {
		if strings.Contains(shown, text) != want {
			t.Errorf("%q shown: %v", text, !want)
		}
	}
	change := func(path string, form url.Values) fetched {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return s.do(t, req)
	}
	change("/demo/client", url.Values{"do": {"unfile"}, "post": {ids["warned"]}})
	change("/demo/client", url.Values{"do": {"file"}, "post": {plain}})
	shown = change("/demo/filter", url.Values{"mode": {"on"}}).body
	if filed := visitor.Filters()[0].Statuses; len(filed) != 1 || filed[0].Status != plain {
		t.Errorf("%+v", filed)
	}
	if !strings.Contains(shown, "The filter is on.") || strings.Contains(shown, "only looks") {
		t.Error(shown)
	}
	for _, path := range []string{"/demo/client", "/demo/filter"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "https://evil.example")
		if got := s.do(t, req); got.code != http.StatusForbidden {
			t.Errorf("%s from elsewhere: %d", path, got.code)
		}
	}
}

func TestTheFormPostsWordsAndPicture(t *testing.T) {
	s := newStage(t)
	page := s.visit(t)
	shown := s.do(t, form(t, page, "more eyes", "a hill", landscape(t)))
	if shown.code != http.StatusOK || !strings.Contains(shown.body, "@dreambot more eyes") || !strings.Contains(shown.body, "Alt text:</b> a hill") {
		t.Errorf("%d %s", shown.code, shown.body)
	}
	s.do(t, form(t, page, "imagine banana", "", nil))
	posts := s.server.User("visitor").Statuses()
	if len(posts) != 2 {
		t.Fatalf("%d posts", len(posts))
	}
	both := s.get(t, page).body
	if first, second := strings.Index(both, "imagine banana</p>"), strings.Index(both, "more eyes</p>"); first < 0 || second < first {
		t.Errorf("the newest is not first: %d, %d", first, second)
	}
}

func TestWhatCannotBePostedIsSaidAndCanBeCorrected(t *testing.T) {
	s := newStage(t)
	page := s.visit(t)
	for name, tt := range map[string]struct {
		data []byte
		code int
		want string
	}{
		"no picture at all": {[]byte("these are words"), http.StatusBadRequest, "The server did not take that: File type of uploaded media could not be verified."},
		"too large":         {bytes.Repeat([]byte("x"), 33<<20), http.StatusRequestEntityTooLarge, "too large: at most 32 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.do(t, form(t, page, "my <words>", "my alt", tt.data))
			if got.code != tt.code || !strings.Contains(got.body, tt.want) {
				t.Fatalf("%d, want %d: %s", got.code, tt.code, got.body)
			}
			if !strings.Contains(got.body, `value="my &lt;words&gt;"`) {
				t.Errorf("what was typed is lost: %s", got.body)
			}
		})
	}
	if posts := s.server.User("visitor").Statuses(); len(posts) != 0 {
		t.Errorf("posted all the same: %+v", posts)
	}
}

func TestPagesElsewhereCannotPost(t *testing.T) {
	s := newStage(t)
	page := s.visit(t)
	for name, change := range map[string]func(h http.Header){
		"a browser that says so":      func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") },
		"an old browser":              func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "https://evil.example") },
		"another port of the machine": func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "http://127.0.0.1:1") },
	} {
		req := form(t, page, "help", "", nil)
		change(req.Header)
		if got := s.do(t, req); got.code != http.StatusForbidden {
			t.Errorf("%s: %d", name, got.code)
		}
	}
	own := form(t, page, "help", "", nil)
	own.Header.Del("Sec-Fetch-Site")
	own.Header.Set("Origin", page)
	if got := s.do(t, own); got.code != http.StatusOK {
		t.Errorf("the page itself at %s: %d", host(page), got.code)
	}
	if posts := s.server.User("visitor").Statuses(); len(posts) != 1 {
		t.Errorf("%d posts", len(posts))
	}
}

func TestAServerThatIsAwayIsNamed(t *testing.T) {
	s := newStage(t)
	id := s.mention(t, nil, "", "help")
	page := s.visit(t, id)
	s.server.Reachable(false)
	if got := s.get(t, page); got.code != http.StatusOK || !strings.Contains(got.body, "the demo server does not answer") {
		t.Errorf("%d %s", got.code, got.body)
	}
	s.server.Reachable(true)
	if got := s.get(t, page); strings.Contains(got.body, "does not answer") {
		t.Error("the error stays")
	}
}

func TestEveryProposedWordIsUnderstood(t *testing.T) {
	s := newStage(t)
	proposed := regexp.MustCompile(`<option value="([^"]+)">`).FindAllStringSubmatch(s.get(t, s.visit(t)).body, -1)
	if len(proposed) < 3 {
		t.Fatalf("%d proposals", len(proposed))
	}
	for _, p := range proposed {
		if _, err := mention.Parse(p[1], ""); err != nil {
			t.Errorf("%q: %v", p[1], err)
		}
	}
}

// The page must work with a keyboard and a screen reader: every field has a label and every
// picture an alternative.
func TestEveryFieldIsLabelledAndEveryPictureDescribed(t *testing.T) {
	s := newStage(t)
	id := s.mention(t, landscape(t), "a hill", "swirl")
	s.answer(t, id, "I saw: hills.", mastodontest.Picture{Data: landscape(t), Alt: "hills"}, mastodontest.Picture{Data: landscape(t)})
	doc, err := html.Parse(strings.NewReader(s.get(t, s.visit(t, id, s.mention(t, nil, "", "help"))).body))
	if err != nil {
		t.Fatal(err)
	}
	attr := func(n *html.Node, key string) (string, bool) {
		for _, a := range n.Attr {
			if a.Key == key {
				return a.Val, true
			}
		}
		return "", false
	}
	labels, ids, fields := map[string]bool{}, map[string]int{}, []string{}
	for n := range doc.Descendants() {
		if id, ok := attr(n, "id"); ok {
			ids[id]++
		}
		switch n.Data {
		case "label":
			v, _ := attr(n, "for")
			labels[v] = true
		case "input":
			if kind, _ := attr(n, "type"); kind == "hidden" {
				continue
			}
			v, _ := attr(n, "id")
			fields = append(fields, v)
		case "img":
			if _, ok := attr(n, "alt"); !ok {
				t.Errorf("a picture without alt: %v", n.Attr)
			}
		case "progress":
			if v, _ := attr(n, "aria-label"); v == "" {
				t.Error("a progress bar of nothing")
			}
		}
	}
	for _, f := range fields {
		if !labels[f] {
			t.Errorf("field %q has no label", f)
		}
	}
	if len(fields) != 3 {
		t.Errorf("%d fields", len(fields))
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %q is there %d times", id, n)
		}
	}
}

func TestOldRoundsLeaveThePage(t *testing.T) {
	s := newStage(t)
	page := s.visit(t)
	for range 25 {
		s.do(t, form(t, page, "help", "", nil))
	}
	if n := strings.Count(s.get(t, page).body, `<article id="round-`); n != 20 {
		t.Errorf("%d rounds", n)
	}
}

// A film is shown as one, with controls.
func TestFilmsAreShownAsFilms(t *testing.T) {
	var b strings.Builder
	if err := demo.Page.Execute(&b, demo.View{Rounds: []demo.Round{{ID: "1", Reply: &demo.Reply{
		Pictures: []demo.Picture{{Src: "http://127.0.0.1:1/media/1.mp4", Alt: "a dive", Film: true}}}}}}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `<video src="/media/1.mp4" controls loop muted playsinline aria-label="a dive">`) {
		t.Error(b.String())
	}
}
