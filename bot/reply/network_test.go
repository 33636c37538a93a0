package reply_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/faulty"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/x"
)

// host is a fake server with an account of the bot, whatever network it imitates. The suites that
// need a real server run on all of them.
type host interface {
	// Credentials are what a daemon finds its way with: an address, and a token in one line.
	Credentials() (url, token string)
	Account() string // id of the bot's own account
	// Ask has somebody mention the bot; the id of the post.
	Ask(name, words string, png []byte, alt, replyTo string) (string, error)
	// Answers is how often the bot answered a post, deleted answers included.
	Answers(post string) int
	Answer(post string) string // id of the first one
	Unanswered() int
	Twice() []string // posts that were answered more than once
	Inject(faulty.Fault)
	Reachable(yes bool)
	Routes() routes
}

// routes are what faults are asked for.
type routes struct{ post, upload, lookUp string }

// conditions are what a suite wants of a server.
type conditions struct {
	processing time.Duration
	limits     bool
	seed       uint64
}

// kind is a kind of server.
type kind struct {
	name string
	most int // mentions that may wait while nobody reads them
	open func(t *testing.T, c conditions) host
	// noAlt says that the network does not show alt texts to apps.
	noAlt bool
}

var networks = []kind{
	{"Mastodon", 1 << 20, func(t *testing.T, c conditions) host { return openMastodon(t, mastodontest.Mastodon, c) }, false},
	{"GoToSocial", 1 << 20, func(t *testing.T, c conditions) host { return openMastodon(t, mastodontest.GoToSocial, c) }, false},
	{"X", 800, func(t *testing.T, c conditions) host { return openX(t, xtest.Tweets, c) }, false},
	{"X in the specification's words", 800, func(t *testing.T, c conditions) host { return openX(t, xtest.Posts, c) }, false},
	{"X over v1.1", 800, func(t *testing.T, c conditions) host { return openOldX(t, c) }, true},
}

// onNetworks runs a suite on every kind of server.
func onNetworks(t *testing.T, suite func(t *testing.T, n kind)) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel() // each has a server of its own, and mostly waits for it
			suite(t, n)
		})
	}
}

// platform is the adapter that credentials belong to.
func platform(url, token string) (network.Bot, error) {
	version, keys, isX := strings.Cut(token, " ")
	if !isX {
		return mastodon.New(mastodon.Options{Server: url, Token: token, MediaPoll: 20 * time.Millisecond})
	}
	var k x.Keys
	if _, err := fmt.Sscan(keys, &k.Consumer, &k.ConsumerSecret, &k.Token, &k.TokenSecret); err != nil {
		return nil, err
	}
	return x.Open(version, x.Options{API: url, Keys: k, Approved: true, Labelled: true, Poll: 20 * time.Millisecond, MediaPoll: 20 * time.Millisecond})
}

type mastodonHost struct {
	*mastodontest.Server
	bot   *mastodontest.User
	token string
}

func openMastodon(t *testing.T, d mastodontest.Dialect, c conditions) host {
	t.Helper()
	srv := mastodontest.New(mastodontest.Options{Dialect: d, Processing: c.processing, RateLimits: c.limits, Seed: c.seed})
	srv.Start()
	t.Cleanup(srv.Close)
	robot := srv.AddUser("dreambot", mastodontest.UserOptions{Bot: true})
	return mastodonHost{srv, robot, robot.Token(strings.Fields(mastodon.Scopes)...)}
}

func (h mastodonHost) Credentials() (string, string) { return h.URL, h.token }
func (h mastodonHost) Account() string               { return h.bot.ID() }
func (h mastodonHost) Answers(post string) int       { return len(h.answers(post)) }
func (h mastodonHost) Answer(post string) string     { return h.answers(post)[0].ID }
func (h mastodonHost) Unanswered() int               { return len(h.Server.Unanswered(h.bot)) }

func (h mastodonHost) answers(post string) []mastodontest.Status {
	return slices.DeleteFunc(h.RepliesTo(post), func(s mastodontest.Status) bool { return s.Author != "dreambot" })
}

func (h mastodonHost) Ask(name, words string, png []byte, alt, replyTo string) (string, error) {
	person := h.User(name)
	if person == nil {
		person = h.AddUser(name, mastodontest.UserOptions{})
	}
	o := mastodontest.PostOptions{Text: "@dreambot " + words, Visibility: "unlisted", InReplyTo: replyTo}
	if png != nil {
		o.Media = []mastodontest.Picture{{Data: png, Alt: alt}}
	}
	post, err := person.Post(o)
	return post.ID, err
}

func (h mastodonHost) Twice() (posts []string) {
	for _, d := range h.DuplicateReplies("dreambot") {
		posts = append(posts, d.Parent)
	}
	return posts
}

func (h mastodonHost) Routes() routes {
	return routes{"POST /api/v1/statuses", "POST /api/v2/media", "GET /api/v1/accounts/{id}/statuses"}
}

type xHost struct {
	*xtest.Server
	bot   *xtest.User
	token string
}

func openX(t *testing.T, s xtest.Spelling, c conditions) host {
	t.Helper()
	srv := xtest.New(xtest.Options{Spelling: s, Processing: c.processing, RateLimits: c.limits, Seed: c.seed, Lag: 30 * time.Millisecond})
	srv.Start()
	t.Cleanup(srv.Close)
	robot := srv.AddUser("dreambot", xtest.UserOptions{})
	key, secret := srv.Consumer()
	token, tokenSecret := robot.Token()
	return xHost{srv, robot, strings.Join([]string{"v2", key, secret, token, tokenSecret}, " ")}
}

func (h xHost) Credentials() (string, string) { return h.URL, h.token }
func (h xHost) Account() string               { return h.bot.ID() }
func (h xHost) Answers(post string) int       { return len(h.answers(post)) }
func (h xHost) Answer(post string) string     { return h.answers(post)[0].ID }
func (h xHost) Unanswered() int               { return len(h.Server.Unanswered(h.bot)) }

func (h xHost) answers(post string) []xtest.Post {
	return slices.DeleteFunc(h.RepliesTo(post), func(p xtest.Post) bool { return p.Author != "dreambot" })
}

func (h xHost) Ask(name, words string, png []byte, alt, replyTo string) (string, error) {
	person := h.User(name)
	if person == nil {
		person = h.AddUser(name, xtest.UserOptions{})
	}
	o := xtest.PostOptions{Text: "@dreambot " + words, InReplyTo: replyTo}
	if png != nil {
		o.Media = []xtest.Picture{{Data: png, Alt: alt}}
	}
	post, err := person.Post(o)
	return post.ID, err
}

func (h xHost) Twice() (posts []string) {
	for _, d := range h.DuplicateReplies("dreambot") {
		posts = append(posts, d.Parent)
	}
	return posts
}

func (h xHost) Routes() routes {
	return routes{"POST /2/tweets", "POST /2/media/upload", "GET /2/users/{id}/tweets"}
}

// oldXHost is X's API v1.1.
type oldXHost struct{ xHost }

func openOldX(t *testing.T, c conditions) host {
	t.Helper()
	srv := xtest.New(xtest.Options{V1: true, Processing: c.processing, RateLimits: c.limits, Seed: c.seed, Lag: 30 * time.Millisecond})
	srv.Start()
	t.Cleanup(srv.Close)
	robot := srv.AddUser("dreambot", xtest.UserOptions{})
	key, secret := srv.Consumer()
	token, tokenSecret := robot.Token()
	return oldXHost{xHost{srv, robot, strings.Join([]string{"v1.1", key, secret, token, tokenSecret}, " ")}}
}

func (h oldXHost) Routes() routes {
	return routes{"POST /1.1/statuses/update.json", "POST /1.1/media/upload.json", "GET /1.1/statuses/user_timeline.json"}
}
