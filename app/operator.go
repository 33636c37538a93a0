package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"slugpuppy/bot/lists"
	"slugpuppy/bot/operator"
	"slugpuppy/store"
)

// Operator returns what operators may ask: of the daemon when one answers on the socket, else of the
// database file. It is used until done is called.
func (a *App) Operator(ctx context.Context) (svc operator.Service, done func(), err error) {
	return a.operator(ctx, true)
}

// Founder is Operator, and makes a database that is missing: rules may be there before the first daemon.
func (a *App) Founder(ctx context.Context) (svc operator.Service, done func(), err error) {
	return a.operator(ctx, false)
}

// operator is Operator; a database that is missing is made unless it must exist.
func (a *App) operator(ctx context.Context, mustExist bool) (operator.Service, func(), error) {
	if err := a.placed(); err != nil {
		return nil, nil, err
	}
	client, err := operator.Dial(ctx, a.cfg.Admin.Socket)
	switch {
	case err == nil:
		return client, func() {}, nil
	case errors.Is(err, fs.ErrPermission):
		return nil, nil, down(err)
	}
	if !mustExist {
		if err := os.MkdirAll(filepath.Dir(a.cfg.Store.Path), 0o700); err != nil {
			return nil, nil, fmt.Errorf("make the state folder: %w", err)
		}
	}
	st, err := openSound(ctx, a.cfg.Store.Path, store.Options{MustExist: mustExist})
	switch {
	case errors.Is(err, store.ErrLocked):
		return nil, nil, down(fmt.Errorf("%w, but nothing answers on %s; is it still starting, or is admin.socket "+
			"set differently?", err, a.cfg.Admin.Socket))
	case errors.Is(err, store.ErrMissing):
		return nil, nil, down(fmt.Errorf("no daemon answers on %s and there is no database yet; start one with "+
			"`slugpuppy serve`", a.cfg.Admin.Socket))
	case err != nil:
		return nil, nil, err
	}
	decoders, err := a.newDecoders()
	if err != nil {
		st.Close()
		return nil, nil, err
	}
	done := func() { decoders.Close(); st.Close() }
	known := a.connections(st)
	followed, err := a.newLists(st)
	if err != nil {
		done()
		return nil, nil, err
	}
	local := &operator.Local{Store: st, Filter: a.idleFilter(known, followed, decoders), Lists: known.lists,
		Admins: handles(a.cfg.Web.Admins), ListDesk: func() (*lists.Desk, error) { return followed, nil }}
	if !mustExist { // somebody connects: their secrets need the key
		if _, err := a.key(); err != nil {
			done()
			return nil, nil, err
		}
		local.Secrets = known
	}
	local.Mover = known.mover(nil)
	return local, done, nil
}
