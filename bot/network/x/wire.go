package x

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// wire is the transport below the signer. It turns everything that is not a success into an error,
// because libraries above take an empty 429 or a problem in v2's words for an empty list; it keeps
// limits of calls, caps answers, and notes whether a failed request can have reached X.
type wire struct {
	next  http.RoundTripper
	agent string
	path  string // of the base address
	count bool   // calls ourselves
	mu    sync.Mutex
	until map[string]time.Time   // family -> when calls are allowed again
	calls map[string][]time.Time // family -> when calls were made in the last window, oldest first
	told  map[string]told        // family -> what X said last
}

func newWire(next http.RoundTripper, agent, path string, count bool) *wire {
	if next == nil {
		next = &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConns: 10, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 1 << 18,
		}
	}
	return &wire{next: next, agent: agent, path: path, count: count, until: map[string]time.Time{}, calls: map[string][]time.Time{}, told: map[string]told{}}
}

// answerBytes bounds an answer; the largest, a page of a hundred posts, stays far below.
const answerBytes = 16 << 20

// window is the time X counts calls in.
const window = 15 * time.Minute

// call is one use of the API.
type call struct {
	unsafe bool        // a repetition would be seen
	sent   atomic.Bool // the request has left, at least in part
}

type callKey struct{}

// RoundTrip implements http.RoundTripper. Its errors for answers are *refusal.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	family, calls := w.familyOf(req)
	if err := w.allowed(family, calls); err != nil {
		return nil, err
	}
	ctx := req.Context()
	if c, ok := ctx.Value(callKey{}).(*call); ok {
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
	if resp.StatusCode/100 == 2 {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, answerBytes), resp.Body}
		return resp, nil
	}
	defer resp.Body.Close()
	r := readRefusal(resp)
	if r.status == http.StatusTooManyRequests || r.limited() {
		if r.until.IsZero() {
			r.until = time.Now().Add(r.rest())
		}
		w.hold(family, r.until)
	}
	return nil, r
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

// refusalBytes is as much of an answer as is looked at for a reason.
const refusalBytes = 1 << 20

// readRefusal reads why: a problem in v2's words, errors in v1.1's, or a page for people.
func readRefusal(resp *http.Response) *refusal {
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, refusalBytes)) // the status says enough without
	r := parseRefusal(resp.StatusCode, raw)
	if resp.StatusCode == http.StatusTooManyRequests {
		r.until, _ = resetOf(resp.Header)
	}
	if to := resp.Header.Get("Location"); to != "" {
		r.detail = "X sends us to " + to + "; is the address right?"
	}
	return r
}

func parseRefusal(status int, raw []byte) *refusal {
	r := &refusal{status: status}
	var body struct {
		Title, Detail, Type string
		Errors              []struct {
			Code       int
			Message    string
			Parameters map[string]json.RawMessage
		}
	}
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) || json.Unmarshal(raw, &body) != nil {
		return r
	}
	r.kind = body.Type[strings.LastIndexByte(body.Type, '/')+1:]
	r.detail = body.Detail
	if r.detail == "" {
		r.detail = body.Title
	}
	for i, e := range body.Errors {
		if i == 0 {
			r.code = e.Code
			if e.Message != "" {
				r.detail = e.Message
			}
		}
		for name := range e.Parameters {
			r.parameters = append(r.parameters, name)
		}
	}
	return r
}

// with puts a call into a context, which ends after so long.
func with(ctx context.Context, c *call, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	return context.WithValue(ctx, callKey{}, c), cancel
}
