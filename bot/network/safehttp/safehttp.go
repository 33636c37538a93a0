// Package safehttp downloads from addresses that strangers chose. It reaches public hosts
// over https and nothing else: no private networks, no loopback, no cloud metadata, whatever
// a name resolves to and wherever a redirect leads.
package safehttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// Errors of Fetch.
var (
	ErrRefused   = errors.New("address is not on the public internet")
	ErrTooLarge  = errors.New("file is larger than allowed")
	ErrRedirects = errors.New("too many redirects")
)

// StatusError is an answer other than 200.
type StatusError struct{ Code int }

func (e *StatusError) Error() string { return fmt.Sprintf("HTTP %d", e.Code) }

// Options of a Client.
type Options struct {
	// Allow names hosts (host:port as in the address, or a host for its default port) that may
	// be private and speak plain http: the bot's own server in tests, demos and closed networks.
	Allow     []string
	UserAgent string
	Timeout   time.Duration // of a whole download; 60 s
	// Proxy says through which proxy an address is reached, nil for none; that of the environment (HTTPS_PROXY,
	// HTTP_PROXY, NO_PROXY) when nil.
	Proxy func(*url.URL) (*url.URL, error)
	// Lookup resolves names; net.DefaultResolver when nil.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

const (
	redirects   = 3
	dialTime    = 10 * time.Second
	headerBytes = 1 << 16
)

// Client is safe for concurrent use.
type Client struct {
	http  *http.Client
	opt   Options
	plain net.Dialer // for allowed hosts
	safe  net.Dialer
}

// New returns a client. It keeps no cookies. A proxy is told addresses that were checked, not names, which it
// might resolve to others.
func New(o Options) *Client {
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if o.Proxy == nil {
		o.Proxy = httpproxy.FromEnvironment().ProxyFunc()
	}
	c := &Client{opt: o, plain: net.Dialer{Timeout: dialTime}}
	c.safe = net.Dialer{Timeout: dialTime, ControlContext: control}
	c.http = &http.Client{
		Timeout: o.Timeout,
		Transport: &http.Transport{
			DialContext: c.dial, TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: dialTime + dialTime,
			MaxResponseHeaderBytes: headerBytes, MaxIdleConns: 20, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > redirects {
				return ErrRedirects
			}
			return c.check(req.URL)
		},
	}
	return c
}

// HTTP is a client for other requests to addresses that strangers chose, under the same rules.
func (c *Client) HTTP() *http.Client {
	guarded := *c.http
	guarded.Transport = guard{c}
	return &guarded
}

// Transport is what HTTP uses.
func (c *Client) Transport() http.RoundTripper { return guard{c} }

// guard refuses addresses before they are dialled.
type guard struct{ c *Client }

// RoundTrip implements http.RoundTripper.
func (g guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := g.c.check(req.URL); err != nil {
		return nil, err
	}
	return g.c.http.Transport.RoundTrip(req)
}

// Fetch downloads a file of at most limit bytes. It fails with ErrRefused, ErrTooLarge,
// ErrRedirects, *StatusError or the network's error.
func (c *Client) Fetch(ctx context.Context, address string, limit int64) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("download: %w", nameless(err))
	}
	if err := c.check(u); err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	if c.opt.UserAgent != "" {
		req.Header.Set("User-Agent", c.opt.UserAgent)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("download from %s: %w", u.Host, nameless(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("download: %w", &StatusError{resp.StatusCode})
	}
	if resp.ContentLength > limit {
		return nil, fmt.Errorf("download: %w: %d bytes", ErrTooLarge, resp.ContentLength)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("download: %w", ErrTooLarge)
	}
	return data, nil
}

// nameless takes the address out of an error: a private post's must not be written down.
func nameless(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// check refuses what can be refused before a name is resolved.
func (c *Client) check(u *url.URL) error {
	switch {
	case u.User != nil:
		return fmt.Errorf("%w: it carries a password", ErrRefused)
	case c.allowed(u.Host):
		if u.Scheme != "https" && u.Scheme != "http" {
			return fmt.Errorf("%w: %s", ErrRefused, u.Scheme)
		}
		return nil
	case u.Scheme != "https":
		return fmt.Errorf("%w: %s instead of https", ErrRefused, u.Scheme)
	case u.Port() != "" && u.Port() != "443": // the web is there; on other ports live other protocols
		return fmt.Errorf("%w: port %s", ErrRefused, u.Port())
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !public(ip) {
		return fmt.Errorf("%w: %s", ErrRefused, ip)
	}
	return nil
}

func (c *Client) allowed(host string) bool {
	return slices.ContainsFunc(c.opt.Allow, func(a string) bool { return strings.EqualFold(a, host) })
}

// dial checks the address that a connection is really made to, so that a name cannot
// resolve to one address when checked and to another when used.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	trusted := c.allowed(address) || ((port == "443" || port == "80") && c.allowed(host))
	via, err := c.opt.Proxy(&url.URL{Scheme: schemeOf(port), Host: address})
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the proxy's address: %w", err)
	case via != nil && trusted:
		return c.through(ctx, via, address)
	case via != nil:
		return c.throughChecked(ctx, via, host, port)
	case trusted:
		return c.plain.DialContext(ctx, network, address)
	case c.opt.Lookup == nil:
		return c.safe.DialContext(ctx, network, address)
	}
	ips, err := c.opt.Lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, ip := range ips {
		var conn net.Conn
		if conn, err = c.safe.DialContext(ctx, network, net.JoinHostPort(ip.String(), port)); err == nil {
			return conn, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("no address for %s", host), err)
}

func control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrRefused, address)
	}
	if !public(at.Addr()) {
		return fmt.Errorf("%w: %s", ErrRefused, at.Addr())
	}
	return nil
}

// special are the networks of RFC 6890 and its successors that netip has no method for.
var special = func() (nets []netip.Prefix) {
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		nets = append(nets, netip.MustParsePrefix(s))
	}
	return nets
}()

func public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) })
}
