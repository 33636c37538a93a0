package web

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// admins are those who may see the operator's page. They are configured by handle. Whose a handle is is
// asked of the server that its domain belongs to, or shown by a sign-in from there, once; from then on
// only that account is the admin.
type admins struct {
	store   *store.Store
	handles []string // name@host, lower case
	find    func(ctx context.Context, handle string) (identity.Identity, error)
	log     *slog.Logger
}

// include says whether an account is an admin.
func (a *admins) include(who identity.Identity) (bool, error) {
	if len(a.handles) == 0 {
		return false, nil
	}
	pinned, err := a.store.Operator().Admins()
	return slices.ContainsFunc(pinned, func(p store.Admin) bool {
		return p.Identity == who && slices.Contains(a.handles, p.Handle)
	}), err
}

// met is told of everybody who signs in, with the handle that was verified meanwhile.
func (a *admins) met(handle string, who identity.Identity) error {
	if !slices.Contains(a.handles, handle) {
		return nil
	}
	return a.pin(handle, who)
}

func (a *admins) pin(handle string, who identity.Identity) error {
	admin, err := a.store.Operator().PinAdmin(handle, who)
	if err != nil {
		return fmt.Errorf("write down who an admin is: %w", err)
	}
	if admin.Identity != who {
		a.log.Warn("another account has an admin's handle now and is no admin; to let it be one, take the handle out of web.admins, restart, and put it back",
			"handle", handle, "admin", admin.Identity.String(), "account", who.String())
	}
	return nil
}

// askAgain is the time between questions about admins whose account is not known yet.
const askAgain = time.Hour

// run asks who the admins are until all are known.
func (a *admins) run(ctx context.Context) error {
	if err := a.store.Operator().KeepAdmins(a.handles); err != nil {
		return fmt.Errorf("forget former admins: %w", err)
	}
	for {
		open, err := a.ask(ctx)
		if err != nil || open == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(askAgain):
		}
	}
}

// ask asks for every admin whose account is not known yet and says how many of those remain.
func (a *admins) ask(ctx context.Context) (open int, err error) {
	pinned, err := a.store.Operator().Admins()
	if err != nil {
		return 0, fmt.Errorf("read who the admins are: %w", err)
	}
	for _, handle := range a.handles {
		if slices.ContainsFunc(pinned, func(p store.Admin) bool { return p.Handle == handle }) {
			continue
		}
		who, err := a.find(ctx, handle)
		switch {
		case ctx.Err() != nil:
			return open, nil
		case network.Failed(err):
			open++
			a.log.Info("an admin's account is not known yet; signing in on the page shows it", "handle", handle,
				"error", err)
		case err != nil:
			return open, err
		default:
			if err := a.pin(handle, who); err != nil {
				return open, err
			}
		}
	}
	return open, nil
}
