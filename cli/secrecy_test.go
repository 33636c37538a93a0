//go:build unix

package cli

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"slugpuppy/app/apptest"
	"slugpuppy/bot/network/fake/mastodontest"
)

// secrets are things that nobody may read, by name.
type secrets map[string]string

// in complains of every secret that a text holds.
func (s secrets) in(t *testing.T, where, text string) {
	t.Helper()
	for name, secret := range s {
		if secret == "" {
			t.Errorf("%s is not known, so nothing is tested", name)
		} else if strings.Contains(text, secret) {
			t.Errorf("%s holds %s: ...%s...", where, name, around(text, secret))
		}
	}
}

func around(text, what string) string {
	i := strings.Index(text, what)
	return text[max(0, i-200):min(len(text), i+len(what)+100)]
}

// pictureAddresses of a post, as its author's client is told them.
func (h *house) pictureAddresses(t *testing.T, u *mastodontest.User, post string) (all []string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.server.URL+"/api/v1/statuses/"+post, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+u.Token("read"))
	req.Header.Set("User-Agent", "test")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var st struct {
		Media []struct {
			URL     string `json:"url"`
			Preview string `json:"preview_url"`
		} `json:"media_attachments"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&st); err != nil || len(st.Media) == 0 {
		t.Fatalf("%+v %v", st, err)
	}
	for _, m := range st.Media {
		for _, address := range []string{m.URL, m.Preview} {
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, strings.TrimPrefix(u.Path, "/"))
		}
	}
	return all
}

// Everything that has a secret happens here, and goes wrong once at least, at the level that says
// most: none of it may be read in the log, the metrics, or by operators.
func TestNoSecretAndNoPrivatePictureIsEverWrittenDown(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the whole way with all its waits is left out of -short")
	}
	h := newHouse(t)
	hidden := secrets{"the bot's token": h.login(t)}
	page, metrics := apptest.FreeAddress(t), apptest.FreeAddress(t)
	reader, artist, ada := h.server.AddUser("reader", mastodontest.UserOptions{}), h.server.AddUser("artist", mastodontest.UserOptions{}), h.server.AddUser("ada", mastodontest.UserOptions{})
	reader.Follow(artist)
	fault := func(match string, kind mastodontest.FaultKind, times int) {
		h.server.Inject(mastodontest.Fault{Match: match, Kind: kind, Times: times})
	}
	fault("GET /api/v1/streaming*", mastodontest.DropBefore, 1)
	p := h.start(t, "SLUGPUPPY_LOG_LEVEL=debug", "SLUGPUPPY_LOG_FORMAT=json", "SLUGPUPPY_WEB_LISTEN="+page, "SLUGPUPPY_WEB_URL=http://"+page,
		"SLUGPUPPY_ADMIN_METRICS="+metrics, "SLUGPUPPY_FILTER_POLL=5s", "SLUGPUPPY_FILTER_CHECK=10s")
	p.listens()

	// Somebody signs in, once in vain.
	b := apptest.NewBrowser(t, "http://"+page, h.server)
	fault("POST /oauth/token", mastodontest.DropAfterApply, 1)
	back, err := url.Parse(b.Consent(reader))
	if err != nil {
		t.Fatal(err)
	}
	hidden["a code"] = back.Query().Get("code")
	if code, text := b.Get(back.String()); code < 400 {
		t.Errorf("a sign-in without an answer: %d %s", code, text)
	}
	b.SignIn(reader)
	for _, c := range b.Cookies() {
		hidden["cookie "+c.Name] = c.Value
	}
	b.Post("/settings", "what", "budget", "value", "relaxed")
	b.Post("/settings", "what", "filter", "value", "on")
	b.Post("/settings", "what", "filter", "value", "on")

	// A dream for followers only is hidden, after some trouble.
	scene, dreamed := apptest.Exhibits(t)
	fault("GET /media/*", mastodontest.DropBefore, 1)
	fault("GET /api/v2/filters", mastodontest.DropBefore, 1)
	fault("GET /api/v1/timelines/home", mastodontest.DropBefore, 3) // the first is asked again below us
	private, err := artist.Post(mastodontest.PostOptions{Text: "for you", Visibility: "private", Media: []mastodontest.Picture{{Data: dreamed}}})
	if err != nil {
		t.Fatal(err)
	}
	p.until("the dream is hidden", func() bool { return len(apptest.FiledBy(reader)) == 1 })

	// A dream is asked for in private: one that is given up, one that is answered.
	ask := func(words string) string {
		st, err := ada.Post(mastodontest.PostOptions{Text: "@" + h.robot.Handle() + " " + words, Visibility: "direct", Media: []mastodontest.Picture{{Data: scene}}})
		if err != nil {
			t.Fatal(err)
		}
		return st.ID
	}
	fault("GET /media/*", mastodontest.DropBefore, 1)
	fault("POST /api/v2/media", mastodontest.DropBefore, 1)
	asked := ask("swirl octaves=1 steps=1")
	p.until("the request is answered", func() bool { return len(h.server.RepliesTo(asked)) > 0 && len(h.jobs(t, "posted")) > 0 })

	fault("GET /media/*", mastodontest.Answer, 1000) // from here on no picture comes
	b.Get("/review")
	for _, path := range []string{"/thumb/" + private.ID + "/0", "/heat/" + private.ID + "/0"} {
		if code, _ := b.Get(path); code != http.StatusBadGateway {
			t.Errorf("%s: %d", path, code)
		}
	}
	fetched := h.server.Count("GET /media/{file}")
	lost := ask("eyes")
	p.until("a picture is asked for in vain", func() bool { return h.server.Count("GET /media/{file}") > fetched })
	b.Get("/audit?artist=" + h.handle("artist"))

	var addresses []string
	addresses = append(addresses, h.pictureAddresses(t, artist, private.ID)...)
	addresses = append(addresses, h.pictureAddresses(t, ada, asked)...)
	addresses = append(addresses, h.pictureAddresses(t, ada, lost)...)
	for i, a := range addresses {
		hidden["picture "+string(rune('a'+i))] = a
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+metrics+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, scraped := b.Do(req)
	if !strings.Contains(scraped, `slugpuppy_verdicts_total{band=`) {
		t.Error(scraped)
	}
	told := map[string]string{"the metrics": scraped}
	for _, command := range [][]string{{"jobs", "ls"}, {"--json", "jobs", "ls"}, {"log"}, {"--json", "log"}, {"status"}, {"--json", "status"}, {"audit"}, {"--json", "audit"},
		{"user", "ls"}, {"--json", "user", "ls"}, {"rules"}, {"doctor"}} {
		_, said := h.run(command...)
		told[strings.Join(command, " ")] = said
	}
	for _, j := range h.jobs(t, "posted") {
		told["jobs show"] += h.ok(t, "--json", "jobs", "show", j.ID)
	}
	p.signal(syscall.SIGTERM)
	if status := p.end(); status.ExitStatus() != exitOK {
		t.Errorf("ended with %v", status)
	}
	log := p.log.String()
	for _, met := range []string{"the stream ended", "a sign-in failed", "a timeline has to wait", "the job waits", "cannot upload", "answered"} {
		if !strings.Contains(log, met) {
			t.Errorf("nothing is logged of %q, so the test does not test that", met)
		}
	}
	told["the log"] = log
	h.sealed(t, hidden)
	for where, text := range told {
		hidden.in(t, where, text)
	}
}

// sealed adds the secrets of everybody who is connected.
func (h *house) sealed(t *testing.T, to secrets) {
	t.Helper()
	st, key := h.open(t)
	defer st.Close()
	subs, err := st.Operator().Subscribers()
	if err != nil || len(subs) == 0 {
		t.Fatalf("%v %v", subs, err)
	}
	for _, sub := range subs {
		for _, field := range []string{"token", "client_id", "client_secret"} {
			sealed, err := st.Vault(key).Get("filter:mastodon:"+sub.Identity.Server+":"+sub.Identity.ID, field)
			if err != nil {
				t.Fatal(err)
			}
			to[sub.Handle+"'s "+field] = string(sealed)
		}
	}
}
