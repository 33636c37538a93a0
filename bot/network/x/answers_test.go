package x_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/x"
)

// canned is X in memory: it gives one answer, but to what every client asks first.
type canned struct {
	code int
	body []byte
	said *int // how often
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	resp := &http.Response{StatusCode: c.code, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c.body)), Request: r}
	switch r.URL.Path {
	case "/2/users/me":
		resp.StatusCode, resp.Body = http.StatusOK, io.NopCloser(strings.NewReader(`{"data":{"id":"1","username":"dreambot"}}`))
	case "/1.1/account/verify_credentials.json":
		resp.StatusCode, resp.Body = http.StatusOK, io.NopCloser(strings.NewReader(`{"id_str":"1","screen_name":"dreambot"}`))
	default:
		*c.said++
	}
	return resp, nil
}

// says is X through a version of its API, with one answer.
func says(t *testing.T, version string, code int, body string) (x.Network, *int) {
	t.Helper()
	server := canned{code, []byte(body), new(int)}
	c, err := x.Open(version, x.Options{Keys: x.Keys{Consumer: "a", ConsumerSecret: "b", Token: "c", TokenSecret: "d"}, Transport: server, Approved: true, Labelled: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Self(t.Context()); err != nil {
		t.Fatal(err)
	}
	*server.said = 0
	return c, server.said
}

// reads are all that is asked of X.
var reads = map[string]func(*testing.T, x.Network) (any, error){
	"home":     func(t *testing.T, c x.Network) (any, error) { return c.Home(t.Context(), "", 40) },
	"recent":   func(t *testing.T, c x.Network) (any, error) { return c.Recent(t.Context(), 40) },
	"mentions": func(t *testing.T, c x.Network) (any, error) { return c.Newest(t.Context()) },
	"mutes":    func(t *testing.T, c x.Network) (any, error) { return c.Muted(t.Context()) },
	"posts of": func(t *testing.T, c x.Network) (any, error) { return c.PostsOf(t.Context(), "1", 40) },
	"post":     func(t *testing.T, c x.Network) (any, error) { return c.Post(t.Context(), "7") },
	"account":  func(t *testing.T, c x.Network) (any, error) { return c.Account(t.Context(), "7") },
	"reply": func(t *testing.T, c x.Network) (any, error) {
		to := network.Post{ID: "7", Author: network.Account{ID: "3", Handle: "ada"}, Mentions: []network.Account{{ID: "1"}}}
		return c.Reply(t.Context(), network.Outgoing{Text: "@ada hi", To: to})
	},
	"upload": func(t *testing.T, c x.Network) (any, error) {
		return c.Upload(t.Context(), network.Upload{Data: []byte("x"), Type: "image/png"})
	},
}

func mebibyte(element string) string {
	return "[" + strings.Repeat(element+",", (1<<20)/(len(element)+1)) + element + "]"
}

func TestAMebibyteOfAnythingCostsAtMostEight(t *testing.T) {
	bodies := map[string]string{
		"an error": `{"title":"` + strings.Repeat("x", 1<<20) + `"}`, "a page": strings.Repeat("<p>x", 1<<18),
		"errors": `{"errors":` + mebibyte(`{"message":"x","parameters":{"a":[],"b":[]}}`) + `}`,
		"list":   mebibyte(`{}`), "ids": `{"ids":` + mebibyte(`"1"`) + `,"next_cursor_str":"0"}`,
	}
	for _, element := range []string{`{}`, `{"id":"1"}`, `{"id":"1","author_id":"2","created_at":"2026-01-01T00:00:00Z"}`, `{"id_str":"1"}`, `{"media_key":"1"}`,
		`{"id_str":"1","retweeted_status":{"id_str":"2","user":{"id_str":"3"}},"quoted_status":{"id_str":"4"}}`, `{"quoted_status":{}}`,
		`{"id":"1","entities":{"urls":[{"url":"https://t.co/a"}],"mentions":[{"id":"1"}]},"referenced_posts":[{"type":"quoted","id":"5"}]}`} {
		bodies["data "+element], bodies["legacy "+element] = `{"data":`+mebibyte(element)+`}`, mebibyte(element)
		for _, part := range []string{"users", "media", "tweets", "posts"} {
			bodies[part+" "+element] = `{"data":[],"includes":{"` + part + `":` + mebibyte(element) + `}}`
		}
		for _, part := range []string{"attachments", "referenced_posts", "variants", "unused"} {
			bodies[part+" "+element] = `{"data":{"id":"1","` + part + `":` + mebibyte(element) + `}}`
		}
		for _, part := range []string{"user_mentions", "urls", "media"} {
			entities := `{"` + part + `":` + mebibyte(element) + `}`
			bodies[part+" "+element] = `[{"id_str":"1","entities":` + entities + `,"extended_entities":` + entities + `}]`
		}
	}
	// A short link in a long text that stands for a long one.
	bodies["links"] = `{"data":{"id":"1","author_id":"2","created_at":"2026-01-01T00:00:00Z","text":"` + strings.Repeat("https://a/ ", 1<<16) +
		`","entities":{"urls":[` + strings.Repeat(`{"url":"https://a/","expanded_url":"https://a/`+strings.Repeat("a/", 1000)+`"},`, 100) + `{}]}}}`
	var dearest uint64
	of := ""
	for name, body := range bodies {
		for _, what := range []string{"recent", "mutes", "post", "account", "reply"} { // the rest is read as one of these
			for _, version := range []string{"v2", "v1.1"} {
				c, said := says(t, version, http.StatusOK, body)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				got, _ := reads[what](t, c)
				runtime.ReadMemStats(&after)
				cost := after.TotalAlloc - before.TotalAlloc
				if per := cost / uint64(max(1, *said)); per > dearest {
					dearest, of = per, name+" read for "+what+" over "+version
				}
				if cost > uint64(*said)*8<<20 {
					t.Errorf("%s read for %s over %s: %d kB for %d times %d kB", name, what, version, cost>>10, *said, len(body)>>10)
				}
				runtime.KeepAlive(got)
			}
		}
	}
	t.Logf("of %d kinds of a mebibyte the dearest cost %d kB: %s", len(bodies), dearest>>10, of)
}

// oddities are shapes that no field is meant to have.
var oddities = []string{`null`, `7`, `-1.5e300`, `true`, `"x"`, `""`, `"11903-01-01T00:00:00.000Z"`, `[]`, `{}`, `[[{"id":{"id":[]}}]]`, `{"a":{"b":[1,{"c":"}"}]}}`}

func TestAFieldNobodyUsesMayBeAnything(t *testing.T) {
	for _, odd := range oddities {
		v2 := fmt.Sprintf(`{"data":[{"public_metrics":%[1]s,"context_annotations":%[1]s,"geo":%[1]s,"edit_history_post_ids":%[1]s,"lang":%[1]s,"possibly_sensitive":%[1]s,"entities":%[1]s,
			"referenced_posts":%[1]s,"note_post":%[1]s,"id":"7","text":"hi","author_id":"3","created_at":"2026-11-01T00:00:00Z","attachments":{"poll_ids":%[1]s,"media_keys":["5"]}}],
			"includes":{"polls":%[1]s,"places":%[1]s,"tweets":%[1]s,"users":[{"created_at":%[1]s,"description":%[1]s,"protected":%[1]s,"entities":%[1]s,"id":"3","username":"Ada"}],
			"media":[{"alt_text":%[1]s,"width":%[1]s,"variants":%[1]s,"public_metrics":%[1]s,"media_key":"5","type":"photo","url":"https://a.example/x.png"}]},
			"meta":{"result_count":%[1]s,"oldest_id":%[1]s},"errors":%[1]s}`, odd)
		v1 := fmt.Sprintf(`[{"geo":%[1]s,"place":%[1]s,"coordinates":%[1]s,"contributors":%[1]s,"retweeted_status":%[1]s,"quoted_status":%[1]s,"possibly_sensitive":%[1]s,"source":%[1]s,"id":%[1]s,
			"id_str":"7","full_text":"hi","created_at":"Sat Nov 01 00:00:00 +0000 2026","entities":{"hashtags":%[1]s,"symbols":%[1]s,"urls":%[1]s,"user_mentions":%[1]s},
			"user":{"status":%[1]s,"followers_count":%[1]s,"created_at":%[1]s,"withheld_in_countries":%[1]s,"id_str":"3","screen_name":"Ada"},
			"extended_entities":{"media":[{"indices":%[1]s,"sizes":%[1]s,"video_info":%[1]s,"id_str":"5","type":"photo","media_url_https":"https://a.example/x.png"}]}}]`, odd)
		for version, body := range map[string]string{"v2": v2, "v1.1": v1} {
			c, _ := says(t, version, http.StatusOK, body)
			pages, err := c.Recent(t.Context(), 40)
			if err != nil || len(pages) != 1 || len(pages[0].Posts) != 1 {
				t.Errorf("%s over %s: %+v, %v", odd, version, pages, err)
				continue
			}
			if p := pages[0].Posts[0]; p.Text != "hi" || p.Author.Handle != "ada" || p.Author.ID != "3" || len(p.Media) != 1 || p.Media[0].Kind != network.Still || p.Created.Year() != 2026 {
				t.Errorf("%s over %s: %+v", odd, version, p)
			}
		}
	}
}

func TestOneBadElementLosesNoOther(t *testing.T) {
	const v2, v1 = `{"id":%q,"author_id":"3","created_at":"2026-11-01T00:00:00Z"}`, `{"id_str":%q,"user":{"id_str":"3"}}`
	for _, odd := range append(oddities, `{"id":"`+strings.Repeat("1", 40_000)+`"}`, `{"id_str":"\u001b]0;x"}`, `{"id":"6","id_str":"6","created_at":7}`) {
		for version, body := range map[string]string{
			"v2":   fmt.Sprintf(`{"data":[`+v2+`,%s,`+v2+`],"includes":{"users":[%[2]s,{"id":"3","username":"ada"}]}}`, "9", odd, "8"),
			"v1.1": fmt.Sprintf(`[`+v1+`,%s,`+v1+`]`, "9", odd, "8"),
		} {
			c, _ := says(t, version, http.StatusOK, body)
			pages, err := c.Recent(t.Context(), 40)
			var ids []string
			for _, page := range pages {
				for _, p := range page.Posts {
					ids = append(ids, p.ID)
				}
			}
			if ids = slices.DeleteFunc(ids, func(id string) bool { return id == "6" }); err != nil || !slices.Equal(ids, []string{"8", "9"}) {
				t.Errorf("%.40s over %s: %v, %v", odd, version, ids, err)
			}
		}
	}
}

func TestWhatIsNoAnswerIsNoEmptyOne(t *testing.T) {
	for _, body := range []string{`null`, `"x"`, `<html>`, ``, `{"data":[`, `{"data":[{"id":"1"}`} {
		for _, version := range []string{"v2", "v1.1"} {
			for what, read := range reads {
				c, _ := says(t, version, http.StatusOK, body)
				if got, err := read(t, c); err == nil {
					t.Errorf("%q read for %s over %s: %+v", body, what, version, got)
				}
			}
		}
	}
}

func TestAReasonOfXIsOneShortLine(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, body := range []string{`{"title":"` + long + `"}`, `{"detail":"\u001b[31mno\r\nno"}`, `{"errors":[{"message":"` + long + `"}]}`, `{"errors":"no"}`, `{"errors":[7]}`, long, ``} {
		for _, version := range []string{"v2", "v1.1"} {
			c, _ := says(t, version, http.StatusBadRequest, body)
			_, err := c.Post(t.Context(), "7")
			if kindOf(t, err) != network.Rejected || len(err.Error()) > 700 || strings.ContainsAny(err.Error(), "\x1b\r\n") {
				t.Errorf("%.30q over %s: %.800q", body, version, err)
			}
		}
	}
}

func TestPagesWithoutAnEndEnd(t *testing.T) {
	n := 0
	c, err := x.New(x.Options{Keys: x.Keys{Consumer: "a", ConsumerSecret: "b", Token: "c", TokenSecret: "d"}, Transport: endless{&n}})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := c.Muted(t.Context()); kindOf(t, err) != network.Transient || n > 2000 {
		t.Errorf("%d pages in %v: %v", n, time.Since(start), err)
	}
}

// endless has a list of mutes of which every page names another one.
type endless struct{ n *int }

func (e endless) RoundTrip(r *http.Request) (*http.Response, error) {
	*e.n++
	body := fmt.Sprintf(`{"data":[{"id":"%d"}],"meta":{"next_token":"%[1]d"}}`, *e.n)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}
