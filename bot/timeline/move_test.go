package timeline_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// silent is a server that answers nobody.
func silent(asked chan<- struct{}) func(context.Context) ([]network.Page, error) {
	return func(ctx context.Context) ([]network.Page, error) {
		close(asked)
		<-ctx.Done()
		time.Sleep(lingers)
		return nil, context.Cause(ctx)
	}
}

// lingers is how long a silent server takes to notice that nobody waits any more.
const lingers = 5 * time.Second

func TestHaltEndsAPassAndNoneFollowsUntilTheReaderIsBack(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.join()
		r.pass()
		inside := make(chan struct{})
		connect := r.connect
		r.connect = func(st *store.Store, sub store.Subscriber) (network.Reader, error) {
			real, err := connect(st, sub)
			return odd{Reader: real, recent: silent(inside)}, err
		}
		r.restart()
		ended := make(chan error, 1)
		go func() {
			_, err := r.filter.Pass(t.Context(), r.scope)
			ended <- err
		}()
		<-inside
		m, err := r.store.For(r.scope).Subscription().Leave(store.Actor{}, "elsewhere")
		if err != nil {
			t.Fatal(err)
		}
		soon, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		if err := r.filter.Halt(soon, r.scope); err != nil {
			t.Fatal(err)
		}
		if time.Since(began) < lingers {
			t.Error("it was not waited for the end of the pass")
		}
		if err := <-ended; !errors.Is(err, store.ErrAway) {
			t.Errorf("the pass ended with %v", err)
		}
		if _, err := r.filter.Pass(t.Context(), r.scope); !errors.Is(err, store.ErrAway) {
			t.Errorf("a pass for somebody who is away: %v", err)
		}
		if _, err := r.store.For(r.scope).Subscription().Stay(store.Actor{}, m.ID, ""); err != nil {
			t.Fatal(err)
		}
		r.connect = connect
		r.restart()
		id := r.post(r.artist, 0.95, "a dream")
		r.later()
		r.want("DeepDream: certain", id)
	})
}

func TestWhoMovesAwayIsNotWatched(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.join()
		r.running(func() {
			synctest.Wait()
			_, err := r.store.For(r.scope).Subscription().Leave(store.Actor{}, "elsewhere")
			if err != nil {
				t.Fatal(err)
			}
			if err := r.filter.Halt(t.Context(), r.scope); err != nil {
				t.Fatal(err)
			}
			before := r.server.Requests()
			r.post(r.artist, 0.95, "a dream")
			later(time.Hour)
			for _, c := range r.server.Requests()[len(before):] {
				t.Errorf("asked for %v", c)
			}
		})
	})
}

func TestAPassWorksOnlyWhileTheAccountIsOurs(t *testing.T) {
	var hold context.CancelCauseFunc
	ours := true
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.join()
		r.pass()
		ours = false
		if _, err := r.filter.Pass(t.Context(), r.scope); !errors.Is(err, timeline.ErrNotOurs) {
			t.Errorf("a pass for an account that is not ours: %v", err)
		}
		ours = true
		inside := make(chan struct{})
		connect := r.connect
		r.connect = func(st *store.Store, sub store.Subscriber) (network.Reader, error) {
			real, err := connect(st, sub)
			return odd{Reader: real, recent: silent(inside)}, err
		}
		r.restart()
		go func() { <-inside; hold(timeline.ErrNotOurs) }()
		if _, err := r.filter.Pass(t.Context(), r.scope); !errors.Is(err, timeline.ErrNotOurs) {
			t.Errorf("a pass that lost its account: %v", err)
		}
		if sub := r.sub(); sub.Trouble != "" {
			t.Errorf("the reader is told: %s", sub.Trouble)
		}
	}, func(r *rig) {
		r.options.Hold = func(ctx context.Context, _ identity.Identity) (context.Context, context.CancelFunc, error) {
			if !ours {
				return nil, nil, timeline.ErrNotOurs
			}
			held, cancel := context.WithCancelCause(ctx)
			hold = cancel
			return held, func() { cancel(nil) }, nil
		}
	})
}
