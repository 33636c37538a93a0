package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/store"
)

// Settled is an error where the daemon could not begin by what the configuration says, whoever signs in and however
// often it is tried. It opens nothing.
func (a *App) Settled() error {
	errs := []error{a.placed()}
	if a.hasPage() {
		_, err := a.pageURL()
		errs = append(errs, err)
		if at := a.cfg.Web.Listen; at == a.cfg.Admin.Metrics && !strings.HasSuffix(at, ":0") { // any port that is free
			errs = append(errs, fmt.Errorf("admin.metrics: the page listens on %s; set another port", at))
		}
	}
	if err := a.Networks().Has(a.cfg.Dream.Model); err != nil {
		errs = append(errs, fmt.Errorf("dream.model: %w; `slugpuppy model ls` lists those there are", err))
	}
	if err := errors.Join(errs...); err != nil {
		return usage(err)
	}
	return nil
}

// hasPage says whether there is to be a page.
func (a *App) hasPage() bool { return a.cfg.Filter.Enabled && a.cfg.Web.Listen != "" }

// pageURL is where browsers find the page.
func (a *App) pageURL() (*url.URL, error) {
	at := a.cfg.Web.URL
	if at == "" {
		return nil, errors.New("web.listen: the page needs its address too: set web.url, such as https://dreams.example.social")
	}
	u, err := url.Parse(strings.TrimSuffix(at, "/"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("web.url: %q is no address of a page; write it as https://dreams.example.social", at)
	}
	return u, nil
}

// CanBegin is an error where the daemon would not begin now, which is a network.ErrNotYet when it would once somebody
// has signed in. It looks at what is there and makes nothing.
func (a *App) CanBegin(ctx context.Context) error {
	if err := a.Settled(); err != nil {
		return err
	}
	if _, err := operator.Dial(ctx, a.cfg.Admin.Socket); err == nil {
		return nil // it has begun
	}
	all, subscribers, done, err := a.present(ctx)
	if err != nil {
		return err
	}
	defer done()
	bots := 0
	for _, p := range all {
		if !p.Enabled() {
			continue
		}
		_, err := p.Bot()
		var off *network.Off
		switch {
		case errors.As(err, &off):
		case err != nil:
			return err
		default:
			bots++
		}
	}
	return a.somethingToDo(all, bots, subscribers)
}

// present are the networks as the database that is there knows them, and how many subscribers it has.
func (a *App) present(ctx context.Context) (all []place, subscribers func() (int, error), done func(), err error) {
	none := func() (int, error) { return 0, nil }
	if err := couldMake(filepath.Dir(a.cfg.Store.Path)); err != nil {
		return nil, nil, nil, err
	}
	if _, err := os.Stat(a.cfg.Store.KeyFile); err != nil { // nobody has signed in: to look for tokens would make the key
		return a.places(nowhere{}), none, func() {}, nil
	}
	st, err := openSound(ctx, a.cfg.Store.Path, store.Options{MustExist: true})
	if errors.Is(err, store.ErrMissing) {
		return a.places(nowhere{}), none, func() {}, nil
	}
	if err != nil {
		return nil, nil, nil, err
	}
	known := a.connections(st)
	return known.places, known.subscriberCount, func() { st.Close() }, nil
}

// subscriberCount is how many timelines are looked after.
func (c connections) subscriberCount() (int, error) {
	subs, err := c.store.Operator().Subscribers()
	return len(subs), err
}

// somethingToDo is an error when there is no bot, nobody whose timeline to look after, and no page where
// anybody could come.
func (a *App) somethingToDo(all []place, bots int, subscribers func() (int, error)) error {
	if bots > 0 || a.hasPage() {
		return nil
	}
	if a.cfg.Filter.Enabled {
		if n, err := subscribers(); err != nil || n > 0 {
			return err
		}
	}
	var starts []string
	for _, p := range all {
		starts = append(starts, p.Start)
	}
	forFilter := "`slugpuppy filter connect` for the filter"
	if !a.cfg.Filter.Enabled {
		forFilter = "set filter.enabled for the filter and its page"
	}
	return network.NotYet(usage(fmt.Errorf("nothing to do: %s, or %s", strings.Join(starts, ", "), forFilter)))
}
