package mastodon_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
	"slugpuppy/bot/network/mastodon"
)

// canned is a server in memory that gives one answer, but to what every client asks first.
type canned struct {
	code int
	body []byte
	said *int // how often
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	*c.said++
	resp := &http.Response{StatusCode: c.code, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c.body)), Request: r}
	if r.URL.Path == "/api/v2/instance" {
		resp.StatusCode, resp.Body = http.StatusOK, io.NopCloser(strings.NewReader(`{"domain":"dreams.example","version":"4.5.0"}`))
	}
	return resp, nil
}

func says(t *testing.T, body string) *mastodon.Client {
	t.Helper()
	return answers(t, http.StatusOK, body)
}

func answers(t *testing.T, code int, body string) *mastodon.Client {
	t.Helper()
	c, err := mastodon.New(mastodon.Options{Server: "https://dreams.example", Token: "x", Transport: canned{code, []byte(body), new(int)}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// reads are all that is asked of a server.
var reads = map[string]func(*testing.T, *mastodon.Client) (any, error){
	"home":      func(t *testing.T, c *mastodon.Client) (any, error) { return c.Home(t.Context(), "1", 40) },
	"recent":    func(t *testing.T, c *mastodon.Client) (any, error) { return c.Recent(t.Context(), 40) },
	"mentions":  func(t *testing.T, c *mastodon.Client) (any, error) { return c.Mentions(t.Context(), "1", 40) },
	"newest":    func(t *testing.T, c *mastodon.Client) (any, error) { return c.Newest(t.Context()) },
	"filters":   func(t *testing.T, c *mastodon.Client) (any, error) { return c.Filters(t.Context()) },
	"mutes":     func(t *testing.T, c *mastodon.Client) (any, error) { return c.Muted(t.Context()) },
	"posts of":  func(t *testing.T, c *mastodon.Client) (any, error) { return c.PostsOf(t.Context(), "1", 40) },
	"post":      func(t *testing.T, c *mastodon.Client) (any, error) { return c.Post(t.Context(), "1") },
	"ancestors": func(t *testing.T, c *mastodon.Client) (any, error) { return c.Ancestors(t.Context(), "1") },
	"account":   func(t *testing.T, c *mastodon.Client) (any, error) { return c.Account(t.Context(), "1") },
	"self":      func(t *testing.T, c *mastodon.Client) (any, error) { return c.Self(t.Context()) },
	"reply": func(t *testing.T, c *mastodon.Client) (any, error) {
		return c.Reply(t.Context(), network.Outgoing{Text: "hi", To: network.Post{ID: "1"}})
	},
	"create filter": func(t *testing.T, c *mastodon.Client) (any, error) {
		return c.CreateFilter(t.Context(), "t", network.Warn, time.Hour)
	},
}

// mebibyte is a list of one element over and over.
func mebibyte(element string) string {
	return "[" + strings.Repeat(element+",", (1<<20)/(len(element)+1)) + element + "]"
}

func TestAMebibyteOfAnythingCostsAtMostEight(t *testing.T) {
	bodies := map[string]string{
		"empty objects": mebibyte(`{}`), "least posts": mebibyte(`{"id":"1"}`),
		"an error": `{"error":"` + strings.Repeat("x", 1<<20) + `"}`,
		"a page":   "<!DOCTYPE html>" + strings.Repeat("<p>x", 1<<18),
		"reblogs":  mebibyte(`{"reblog":{}}`), "reblogs of posts": mebibyte(`{"id":"1","reblog":{"id":"2"}}`),
		"reblogs again": `[{"id":"1"` + strings.Repeat(`,"reblog":{"id":"1"}`, 50_000) + `}]`,
		"quotes":        mebibyte(`{"id":"1","quote":{"quoted_status":{"id":"1"}}}`),
		"filter bodies": mebibyte(`{"id":"1","title":"t","context":["home"],"keywords":[{}],"statuses":[{"id":"1","status_id":"2"}]}`),
		"notifications": mebibyte(`{"id":"1","type":"mention","status":{"id":"2","account":{"id":"3","acct":"a"}}}`),
		"long ids":      mebibyte(`{"id":"` + strings.Repeat("9", 40_000) + `"}`),
		"a long text":   `[{"id":"1","content":"` + strings.Repeat("<p>a", 1<<18) + `"}]`,
		"long texts":    mebibyte(`{"id":"1","content":"` + strings.Repeat("<p>a", 1<<14) + `"}`),
	}
	for field, element := range map[string]string{"media_attachments": `{"id":"1"}`, "mentions": `{"id":"1"}`, "statuses": `{"id":"1","status_id":"1"}`,
		"keywords": `{}`, "fields": `{"name":"a"}`, "tags": `{}`, "emojis": `{}`, "context": `"home"`, "filtered": `{}`} {
		for _, e := range []string{element, "{}"} {
			bodies[field+" "+e] = `[{"id":"1","` + field + `":` + mebibyte(e) + `}]`
			bodies["one with "+field+" "+e] = `{"id":"1","` + field + `":` + mebibyte(e) + `}`
		}
	}
	var dearest uint64
	of := ""
	bodies["ancestors"] = `{"ancestors":` + mebibyte(`{"id":"1"}`) + `}`
	for name, body := range bodies {
		for what, read := range reads {
			server := canned{http.StatusOK, []byte(body), new(int)}
			c, err := mastodon.New(mastodon.Options{Server: "https://dreams.example", Token: "x", Transport: server})
			if err != nil {
				t.Fatal(err)
			}
			c.Lookup(t.Context(), "somebody") // what is asked once is known
			*server.said = 0
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, _ := read(t, c)
			runtime.ReadMemStats(&after)
			cost := after.TotalAlloc - before.TotalAlloc
			if per := cost / uint64(max(1, *server.said)); per > dearest {
				dearest, of = per, name+" read for "+what
			}
			if cost > uint64(*server.said)*8<<20 {
				t.Errorf("%s read for %s: %d kB for %d times %d kB", name, what, cost>>10, *server.said, len(body)>>10)
			}
			runtime.KeepAlive(got)
		}
	}
	t.Logf("of %d kinds of a mebibyte the dearest cost %d kB: %s", len(bodies), dearest>>10, of)
}

func TestALargeEventOfAStreamIsNotHeld(t *testing.T) {
	event := []byte(`{"stream":["user"],"event":"update","payload":"` + strings.Repeat("x", 3<<20) + `"}`)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/streaming" {
			io.WriteString(w, `{"domain":"dreams.example"}`)
			return
		}
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for conn.Write(r.Context(), websocket.MessageText, event) == nil {
		}
	}))
	defer srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	hints := client(t, srv.URL, "x").WakeHome(ctx)
	<-hints // is connected
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 20 {
		<-hints
	}
	runtime.ReadMemStats(&after)
	cancel()
	for range hints {
	}
	if cost := after.TotalAlloc - before.TotalAlloc; cost > 8<<20 {
		t.Errorf("20 events of 3 MB cost %d kB", cost>>10)
	}
}

func TestAPackedAnswerIsBoundedByWhatIsInIt(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, `[{"id":"1","x":"`)
	for range 64 {
		z.Write(bytes.Repeat([]byte("x"), 1<<20))
	}
	io.WriteString(z, `"}]`)
	z.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v2/instance" {
			io.WriteString(w, `{"domain":"dreams.example"}`)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(packed.Bytes())
	}))
	defer srv.Close()
	c := client(t, srv.URL, "x")
	if _, err := c.Home(t.Context(), "1", 40); kindOf(t, err) != network.Transient || !strings.Contains(err.Error(), answer.ErrTooMuch.Error()) {
		t.Errorf("%d kB that are 64 MB: %v", packed.Len()>>10, err)
	}
}

// oddities are shapes that no field is meant to have.
var oddities = []string{`null`, `7`, `-1.5e300`, `true`, `"x"`, `""`, `"11903-01-01T00:00:00.000Z"`, `[]`, `{}`, `[[{"id":{"id":[]}}]]`, `{"a":{"b":[1,{"c":"}"}]}}`}

func TestAFieldNobodyUsesMayBeAnything(t *testing.T) {
	for _, odd := range oddities {
		post := fmt.Sprintf(`{"poll":{"expires_at":%[1]s,"options":%[1]s},"edited_at":%[1]s,"card":%[1]s,"application":%[1]s,"emojis":%[1]s,"tags":%[1]s,
			"reblogs_count":%[1]s,"favourited":%[1]s,"filtered":%[1]s,"pinned":%[1]s,"id":"7","content":"<p>hi</p>","created_at":"2026-11-01T00:00:00Z",
			"account":{"last_status_at":%[1]s,"created_at":%[1]s,"locked":%[1]s,"emojis":%[1]s,"roles":%[1]s,"moved":%[1]s,"id":"3","acct":"alice","followers_count":%[1]s},
			"media_attachments":[{"blurhash":%[1]s,"meta":%[1]s,"id":"5","type":"image","url":"https://a.example/x.png","description":%[1]s}]}`, odd)
		c := says(t, "["+post+"]")
		page, err := c.Home(t.Context(), "1", 40)
		if err != nil || len(page.Posts) != 1 || len(page.Posts[0].Media) != 1 || page.Posts[0].Author.Handle != "alice@dreams.example" {
			t.Errorf("%s: %+v, %v", odd, page, err)
		}
		c = says(t, fmt.Sprintf(`[{"id":"9","created_at":%[1]s,"group_key":%[1]s,"type":"mention","account":%[1]s,"status":%s}]`, odd, post))
		if ms, err := c.Mentions(t.Context(), "1", 40); err != nil || len(ms) != 1 || ms[0].Post.Text != "hi" {
			t.Errorf("%s: %+v, %v", odd, ms, err)
		}
		c = says(t, fmt.Sprintf(`{"ancestors":[%s],"descendants":%s}`, post, odd))
		if above, err := c.Ancestors(t.Context(), "9"); err != nil || len(above) != 1 {
			t.Errorf("%s: %+v, %v", odd, above, err)
		}
		c = says(t, post)
		if p, err := c.Post(t.Context(), "7"); err != nil || p.ID != "7" {
			t.Errorf("%s: %+v, %v", odd, p, err)
		}
		c = says(t, fmt.Sprintf(`[{"id":"1","title":%[1]s,"expires_at":%[1]s,"context":%[1]s,"keywords":%[1]s,"filter_action":%[1]s,"statuses":[{"id":"2","status_id":"3"}]}]`, odd))
		if list, err := c.Filters(t.Context()); err != nil || len(list) != 1 || list[0].Entries["3"] != "2" || !list[0].Whole {
			t.Errorf("%s: %+v, %v", odd, list, err)
		}
	}
}

func TestOneBadElementLosesNoOther(t *testing.T) {
	for _, odd := range append(oddities, `{"id":"`+strings.Repeat("1", 40_000)+`"}`, `{"id":"\u001b]0;x"}`) {
		c := says(t, `[{"id":"9"},`+odd+`,{"id":"8"}]`)
		if page, err := c.Home(t.Context(), "1", 40); err != nil || len(page.Posts) != 2 || page.Next != "9" {
			t.Errorf("%.40s: %+v, %v", odd, page, err)
		}
		c = says(t, `[{"id":"9","statuses":[{"id":"1","status_id":"2"},`+odd+`]}]`)
		if list, err := c.Filters(t.Context()); err != nil || len(list) != 1 || list[0].Entries["2"] != "1" || list[0].Whole {
			t.Errorf("%.40s in a filter: %+v, %v", odd, list, err)
		}
		c = says(t, `[{"id":"9","media_attachments":[{"id":"1","type":"image","url":"https://a.example/"},`+odd+`],"mentions":[`+odd+`,{"id":"3","acct":"a"}]}]`)
		page, err := c.Home(t.Context(), "1", 40)
		if err != nil || len(page.Posts) != 1 || len(page.Posts[0].Media) != 1 && !strings.Contains(odd, "id") || page.Posts[0].Media[0].Kind != network.Still {
			t.Errorf("%.40s in a post: %+v, %v", odd, page, err)
		}
	}
}

func TestWhatIsNoListIsNoEmptyList(t *testing.T) {
	for _, body := range []string{`{}`, `{"error":"no"}`, `null`, `"[]"`, `<html>`, ``, `[{"id":"1"}`} {
		for _, what := range []string{"home", "recent", "mentions", "newest", "filters", "mutes", "posts of"} {
			if got, err := reads[what](t, says(t, body)); err == nil {
				t.Errorf("%q read for %s: %+v", body, what, got)
			}
		}
	}
	for _, body := range []string{`{}`, `[]`, `null`, `<html>`} {
		for _, what := range []string{"post", "ancestors", "account", "self", "reply", "create filter"} {
			if got, err := reads[what](t, says(t, body)); err == nil {
				t.Errorf("%q read for %s: %+v", body, what, got)
			}
		}
	}
}

func TestAFilterDoesNotSayWhatItLeavesOut(t *testing.T) {
	for body, want := range map[string]bool{
		`[{"id":"1","keywords":[],"statuses":[]}]`: true, `[{"id":"1","keywords":[]}]`: false, `[{"id":"1","statuses":null}]`: false,
		`[{"id":"1","statuses":{}}]`: false, `[{"id":"1","statuses":[{}]}]`: false,
	} {
		list, err := says(t, body).Filters(t.Context())
		if err != nil || len(list) != 1 || list[0].Whole != want || len(list[0].Entries) != 0 {
			t.Errorf("%s: %+v, %v", body, list, err)
		}
		if words := list[0].Words; (words < 0) != !strings.Contains(body, "keywords") {
			t.Errorf("%s: %d words", body, words)
		}
	}
}

func TestHostileStringsEndAtTheDoor(t *testing.T) {
	const post = `{"id":"7","created_at":"2026-11-01T00:00:00Z","account":{"id":"3","acct":%q,"note":%q,"url":%q},"content":%q,"spoiler_text":%q,"language":%q,"visibility":"public","url":%q}`
	hostile := []string{"\x1b[2J", "a\u202eb", strings.Repeat("x", 100_000), "a\r\nb", "\x00", "javascript:alert(1)", "<script>", "a b", "a@b@c"}
	for _, s := range hostile {
		body := fmt.Sprintf(post, s, s, s, s, s, s, s)
		body = strings.NewReplacer(`\x1b`, `\u001b`, `\x00`, `\u0000`).Replace(body)
		p, err := says(t, body).Post(t.Context(), "7")
		if err != nil {
			t.Fatal(err)
		}
		if p.Author.Handle != "" || p.URL != "" || p.Author.URL != "" || p.Language != "" && s != "<script>" && s != "a@b@c" && !strings.HasPrefix(s, "java") {
			t.Errorf("%.20q: %.300q", s, fmt.Sprintf("%+v", p))
		}
		if strings.ContainsAny(p.Text+p.Warning+p.Author.Bio, "\x1b\x00\r") || len(p.Text) > 1<<16 || len(p.Warning) > 2000 || len(p.Author.Bio) > 1<<17 {
			t.Errorf("%.20q: a text of %d letters", s, len(p.Text))
		}
	}
}

func TestAReasonOfAServerIsOneShortLine(t *testing.T) {
	for _, body := range []string{`{"error":"` + strings.Repeat("x", 100_000) + `"}`, `{"error":"\u001b[31mno\r\nno"}`, `{"error":["no"]}`, "<html>" + strings.Repeat("x", 100_000), ``, `[`} {
		_, err := answers(t, 422, body).Post(t.Context(), "1")
		if kindOf(t, err) != network.Rejected || len(err.Error()) > 700 || strings.ContainsAny(err.Error(), "\x1b\r\n") {
			t.Errorf("%.30q: %.800q", body, err)
		}
	}
}

func TestAServerThatTellsNonsenseHasTheUsualLimits(t *testing.T) {
	for _, odd := range oddities {
		if odd == "7" {
			continue // is a limit
		}
		c := introduced(t, fmt.Sprintf(`{"domain":%[1]s,"version":%[1]s,"api_versions":%[1]s,"configuration":{"urls":%[1]s,"statuses":{"max_characters":%[1]s,"max_media_attachments":%[1]s},
			"media_attachments":{"description_limit":%[1]s,"image_size_limit":%[1]s,"supported_mime_types":%[1]s,"image_matrix_limit":1000000}}}`, odd))
		l, err := c.Limits(t.Context())
		if err != nil || l.TextRunes != 500 || l.AltRunes != 1500 || l.Attachments != 4 || l.ImageBytes != 16<<20 || l.ImagePixels != 1_000_000 {
			t.Errorf("%s: %+v, %v", odd, l, err)
		}
	}
}

// introduced is a client of a server that says one thing of itself, whatever it is asked.
func introduced(t *testing.T, instance string) *mastodon.Client {
	t.Helper()
	c, err := mastodon.New(mastodon.Options{Server: "https://dreams.example", Transport: itself(instance)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type itself string

func (i itself) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(i))), Request: r}, nil
}
