// Package mastodon connects the bot to a Mastodon-API server: Mastodon itself, GoToSocial and
// their relatives. It translates between go-mastodon's types and the port in package bot, and
// knows what real servers are strict about. Nothing of it passes the port.
package mastodon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-mastodon"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
	"slugpuppy/bot/network/once"
	"slugpuppy/bot/network/safehttp"
)

// Options of a Client.
type Options struct {
	Server    string // such as https://example.social
	Token     string
	UserAgent string // "slugpuppy" when empty; some servers refuse an empty one
	// AllowHosts are further hosts (host:port, or host for its default port) from which pictures
	// are downloaded though they are private: storage of a server in a closed network. The
	// server's own host always is allowed. Transport is not used for downloads.
	AllowHosts []string
	Transport  http.RoundTripper // of API calls; a new http.Transport when nil
	// Stranger says that the server is one that somebody named, with no more rights than any
	// other address: its own host, too, must be public.
	Stranger bool
	// Directory asks other servers about the name that this one calls its account by; nil when the server
	// is our own and believed.
	Directory *Directory
	Log       *slog.Logger
	// MediaWait is how long an upload may stay in processing; 2 min.
	MediaWait time.Duration
	// MediaPoll is the time between looks at an upload in processing; 1 s.
	MediaPoll time.Duration
}

// Client is one account on one server, as a network.Bot.
type Client struct {
	opt    Options
	base   *url.URL
	api    *mastodon.Client
	wire   *wire
	media  *safehttp.Client
	edits  edits
	host   string // base in the form of identity.Host
	self   once.Value[network.Account]
	domain once.Value[string] // of local handles
	blurs  once.Value[bool]   // whether filters can blur
}

var (
	_ network.Bot   = (*Client)(nil)
	_ network.Liker = (*Client)(nil)

	_ network.Signboard = (*Client)(nil)
)

// How long calls may take.
const (
	callTime = 30 * time.Second
	slowTime = 5 * time.Minute // pictures on their way, and lists of many pages
)

// New returns a client; nothing is sent yet.
func New(o Options) (*Client, error) {
	base, err := url.Parse(strings.TrimSuffix(o.Server, "/"))
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return nil, fmt.Errorf("the server's address %q is not like https://example.social", o.Server)
	}
	if o.UserAgent == "" {
		o.UserAgent = "slugpuppy"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MediaWait == 0 {
		o.MediaWait = 2 * time.Minute
	}
	if o.MediaPoll == 0 {
		o.MediaPoll = time.Second
	}
	host, err := identity.Host(base.Scheme + "://" + base.Host)
	if err != nil {
		return nil, fmt.Errorf("the server's address: %w", err)
	}
	c := &Client{opt: o, base: base, host: host, wire: newWire(o.Transport, o.UserAgent, o.Log)}
	c.api = mastodon.NewClient(&mastodon.Config{Server: base.String(), AccessToken: o.Token})
	// Redirects of API calls would carry the token elsewhere or turn a POST into a GET.
	c.api.Client = http.Client{Transport: c.wire, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	c.api.UserAgent = o.UserAgent
	allow := o.AllowHosts
	if !o.Stranger {
		allow = append([]string{base.Host}, allow...)
	}
	c.media = safehttp.New(safehttp.Options{Allow: allow, UserAgent: o.UserAgent})
	return c, nil
}

// Name is the kind's.
func (c *Client) Name() string { return Name }

// Host is the server of the token.
func (c *Client) Host() string { return c.host }

// Facts are the kind's.
func (c *Client) Facts() network.Facts { return facts }

// Self is the account of the token, called as Handle says. It is asked for once.
func (c *Client) Self(ctx context.Context) (network.Account, error) {
	return c.self.Get(ctx, func() (network.Account, error) {
		t, err := c.translator(ctx)
		if err != nil {
			return network.Account{}, err
		}
		a, err := c.credentials(ctx)
		if err != nil {
			return network.Account{}, err
		}
		self := t.account(a)
		self.Handle, err = c.called(ctx, a.Acct, t.domain)
		if network.MayPass(err) && !strings.Contains(a.Acct, "@") { // its own name for now
			self.Handle, err = a.Acct+"@"+c.host, nil
		}
		return self, err
	})
}

// credentials is the account of the token as the server describes it.
func (c *Client) credentials(ctx context.Context) (a account, err error) {
	ctx, call := c.begin(ctx, "ask who we are", callTime)
	defer call.end()
	err = c.get(ctx, "/api/v1/accounts/verify_credentials", nil, answer.Object(func(v *answer.Value) { a.read(v) }))
	if err == nil {
		_, err = identity.New(c.host, a.ID)
	}
	return a, call.failed(err)
}

// Account looks up an account.
func (c *Client) Account(ctx context.Context, id string) (network.Account, error) {
	t, err := c.translator(ctx)
	if err != nil {
		return network.Account{}, err
	}
	ctx, call := c.begin(ctx, "look up an account", callTime)
	defer call.end()
	a, err := c.account(ctx, "/api/v1/accounts/"+url.PathEscape(id), nil)
	if err != nil {
		return network.Account{}, call.failed(err)
	}
	return t.account(a), nil
}

// account asks for one account, which must have an id.
func (c *Client) account(ctx context.Context, path string, query url.Values) (a account, err error) {
	err = c.get(ctx, path, query, answer.Object(func(v *answer.Value) { a.read(v) }))
	if err == nil && a.ID == "" {
		err = errors.New("the answer names no account")
	}
	return a, err
}

// errNoPost is an answer without an id where a post was due.
var errNoPost = errors.New("the server's answer names no post")

// Post fetches one post.
func (c *Client) Post(ctx context.Context, id string) (network.Post, error) {
	t, err := c.translator(ctx)
	if err != nil {
		return network.Post{}, err
	}
	ctx, call := c.begin(ctx, "read a post", callTime)
	defer call.end()
	var s status
	err = c.get(ctx, "/api/v1/statuses/"+url.PathEscape(id), nil, answer.Object(func(v *answer.Value) { s.read(v) }))
	if err == nil && s.ID == "" {
		err = errNoPost
	}
	if err != nil {
		return network.Post{}, call.failed(err)
	}
	return t.post(&s), nil
}

// Ancestors returns the posts above id, nearest first.
func (c *Client) Ancestors(ctx context.Context, id string) ([]network.Post, error) {
	t, err := c.translator(ctx)
	if err != nil {
		return nil, err
	}
	ctx, call := c.begin(ctx, "read a thread", callTime)
	defer call.end()
	var above answer.List[status]
	err = c.get(ctx, "/api/v1/statuses/"+url.PathEscape(id)+"/context", nil, answer.Object(func(v *answer.Value) {
		inside(v, "ancestors", func() { above = answer.LastOf(v, mostThread, (*status).read) })
	}))
	if err == nil && !above.Told {
		err = errors.New("the answer has no posts above")
	}
	if err != nil {
		return nil, call.failed(err)
	}
	order := make([]*status, 0, len(above.Items))
	for i := range slices.Backward(above.Items) {
		order = append(order, &above.Items[i])
	}
	chain(order)
	var posts []network.Post
	for _, s := range order {
		posts = append(posts, t.post(s))
	}
	return posts, nil
}

// chain has each post followed by the one that it answers, where both are there. Friendica sorts by when it got them, and it gets a post
// that was answered after the answer.
func chain(posts []*status) {
	for i := range posts {
		at := i + slices.IndexFunc(posts[i:], func(p *status) bool {
			if i > 0 {
				return p.ID == posts[i-1].ReplyTo
			}
			return !slices.ContainsFunc(posts, func(q *status) bool { return q.ReplyTo == p.ID })
		})
		for ; at > i; at-- {
			posts[at], posts[at-1] = posts[at-1], posts[at]
		}
	}
}

// Favourite marks a post.
func (c *Client) Favourite(ctx context.Context, id string) error {
	ctx, call := c.begin(ctx, "favourite a post", callTime)
	defer call.end()
	return call.failed(c.send(ctx, http.MethodPost, "/api/v1/statuses/"+url.PathEscape(id)+"/favourite", url.Values{}, nil))
}

// Delete removes one of our own posts; one already gone is no error.
func (c *Client) Delete(ctx context.Context, id string) error {
	return c.remove(ctx, "delete a post", "/api/v1/statuses/"+url.PathEscape(id))
}
