package mastodon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
	"slugpuppy/bot/network/safehttp"
)

// wire is the transport below go-mastodon. It adds what that lacks: idempotency keys, rate
// limits, and whether a failed request can have reached the server. It also reads the answers: whoever is
// above it gets none, because the library would hold them whole and lose all for one odd field.
type wire struct {
	next  http.RoundTripper
	agent string
	log   *slog.Logger
	mu    sync.Mutex
	until map[string]time.Time // family -> when its budget is full again
}

func newWire(next http.RoundTripper, agent string, log *slog.Logger) *wire {
	if next == nil {
		next = &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConns: 10, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 1 << 18,
		}
	}
	return &wire{next: next, agent: agent, log: log, until: map[string]time.Time{}}
}

// rateLimited is an answer 429, or a request that was not sent because it would be one.
type rateLimited struct{ until time.Time }

func (e *rateLimited) Error() string {
	return "rate limit reached until " + e.until.Format(time.RFC3339)
}

// statusError is an answer that is not 2xx.
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
	defer resp.Body.Close()
	if c == nil {
		c = &call{}
	}
	c.link, c.date = resp.Header.Get("Link"), resp.Header.Get("Date")
	if resp.StatusCode/100 != 2 {
		return nil, refusal(resp)
	}
	return w.read(c, resp)
}

// read gives the caller what it wants of an answer, and those in between an empty one.
func (w *wire) read(c *call, resp *http.Response) (*http.Response, error) {
	if c.into != nil {
		skipped, err := answer.Read(resp.Body, c.limits, c.into)
		if err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		if skipped > 0 {
			w.log.Warn("passing over what cannot be read in an answer", "op", c.op, "elements", skipped)
		}
	}
	c.code = resp.StatusCode
	resp.StatusCode, resp.ContentLength = http.StatusOK, -1 // the library takes no other success
	resp.Body = io.NopCloser(strings.NewReader("null"))
	return resp, nil
}

// refusalLimits bound an answer that is not 2xx, which may be a page for people.
var refusalLimits = answer.Limits{Bytes: 1 << 16}

// refusal reads why a server refuses something.
func refusal(resp *http.Response) error {
	why := &statusError{code: resp.StatusCode}
	answer.Read(resp.Body, refusalLimits, func(v *answer.Value) { // the status says enough without
		inside(v, "error", func() { why.message = v.Line() })
	})
	if to := answer.Line(resp.Header.Get("Location")); to != "" {
		why.message = "the server sends us to " + to + "; is its address right?"
	}
	return why
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
	key    string              // idempotency key
	unsafe bool                // a repetition would be seen
	into   func(*answer.Value) // reads the answer; nil when nothing of it is wanted
	limits answer.Limits
	sent   atomic.Bool
	code   int    // of the last answer
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
	var refused *statusError
	switch {
	case errors.As(err, &limited):
		e.Kind, e.RetryAt, e.Status = network.RateLimited, limited.until, http.StatusTooManyRequests
	case errors.As(err, &refused):
		e.Status = refused.code
	case errors.Is(err, safehttp.ErrRefused): // it is not asked, today and tomorrow
		e.Kind, e.Remedy = network.Forbidden, "set mastodon.trusted if it is in a network of your own"
		e.Notice = "whoever runs this lets it ask no server that is not public; only they can change that"
		return e
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

// get asks for something, of which into reads what it wants.
func (c *Client) get(ctx context.Context, path string, query url.Values, into func(*answer.Value)) error {
	u := c.base.JoinPath(path)
	u.RawQuery = query.Encode()
	return c.ask(ctx, http.MethodGet, u, nil, into)
}

// send changes something with a form; into may be nil.
func (c *Client) send(ctx context.Context, method, path string, form url.Values, into func(*answer.Value)) error {
	return c.ask(ctx, method, c.base.JoinPath(path), form, into)
}

// ask makes a request within a call.
func (c *Client) ask(ctx context.Context, method string, u *url.URL, form url.Values, into func(*answer.Value)) error {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	if k, ok := ctx.Value(callKey{}).(*call); ok {
		k.into = into
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.opt.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.opt.Token)
	}
	resp, err := c.api.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
