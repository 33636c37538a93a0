// Package x connects the bot to X: Client speaks API v2, Legacy what is left of v1.1. Both translate
// between X's words and the port in package bot, and keep X's rules: a reply goes only to the post
// that mentions us, has no links and mentions nobody else; what a call costs is known and written
// down, and there is a cap on it. Nothing of X's types passes the port.
package x

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dghubble/oauth1"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/download"
	"slugpuppy/bot/network/once"
	"slugpuppy/bot/network/safehttp"
)

// Name is what the network is called.
const Name = "x"

// Server is the server of all accounts on X, whatever address its API is reached at.
const Server = "x.com"

// Keys sign what an account sends (OAuth 1.0a): the app's pair and the account's pair.
type Keys struct {
	Consumer, ConsumerSecret string
	Token, TokenSecret       string
}

// Options of a Client or a Legacy.
type Options struct {
	API       string // base address; https://api.x.com when empty
	Upload    string // base address of v1.1's uploads; API when empty
	Keys      Keys
	UserAgent string // "slugpuppy" when empty
	// Approved and Labelled are the operator's word that X has approved the bot's automated replies
	// and that its profile carries the label of automated accounts. Nothing is posted without both.
	Approved, Labelled bool
	// CountCalls keeps to X's documented limits of calls by our own count, beside what X says is left.
	CountCalls bool
	// Budget is what may be spent; nothing is counted when nil.
	Budget *Budget
	// Meters are told how many calls are left; nil for nobody.
	Meters *Meters
	// Latest is how many posts of the past Recent reads at most, since each costs money; 50.
	Latest int
	// Poll is the time between hints of Wake and WakeHome, which X has no stream for; 20 s.
	Poll time.Duration
	// MediaPoll is the time between looks at an upload in processing; what X says when zero.
	MediaPoll time.Duration
	MediaWait time.Duration // how long an upload may stay in processing; 2 min
	Transport http.RoundTripper
	// AllowHosts are hosts (host:port) from which pictures are downloaded though they are private:
	// a fake server's. The API's own host always is allowed.
	AllowHosts []string
	Log        *slog.Logger
}

// core is what both API versions have in common.
type core struct {
	opt    Options
	base   *url.URL
	wire   *wire
	signer http.RoundTripper // signs, then goes over wire
	media  *safehttp.Client
	self   once.Value[network.Account]
}

// How long calls may take.
const (
	callTime = 30 * time.Second
	slowTime = 5 * time.Minute // pictures on their way, and lists of many pages
)

func newCore(o Options) (*core, error) {
	if o.API == "" {
		o.API = "https://api.x.com"
	}
	base, err := address(o.API)
	if err != nil {
		return nil, err
	}
	if o.Keys.Consumer == "" || o.Keys.ConsumerSecret == "" || o.Keys.Token == "" || o.Keys.TokenSecret == "" {
		return nil, fmt.Errorf("the keys of the app or of the account on X are missing")
	}
	if o.UserAgent == "" {
		o.UserAgent = "slugpuppy"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for d, otherwise := range map[*time.Duration]time.Duration{&o.Poll: 20 * time.Second, &o.MediaWait: 2 * time.Minute} {
		if *d == 0 {
			*d = otherwise
		}
	}
	if o.Latest == 0 {
		o.Latest = 50
	}
	if o.Budget == nil {
		o.Budget = &Budget{}
	}
	o.Budget = o.Budget.ready(o.Log)
	c := &core{opt: o, base: base, wire: newWire(o.Transport, o.UserAgent, base.Path, o.CountCalls, o.Log)}
	ctx := context.WithValue(context.Background(), oauth1.HTTPClient, &http.Client{Transport: c.wire})
	c.signer = oauth1.NewConfig(o.Keys.Consumer, o.Keys.ConsumerSecret).
		Client(ctx, oauth1.NewToken(o.Keys.Token, o.Keys.TokenSecret)).Transport
	c.media = safehttp.New(safehttp.Options{Allow: append([]string{base.Host}, o.AllowHosts...), UserAgent: o.UserAgent})
	return c, nil
}

// address checks a base address. Plain http is for servers on this machine.
func address(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("the address %q is not like https://api.x.com", text)
	}
	return u, nil
}

// Name is "x".
func (c *core) Name() string { return Name }

// Host is X's only server.
func (c *core) Host() string { return Server }

// Facts are the kind's.
func (c *core) Facts() network.Facts { return facts }

// Fetch downloads an attachment.
func (c *core) Fetch(ctx context.Context, m network.Media, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, slowTime)
	defer cancel()
	return download.Fetch(ctx, c.media, m.URL, limit)
}

// Wake hints from time to time: X has no stream of mentions for apps of this size. Looking costs
// nothing as long as there is nothing new.
func (c *core) Wake(ctx context.Context) <-chan struct{} {
	hints := make(chan struct{}, 1)
	go func() {
		defer close(hints)
		for ctx.Err() == nil {
			select {
			case hints <- struct{}{}:
			default: // one is waiting already
			}
			select {
			case <-ctx.Done():
			case <-time.After(c.opt.Poll*9/10 + rand.N(c.opt.Poll/5+1)):
			}
		}
	}()
	return hints
}

// Edited is nothing: an edited post is a new one.
func (c *core) Edited() []string { return nil }

// WakeHome is Wake: mentions and the home timeline are read alike.
func (c *core) WakeHome(ctx context.Context) <-chan struct{} { return c.Wake(ctx) }

// mayPost says why nothing is posted, nil when the operator has confirmed what X asks for.
func (c *core) mayPost() error {
	switch {
	case !c.opt.Approved:
		return fmt.Errorf("the platform must approve automated replies first: apply at developer.x.com, then set x.approved")
	case !c.opt.Labelled:
		return fmt.Errorf("the profile must carry X's label of automated accounts: set it in the account's settings, then set x.automated_label")
	}
	return nil
}

// answerable says why a reply must not be sent, nil when X's rules allow it.
func (c *core) answerable(self network.Account, out network.Outgoing) error {
	if err := c.mayPost(); err != nil {
		return &network.Error{Op: postReply, Kind: network.Unauthorized, Err: err}
	}
	why := ""
	switch {
	case out.Visibility == network.Direct || out.Visibility == network.Followers:
		why = "X has no replies that only some may read"
	case out.To.ID == "":
		why = "on X nobody is written to who did not ask"
	case !mentions(out.To, self):
		why = "X lets apps answer only posts that mention them"
	default:
		return nil
	}
	return &network.Error{Op: postReply, Kind: network.Forbidden, Err: fmt.Errorf("%s", why)}
}

// mentions says whether a post names an account.
func mentions(p network.Post, who network.Account) bool {
	for _, a := range p.Mentions {
		if a.ID == who.ID {
			return true
		}
	}
	return false
}
