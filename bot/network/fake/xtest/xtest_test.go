package xtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dghubble/oauth1"

	"slugpuppy/bot/network/fake/faulty"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/picture"
)

func start(t *testing.T, o xtest.Options) *xtest.Server {
	t.Helper()
	s := xtest.New(o)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// api is a client that signs with a library the server knows nothing of.
type api struct {
	t    *testing.T
	s    *xtest.Server
	http *http.Client
}

func as(t *testing.T, s *xtest.Server, u *xtest.User) api {
	token, secret := u.Token()
	key, consumer := s.Consumer()
	tr := &http.Transport{DisableKeepAlives: true}
	ctx := contextWith(t, &http.Client{Transport: tr})
	return api{t, s, oauth1.NewConfig(key, consumer).Client(ctx, oauth1.NewToken(token, secret))}
}

type answer struct {
	code   int
	header http.Header
	raw    string
	Data   json.RawMessage
	Meta   map[string]any
	Errors []map[string]any
	Detail string
	all    map[string]any
}

func (a api) send(method, path, kind, body string) (answer, error) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.s.URL+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	out := answer{code: resp.StatusCode, header: resp.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &out)
	_ = json.Unmarshal(raw, &out.all)
	return out, err
}

func (a api) must(code int, method, path, kind, body string) answer {
	a.t.Helper()
	out, err := a.send(method, path, kind, body)
	if err != nil {
		a.t.Fatal(err)
	}
	if out.code != code {
		a.t.Fatalf("%s %s: %d %s, want %d", method, path, out.code, out.raw, code)
	}
	return out
}

func (a api) get(path string) answer { a.t.Helper(); return a.must(200, "GET", path, "", "") }

const jsonType = "application/json"

func (a api) post(code int, text, parent string) answer {
	a.t.Helper()
	body := fmt.Sprintf(`{"text":%q,"reply":{"in_reply_to_tweet_id":%q}}`, text, parent)
	if parent == "" {
		body = fmt.Sprintf(`{"text":%q}`, text)
	}
	return a.must(code, "POST", "/2/tweets", jsonType, body)
}

func photo(t *testing.T) []byte {
	t.Helper()
	data, err := picture.EncodePNG(picture.Landscape(32, 24, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func moving(t *testing.T) []byte {
	t.Helper()
	var g gif.GIF
	for i := range 3 {
		img := image.NewPaletted(image.Rect(0, 0, 16, 16), color.Palette{color.White, color.Black})
		img.SetColorIndex(i, i, 1)
		g.Image, g.Delay = append(g.Image, img), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The example of RFC 5849, section 3.4.1.1, to which the RFC gives the base string.
func TestTheBaseStringIsTheRFCs(t *testing.T) {
	body := "c2&a3=2+q"
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	list, err := xtest.Protocol(`OAuth realm="Example", oauth_consumer_key="9djdj82h48djs9d2", oauth_token="kkk9d7dh3k39sjv7", oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131201", oauth_nonce="7d8f3e4a", oauth_signature="bYT5CMsGcbgUdFHObYMEfcx6bsw%3D"`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := xtest.BaseString(r, []byte(body), list)
	want := "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
	if err != nil || got != want {
		t.Errorf("%v\n%s\n%s", err, got, want)
	}
}

// The example of X's guide "Creating a signature".
func TestTheSignatureIsTheGuides(t *testing.T) {
	base := "POST&https%3A%2F%2Fapi.twitter.com%2F1%2Fstatuses%2Fupdate.json&include_entities%3Dtrue%26oauth_consumer_key%3Dxvz1evFS4wEEPTGEFPHBog%26oauth_nonce%3DkYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1318622958%26oauth_token%3D370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb%26oauth_version%3D1.0%26status%3DHello%2520Ladies%2520%252B%2520Gentlemen%252C%2520a%2520signed%2520OAuth%2520request%2521"
	got := xtest.Signature(base, "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE")
	if want := "tnnArxj06cWHq44gCs1OSKk/jLY="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEverythingIsSigned(t *testing.T) {
	s := start(t, xtest.Options{})
	ada := s.AddUser("ada", xtest.UserOptions{})
	good := as(t, s, ada)
	good.get("/2/users/me?user.fields=created_at,description")
	token, secret := ada.Token()
	key, consumer := s.Consumer()
	for name, c := range map[string]*http.Client{
		"no signature":                 http.DefaultClient,
		"another token's secret":       oauth1.NewConfig(key, consumer).Client(t.Context(), oauth1.NewToken(token, secret+"x")),
		"another app's secret":         oauth1.NewConfig(key, "x").Client(t.Context(), oauth1.NewToken(token, secret)),
		"an unknown token":             oauth1.NewConfig(key, consumer).Client(t.Context(), oauth1.NewToken("x", secret)),
		"an unknown app":               oauth1.NewConfig("x", consumer).Client(t.Context(), oauth1.NewToken(token, secret)),
		"a request changed on the way": {Transport: tamper{oauth1.NewConfig(key, consumer).Client(t.Context(), oauth1.NewToken(token, secret)).Transport}},
	} {
		bad := api{t, s, c}
		if a := bad.must(401, "GET", "/2/users/me?user.fields=created_at", "", ""); !strings.Contains(a.Detail, "authenticate") {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
	ada.RevokeTokens()
	good.must(401, "GET", "/2/users/me", "", "")
}

// tamper changes what was signed.
type tamper struct{ signer http.RoundTripper }

func (tm tamper) RoundTrip(r *http.Request) (*http.Response, error) {
	signed := tm.signer.(*oauth1.Transport)
	signed.Base = after(func(r *http.Request) (*http.Response, error) {
		r.URL.RawQuery = "user.fields=description"
		return http.DefaultTransport.RoundTrip(r)
	})
	return signed.RoundTrip(r)
}

type after func(*http.Request) (*http.Response, error)

func (f after) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestARequestIsTakenOnce(t *testing.T) {
	s := start(t, xtest.Options{})
	c := as(t, s, s.AddUser("ada", xtest.UserOptions{}))
	var kept *http.Request
	signed := c.http.Transport.(*oauth1.Transport)
	base := signed.Base
	signed.Base = after(func(r *http.Request) (*http.Response, error) { kept = r; return base.RoundTrip(r) })
	c.get("/2/users/me")
	resp, err := base.RoundTrip(kept.Clone(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 401 {
		t.Errorf("a nonce is taken twice: %d", resp.StatusCode)
	}
}

func TestSigningInWithAPIN(t *testing.T) {
	s := start(t, xtest.Options{})
	ada := s.AddUser("ada", xtest.UserOptions{})
	key, consumer := s.Consumer()
	flow := &oauth1.Config{ConsumerKey: key, ConsumerSecret: consumer, CallbackURL: "oob", Endpoint: oauth1.Endpoint{
		RequestTokenURL: s.URL + "/oauth/request_token", AuthorizeURL: s.URL + "/oauth/authorize", AccessTokenURL: s.URL + "/oauth/access_token"}}
	token, secret, err := flow.RequestToken()
	if err != nil {
		t.Fatal(err)
	}
	address, _ := flow.AuthorizationURL(token)
	if resp, err := http.Get(address.String()); err != nil || resp.StatusCode != 200 {
		t.Errorf("the page: %v %v", resp, err)
	}
	pin, err := ada.Authorize(address.String())
	if err != nil {
		t.Fatal(err)
	}
	access, accessSecret, err := flow.AccessToken(token, secret, pin)
	if err != nil {
		t.Fatal(err)
	}
	c := api{t, s, flow.Client(t.Context(), oauth1.NewToken(access, accessSecret))}
	if a := c.get("/2/users/me"); !strings.Contains(a.raw, `"ada"`) {
		t.Error(a.raw)
	}
	if _, _, err := flow.AccessToken(token, secret, pin); err == nil {
		t.Error("a PIN works twice")
	}
	token, secret, _ = flow.RequestToken()
	if _, _, err := flow.AccessToken(token, secret, "0000000"); err == nil {
		t.Error("a wrong PIN works")
	}
	flow.CallbackURL = "https://dreams.example/back"
	if _, _, err := flow.RequestToken(); err == nil {
		t.Error("any callback works")
	}
}

func TestOnlyTheServersSpellingIsTaken(t *testing.T) {
	guides := "tweet.fields=author_id,referenced_tweets&expansions=referenced_tweets.id"
	spec := "post.fields=created_at&expansions=author_id,referenced_posts"
	for _, tt := range []struct {
		o            xtest.Options
		guides, spec int
	}{
		{xtest.Options{Spelling: xtest.Tweets}, 200, 400},
		{xtest.Options{Spelling: xtest.Posts}, 400, 200},
		{xtest.Options{Spelling: xtest.Either}, 200, 200},
		{xtest.Options{Spelling: xtest.Posts, Lenient: true}, 200, 200},
	} {
		s := start(t, tt.o)
		ada := s.AddUser("ada", xtest.UserOptions{})
		p, err := ada.Post(xtest.PostOptions{Text: "hi"})
		if err != nil {
			t.Fatal(err)
		}
		c := as(t, s, ada)
		a := c.must(tt.guides, "GET", "/2/tweets/"+p.ID+"?"+guides, "", "")
		if tt.o.Lenient == strings.Contains(a.raw, "author_id") && tt.guides == 200 {
			t.Errorf("lenient %v: %s", tt.o.Lenient, a.raw)
		}
		a = c.must(tt.spec, "GET", "/2/tweets/"+p.ID+"?"+spec, "", "")
		if tt.spec == 200 != strings.Contains(a.raw, "author_id") || tt.spec == 400 && !strings.Contains(a.raw, "is not one of") {
			t.Error(a.raw)
		}
	}
}

func TestOnlyWhatIsAskedForComes(t *testing.T) {
	s := start(t, xtest.Options{Spelling: xtest.Tweets})
	ada, bea := s.AddUser("ada", xtest.UserOptions{Bio: "I paint"}), s.AddUser("bea", xtest.UserOptions{})
	top, _ := bea.Post(xtest.PostOptions{Text: "look & see https://dreams.example/x", Media: []xtest.Picture{{Data: photo(t), Alt: "a hill"}}})
	p, _ := ada.Post(xtest.PostOptions{Text: "@bea yes", InReplyTo: top.ID})
	c := as(t, s, ada)
	if a := c.get("/2/tweets/" + p.ID); strings.Contains(a.raw, "author_id") || strings.Contains(a.raw, "referenced") {
		t.Error(a.raw)
	}
	a := c.get("/2/tweets/" + top.ID + "?tweet.fields=entities,attachments&expansions=attachments.media_keys,author_id&media.fields=url,alt_text&user.fields=description")
	for _, want := range []string{`look \u0026amp; see https://t.co/`, `"alt_text":"a hill"`, `"expanded_url":"https://dreams.example/x"`, `"username":"bea"`, `"media_keys":["3_`} {
		if !strings.Contains(a.raw, want) {
			t.Errorf("no %s in %s", want, a.raw)
		}
	}
	if a := c.get("/2/tweets/404"); a.Data != nil || len(a.Errors) != 1 {
		t.Error(a.raw)
	}
}

func TestAnswersWantAnInvitation(t *testing.T) {
	s := start(t, xtest.Options{})
	robot, ada := s.AddUser("robot", xtest.UserOptions{}), s.AddUser("ada", xtest.UserOptions{})
	c := as(t, s, robot)
	alone, _ := ada.Post(xtest.PostOptions{Text: "nice day"})
	called, _ := ada.Post(xtest.PostOptions{Text: "@robot hello"})
	if a := c.post(403, "@ada indeed", alone.ID); !strings.Contains(a.Detail, "where you are mentioned") {
		t.Error(a.raw)
	}
	c.post(201, "@ada hello", called.ID)
	if a := c.post(403, "@ada hello", called.ID); !strings.Contains(a.Detail, "duplicate") {
		t.Error(a.raw)
	}
	c.post(201, "@ada hello again https://dreams.example", called.ID)
	if a := c.post(403, strings.Repeat("ä", 281), ""); !strings.Contains(a.Detail, "too long") {
		t.Error(a.raw)
	}
	if err := ada.Delete(called.ID); err != nil {
		t.Fatal(err)
	}
	if a := c.post(403, "@ada gone", called.ID); !strings.Contains(a.Detail, "deleted or not visible") {
		t.Error(a.raw)
	}
	c.must(400, "POST", "/2/tweets", jsonType, `{"text":"x","idempotency_key":"y"}`)
	if u := s.Usage(); u[xtest.Summoned] != 1 || u[xtest.PostedURL] != 1 || len(s.DuplicateReplies("robot")) != 1 || len(s.Unanswered(robot)) != 0 {
		t.Errorf("%v", u)
	}
}

func (a api) form(code int, path string, fields map[string]string, file []byte) answer {
	a.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		_ = w.WriteField(k, v)
	}
	if file != nil {
		part, _ := w.CreateFormFile("media", "x")
		_, _ = part.Write(file)
	}
	_ = w.Close()
	return a.must(code, "POST", path, w.FormDataContentType(), b.String())
}

func (a answer) id() string {
	var d struct{ ID string }
	_ = json.Unmarshal(a.Data, &d)
	return d.ID
}

func TestUploads(t *testing.T) {
	s := start(t, xtest.Options{Processing: 500 * time.Millisecond})
	c := as(t, s, s.AddUser("ada", xtest.UserOptions{}))
	c.form(400, "/2/media/upload", map[string]string{"media_category": "tweet_image"}, []byte("no picture"))
	c.form(400, "/2/media/upload", nil, photo(t))
	c.form(400, "/2/media/upload", map[string]string{"media_category": "tweet_image"}, moving(t))
	id := c.form(200, "/2/media/upload", map[string]string{"media_category": "tweet_image"}, photo(t)).id()
	c.must(200, "POST", "/2/media/metadata", jsonType, fmt.Sprintf(`{"id":%q,"metadata":{"alt_text":{"text":"a hill"}}}`, id))
	c.must(400, "POST", "/2/media/metadata", jsonType, fmt.Sprintf(`{"id":%q,"metadata":{"alt_text":{"text":%q}}}`, id, strings.Repeat("a", 1001)))
	c.must(201, "POST", "/2/tweets", jsonType, fmt.Sprintf(`{"text":"look","media":{"media_ids":[%q]}}`, id))

	film := moving(t)
	id = c.must(200, "POST", "/2/media/upload/initialize", jsonType, fmt.Sprintf(`{"media_type":"image/gif","total_bytes":%d,"media_category":"tweet_gif"}`, len(film))).id()
	c.form(200, "/2/media/upload/"+id+"/append", map[string]string{"segment_index": "0"}, film[:100])
	c.must(400, "POST", "/2/media/upload/"+id+"/finalize", "", "")
	c.form(200, "/2/media/upload/"+id+"/append", map[string]string{"segment_index": "1"}, film[100:])
	if a := c.must(200, "POST", "/2/media/upload/"+id+"/finalize", "", ""); !strings.Contains(a.raw, "check_after_secs") {
		t.Error(a.raw)
	}
	post := fmt.Sprintf(`{"text":"moving","media":{"media_ids":[%q]}}`, id)
	c.must(400, "POST", "/2/tweets", jsonType, post)
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if a := c.get("/2/media/upload?command=STATUS&media_id=" + id); strings.Contains(a.raw, "succeeded") {
			break
		}
	}
	c.must(201, "POST", "/2/tweets", jsonType, post)
}

func TestTimelinesHavePages(t *testing.T) {
	s := start(t, xtest.Options{})
	robot, ada := s.AddUser("robot", xtest.UserOptions{}), s.AddUser("ada", xtest.UserOptions{})
	robot.Follow(ada)
	var ids []string
	for i := range 12 {
		p, _ := ada.Mention(robot, fmt.Sprint("number ", i))
		ids = append(ids, p.ID)
	}
	c := as(t, s, robot)
	c.must(400, "GET", "/2/users/"+robot.ID()+"/mentions?max_results=4", "", "")
	var got []string
	token := ""
	for {
		a := c.get("/2/users/" + robot.ID() + "/mentions?max_results=5&since_id=" + ids[0] + token)
		var page []struct{ ID string }
		_ = json.Unmarshal(a.Data, &page)
		for _, p := range page {
			got = append(got, p.ID)
		}
		next, more := a.Meta["next_token"].(string)
		if !more {
			break
		}
		token = "&pagination_token=" + url.QueryEscape(next)
	}
	if len(got) != 11 || got[0] != ids[11] || got[10] != ids[1] {
		t.Errorf("%v of %v", got, ids)
	}
	if a := c.get("/2/users/" + robot.ID() + "/timelines/reverse_chronological?max_results=100"); a.Meta["result_count"] != float64(12) {
		t.Error(a.raw)
	}
	c.must(403, "GET", "/2/users/"+ada.ID()+"/timelines/reverse_chronological", "", "")
}

func TestMutes(t *testing.T) {
	s := start(t, xtest.Options{})
	ada, bea, cem := s.AddUser("ada", xtest.UserOptions{}), s.AddUser("bea", xtest.UserOptions{}), s.AddUser("cem", xtest.UserOptions{})
	ada.Mute(bea)
	c := as(t, s, ada)
	path := "/2/users/" + ada.ID() + "/muting"
	c.must(200, "POST", path, jsonType, fmt.Sprintf(`{"target_user_id":%q}`, cem.ID()))
	if a := c.get(path + "?max_results=1"); !strings.Contains(a.raw, "cem") || a.Meta["next_token"] == nil {
		t.Error(a.raw)
	}
	c.must(200, "DELETE", path+"/"+cem.ID(), "", "")
	if !ada.Mutes(bea) || ada.Mutes(cem) {
		t.Error("the wrong one is muted")
	}
}

func TestLimitsOfCalls(t *testing.T) {
	for _, silent := range []bool{false, true} {
		s := start(t, xtest.Options{RateLimits: true, Silent429: silent, Limits: map[string]int{"GET /2/users/me": 2}})
		c := as(t, s, s.AddUser("ada", xtest.UserOptions{}))
		c.get("/2/users/me")
		if a := c.get("/2/users/me"); a.header.Get("x-rate-limit-remaining") != "0" || a.header.Get("x-rate-limit-reset") == "" {
			t.Errorf("%v", a.header)
		}
		if a := c.must(429, "GET", "/2/users/me", "", ""); silent != (a.raw == "") {
			t.Errorf("silent %v: %q", silent, a.raw)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		fault   faulty.Fault
		applied bool
		code    int // 0: the connection broke
		body    string
	}{
		{faulty.Fault{Kind: faulty.DropBefore}, false, 0, ""},
		{faulty.Fault{Kind: faulty.DropAfterApply}, true, 0, ""},
		{faulty.Fault{Kind: faulty.Reset}, false, 0, ""},
		{faulty.Fault{Kind: faulty.Truncate}, true, 0, ""},
		{faulty.Fault{Kind: faulty.Answer}, false, 503, "<html>"},
		{faulty.Fault{Kind: faulty.Answer, Code: 429, Body: faulty.Nothing}, false, 429, ""},
		{faulty.Fault{Kind: faulty.Answer, Code: 403, Body: `{"detail":"no"}`}, false, 403, `"no"`},
		{faulty.Fault{Kind: faulty.Slow, Delay: time.Millisecond}, true, 201, "data"},
		{faulty.Fault{Kind: faulty.SlowAfterApply, Delay: time.Millisecond}, true, 201, "data"},
	} {
		s := start(t, xtest.Options{})
		ada := s.AddUser("ada", xtest.UserOptions{})
		tt.fault.Match, tt.fault.Times = "POST /2/tweets", 1
		s.Inject(tt.fault)
		a, err := as(t, s, ada).send("POST", "/2/tweets", jsonType, `{"text":"x"}`)
		if (err != nil) != (tt.code == 0) || err == nil && (a.code != tt.code || !strings.Contains(a.raw, tt.body)) {
			t.Errorf("%s: %d %q %v", tt.fault.Kind, a.code, a.raw, err)
		}
		if tt.fault.Kind == faulty.Reset && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("a reset looks like %v", err)
		}
		if got := len(ada.Posts()) == 1; got != tt.applied {
			t.Errorf("%s: applied %v", tt.fault.Kind, got)
		}
		if r := s.Requests(); len(r) != 1 || r[0].Fault != tt.fault.Kind.String() || r[0].Route != "POST /2/tweets" {
			t.Errorf("journal says %+v", r)
		}
	}
}

func TestVersion11IsClosedUnlessOpened(t *testing.T) {
	s := start(t, xtest.Options{})
	a := as(t, s, s.AddUser("ada", xtest.UserOptions{})).must(403, "GET", "/1.1/account/verify_credentials.json", "", "")
	if !strings.Contains(a.raw, "453") {
		t.Error(a.raw)
	}
	s = start(t, xtest.Options{V1: true})
	ada, robot := s.AddUser("ada", xtest.UserOptions{}), s.AddUser("robot", xtest.UserOptions{})
	p, _ := ada.Mention(robot, "hello + good morning")
	c := as(t, s, robot)
	if a := c.get("/1.1/statuses/mentions_timeline.json?tweet_mode=extended&count=200"); !strings.Contains(a.raw, "full_text") || !strings.Contains(a.raw, p.ID) {
		t.Error(a.raw)
	}
	form := url.Values{"status": {"@ada hello + good morning, too & all"}, "in_reply_to_status_id": {p.ID}}.Encode()
	c.must(200, "POST", "/1.1/statuses/update.json", "application/x-www-form-urlencoded", form)
	if r := s.RepliesTo(p.ID); len(r) != 1 || r[0].Text != "@ada hello + good morning, too & all" {
		t.Errorf("%+v", r)
	}
}

func TestWeights(t *testing.T) {
	for text, want := range map[string]int{"hello": 5, "ä": 1, "犬": 2, "…": 2, "look https://dreams.example/a/very/long/address": 28} {
		if got := xtest.Weight(text); got != want {
			t.Errorf("%q counts %d, want %d", text, got, want)
		}
	}
}
