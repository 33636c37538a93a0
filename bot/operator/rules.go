package operator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/rules"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// Rules implements Service.
func (l *Local) Rules(context.Context) ([]Rule, error) {
	list, err := l.Store.Operator().Rules()
	if err != nil {
		return nil, fmt.Errorf("list rules: %w", err)
	}
	subs, err := l.Store.Operator().Subscribers()
	if err != nil {
		return nil, fmt.Errorf("list subscribers: %w", err)
	}
	out := make([]Rule, 0, len(list))
	for _, r := range list {
		out = append(out, ruleOf(r, nameOf(r.Owner, subs)))
	}
	return out, nil
}

// nameOf is the handle of a subscriber, the identity of somebody who is none any more, "" of nobody.
func nameOf(who identity.Identity, subs []store.Subscriber) string {
	if who.IsZero() {
		return ""
	}
	if i := slices.IndexFunc(subs, func(s store.Subscriber) bool { return s.Identity == who }); i >= 0 {
		return subs[i].Handle
	}
	return who.String()
}

// shown is a rule as operators see it.
func (l *Local) shown(r store.Rule) (*Rule, error) {
	subs, err := l.Store.Operator().Subscribers()
	if err != nil {
		return nil, fmt.Errorf("list subscribers: %w", err)
	}
	v := ruleOf(r, nameOf(r.Owner, subs))
	return &v, nil
}

// whose is the subscriber of a name, nobody for none.
func (l *Local) whose(name string) (identity.Identity, error) {
	if name == "" {
		return identity.Identity{}, nil
	}
	sub, err := (&timeline.Desk{Store: l.Store}).Find(name)
	return sub.Identity, orderError(err)
}

// AddRule implements Service.
func (l *Local) AddRule(ctx context.Context, r Rule) (Change, error) {
	if err := checkRule(r); err != nil {
		return Change{}, fmt.Errorf("%w: %w", ErrUnread, err)
	}
	owner, err := l.whose(r.User)
	if err != nil {
		return Change{}, err
	}
	record := r.record()
	record.Owner = owner
	stored, undo, err := l.Store.Operator().AddRule(actor(ctx), record)
	if err != nil {
		return Change{}, fmt.Errorf("add a rule: %w", err)
	}
	v, err := l.shown(stored)
	return Change{What: fmt.Sprintf("%s %s %s", stored.Effect, stored.Kind, stored.Value), Rule: v, Undo: undo}, err
}

// checkRule keeps nonsense out, whoever sends it.
func checkRule(r Rule) error {
	switch {
	case r.Effect != string(rules.Allow) && r.Effect != string(rules.Deny):
		return fmt.Errorf("a rule allows or denies, not %q", r.Effect)
	case r.Scope != string(rules.Mention) && r.Scope != string(rules.Filter) && r.Scope != string(rules.Both):
		return fmt.Errorf("the scope is mention, filter or both, not %q", r.Scope)
	case r.Kind == "" || r.Value == "":
		return errors.New("a rule needs a subject")
	case !r.Until.IsZero() && r.Until.Before(time.Now()):
		return errors.New("the rule would have run out already")
	}
	return nil
}

// RemoveRule implements Service.
func (l *Local) RemoveRule(ctx context.Context, id string) (Change, error) {
	r, undo, err := l.Store.Operator().RemoveRule(actor(ctx), id)
	if errors.Is(err, store.ErrNoRule) {
		return Change{}, fmt.Errorf("%w: no rule %s", ErrNotFound, id)
	}
	if err != nil {
		return Change{}, err
	}
	v, err := l.shown(r)
	return Change{What: fmt.Sprintf("no longer %s %s %s", r.Effect, r.Kind, r.Value), Rule: v, Undo: undo}, err
}

// TestRules implements Service.
func (l *Local) TestRules(_ context.Context, t Trial) (Decision, error) {
	if t.Scope != string(rules.Mention) && t.Scope != string(rules.Filter) {
		return Decision{}, fmt.Errorf("%w: rules are tested for mention or filter, not %q", ErrUnread, t.Scope)
	}
	user, err := l.whose(t.User)
	if err != nil {
		return Decision{}, err
	}
	list, err := l.Store.Operator().Rules()
	if err != nil {
		return Decision{}, fmt.Errorf("list rules: %w", err)
	}
	e := t.event(user)
	instead, err := l.known(&e)
	if err != nil {
		return Decision{}, err
	}
	d := rules.Decide(list, e, time.Now())
	switch {
	case d.Rule != nil && instead != "": // the subscriber's own word comes before any rule
		return Decision{Why: instead + ", which comes before " + d.Why}, nil
	case instead != "":
		return Decision{Why: d.Why + "; " + instead}, nil
	case d.Rule == nil:
		return Decision{Why: d.Why}, nil
	}
	v, err := l.shown(*d.Rule)
	return Decision{Rule: v, Why: d.Why}, err
}

// known adds what is known of the event's post: for mentions from the job that it became, for a subscriber's timeline
// from what was seen there. Where the daemon would go there by something else than a rule, instead says by what.
func (l *Local) known(e *rules.Event) (instead string, err error) {
	if e.Post == "" {
		return "", nil
	}
	if e.Scope == rules.Mention {
		j, err := l.Store.Operator().JobOf(e.Post)
		if err == nil && e.Author == "" {
			e.Author = j.Handle
		}
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return "", err
	}
	if e.User.IsZero() {
		return "", nil
	}
	f, err := l.filter()
	if err != nil {
		return "", err
	}
	j, ok, err := f.Would(e.User, e.Post, e.Text)
	if err != nil || j.Post == "" {
		return "", err
	}
	e.Author, e.Post, e.URL, e.Pictures = j.Author, j.Post, j.URL, j.Pictures
	if ok && j.Rule == "" {
		instead = words.Why(j)
	}
	return instead, nil
}

// Undo implements Service.
func (l *Local) Undo(ctx context.Context, token string) (Change, error) {
	did, undo, err := l.Store.Operator().Undo(actor(ctx), token)
	if errors.Is(err, store.ErrNoUndo) {
		return Change{}, fmt.Errorf("%w: nothing to undo under %q", ErrNotFound, token)
	}
	if errors.Is(err, store.ErrUndone) {
		return Change{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err != nil {
		return Change{}, err
	}
	l.wakeAll()
	return Change{What: strings.TrimSuffix(words.Logged(did), "."), Undo: undo}, nil
}

// Audit implements Service.
func (l *Local) Audit(_ context.Context, limit int) ([]Entry, error) {
	list, err := l.Store.Operator().Audit(limit)
	if err != nil {
		return nil, fmt.Errorf("read the audit trail: %w", err)
	}
	entries := make([]Entry, len(list))
	for i, e := range list {
		entries[i] = entryOf(e)
	}
	return entries, nil
}

// maxRequest bounds what the daemon reads from the socket.
const maxRequest = 1 << 16

// handleRules serves the rules' part of a Service.
func handleRules(mux *http.ServeMux, s Service) {
	mux.HandleFunc("GET /v1/rules", func(w http.ResponseWriter, r *http.Request) {
		v, err := s.Rules(r.Context())
		answer(w, v, err)
	})
	mux.HandleFunc("POST /v1/rules", func(w http.ResponseWriter, r *http.Request) {
		withBody(w, r, s.AddRule)
	})
	mux.HandleFunc("POST /v1/rules/test", func(w http.ResponseWriter, r *http.Request) {
		withBody(w, r, s.TestRules)
	})
	mux.HandleFunc("DELETE /v1/rules/{id}", func(w http.ResponseWriter, r *http.Request) {
		v, err := s.RemoveRule(r.Context(), r.PathValue("id"))
		answer(w, v, err)
	})
	mux.HandleFunc("POST /v1/undo/{token}", func(w http.ResponseWriter, r *http.Request) {
		v, err := s.Undo(r.Context(), r.PathValue("token"))
		answer(w, v, err)
	})
	mux.HandleFunc("GET /v1/audit", func(w http.ResponseWriter, r *http.Request) {
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		v, err := s.Audit(r.Context(), limit)
		answer(w, v, err)
	})
}

// withBody reads a request's JSON and answers with what do makes of it.
func withBody[In, Out any](w http.ResponseWriter, r *http.Request, do func(context.Context, In) (Out, error)) {
	var in In
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&in); err != nil {
		answer(w, nil, fmt.Errorf("%w: %w", ErrUnread, err))
		return
	}
	out, err := do(r.Context(), in)
	answer(w, out, err)
}

// Rules implements Service.
func (c *Client) Rules(ctx context.Context) ([]Rule, error) {
	var list []Rule
	err := c.call(ctx, http.MethodGet, "/v1/rules", &list)
	return list, err
}

// AddRule implements Service.
func (c *Client) AddRule(ctx context.Context, r Rule) (Change, error) {
	var did Change
	body, err := body(r)
	if err == nil {
		err = c.callWith(ctx, http.MethodPost, "/v1/rules", body, &did)
	}
	return did, err
}

// RemoveRule implements Service.
func (c *Client) RemoveRule(ctx context.Context, id string) (Change, error) {
	var did Change
	err := c.call(ctx, http.MethodDelete, "/v1/rules/"+url.PathEscape(id), &did)
	return did, err
}

// TestRules implements Service.
func (c *Client) TestRules(ctx context.Context, e Trial) (Decision, error) {
	var d Decision
	body, err := body(e)
	if err == nil {
		err = c.callWith(ctx, http.MethodPost, "/v1/rules/test", body, &d)
	}
	return d, err
}

// Undo implements Service.
func (c *Client) Undo(ctx context.Context, token string) (Change, error) {
	var did Change
	err := c.call(ctx, http.MethodPost, "/v1/undo/"+url.PathEscape(token), &did)
	return did, err
}

// Audit implements Service.
func (c *Client) Audit(ctx context.Context, limit int) ([]Entry, error) {
	var entries []Entry
	err := c.call(ctx, http.MethodGet, "/v1/audit?limit="+strconv.Itoa(limit), &entries)
	return entries, err
}

func body(v any) (io.Reader, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("ask the daemon: %w", err)
	}
	return bytes.NewReader(data), nil
}
