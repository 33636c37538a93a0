package operator

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/rules"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// Change is what was changed and how to take it back.
type Change struct {
	What string      `json:"what"`
	Rule *store.Rule `json:"rule,omitempty"`
	Undo string      `json:"undo"`
}

// Rule is a rule as operators give and see it.
type Rule struct {
	store.Rule
	// User is whose it is. Operators name a subscriber by handle or identity; they are shown the handle,
	// or the identity of somebody who is no subscriber any more.
	User string `json:"user,omitempty"`
}

// Trial is an event to try the rules on.
type Trial struct {
	rules.Event
	For string `json:"for,omitempty"` // the subscriber on whose behalf, by handle or identity
}

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
	handles := map[identity.Identity]string{}
	for _, s := range subs {
		handles[s.Identity] = s.Handle
	}
	out := make([]Rule, 0, len(list))
	for _, r := range list {
		v := Rule{Rule: r}
		if !r.Owner.IsZero() {
			v.User = cmp.Or(handles[r.Owner], r.Owner.String())
		}
		out = append(out, v)
	}
	return out, nil
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
func (l *Local) AddRule(ctx context.Context, r Rule) (_ Change, err error) {
	if err := checkRule(r.Rule); err != nil {
		return Change{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if r.Owner, err = l.whose(r.User); err != nil {
		return Change{}, err
	}
	stored, undo, err := l.Store.Operator().AddRule(actor(ctx), r.Rule)
	if err != nil {
		return Change{}, fmt.Errorf("add a rule: %w", err)
	}
	return Change{What: fmt.Sprintf("%s %s %s", stored.Effect, stored.Kind, stored.Value), Rule: &stored, Undo: undo}, nil
}

// checkRule keeps nonsense out, whoever sends it.
func checkRule(r store.Rule) error {
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
	return Change{What: fmt.Sprintf("no longer %s %s %s", r.Effect, r.Kind, r.Value), Rule: &r, Undo: undo}, nil
}

// TestRules implements Service.
func (l *Local) TestRules(_ context.Context, e Trial) (d rules.Decision, err error) {
	if e.User, err = l.whose(e.For); err != nil {
		return d, err
	}
	list, err := l.Store.Operator().Rules()
	if err != nil {
		return d, fmt.Errorf("list rules: %w", err)
	}
	return rules.Decide(list, e.Event, time.Now()), nil
}

// Undo implements Service.
func (l *Local) Undo(ctx context.Context, token string) (Change, error) {
	did, undo, err := l.Store.Operator().Undo(actor(ctx), token)
	if errors.Is(err, store.ErrNoUndo) {
		return Change{}, fmt.Errorf("%w: nothing to undo under %q", ErrNotFound, token)
	}
	if err != nil {
		return Change{}, err
	}
	l.wakeAll()
	return Change{What: did.Action + " " + did.Subject, Undo: undo}, nil
}

// Audit implements Service.
func (l *Local) Audit(_ context.Context, limit int) ([]store.Entry, error) {
	entries, err := l.Store.Operator().Audit(limit)
	if err != nil {
		return nil, fmt.Errorf("read the audit trail: %w", err)
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
		answer(w, nil, fmt.Errorf("%w: %w", ErrRefused, err))
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
func (c *Client) TestRules(ctx context.Context, e Trial) (rules.Decision, error) {
	var d rules.Decision
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
func (c *Client) Audit(ctx context.Context, limit int) ([]store.Entry, error) {
	var entries []store.Entry
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
