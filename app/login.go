package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// patience is how long a sign-in waits for the person in the browser.
const patience = 10 * time.Minute

func patiently(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, patience, errors.New("nobody came; please start again"))
}

// reader is a person who copied something, if they say so.
type reader struct{ network.Person }

// Paste implements network.Person.
func (r reader) Paste(ctx context.Context, address, account, what string) (string, error) {
	text, err := r.Person.Paste(ctx, address, account, what)
	if err == nil && text == "" {
		err = usage(fmt.Errorf("no %s was pasted", what))
	}
	return text, err
}

// complete is a wish with what the configuration says where it says nothing.
func (a *App) complete(on string, w network.Wish) (network.Wish, error) {
	p, err := find(a.places(nowhere{}), on)
	if err != nil {
		return w, usage(err)
	}
	return p.Complete(w)
}

// Login lets the bot into its account on a network, and seals what it is given there. Nobody else may
// have the database open.
func (a *App) Login(ctx context.Context, who network.Person, on string, w network.Wish) (network.Grant, error) {
	w.Profile = a.cfg.Bot.QueueField != ""
	w, err := a.complete(on, w)
	if err != nil {
		return network.Grant{}, err
	}
	ctx, cancel := patiently(ctx)
	defer cancel()
	st, err := a.openStore(ctx)
	if errors.Is(err, store.ErrLocked) {
		return network.Grant{}, refused(fmt.Errorf("slugpuppy is running; please stop it, log in, and start it again (%w)", store.ErrLocked))
	}
	if err != nil {
		return network.Grant{}, err
	}
	defer st.Close()
	if _, err := a.key(); err != nil {
		return network.Grant{}, err
	}
	known := database{st, a.key}
	p, err := find(a.places(known), on)
	if err != nil {
		return network.Grant{}, err
	}
	g, err := p.SignIn(ctx, reader{who}, w)
	if err != nil {
		return g, err
	}
	for _, s := range g.Secrets {
		if err := known.Put(g.Record, s.Field, s.Value); err != nil {
			return g, fmt.Errorf("seal the %s: %w", s.Field, err)
		}
	}
	if err := listenFrom(ctx, st, p, g); err != nil {
		a.log.Warn("mentions are answered from the first `slugpuppy serve` on, and not from now on", "error", err)
	}
	return g, nil
}

// listenFrom notes for a bot that was never here that it hears what is said to it from now on.
func listenFrom(ctx context.Context, st *store.Store, p place, g network.Grant) error {
	b, err := p.Bot()
	if err != nil {
		return err
	}
	who, err := identity.New(b.Host(), g.Account.ID)
	if err != nil {
		return err
	}
	jobs := st.For(who).Jobs()
	if _, known, err := jobs.Cursor(); known || err != nil {
		return err
	}
	cursor, err := b.Newest(ctx)
	if err != nil {
		return err
	}
	_, err = jobs.Record(cursor)
	return err
}

// Connected is a new subscriber of the filter.
type Connected struct {
	User operator.User
	// Answer is what the filter says of them, where their browser has to be told what is hidden; else nil.
	Answer *operator.Answer
}

// Connect asks for access to somebody's account on a network and hands it to whoever has the database.
// With now, posts are hidden from the first day on.
func (a *App) Connect(ctx context.Context, who network.Person, on string, w network.Wish, now bool) (Connected, error) {
	w.Timeline = true
	w, err := a.complete(on, w)
	if err != nil {
		return Connected{}, err
	}
	ctx, cancel := patiently(ctx)
	defer cancel()
	svc, done, err := a.operator(ctx, false)
	if err != nil {
		return Connected{}, err
	}
	defer done()
	spent := &receipts{records: a.recordsOf(ctx, svc)}
	p, err := find(a.places(spent), on)
	if err != nil {
		return Connected{}, err
	}
	g, err := p.SignIn(ctx, reader{who}, w)
	if err != nil {
		return Connected{}, err
	}
	sub := timeline.Newcomer(g.Identity, p.Name, g.Account.Handle, g.Server)
	sub.Scopes, sub.Lacks = g.Scopes, g.Lacks
	if !p.Facts.Private {
		sub.Digest = "off" // the bot writes to nobody there
	}
	a.begin(&sub, now)
	stored, err := svc.Subscribe(ctx, operator.Join(sub, secretsOf(g), spent.receipts()...))
	if _, shows := p.Adapter.(network.Publisher); err != nil || !shows {
		return Connected{User: stored}, err
	}
	shown, err := svc.Order(ctx, operator.Order{Account: stored.Account, Verb: "show"})
	return Connected{stored, &shown}, err
}

// begin switches the filter on for somebody new; unless they want it to hide now, it only counts at
// first.
func (a *App) begin(sub *store.Subscriber, now bool) {
	sub.Mode = store.FilterOn
	if !now {
		sub.ShadowUntil = a.now().Add(a.cfg.Filter.Shadow.Std())
	}
}

// secretsOf are those of a grant by their fields.
func secretsOf(g network.Grant) map[string]string {
	all := map[string]string{}
	for _, s := range g.Secrets {
		all[s.Field] = s.Value
	}
	return all
}
