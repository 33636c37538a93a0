package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattn/go-mastodon"

	"slugpuppy/bot/network"
)

// wire is the transport below go-mastodon. It adds what that lacks: idempotency keys, rate
// limits, a cap on answers, and whether a failed request can have reached the server.
type wire struct {
	next  http.RoundTripper
	agent string
	mu    sync.Mutex
	until map[string]time.Time // family -> when its budget is full again
}

func newWire(next http.RoundTripper, agent string) *wire {
	if next == nil {
		next = &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConns: 10, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 1 << 18,
		}
	}
	return &wire{next: next, agent: agent, until: map[string]time.Time{}}
}

// answerBytes bounds an answer; the largest, a page of posts, stays far below.
const answerBytes = 16 << 20

// rateLimited is an answer 429, or a request that was not sent because it would be one.
type rateLimited struct{ until time.Time }

func (e *rateLimited) Error() string {
	return "rate limit reached until " + e.until.Format(time.RFC3339)
}

// statusError is an answer to one of our own requests that is not 2xx.
type statusError struct {
	code    int
	message string
}

func (e *statusError) Error() string {
	if e.message == "" {
		return http.StatusText(e.code)
	}
	return e.message
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	family := familyOf(req)
	if err := w.allowed(family); err != nil {
		return nil, err
	}
	c, _ := req.Context().Value(callKey{}).(*call)
	ctx := req.Context()
	if c != nil {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { c.sent.Store(true) }})
	}
	req = req.Clone(ctx)
	// net/http sends a request with a body it can rewind again when a connection breaks, and
	// takes an idempotency key for permission. Servers that ignore the key would post twice.
	if req.Method != http.MethodGet {
		req.GetBody = nil
	}
	if c != nil && c.key != "" {
		req.Header.Set("Idempotency-Key", c.key)
	}
	req.Header.Set("User-Agent", w.agent)
	resp, err := w.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if err := w.learn(family, resp); err != nil {
		resp.Body.Close()
		return nil, err
	}
	if c != nil {
		c.link, c.date = resp.Header.Get("Link"), resp.Header.Get("Date")
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, answerBytes), resp.Body}
	return resp, nil
}

// everything is the family of requests that count against nothing but the overall budget.
const everything = "all"

// familyOf tells apart what Mastodon counts separately beside the overall budget (its
// config/initializers/rack_attack.rb). An answer names the tightest of the budgets that its
// request counts against, so 30 deletions say "0 left, wait half an hour" to nobody else.
func familyOf(req *http.Request) string {
	q := req.URL.Query()
	switch {
	case req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/media"):
		return "media"
	case req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/api/v1/statuses"):
		return "statuses"
	case req.Method == http.MethodDelete:
		return "deletes"
	case q.Has("min_id") || q.Has("max_id"):
		return "paging"
	}
	return everything
}

// allowed refuses a request whose family has no budget left, before the server has to.
func (w *wire) allowed(family string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	until := w.until[everything]
	if own := w.until[family]; own.After(until) {
		until = own
	}
	if time.Now().Before(until) {
		return &rateLimited{until}
	}
	return nil
}

// learn reads the rate-limit headers. A 429 becomes an error here, because go-mastodon would
// wait and send again by itself.
func (w *wire) learn(family string, resp *http.Response) error {
	reset, known := resetOf(resp.Header)
	if resp.StatusCode == http.StatusTooManyRequests {
		if !known {
			reset = time.Now().Add(time.Minute)
		}
		w.exhaust(family, reset)
		return &rateLimited{reset}
	}
	if left, err := strconv.Atoi(resp.Header.Get("X-RateLimit-Remaining")); err == nil && left <= 0 && known {
		w.exhaust(family, reset)
	}
	return nil
}

func (w *wire) exhaust(family string, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until[family] = until
}

// longestLimit bounds what a server can make us wait. Reset times are the server's, whose clock
// may differ from ours: a difference beyond what a slow answer explains is taken off.
const (
	longestLimit = 3 * time.Hour
	slowAnswer   = 10 * time.Second
)

// resetOf reads when the budget is full again: ISO 8601 or seconds since 1970.
func resetOf(h http.Header) (time.Time, bool) {
	now := time.Now()
	bounded := func(t time.Time) (time.Time, bool) {
		if date, err := http.ParseTime(h.Get("Date")); err == nil && now.Sub(date).Abs() > slowAnswer {
			t = t.Add(now.Sub(date))
		}
		if latest := now.Add(longestLimit); t.After(latest) {
			t = latest
		}
		return t, true
	}
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil && s > 0 {
		return now.Add(min(time.Duration(min(s, 1<<20))*time.Second, longestLimit)), true
	}
	v := h.Get("X-RateLimit-Reset")
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return bounded(t)
	}
	if s, err := strconv.ParseInt(v, 10, 64); err == nil && s > 0 {
		return bounded(time.Unix(s, 0))
	}
	return time.Time{}, false
}

// call is one use of the API.
type call struct {
	op     string
	key    string // idempotency key
	unsafe bool   // a repetition would be seen
	sent   atomic.Bool
	link   string // header of the last answer: where the list goes on
	date   string // header of the last answer: the server's time
	cancel context.CancelFunc
}

type callKey struct{}

// begin gives a call its deadline and its name in errors.
func (c *Client) begin(ctx context.Context, op string, limit time.Duration) (context.Context, *call) {
	k := &call{op: op}
	ctx, k.cancel = context.WithTimeout(ctx, limit)
	return context.WithValue(ctx, callKey{}, k), k
}

// next is the max_id of the page after the last answer, "" at the end. Lists such as mutes are
// paged by ids that are not in them (RFC 8288).
func (k *call) next() string {
	for part := range strings.SplitSeq(k.link, ",") {
		target, rel, ok := strings.Cut(part, ">;")
		if ok && strings.Contains(rel, `rel="next"`) {
			u, err := url.Parse(strings.TrimPrefix(strings.TrimSpace(target), "<"))
			if err == nil {
				return u.Query().Get("max_id")
			}
		}
	}
	return ""
}

func (k *call) end() { k.cancel() }

// failed turns any error of a call into a *network.Error, nil into nil.
func (k *call) failed(err error) error {
	if err == nil {
		return nil
	}
	var named *url.Error // with the address, which may be of something private
	if errors.As(err, &named) {
		err = named.Err
	}
	e := &network.Error{Op: k.op, Err: err, Kind: network.Transient}
	var limited *rateLimited
	var theirs *mastodon.APIError
	var ours *statusError
	switch {
	case errors.As(err, &limited):
		e.Kind, e.RetryAt, e.Status = network.RateLimited, limited.until, http.StatusTooManyRequests
	case errors.As(err, &theirs):
		e.Status = theirs.StatusCode
	case errors.As(err, &ours):
		e.Status = ours.code
	default: // no answer, or one that cannot be read
		if k.unsafe && k.sent.Load() {
			e.Kind = network.Ambiguous
		}
		return e
	}
	if e.Kind != network.RateLimited {
		e.Kind = k.kind(e.Status)
	}
	return e
}

func (k *call) kind(status int) network.ErrorKind {
	switch {
	case status == http.StatusUnauthorized:
		return network.Unauthorized
	case status == http.StatusForbidden:
		return network.Forbidden
	case status == http.StatusNotFound || status == http.StatusGone:
		return network.NotFound
	case status == http.StatusRequestTimeout || status >= 500:
		if k.unsafe {
			return network.Ambiguous
		}
		return network.Transient
	case status >= 300:
		return network.Rejected
	}
	return network.Transient
}

// get is for what go-mastodon has no call or no field for.
func (c *Client) get(ctx context.Context, path string, query url.Values, out any) (int, error) {
	u := c.base.JoinPath(path)
	u.RawQuery = query.Encode()
	return c.ask(ctx, http.MethodGet, u, nil, out)
}

// send changes something with a form; out may be nil.
func (c *Client) send(ctx context.Context, method, path string, form url.Values, out any) error {
	_, err := c.ask(ctx, method, c.base.JoinPath(path), form, out)
	return err
}

func (c *Client) ask(ctx context.Context, method string, u *url.URL, form url.Values, out any) (int, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return 0, fmt.Errorf("make request: %w", err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.opt.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.opt.Token)
	}
	resp, err := c.api.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		var why struct {
			Error string `json:"error"`
		}
		_ = json.NewDecoder(resp.Body).Decode(&why) // the status says enough without
		if to := resp.Header.Get("Location"); to != "" {
			why.Error = "the server sends us to " + to + "; is its address right?"
		}
		return resp.StatusCode, &statusError{resp.StatusCode, why.Error}
	}
	if out == nil {
		return resp.StatusCode, nil
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return resp.StatusCode, fmt.Errorf("read answer: %w", err)
	}
	return resp.StatusCode, nil
}
