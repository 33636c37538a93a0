package x_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"net/http"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/conformance"
	"slugpuppy/bot/network/fake/faulty"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/network/x"
	"slugpuppy/picture"
)

// town is a fake server with the bot and a person.
type town struct {
	*xtest.Server
	bot   *x.Client
	robot *xtest.User
	alice *xtest.User
}

// options are the bot's on a server.
func options(s *xtest.Server, u *xtest.User) x.Options {
	key, secret := s.Consumer()
	token, tokenSecret := u.Token()
	return x.Options{API: s.URL, Keys: x.Keys{Consumer: key, ConsumerSecret: secret, Token: token, TokenSecret: tokenSecret},
		Approved: true, Labelled: true, Poll: 20 * time.Millisecond, MediaPoll: 10 * time.Millisecond}
}

func newTown(t *testing.T, o xtest.Options, edit ...func(*x.Options)) town {
	t.Helper()
	s := xtest.New(o)
	s.Start()
	t.Cleanup(s.Close)
	w := town{Server: s, robot: s.AddUser("dreambot", xtest.UserOptions{Bio: "an automated account"}), alice: s.AddUser("alice", xtest.UserOptions{Bio: "I paint"})}
	opt := options(s, w.robot)
	for _, e := range edit {
		e(&opt)
	}
	c, err := x.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	w.bot = c
	return w
}

// person is alice, who has a client of her own.
type person struct{ u *xtest.User }

func (p person) Post(_ context.Context, text string, png []byte, alt, replyTo string) (string, error) {
	o := xtest.PostOptions{Text: text, InReplyTo: replyTo}
	if png != nil {
		o.Media = []xtest.Picture{{Data: png, Alt: alt}}
	}
	post, err := p.u.Post(o)
	return post.ID, err
}

func (p person) Whisper(context.Context, string) (string, error) {
	return "", errors.New("X keeps private messages apart")
}

func (p person) Delete(_ context.Context, id string) error { return p.u.Delete(id) }

var spellings = map[string]xtest.Spelling{"the guides' names": xtest.Tweets, "the specification's names": xtest.Posts, "either": xtest.Either}

func TestConformanceOnTheFakeServer(t *testing.T) {
	for name, spelling := range spellings {
		t.Run(name, func(t *testing.T) {
			conformance.Run(t, func(t *testing.T) conformance.World {
				s := newTown(t, xtest.Options{Spelling: spelling})
				return conformance.World{Bot: s.bot, Person: person{s.alice}, Handle: "dreambot", Wait: 10 * time.Second}
			})
		})
	}
}

func drawing(t *testing.T) []byte {
	t.Helper()
	data, err := picture.EncodePNG(picture.Landscape(64, 48, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func film(t *testing.T, frames int) []byte {
	t.Helper()
	var g gif.GIF
	for i := range frames {
		img := image.NewPaletted(image.Rect(0, 0, 64, 64), color.Palette{color.White, color.Black})
		img.SetColorIndex(i%64, i%60, 1)
		g.Image, g.Delay = append(g.Image, img), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func kindOf(t *testing.T, err error) network.ErrorKind {
	t.Helper()
	kind, ok := network.KindOf(err)
	if !ok {
		t.Fatalf("got %v, want a *network.Error", err)
	}
	return kind
}

// untilRetry is how long an error says to wait, 0 when it does not.
func untilRetry(err error) time.Duration {
	at, ok := network.RetryAt(err)
	if !ok {
		return 0
	}
	return time.Until(at)
}

// mention posts a mention and reads it as the bot does.
func (w town) mention(t *testing.T, words string, pictures ...xtest.Picture) network.Post {
	t.Helper()
	p, err := w.alice.Mention(w.robot, words, pictures...)
	if err != nil {
		t.Fatal(err)
	}
	read, err := w.bot.Post(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func (w town) reply(t *testing.T, to network.Post, text string) (network.Post, error) {
	return w.bot.Reply(t.Context(), network.Outgoing{Text: "@alice " + text, To: to, Visibility: network.Unlisted, Key: "k"})
}

func TestFailuresSayWhatMayBeDone(t *testing.T) {
	const create, read = "POST /2/tweets", "GET /2/tweets/{id}"
	answer := func(match string, code int, body string) faulty.Fault {
		return faulty.Fault{Match: match, Kind: faulty.Answer, Code: code, Body: body}
	}
	v2 := func(kind, detail string) string {
		return fmt.Sprintf(`{"title":"Forbidden","type":"https://api.twitter.com/2/problems/%s","detail":%q,"status":403}`, kind, detail)
	}
	tests := []struct {
		name  string
		fault faulty.Fault
		want  network.ErrorKind
	}{
		{"a reply whose answer is lost", faulty.Fault{Match: create, Kind: faulty.DropAfterApply}, network.Ambiguous},
		{"a reply that breaks on the way", faulty.Fault{Match: create, Kind: faulty.DropBefore}, network.Ambiguous},
		{"a truncated answer to a reply", faulty.Fault{Match: create, Kind: faulty.Truncate}, network.Ambiguous},
		{"a reply that meets a page of HTML", answer(create, 503, ""), network.Ambiguous},
		{"a reply answered with 500", answer(create, 500, ""), network.Ambiguous},
		{"a reply answered with nothing but 429", answer(create, 429, faulty.Nothing), network.RateLimited},
		{"a reply answered with 429", answer(create, 429, ""), network.RateLimited},
		{"a reply without credits", answer(create, 402, `{"title":"CreditsDepleted","detail":"Your enrolled account does not have any credits","status":402}`), network.RateLimited},
		{"a reply over the day's limit", answer(create, 403, `{"errors":[{"code":185,"message":"User is over daily status update limit."}]}`), network.RateLimited},
		{"a reply answered with 401", answer(create, 401, faulty.Nothing), network.Unauthorized},
		{"a reply that needs another access level", answer(create, 403, `{"errors":[{"code":453,"message":"You currently have access to a subset"}]}`), network.Unauthorized},
		{"a reply of an app that may only read", answer(create, 403, v2("oauth1-permissions", "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.")), network.Unauthorized},
		{"a reply of a suspended account", answer(create, 403, v2("x", "Your account is suspended and is not permitted to access this feature.")), network.Unauthorized},
		{"a reply nobody asked for", answer(create, 403, v2("x", "You can only reply to or quote posts where you are mentioned or are the author.")), network.Forbidden},
		{"a reply that is forbidden without a word", answer(create, 403, faulty.Nothing), network.Forbidden},
		{"a reply to what is gone", answer(create, 403, v2("x", "You attempted to reply to a Tweet that is deleted or not visible to you.")), network.NotFound},
		{"a reply answered with 400", answer(create, 400, `{"title":"Invalid Request","detail":"no"}`), network.Rejected},
		{"reading answered with HTML", answer(read, 503, ""), network.Transient},
		{"reading cut off", faulty.Fault{Match: read, Kind: faulty.DropBefore, Times: 9}, network.Transient},
		{"reading answered with 404", answer(read, 404, ""), network.NotFound},
		{"reading answered with 401 twice", faulty.Fault{Match: read, Kind: faulty.Answer, Code: 401, Times: 2}, network.Unauthorized},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newTown(t, xtest.Options{})
			m := s.mention(t, "hello")
			if tt.fault.Times == 0 {
				tt.fault.Times = 1
			}
			s.Inject(tt.fault)
			var err error
			if tt.fault.Match == create {
				_, err = s.reply(t, m, "hi")
			} else {
				_, err = s.bot.Post(t.Context(), m.ID)
			}
			if kindOf(t, err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if n := s.Count(create); n > 1 {
				t.Errorf("the reply was sent %d times", n)
			}
		})
	}
}

func TestOneRefusedSignatureIsAskedAgain(t *testing.T) {
	s := newTown(t, xtest.Options{})
	m := s.mention(t, "hello")
	s.Inject(faulty.Fault{Match: "GET /2/tweets/{id}", Kind: faulty.Answer, Code: 401, Times: 1})
	if _, err := s.bot.Post(t.Context(), m.ID); err != nil {
		t.Error(err)
	}
}

func TestTheOtherSpellingIsTriedOnceAndRemembered(t *testing.T) {
	for _, lenient := range []bool{false, true} {
		s := newTown(t, xtest.Options{Spelling: xtest.Tweets, Lenient: lenient})
		first := s.mention(t, "hello")
		if first.Author.Handle != "alice" || first.Author.ID != s.alice.ID() {
			t.Errorf("%+v", first)
		}
		if n := s.Count("GET /2/tweets/{id}"); n != 2 {
			t.Errorf("lenient %v: %d requests to find the spelling", lenient, n)
		}
		s.mention(t, "again")
		if n := s.Count("GET /2/tweets/{id}"); n != 3 {
			t.Errorf("lenient %v: it is not remembered", lenient)
		}
	}
}

func TestNeitherSpellingFailsLoudly(t *testing.T) {
	s := newTown(t, xtest.Options{})
	m, err := s.alice.Mention(s.robot, "hello")
	if err != nil {
		t.Fatal(err)
	}
	s.Inject(faulty.Fault{Match: "GET /2/tweets/{id}", Kind: faulty.Answer, Code: 400,
		Body: `{"errors":[{"parameters":{"tweet.fields":["author_id"]},"message":"The query parameter [tweet.fields] is not one of [x]"}],"type":"https://api.twitter.com/2/problems/invalid-request"}`})
	if _, err := s.bot.Post(t.Context(), m.ID); kindOf(t, err) != network.Rejected || !strings.Contains(err.Error(), "tweet.fields") {
		t.Errorf("got %v", err)
	}
}

func TestPostsAreReadAsTheyWereTyped(t *testing.T) {
	for name, spelling := range spellings {
		t.Run(name, func(t *testing.T) {
			s := newTown(t, xtest.Options{Spelling: spelling})
			p := s.mention(t, "more birds & <eyes> https://dreams.example/a", xtest.Picture{Data: drawing(t), Alt: "a hill"})
			if p.Text != "@dreambot more birds & <eyes> https://dreams.example/a" || len(p.Media) != 1 || p.Media[0].Alt != "a hill" || p.Media[0].W != 64 {
				t.Errorf("%+v", p)
			}
			if p.URL != "https://x.com/alice/status/"+p.ID || len(p.Mentions) != 1 || p.Mentions[0].Handle != "dreambot" || p.Language != "en" || p.Created.IsZero() {
				t.Errorf("%+v", p)
			}
			long, err := s.alice.Post(xtest.PostOptions{Text: strings.Repeat("dream ", 80) + "on"})
			if err != nil {
				t.Fatal(err)
			}
			if read, err := s.bot.Post(t.Context(), long.ID); err != nil || !strings.HasSuffix(read.Text, "dream on") {
				t.Errorf("%v, %q", err, read.Text)
			}
			clip, err := s.alice.Post(xtest.PostOptions{Text: "", Media: []xtest.Picture{{Data: film(t, 3)}}, Quote: p.ID})
			if err != nil {
				t.Fatal(err)
			}
			read, err := s.bot.Post(t.Context(), clip.ID)
			if err != nil || read.Text != "" || read.Quote != p.ID || read.Media[0].Kind != network.Gifv || read.Media[0].PreviewURL == "" {
				t.Errorf("%v, %+v", err, read)
			}
			if still, err := s.bot.Fetch(t.Context(), network.Media{URL: read.Media[0].PreviewURL}, 1<<20); err != nil || len(still) == 0 {
				t.Errorf("the clip's still: %v", err)
			}
		})
	}
}

func TestProtectedPeopleAreNotAnsweredInPublic(t *testing.T) {
	s := newTown(t, xtest.Options{})
	shy := s.AddUser("shy", xtest.UserOptions{Protected: true})
	s.robot.Follow(shy)
	p, err := shy.Mention(s.robot, "hello")
	if err != nil {
		t.Fatal(err)
	}
	read, err := s.bot.Post(t.Context(), p.ID)
	if err != nil || read.Visibility != network.Followers {
		t.Errorf("%v, %s", err, read.Visibility)
	}
}

func TestMentionsAreReadOnceAndInOrderHoweverMany(t *testing.T) {
	for name, spelling := range spellings {
		t.Run(name, func(t *testing.T) {
			s := newTown(t, xtest.Options{Spelling: spelling})
			cursor, err := s.bot.Newest(t.Context())
			if err != nil || cursor != "" {
				t.Fatalf("%q, %v", cursor, err)
			}
			var want []string
			for i := range 250 {
				m, err := s.alice.Mention(s.robot, fmt.Sprint("number ", i))
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, m.ID)
			}
			s.Inject(faulty.Fault{Match: "GET /2/users/{id}/mentions", Kind: faulty.Answer, Skip: 1, Times: 1}) // breaks off in the middle
			var got []string
			for len(got) <= len(want) {
				page, err := s.bot.Mentions(t.Context(), cursor, 40)
				if err != nil {
					if kindOf(t, err) == network.Transient {
						continue
					}
					t.Fatal(err)
				}
				if len(page) == 0 {
					break
				}
				for _, m := range page {
					got, cursor = append(got, m.Post.ID), m.Cursor
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("read %d of %d, or in another order", len(got), len(want))
			}
			u := s.Usage()
			if u[xtest.PostRead] != 250 {
				t.Errorf("%d posts were paid for", u[xtest.PostRead])
			}
			late := s.mention(t, "one more")
			page, err := s.bot.Mentions(t.Context(), cursor, 40)
			if err != nil || len(page) != 1 || page[0].Post.ID != late.ID {
				t.Errorf("%+v, %v", page, err)
			}
		})
	}
}

func TestTheHomeTimelineHasOriginalsOfReposts(t *testing.T) {
	for name, spelling := range spellings {
		t.Run(name, func(t *testing.T) {
			s := newTown(t, xtest.Options{Spelling: spelling})
			s.robot.Follow(s.alice)
			far := s.AddUser("far", xtest.UserOptions{})
			p, err := far.Post(xtest.PostOptions{Text: "look", Media: []xtest.Picture{{Data: drawing(t), Alt: "a hill"}}})
			if err != nil {
				t.Fatal(err)
			}
			start, err := s.alice.Post(xtest.PostOptions{Text: "good morning"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.alice.Repost(p.ID); err != nil {
				t.Fatal(err)
			}
			page, err := s.bot.Home(t.Context(), start.ID, 10)
			posts := page.Posts
			if err != nil || len(posts) != 1 {
				t.Fatalf("%+v, %v", posts, err)
			}
			o := posts[0].Boosts
			if o == nil || o.ID != p.ID || o.Author.Handle != "far" || len(o.Media) != 1 || posts[0].Author.Handle != "alice" {
				t.Errorf("%+v", posts[0])
			}
			if recent, err := s.bot.Recent(t.Context(), 10); err != nil || len(recent) != 1 || len(recent[0].Posts) != 2 || recent[0].Posts[0].ID != start.ID {
				t.Errorf("%+v, %v", recent, err)
			}
			if mine, err := s.bot.PostsOf(t.Context(), far.ID(), 10); err != nil || len(mine) != 1 {
				t.Errorf("%+v, %v", mine, err)
			}
			if a, err := s.bot.Lookup(t.Context(), "Far"); err != nil || a.ID != far.ID() {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
}

func TestOnlyThoseWhoAskedAreAnswered(t *testing.T) {
	s := newTown(t, xtest.Options{})
	m := s.mention(t, "hello")
	alone, err := s.alice.Post(xtest.PostOptions{Text: "nice day"})
	if err != nil {
		t.Fatal(err)
	}
	uninvited, err := s.bot.Post(t.Context(), alone.ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, out := range map[string]network.Outgoing{
		"a post that does not mention us": {Text: "@alice hi", To: uninvited, Visibility: network.Unlisted},
		"nobody":                          {Text: "@alice hi", Visibility: network.Unlisted},
		"in private":                      {Text: "@alice hi", To: m, Visibility: network.Direct},
	} {
		if _, err := s.bot.Reply(t.Context(), out); kindOf(t, err) != network.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := s.Count("POST /2/tweets"); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestNothingIsPostedBeforeTheOperatorConfirms(t *testing.T) {
	for _, o := range []x.Options{{Approved: true}, {Labelled: true}} {
		s := newTown(t, xtest.Options{}, func(opt *x.Options) { opt.Approved, opt.Labelled = o.Approved, o.Labelled })
		m := s.mention(t, "hello")
		_, err := s.reply(t, m, "hi")
		if kindOf(t, err) != network.Unauthorized || !strings.Contains(err.Error(), "set x.") {
			t.Errorf("%v", err)
		}
		if _, err := s.bot.Upload(t.Context(), network.Upload{Data: drawing(t), Type: "image/png"}); kindOf(t, err) != network.Unauthorized {
			t.Errorf("%v", err)
		}
	}
}

func TestRepliesHaveNoLinksAndMentionNobodyElse(t *testing.T) {
	s := newTown(t, xtest.Options{})
	m := s.mention(t, "hello")
	out := network.Outgoing{Text: "@alice see https://dreams.example/a?b=c and example.org, says @bob. " + strings.Repeat("犬", 200), To: m, Visibility: network.Unlisted, Warning: "dogs", Key: "k"}
	if _, err := s.bot.Reply(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	text := s.RepliesTo(m.ID)[0].Text
	if !strings.HasPrefix(text, "@alice CW dogs: see dreams dot example/a?b=c and example dot org, says bob. 犬") || !strings.HasSuffix(text, "…") {
		t.Error(text)
	}
	if u := s.Usage(); u[xtest.PostedURL] != 0 || u[xtest.Summoned] != 1 {
		t.Errorf("%v", u)
	}
}

func TestTheSameWordsTwiceGetAMark(t *testing.T) {
	s := newTown(t, xtest.Options{})
	first, second := s.mention(t, "help"), s.mention(t, "help please")
	for _, m := range []network.Post{first, second} {
		if _, err := s.reply(t, m, "send me a picture"); err != nil {
			t.Fatal(err)
		}
	}
	a, b := s.RepliesTo(first.ID), s.RepliesTo(second.ID)
	if len(a) != 1 || len(b) != 1 || !strings.HasPrefix(b[0].Text, a[0].Text+" · ") {
		t.Errorf("%+v %+v", a, b)
	}
	again, err := s.reply(t, first, "send me a picture") // the daemon lost its memory
	if err != nil || again.ID != a[0].ID || len(s.RepliesTo(first.ID)) != 1 {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestUploads(t *testing.T) {
	s := newTown(t, xtest.Options{Processing: 30 * time.Millisecond})
	m := s.mention(t, "hello")
	long := film(t, 1500)
	for name, up := range map[string]network.Upload{
		"a still":    {Data: drawing(t), Type: "image/png", Alt: strings.Repeat("a", 1200)},
		"a clip":     {Data: film(t, 3), Type: "image/gif", Alt: "a film"},
		"a big clip": {Data: append(long, make([]byte, 3<<20)...), Type: "image/gif", Alt: "a long film"},
	} {
		id, err := s.bot.Upload(t.Context(), up)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, err = s.bot.Reply(t.Context(), network.Outgoing{Text: "@alice " + name, To: m, Visibility: network.Unlisted, MediaIDs: []string{id}, Sensitive: true})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, r := range s.RepliesTo(m.ID) {
		if len(r.Media) != 1 || r.Media[0].Alt == "" || !r.Media[0].Warned || !r.MadeWithAI {
			t.Errorf("%s: %+v", r.Text, r.Media)
		}
	}
	if n := s.Count("POST /2/media/upload/{id}/append"); n < 5 {
		t.Errorf("%d chunks", n)
	}
	for name, up := range map[string]network.Upload{
		"what is no picture": {Data: []byte("hello"), Type: "image/png"},
		"what is no clip":    {Data: []byte("hello"), Type: "video/mp4"},
		"a still too big":    {Data: make([]byte, 6<<20), Type: "image/png"},
	} {
		if _, err := s.bot.Upload(t.Context(), up); kindOf(t, err) != network.Rejected {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.Inject(faulty.Fault{Match: "GET /2/media/upload", Kind: faulty.Answer, Code: 200, Body: `{"data":{"id":"1","processing_info":{"state":"failed","error":{"message":"too odd"}}}}`})
	if _, err := s.bot.Upload(t.Context(), network.Upload{Data: film(t, 3), Type: "image/gif"}); kindOf(t, err) != network.Rejected || !strings.Contains(err.Error(), "too odd") {
		t.Errorf("%v", err)
	}
}

func TestMutesAreMadeListedAndEnded(t *testing.T) {
	s := newTown(t, xtest.Options{})
	for i := range 3 {
		s.robot.Mute(s.AddUser(fmt.Sprint("loud", i), xtest.UserOptions{}))
	}
	if err := s.bot.Mute(t.Context(), s.alice.ID(), time.Hour); err != nil || !s.robot.Mutes(s.alice) {
		t.Fatal(err)
	}
	muted, err := s.bot.Muted(t.Context())
	if _, there := muted[s.alice.ID()]; err != nil || !there || len(muted) != 4 {
		t.Errorf("%v, %v", muted, err)
	}
	for range 2 {
		if err := s.bot.Unmute(t.Context(), s.alice.ID()); err != nil || s.robot.Mutes(s.alice) {
			t.Fatal(err)
		}
	}
	if err := s.bot.Unmute(t.Context(), "404"); err != nil {
		t.Error(err)
	}
}

func TestWithoutBudgetOfCallsNothingIsSent(t *testing.T) {
	for _, silent := range []bool{false, true} {
		s := newTown(t, xtest.Options{RateLimits: true, Silent429: silent, Limits: map[string]int{"GET /2/tweets/{id}": 3, "POST /2/tweets": 1}})
		m := s.mention(t, "hello")
		for range 2 {
			if _, err := s.bot.Post(t.Context(), m.ID); err != nil {
				t.Fatal(err)
			}
		}
		_, err := s.bot.Post(t.Context(), m.ID)
		if !network.Is(err, network.RateLimited) || untilRetry(err) < time.Minute {
			t.Errorf("got %v", err)
		}
		if n := s.Count("GET /2/tweets/{id}"); n != 3 {
			t.Errorf("%d requests for a limit of 3", n)
		}
		if _, err := s.reply(t, m, "hi"); err != nil {
			t.Errorf("posting stopped too: %v", err)
		}
		if _, err := s.reply(t, m, "again"); kindOf(t, err) != network.RateLimited {
			t.Errorf("%v", err)
		}
	}
}

func TestDocumentedLimitsAreKeptByOurOwnCount(t *testing.T) {
	s := newTown(t, xtest.Options{}, func(o *x.Options) { o.CountCalls = true })
	for range 15 {
		if _, err := s.bot.Muted(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.bot.Muted(t.Context())
	if !network.Is(err, network.RateLimited) || untilRetry(err) < 10*time.Minute || s.Count("GET /2/users/{id}/muting") != 15 {
		t.Errorf("got %v", err)
	}
}

func TestAServerThatIsAwayIsTransientEvenForReplies(t *testing.T) {
	s := newTown(t, xtest.Options{}, func(o *x.Options) { o.Transport = &http.Transport{DisableKeepAlives: true} })
	m := s.mention(t, "hello")
	s.Close()
	if _, err := s.reply(t, m, "hi"); kindOf(t, err) != network.Transient {
		t.Errorf("got %v", err)
	}
}

func TestAddressesAndKeysAreChecked(t *testing.T) {
	keys := x.Keys{Consumer: "a", ConsumerSecret: "b", Token: "c", TokenSecret: "d"}
	for _, o := range []x.Options{{API: "dreams.example", Keys: keys}, {API: "ftp://dreams.example", Keys: keys}, {}} {
		if _, err := x.New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	c, err := x.New(x.Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	if l, err := c.Limits(t.Context()); err != nil || !strings.Contains(l.ServerName, "api.x.com") || l.SupportsKey {
		t.Errorf("%+v, %v", l, err)
	}
	if f := c.Facts(); f.Private || f.Links || !f.OnlyCalled || !f.Ordered {
		t.Errorf("%+v", f)
	}
}

func TestLoginWithAPIN(t *testing.T) {
	s := newTown(t, xtest.Options{})
	key, secret := s.Consumer()
	l, err := x.NewLogin(t.Context(), s.URL, key, secret)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := http.Get(l.URL()); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("the page to open: %v", err)
	}
	pin, err := s.alice.Authorize(l.URL())
	if err != nil {
		t.Fatal(err)
	}
	token, tokenSecret, err := l.Keys(t.Context(), " "+pin+"\n")
	if err != nil {
		t.Fatal(err)
	}
	c, err := x.New(x.Options{API: s.URL, Keys: x.Keys{Consumer: key, ConsumerSecret: secret, Token: token, TokenSecret: tokenSecret}})
	if err != nil {
		t.Fatal(err)
	}
	if self, err := c.Self(t.Context()); err != nil || self.Handle != "alice" {
		t.Errorf("%+v, %v", self, err)
	}
	if _, _, err := l.Keys(t.Context(), pin); !errors.Is(err, x.ErrPIN) {
		t.Errorf("a PIN used twice: %v", err)
	}
	if _, err := x.NewLogin(t.Context(), s.URL, key, "wrong"); err == nil {
		t.Error("a wrong secret works")
	}
}
