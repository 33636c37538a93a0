package mastodontest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/host"
	"slugpuppy/bot/network/fake/mastodontest"
)

// clock is a server clock a test moves by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 7, 1, 12, 0, 1, 0, time.UTC)} }

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) Add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

func start(t *testing.T, opt mastodontest.Options) *mastodontest.Server {
	t.Helper()
	srv := mastodontest.New(opt)
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

// api is a plain client of one token.
type api struct {
	t     *testing.T
	srv   *mastodontest.Server
	token string
}

// answer is what came back, the body decoded when it is JSON.
type answer struct {
	code   int
	header http.Header
	raw    []byte
	object map[string]any
	list   []map[string]any
}

func (a answer) str(key string) string { s, _ := a.object[key].(string); return s }

func (a answer) ids() (out []string) {
	for _, o := range a.list {
		out = append(out, o["id"].(string))
	}
	return out
}

func (c api) send(method, path, kind string, body io.Reader, header ...string) (answer, error) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.srv.URL+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	req.GetBody = nil // or net/http repeats a keyed POST by itself when a connection drops
	tr := &http.Transport{DisableKeepAlives: true}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	out := answer{code: resp.StatusCode, header: resp.Header, raw: raw}
	_ = json.Unmarshal(raw, &out.object)
	_ = json.Unmarshal(raw, &out.list)
	return out, err
}

// must sends and fails the test when nothing came back.
func (c api) must(method, path, kind string, body io.Reader, header ...string) answer {
	c.t.Helper()
	a, err := c.send(method, path, kind, body, header...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (c api) get(path string) answer { c.t.Helper(); return c.must("GET", path, "", nil) }

func (c api) post(path string, kv ...string) answer {
	c.t.Helper()
	return c.must("POST", path, "application/x-www-form-urlencoded", strings.NewReader(form(kv...)))
}

func form(kv ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		v.Add(kv[i], kv[i+1])
	}
	return v.Encode()
}

func (c api) upload(data []byte, kv ...string) answer {
	c.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if data != nil {
		part, _ := w.CreateFormFile("file", "upload")
		_, _ = part.Write(data)
	}
	for i := 0; i+1 < len(kv); i += 2 {
		_ = w.WriteField(kv[i], kv[i+1])
	}
	_ = w.Close()
	return c.must("POST", "/api/v2/media", w.FormDataContentType(), &b)
}

func (a answer) want(t *testing.T, code int, contains string) {
	t.Helper()
	if a.code != code || !strings.Contains(string(a.raw), contains) {
		t.Errorf("answered %d %s, want %d with %q", a.code, a.raw, code, contains)
	}
}

func picture(w, h int) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(i*7 | 0x0f)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func animation(w, h, frames int) []byte {
	all := &gif.GIF{}
	for i := range frames {
		p := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White})
		p.Pix[i] = 1
		all.Image, all.Delay = append(all.Image, p), append(all.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, all); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// both runs a test once per dialect.
func both(t *testing.T, f func(t *testing.T, d mastodontest.Dialect)) {
	for _, d := range []mastodontest.Dialect{mastodontest.Mastodon, mastodontest.GoToSocial} {
		t.Run(d.String(), func(t *testing.T) { f(t, d) })
	}
}

func pick[T any](d mastodontest.Dialect, mastodon, gts T) T {
	if d == mastodontest.GoToSocial {
		return gts
	}
	return mastodon
}

func TestTokensAndScopesAreEnforced(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		srv := start(t, mastodontest.Options{Dialect: d})
		ada := srv.AddUser("ada", mastodontest.UserOptions{})
		post, _ := ada.Post(mastodontest.PostOptions{Text: "hello"})
		for _, tt := range []struct {
			name, token, method, path string
			code                      int
		}{
			{"no token", "", "GET", "/api/v1/timelines/home", 401},
			{"a wrong token", "nonsense", "GET", "/api/v1/timelines/home", 401},
			{"a scope too narrow", ada.Token("read:accounts"), "GET", "/api/v1/timelines/home", 403},
			{"the narrow scope", ada.Token("read:statuses"), "GET", "/api/v1/timelines/home", 200},
			{"the wide scope", ada.Token("read"), "GET", "/api/v1/timelines/home", 200},
			{"profile for one's own account", ada.Token("profile"), "GET", "/api/v1/accounts/verify_credentials", 200},
			{"profile for other accounts", ada.Token("profile"), "GET", "/api/v1/accounts/" + ada.ID(), 403},
			{"favourites need their scope", ada.Token("read write:statuses"), "POST", "/api/v1/statuses/" + post.ID + "/favourite", 403},
			{"the deprecated scope follow covers mutes", ada.Token("follow"), "GET", "/api/v1/mutes", 200},
			{"the public may read a public post on Mastodon only", "", "GET", "/api/v1/statuses/" + post.ID, pick(d, 200, 401)},
			{"the instance is open", "", "GET", "/api/v2/instance", 200},
			{"unknown paths", ada.Token(), "GET", "/api/v1/nonsense", 404},
			{"wrong methods", ada.Token(), "PUT", "/api/v1/timelines/home", 404},
		} {
			t.Run(tt.name, func(t *testing.T) {
				a := api{t, srv, tt.token}.must(tt.method, tt.path, "", nil)
				if a.code != tt.code {
					t.Errorf("answered %d %s, want %d", a.code, a.raw, tt.code)
				}
				if a.code >= 400 && a.str("error") == "" {
					t.Errorf("no error member in %s", a.raw)
				}
			})
		}
	})
}

func TestEmptyUserAgentIsATeapotOnGoToSocial(t *testing.T) {
	both(t, func(t *testing.T, d mastodontest.Dialect) {
		srv := start(t, mastodontest.Options{Dialect: d})
		a := api{t, srv, ""}.must("GET", "/api/v1/instance", "", nil, "User-Agent", "")
		if want := pick(d, 200, 418); a.code != want {
			t.Errorf("answered %d, want %d", a.code, want)
		}
	})
}

func TestInstanceTellsItsLimits(t *testing.T) {
	srv := start(t, mastodontest.Options{Limits: mastodontest.Limits{TextRunes: 77}})
	a := api{t, srv, ""}.get("/api/v2/instance")
	conf := a.object["configuration"].(map[string]any)
	if got := conf["statuses"].(map[string]any)["max_characters"]; got != 77.0 {
		t.Errorf("max_characters = %v", got)
	}
	if got := conf["urls"].(map[string]any)["streaming"]; got != "ws"+strings.TrimPrefix(srv.URL, "http") {
		t.Errorf("streaming = %v", got)
	}
}

func TestJournalSaysWhoDidWhat(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	c := api{t, srv, ada.Token()}
	c.must("POST", "/api/v1/statuses", "application/json", strings.NewReader(`{"status":"hi"}`), "Idempotency-Key", "k1")
	c.get("/api/v1/statuses/1")
	got := srv.Requests()
	line := func(r host.Request) string {
		return fmt.Sprint(r.Method, " ", r.Route, " ", r.User, " ", r.Code, " ", r.Key)
	}
	if len(got) != 2 || line(got[0]) != "POST POST /api/v1/statuses ada 200 k1" ||
		line(got[1]) != "GET GET /api/v1/statuses/{id} ada 404 " {
		t.Errorf("journal is %+v", got)
	}
	if srv.Count("POST /api/v1/statuses") != 1 {
		t.Error("Count is wrong")
	}
}
