package x

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"slugpuppy/bot/network/answer"
)

// wire is the transport below the signer. It turns everything that is not a success into an error,
// because libraries above take an empty 429 or a problem in v2's words for an empty list; it keeps
// limits of calls, and notes whether a failed request can have reached X. It also reads the answers: whoever
// is above it gets none, because the libraries would hold them whole and lose all for one odd field.
type wire struct {
	next  http.RoundTripper
	log   *slog.Logger
	agent string
	path  string // of the base address
	count bool   // calls ourselves
	mu    sync.Mutex
	until map[string]time.Time   // family -> when calls are allowed again
	calls map[string][]time.Time // family -> when calls were made in the last window, oldest first
	told  map[string]told        // family -> what X said last
}

func newWire(next http.RoundTripper, agent, path string, count bool, log *slog.Logger) *wire {
	if next == nil {
		next = &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConns: 10, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 1 << 18,
		}
	}
	return &wire{next: next, log: log, agent: agent, path: path, count: count, until: map[string]time.Time{}, calls: map[string][]time.Time{}, told: map[string]told{}}
}

// window is the time X counts calls in.
const window = 15 * time.Minute

// call is one use of the API.
type call struct {
	unsafe bool                // a repetition would be seen
	into   func(*answer.Value) // reads the answer; nil when nothing of it is wanted
	sent   atomic.Bool         // the request has left, at least in part
}

type callKey struct{}

// RoundTrip implements http.RoundTripper. Its errors for answers are *refusal.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	family, calls := w.familyOf(req)
	if err := w.allowed(family, calls); err != nil {
		return nil, err
	}
	ctx := req.Context()
	c, ok := ctx.Value(callKey{}).(*call)
	if ok {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { c.sent.Store(true) }})
	}
	req = req.Clone(ctx)
	if req.Method != http.MethodGet {
		req.GetBody = nil // net/http must not send it again by itself
	}
	req.Header.Set("User-Agent", w.agent)
	resp, err := w.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	w.learn(family, resp.Header)
	defer resp.Body.Close()
	if resp.StatusCode/100 == 2 {
		return w.read(c, resp)
	}
	r := readRefusal(resp)
	if r.status == http.StatusTooManyRequests || r.limited() {
		if r.until.IsZero() {
			r.until = time.Now().Add(r.rest())
		}
		w.hold(family, r.until)
	}
	return nil, r
}

// read gives the caller what it wants of an answer, and those in between an empty one.
func (w *wire) read(c *call, resp *http.Response) (*http.Response, error) {
	if c != nil && c.into != nil {
		skipped, err := answer.Read(resp.Body, answer.Limits{}, c.into)
		if err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		if skipped > 0 {
			w.log.Warn("passing over what cannot be read in an answer", "path", resp.Request.URL.Path, "elements", skipped)
		}
	}
	resp.Body, resp.ContentLength = http.NoBody, 0
	return resp, nil
}

// familyOf is what a call counts against: its endpoint, whatever ids are in the path.
func (w *wire) familyOf(req *http.Request) (family string, calls int) {
	parts := strings.Split(strings.TrimPrefix(req.URL.Path, w.path), "/")
	for _, e := range slices.Concat(endpoints, v1Endpoints) {
		if e.method == req.Method && fits(e.path, parts) {
			return e.family(), e.calls
		}
	}
	for i, p := range parts {
		if _, err := strconv.ParseUint(strings.TrimSuffix(p, ".json"), 10, 64); err == nil {
			parts[i] = "{}"
		}
	}
	return req.Method + " " + strings.Join(parts, "/"), 0
}

func fits(pattern string, parts []string) bool {
	want := strings.Split(pattern, "/")
	if len(want) != len(parts) {
		return false
	}
	for i, p := range want {
		if p != parts[i] && p != "{}" {
			return false
		}
	}
	return true
}

// allowed refuses a call before X has to: its budget is used up as X said, or as we count.
func (w *wire) allowed(family string, calls int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if until := w.until[family]; now.Before(until) {
		return &refusal{status: http.StatusTooManyRequests, detail: "not sent: the limit of calls is reached", until: until}
	}
	if calls == 0 || !w.count {
		return nil
	}
	made := w.calls[family]
	for len(made) > 0 && now.Sub(made[0]) >= window {
		made = made[1:]
	}
	if len(made) >= calls {
		return &refusal{status: http.StatusTooManyRequests, detail: fmt.Sprintf("not sent: %d calls in 15 minutes", calls), until: made[0].Add(window)}
	}
	w.calls[family] = append(made, now)
	return nil
}

func (w *wire) hold(family string, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until[family] = until
}

// learn reads what is left of the budget of calls.
func (w *wire) learn(family string, h http.Header) {
	left, err := strconv.Atoi(h.Get("x-rate-limit-remaining"))
	reset, known := resetOf(h)
	if err != nil || !known {
		return
	}
	if left <= 0 {
		w.hold(family, reset)
	}
	if of, err := strconv.Atoi(h.Get("x-rate-limit-limit")); err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.told[family] = told{left, of, reset}
	}
}

// The longest that X can make us wait, beyond which a reset time is not believed.
const longestLimit = 25 * time.Hour

// slowAnswer is how old an answer may be when it arrives.
const slowAnswer = 10 * time.Second

// resetOf reads when calls are allowed again: seconds since 1970 by X's clock, of which a difference
// to ours is taken off.
func resetOf(h http.Header) (time.Time, bool) {
	s, err := strconv.ParseInt(h.Get("x-rate-limit-reset"), 10, 64)
	if err != nil || s <= 0 {
		return time.Time{}, false
	}
	now, t := time.Now(), time.Unix(s, 0)
	if date, err := http.ParseTime(h.Get("Date")); err == nil && now.Sub(date).Abs() > slowAnswer {
		t = t.Add(now.Sub(date))
	}
	if latest := now.Add(longestLimit); t.After(latest) {
		t = latest
	}
	return t, true
}

// refusal is an answer that is not a success, or what stands for it when a call is not sent.
type refusal struct {
	status     int
	code       int    // of v1.1, 0 for none
	kind       string // last part of v2's problem type
	detail     string
	parameters []string // that were refused
	until      time.Time
}

func (r *refusal) Error() string {
	text := r.detail
	if text == "" {
		text = http.StatusText(r.status)
	}
	if r.code != 0 {
		text += fmt.Sprintf(" (error %d)", r.code)
	}
	return text
}

// refusalLimits bound an answer that is looked at for a reason, which may be a page for people.
var refusalLimits = answer.Limits{Bytes: 1 << 16}

// mostReasons is how many errors, or parameters of one, are looked at.
const mostReasons = 20

// readRefusal reads why: a problem in v2's words, errors in v1.1's, or a page for people.
func readRefusal(resp *http.Response) *refusal {
	r := parseRefusal(resp.StatusCode, resp.Body)
	if resp.StatusCode == http.StatusTooManyRequests {
		r.until, _ = resetOf(resp.Header)
	}
	if to := answer.Line(resp.Header.Get("Location")); to != "" {
		r.detail = "X sends us to " + to + "; is the address right?"
	}
	return r
}

func parseRefusal(status int, body io.Reader) *refusal {
	r := &refusal{status: status}
	var kind, title string
	var errs []reason
	_, _ = answer.Read(body, refusalLimits, func(v *answer.Value) { // the status says enough without
		v.Fields(func(name []byte) {
			switch string(name) {
			case "title":
				title = v.Line()
			case "detail":
				r.detail = v.Line()
			case "type":
				kind = v.Line()
			case "errors":
				errs = answer.ListOf(v, mostReasons, (*reason).read).Items
			}
		})
	})
	r.kind = kind[strings.LastIndexByte(kind, '/')+1:]
	if r.detail == "" {
		r.detail = title
	}
	for i, e := range errs {
		if i == 0 {
			r.code = e.code
			if e.message != "" {
				r.detail = e.message
			}
		}
		r.parameters = append(r.parameters, e.parameters...)
	}
	return r
}

// reason is one of several errors.
type reason struct {
	code       int
	message    string
	parameters []string
}

func (r *reason) read(v *answer.Value) bool {
	return v.Fields(func(name []byte) {
		switch string(name) {
		case "code":
			r.code = int(v.Int())
		case "message":
			r.message = v.Line()
		case "parameters":
			v.Fields(func(name []byte) {
				if len(r.parameters) < mostReasons {
					r.parameters = append(r.parameters, answer.Line(string(name)))
				}
			})
		}
	})
}

// with puts a call into a context, which ends after so long.
func with(ctx context.Context, c *call, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	return context.WithValue(ctx, callKey{}, c), cancel
}
