package mastodon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// Directory finds the accounts that handles name, by asking the server that a handle's domain belongs
// to. What any other server says of a handle is a claim.
type Directory struct {
	Client    *http.Client // for addresses that strangers chose
	UserAgent string       // some servers refuse an empty one
	// Own is the address of the server that needs no finding, which may be without https; nil for none.
	Own *url.URL
}

// username is how Mastodon and its relatives spell names (app/models/account.rb, USERNAME_RE), in lower
// case and bounded.
var username = regexp.MustCompile(`^[a-z0-9_](?:[a-z0-9_.-]{0,62}[a-z0-9_])?$`)

// splitHandle reads name@domain, the domain in the form of identity.Host.
func splitHandle(handle string) (name, domain string, err error) {
	name, domain, ok := strings.Cut(strings.ToLower(strings.TrimPrefix(handle, "@")), "@")
	if !ok || !username.MatchString(name) {
		return "", "", fmt.Errorf("%.100q is no account such as name@example.social", handle)
	}
	domain, err = identity.Host(domain)
	return name, domain, err
}

// Sizes of answers.
const (
	maxDescriptor = 1 << 16
	maxAccount    = 1 << 20
)

// mostLinks is how many links of a descriptor are looked at.
const mostLinks = 100

// link is one of those of a JSON resource descriptor (RFC 7033, 4.4).
type link struct{ Rel, Type, Href string }

func (l *link) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "rel":
			l.Rel = v.Line()
		case "type":
			l.Type = v.Line()
		case "href":
			l.Href = v.URL()
		}
	})
	return l.Href != ""
}

// Host is the server that has the account of a handle, as the handle's domain says by WebFinger
// (RFC 7033): that of the account's ActivityPub id, else of its profile page.
func (d *Directory) Host(ctx context.Context, handle string) (string, error) {
	const op = "ask who has an account"
	name, domain, err := splitHandle(handle)
	if err != nil {
		return "", &network.Error{Op: op, Kind: network.Rejected, Err: err}
	}
	query := url.Values{"resource": {"acct:" + name + "@" + domain}}
	var links []link
	at := &url.URL{Scheme: "https", Host: domain, Path: "/.well-known/webfinger", RawQuery: query.Encode()}
	if err := d.get(ctx, op, at, maxDescriptor, func(v *answer.Value) {
		inside(v, "links", func() { links = answer.ListOf(v, mostLinks, (*link).read).Items })
	}); err != nil {
		return "", err
	}
	for _, rel := range []string{"self", "http://webfinger.net/rel/profile-page"} {
		for _, l := range links {
			u, err := url.Parse(l.Href)
			if l.Rel != rel || rel == "self" && !activity(l.Type) || err != nil || u.User != nil {
				continue
			}
			if host, err := identity.Host(u.Scheme + "://" + u.Host); err == nil {
				return host, nil
			}
		}
	}
	err = fmt.Errorf("%s names no server for %s", domain, name)
	return "", &network.Error{Op: op, Kind: network.NotFound, Err: err}
}

// activity says whether a type is ActivityPub's.
func activity(mime string) bool {
	mime, _, _ = strings.Cut(mime, ";")
	return mime == "application/activity+json" || mime == "application/ld+json"
}

// Find is the account of a handle: what the server that has it calls it. Servers may want a token for
// that, which is an Unauthorized error.
func (d *Directory) Find(ctx context.Context, handle string) (identity.Identity, error) {
	const op = "look up an account at its server"
	name, domain, err := splitHandle(handle)
	if err != nil {
		return identity.Identity{}, &network.Error{Op: op, Kind: network.Rejected, Err: err}
	}
	at := &url.URL{Scheme: "https", Path: "/api/v1/accounts/lookup", RawQuery: url.Values{"acct": {name}}.Encode()}
	if at.Host, err = d.server(ctx, name, domain); err != nil {
		return identity.Identity{}, err
	}
	if d.owns(at.Host) {
		at.Scheme, at.Host = d.Own.Scheme, d.Own.Host
	}
	var a account
	if err := d.get(ctx, op, at, maxAccount, func(v *answer.Value) { a.read(v) }); err != nil {
		return identity.Identity{}, err
	}
	who, err := identity.New(at.Scheme+"://"+at.Host, a.ID)
	if err == nil && (a.Username != name || strings.Contains(a.Acct, "@")) {
		err = fmt.Errorf("%s answers with %.100q", at.Host, cmp.Or(a.Acct, a.Username))
	}
	if err != nil {
		return identity.Identity{}, &network.Error{Op: op, Kind: network.Rejected, Err: err}
	}
	return who, nil
}

// server is that of an account, which is no question when the domain is our own server.
func (d *Directory) server(ctx context.Context, name, domain string) (string, error) {
	if d.owns(domain) {
		return domain, nil
	}
	return d.Host(ctx, name+"@"+domain)
}

func (d *Directory) owns(host string) bool {
	if d.Own == nil {
		return false
	}
	own, err := identity.Host(d.Own.Scheme + "://" + d.Own.Host)
	return err == nil && own == host
}

// get reads an answer of at most limit bytes.
func (d *Directory) get(ctx context.Context, op string, at *url.URL, limit int64, into func(*answer.Value)) error {
	ctx, cancel := context.WithTimeout(ctx, loginTime)
	defer cancel()
	failed := func(kind network.ErrorKind, status int, err error) error {
		return &network.Error{Op: op, Kind: kind, Status: status, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return failed(network.Rejected, 0, err)
	}
	req.Header.Set("Accept", "application/jrd+json, application/json")
	req.Header.Set("User-Agent", d.UserAgent)
	res, err := d.Client.Do(req)
	if err != nil {
		return failed(network.Transient, 0, fmt.Errorf("%s does not answer: %w", at.Host, err))
	}
	defer res.Body.Close()
	switch code := res.StatusCode; {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return failed(network.Unauthorized, code, fmt.Errorf("%s says nothing without a token", at.Host))
	case code == http.StatusTooManyRequests, code >= 500:
		return failed(network.Transient, code, fmt.Errorf("%s does not answer now", at.Host))
	case code != http.StatusOK:
		return failed(network.NotFound, code, fmt.Errorf("%s knows no such account", at.Host))
	}
	_, err = answer.Read(res.Body, answer.Limits{Bytes: limit}, answer.Object(into))
	if err != nil {
		return failed(network.Rejected, res.StatusCode, fmt.Errorf("read the answer of %s: %w", at.Host, err))
	}
	return nil
}

// noticeForeign is what somebody hears whose server claims another's account.
const noticeForeign = "your server calls you by a name that belongs to another server, so nobody can be sure who you are"

// Handle is what the account of the token may be called: a name of the server itself, or of a domain
// that says it has its accounts there. A server that calls an account by another server's name
// is Forbidden; while a domain cannot be asked the error is one that may pass.
func (c *Client) Handle(ctx context.Context) (string, error) {
	domain, err := c.domain.Get(ctx, func() (string, error) { return c.askDomain(ctx) })
	if err != nil {
		return "", err
	}
	a, err := c.credentials(ctx)
	if err != nil {
		return "", err
	}
	return c.called(ctx, a.Acct, domain)
}

// called decides on the name that the server gives, in the domain that it says is its own.
func (c *Client) called(ctx context.Context, acct, domain string) (string, error) {
	const op = "find out what an account is called"
	if c.opt.Directory == nil { // our own server is believed
		return translator{domain}.handle(acct), nil
	}
	local, _, foreign := strings.Cut(acct, "@")
	if !foreign {
		acct += "@" + domain
	}
	name, domain, err := splitHandle(acct)
	if err != nil && !foreign {
		name, domain, err = splitHandle(local + "@" + c.host)
	}
	if err != nil {
		return "", &network.Error{Op: op, Kind: network.Rejected, Err: err}
	}
	if domain == c.host {
		return name + "@" + domain, nil
	}
	host, err := c.opt.Directory.Host(ctx, name+"@"+domain)
	switch {
	case err == nil && host == c.host:
		return name + "@" + domain, nil
	case network.MayPass(err):
		return "", err
	case foreign:
		return "", &network.Error{Op: op, Kind: network.Forbidden, Notice: noticeForeign,
			Err: errors.Join(fmt.Errorf("%s calls an account @%s, which is for %s to say", c.host, acct, domain), err)}
	}
	return name + "@" + c.host, nil
}
