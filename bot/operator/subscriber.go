package operator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// Order is something to do for one subscriber.
type Order struct {
	Account string `json:"account"` // handle
	// Verb is ls, why, undo, rescan, sync, report, audit, is, not, forget, show, receipt, stay, or one of
	// a subscriber's choices: filter, how, budget, except, digest, mute.
	Verb  string    `json:"verb"`
	Arg   string    `json:"arg,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Dry only says how many posts undo would return.
	Dry bool `json:"dry,omitempty"`
}

// Check reads an order as it will be read when it is obeyed. The error is an ErrUnread.
func (o Order) Check() error { return orderError(timeline.Check(o.Verb, o.Arg)) }

// Answer is what came of an order; only what belongs to it is set.
type Answer struct {
	Text   string   `json:"text,omitempty"`
	Undo   string   `json:"undo,omitempty"`
	Meant  int      `json:"meant,omitempty"` // posts, of a dry order
	User   *User    `json:"user,omitempty"`
	Posts  []Post   `json:"posts,omitempty"`
	Report *Report  `json:"report,omitempty"`
	Audit  *Audit   `json:"audit,omitempty"`
	Lists  []string `json:"lists,omitempty"` // where a browser finds the lists of hidden posts
	Mutes  []Mute   `json:"mutes,omitempty"` // that there are because of the subscriber's rule
}

// FilterService is the filter's part of a Service.
type FilterService interface {
	// Users lists the subscribers.
	Users(ctx context.Context) ([]User, error)
	// Subscribe adds a subscriber, or gives one a new connection.
	Subscribe(ctx context.Context, s Subscription) (User, error)
	// Limit gives a person a number of requests an hour of their own; below zero, as everybody.
	Limit(ctx context.Context, a Limit) (Change, error)
	// Order does something for a subscriber, or says ErrNotFound or ErrRefused.
	Order(ctx context.Context, o Order) (Answer, error)
}

// Secrets keeps the secrets of connections.
type Secrets interface {
	Keep(sub store.Subscriber, secrets map[string]string) error
}

// Users implements Service.
func (l *Local) Users(context.Context) ([]User, error) {
	subs, err := l.Store.Operator().Subscribers()
	if err != nil {
		return nil, fmt.Errorf("list subscribers: %w", err)
	}
	now, out := time.Now(), make([]User, len(subs))
	for i, s := range subs {
		out[i] = userOf(s, now)
	}
	return out, nil
}

// Subscribe implements Service.
func (l *Local) Subscribe(ctx context.Context, s Subscription) (User, error) {
	if l.Secrets == nil {
		return User{}, fmt.Errorf("%w: no key to keep the connection with", ErrRefused)
	}
	if s.Identity.IsZero() || s.Network == "" || s.Account == "" || s.Server == "" {
		return User{}, fmt.Errorf("%w: a subscription without an account", ErrRefused)
	}
	who := l.Store.For(s.Identity)
	if old, err := who.Subscription().Subscriber(); err == nil && old.Away() { // before their secrets are replaced
		return User{}, fmt.Errorf("%w: %w", ErrRefused, store.ErrAway)
	}
	if err := l.elsewhere(ctx, s.Identity); err != nil {
		return User{}, err
	}
	defer l.changed()
	if err := l.Secrets.Keep(s.record(), s.Secrets); err != nil {
		return User{}, fmt.Errorf("keep the connection: %w", err)
	}
	sub, err := who.Subscription().Join(actor(ctx), s.record())
	if err != nil {
		return User{}, fmt.Errorf("store a subscriber: %w", err)
	}
	for _, v := range s.Spent {
		if err := who.Ledger().Spend(v.record()); err != nil {
			return User{}, fmt.Errorf("write down what connecting cost: %w", err)
		}
	}
	if f, err := l.filter(); err == nil {
		f.Wake(sub.Identity)
	}
	return userOf(sub, time.Now()), nil
}

var errNoFilter = errors.New("the filter is not enabled; see filter.enabled")

// filter is the one that runs, else one over the file.
func (l *Local) filter() (*timeline.Filter, error) {
	if l.Filter == nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, errNoFilter)
	}
	return l.Filter()
}

// wakeAll lets the filter look at what an undone change means for everybody.
func (l *Local) wakeAll() {
	f, err := l.filter()
	if err != nil {
		return
	}
	subs, err := l.Store.Operator().Subscribers()
	if err != nil {
		return // a later pass finds out
	}
	for _, s := range subs {
		f.Wake(s.Identity)
	}
}

// Limit implements Service.
func (l *Local) Limit(ctx context.Context, a Limit) (Change, error) {
	undo, err := l.Store.Operator().SetAllowance(actor(ctx), store.Allowance{Handle: a.Account, PerHour: a.PerHour}, "")
	what := a.Account + " may have " + words.Requests(a.PerHour)
	if a.PerHour < 0 {
		what = a.Account + " has as many requests as everybody"
	}
	return Change{What: what, Undo: undo}, err
}

// Order implements Service.
func (l *Local) Order(ctx context.Context, o Order) (Answer, error) {
	sub, err := l.subscriber(o.Account)
	if err != nil {
		return Answer{}, err
	}
	switch o.Verb {
	case "receipt":
		if o.Arg == "" {
			return Answer{}, fmt.Errorf("%w: which receipt?", ErrRefused)
		}
		return l.hear(ctx, sub, o.Arg)
	case "stay":
		return l.hear(ctx, sub, "")
	}
	f, err := l.filter()
	if err != nil {
		return Answer{}, err
	}
	desk := f.Desk()
	a, err := l.obey(ctx, f, desk, sub, o)
	return a, orderError(err)
}

func (l *Local) obey(ctx context.Context, f *timeline.Filter, d *timeline.Desk, sub store.Subscriber, o Order) (Answer, error) {
	switch o.Verb {
	case "show":
		u := userOf(sub, time.Now())
		a := Answer{User: &u, Text: u.About}
		if l.Lists != nil {
			a.Lists = l.Lists(sub)
		}
		var err error
		a.Mutes, err = ourMutes(l.Store, sub)
		return a, err
	case "ls":
		rows, err := d.Hidden(sub, o.Since)
		var a Answer
		for _, j := range rows {
			a.Posts = append(a.Posts, postOf(j))
		}
		return a, err
	case "why":
		why, err := d.Why(sub, o.Arg)
		if err != nil {
			return Answer{}, err
		}
		return Answer{Text: words.Reasons(why)}, nil
	case "undo":
		if o.Dry {
			n, err := d.Meant(sub, o.Arg)
			return Answer{Meant: n}, err
		}
		return changed(d.Return(actor(ctx), sub, o.Arg))
	case "is", "not":
		return changed(d.Say(actor(ctx), sub, o.Verb == "is", o.Arg))
	case "forget":
		return changed(d.Leave(actor(ctx), sub))
	case "filter":
		return changed(d.Switch(actor(ctx), sub, o.Arg))
	case "how", "budget", "except", "digest", "mute":
		return changed(d.Choose(actor(ctx), sub, o.Verb, o.Arg))
	case "report":
		r, err := d.Report(sub, o.Since)
		return Answer{Report: reportOf(r), Text: words.Report(r)}, err
	case "audit":
		a, err := f.Audit(ctx, sub, o.Arg)
		v := Audit(a)
		return Answer{Audit: &v, Text: words.Audit(a)}, err
	case "rescan":
		n, err := f.Rescan(sub.Identity, o.Since)
		return Answer{Text: words.Count(n, "1 post", "posts") + " changed"}, err
	case "sync":
		if _, err := f.Pass(ctx, sub.Identity); errors.Is(err, store.ErrAway) || err != nil && !errors.Is(err, store.ErrNoSubscriber) {
			return Answer{}, err
		}
		now, err := l.Store.For(sub.Identity).Subscription().Subscriber()
		if errors.Is(err, store.ErrNoSubscriber) {
			return Answer{Text: "gone"}, nil
		}
		u := userOf(now, time.Now())
		text := "in agreement with the server"
		if now.Trouble != "" {
			text = "trouble: " + now.Trouble
		}
		return Answer{User: &u, Text: text}, err
	}
	return Answer{}, fmt.Errorf("%w: the filter cannot %q", ErrRefused, o.Verb)
}

// ourMutes are the mutes there are because of the subscriber's rule.
func ourMutes(st *store.Store, sub store.Subscriber) (ours []Mute, err error) {
	list, err := st.For(sub.Identity).Timeline().Mutes()
	for _, m := range list {
		if m.Ours() {
			ours = append(ours, Mute{Account: m.Handle, Until: m.Until})
		}
	}
	return ours, err
}

func changed(c timeline.Change, err error) (Answer, error) {
	return Answer{Text: words.Done(c), Undo: c.Undo}, err
}

// orderError makes the filter's errors the ones callers know.
func orderError(err error) error {
	switch {
	case errors.Is(err, store.ErrNoSubscriber), errors.Is(err, timeline.ErrUnseen), errors.Is(err, timeline.ErrNothing), errors.Is(err, timeline.ErrNobody):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case timeline.Misread(err):
		return fmt.Errorf("%w: %s", ErrUnread, words.Of(err))
	case errors.Is(err, store.ErrState), errors.Is(err, timeline.ErrAmbiguous):
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
}

// handleFilter serves the filter's part of a Service.
func handleFilter(mux *http.ServeMux, s Service) {
	mux.HandleFunc("GET /v1/users", func(w http.ResponseWriter, r *http.Request) {
		v, err := s.Users(r.Context())
		answer(w, v, err)
	})
	mux.HandleFunc("POST /v1/users", func(w http.ResponseWriter, r *http.Request) { withBody(w, r, s.Subscribe) })
	mux.HandleFunc("POST /v1/limits", func(w http.ResponseWriter, r *http.Request) { withBody(w, r, s.Limit) })
	mux.HandleFunc("POST /v1/users/{account}", func(w http.ResponseWriter, r *http.Request) {
		withBody(w, r, func(ctx context.Context, o Order) (Answer, error) {
			o.Account = r.PathValue("account")
			return s.Order(ctx, o)
		})
	})
}

// Users implements Service.
func (c *Client) Users(ctx context.Context) (users []User, err error) {
	return users, c.call(ctx, http.MethodGet, "/v1/users", &users)
}

// Subscribe implements Service.
func (c *Client) Subscribe(ctx context.Context, s Subscription) (u User, err error) {
	body, err := body(s)
	if err != nil {
		return u, err
	}
	return u, c.callWith(ctx, http.MethodPost, "/v1/users", body, &u)
}

// Order implements Service.
func (c *Client) Order(ctx context.Context, o Order) (a Answer, err error) {
	body, err := body(o)
	if err != nil {
		return a, err
	}
	return a, c.callWith(ctx, http.MethodPost, "/v1/users/"+url.PathEscape(o.Account), body, &a)
}

// Limit implements Service.
func (c *Client) Limit(ctx context.Context, a Limit) (did Change, err error) {
	body, err := body(a)
	if err != nil {
		return did, err
	}
	return did, c.callWith(ctx, http.MethodPost, "/v1/limits", body, &did)
}
