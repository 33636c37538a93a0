package app

import (
	"context"

	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/store"
)

// checkAdmins says who the admins of the page are. Only whose account is known is let in.
func (a *App) checkAdmins(ctx context.Context) (all []network.Finding) {
	ctx, cancel := context.WithTimeout(ctx, pulseTime)
	defer cancel()
	for _, admin := range a.admins(ctx) {
		if admin.Account == "" {
			all = append(all, doubt("admin",
				"@"+admin.Handle+": not known yet whose account that is, so nobody is let in by it",
				"look at the spelling of web.admins; the daemon asks the handle's server every hour, or they sign in "+
					"on the page once"))
			continue
		}
		all = append(all, well("admin", "@"+admin.Handle+" is "+admin.Account))
	}
	return all
}

// admins are the configured ones; who they are is asked of the daemon, else of the file. Why neither
// answers checkDatabase says.
func (a *App) admins(ctx context.Context) (all []operator.Admin) {
	for _, h := range handles(a.cfg.Web.Admins) {
		all = append(all, operator.Admin{Handle: h})
	}
	if len(all) == 0 {
		return nil
	}
	var svc operator.Service
	if client, err := operator.Dial(ctx, a.cfg.Admin.Socket); err == nil {
		svc = client
	} else if st, err := store.Open(a.cfg.Store.Path, store.Options{MustExist: true}); err == nil {
		defer st.Close()
		svc = &operator.Local{Store: st, Admins: handles(a.cfg.Web.Admins)}
	} else {
		return all
	}
	if s, err := svc.Status(ctx); err == nil {
		return s.Admins
	}
	return all
}
