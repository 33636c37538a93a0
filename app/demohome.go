package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"slugpuppy/bot/demo"
	"slugpuppy/bot/identity"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/timeline"
	"slugpuppy/bot/web"
	"slugpuppy/config"
	"slugpuppy/dream"
	"slugpuppy/store"
)

// impatient makes the filter as quick as somebody who watches it, and the visitor the page's admin.
func (a *App) impatient(page, visitor string) {
	w := &a.cfg.Web
	w.Listen, w.URL, w.Admins, w.Try = page, "http://"+page, "@"+visitor, 1000
	a.cfg.Filter.Poll, a.cfg.Filter.Check = config.Duration(4*time.Second), config.Duration(3*time.Second)
	a.pace = timeline.Options{Reads: 1800, Sure: 2 * time.Second}
	a.beside = []web.Link{{To: "/", Title: "Demo"}}
}

// inhabit fills the visitor's timeline and connects the filter to it. It returns what stands beside the
// demo's page.
func (s *Stage) inhabit(on scene) (demo.Program, error) {
	engine, err := s.daemon.app.engine()
	if err != nil {
		return demo.Program{}, err
	}
	s.cast = demo.NewCast(on.server, on.person, func(ctx context.Context, o dream.Order) (dream.Piece, error) {
		return engine.Queue.Make(ctx, o, nil)
	})
	if err := s.cast.Open(); err != nil {
		return demo.Program{}, err
	}
	v := &visitorsFilter{s.daemon, on.person, on.server.URL,
		identity.Identity{Server: s.daemon.bots[0].Platform.Host(), ID: on.person.ID()}}
	if _, err := s.daemon.store.Operator().PinAdmin(on.person.Handle(), v.who); err != nil {
		return demo.Program{}, fmt.Errorf("make the visitor an admin: %w", err)
	}
	return demo.Program{
		Pages: s.daemon.pages(), Enter: v.enter, Filter: v, Home: on.home,
		Links: []demo.Link{{To: "/filter", Title: "Filter"}, {To: "/review", Title: "Review"}, {To: "/stats", Title: "Numbers"},
			{To: "/audit", Title: "Follow again?"}, {To: "/try", Title: "Try it"}, {To: galleryLink.To, Title: galleryLink.Title}, {To: "/operator", Title: "Operator"}},
	}, v.connect(context.Background())
}

// visitorsFilter is the filter of the demo's visitor.
type visitorsFilter struct {
	*daemon
	person *mastodontest.User
	server string // its address
	who    identity.Identity
}

// connect subscribes the visitor, who begins as everybody does: the filter only looks.
func (v *visitorsFilter) connect(ctx context.Context) error {
	sub := timeline.Newcomer(v.who, v.bots[0].Platform.Name(), v.person.Handle(), v.server)
	sub.Mode, sub.Digest = store.FilterShadow, "off"
	_, err := v.local.Subscribe(operator.As(ctx, sub.Actor()), operator.Join(sub, map[string]string{"token": v.person.Token("read", "write")}))
	if err != nil {
		return fmt.Errorf("connect the visitor's account: %w", err)
	}
	return nil
}

// subscriber is the visitor; whoever was forgotten comes back.
func (v *visitorsFilter) subscriber(ctx context.Context) (store.Subscriber, error) {
	sub, err := v.store.For(v.who).Subscription().Subscriber()
	if errors.Is(err, store.ErrNoSubscriber) {
		if err := v.connect(ctx); err != nil {
			return sub, err
		}
		return v.store.For(v.who).Subscription().Subscriber()
	}
	return sub, err
}

// enter lets the visitor into the program's pages.
func (v *visitorsFilter) enter(w http.ResponseWriter, r *http.Request) error {
	if _, err := v.subscriber(r.Context()); err != nil {
		return err
	}
	return v.site.Enter(w, r, v.who)
}

// State implements demo.Filter.
func (v *visitorsFilter) State(ctx context.Context) (mode, about string, err error) {
	sub, err := v.subscriber(ctx)
	if err != nil {
		return "", "", err
	}
	return string(sub.Acting(v.app.now())), words.Filter(sub, v.app.now()), nil
}

// Switch implements demo.Filter. What was only noted is hidden at once: nobody at a demo waits for new posts.
func (v *visitorsFilter) Switch(ctx context.Context, mode string) error {
	sub, err := v.subscriber(ctx)
	if err != nil {
		return err
	}
	if _, err := v.filter.Desk().Switch(sub.Actor(), sub, mode); err != nil {
		return errors.New(words.Of(err))
	}
	if store.Mode(mode) == store.FilterOn {
		_, err = v.filter.Rescan(v.who, time.Time{})
	}
	return err
}
