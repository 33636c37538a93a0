// Package hidelist hides posts on a network that cannot: it keeps a subscriber's filters itself, and
// their browser does the hiding, by a list for uBlock Origin or by a userscript. Only the posts that
// were judged are named in it, never an account.
package hidelist

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// Keeper is a timeline.Cabinet over a subscriber's lists in the store.
type Keeper struct {
	Lists *store.Lists
	// Changed is called after every change; nil for nobody.
	Changed func() error
}

var _ timeline.Cabinet = (*Keeper)(nil)

// failed wraps the store's errors: callers tell them from a network's.
func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (k *Keeper) changed(what string, err error) error {
	if err == nil && k.Changed != nil {
		err = k.Changed()
	}
	return failed(what, err)
}

// Blurs is true: browsers can blur.
func (k *Keeper) Blurs(context.Context) (bool, error) { return true, nil }

// Filters lists the lists that have not expired.
func (k *Keeper) Filters(context.Context) ([]timeline.ServerFilter, error) {
	lists, err := k.Lists.All()
	if err != nil {
		return nil, failed("read the lists of posts", err)
	}
	var out []timeline.ServerFilter
	for _, l := range lists {
		if !time.Now().Before(l.Expires) {
			continue
		}
		f := timeline.ServerFilter{ID: l.ID, Title: l.Title, How: l.How, Context: []string{"home"}, Entries: map[string]string{}}
		for post := range l.Posts {
			f.Entries[post] = entry(l.ID, post)
		}
		out = append(out, f)
	}
	return out, nil
}

// entry is the id of a post in a list.
func entry(list, post string) string { return list + "/" + post }

// CreateFilter begins a list.
func (k *Keeper) CreateFilter(_ context.Context, f timeline.ServerFilter, lasts time.Duration) (timeline.ServerFilter, error) {
	f.ID, f.Entries = rand.Text(), map[string]string{}
	l := store.PostList{ID: f.ID, Title: f.Title, How: f.How, Expires: time.Now().Add(lasts)}
	return f, k.changed("begin a list of posts", k.Lists.Put(l))
}

// ChangeFilter sets what is done to the posts of a list.
func (k *Keeper) ChangeFilter(_ context.Context, id, how string) error {
	return k.changed("change a list of posts", gone(k.Lists.Change(id, func(l *store.PostList) error {
		l.How = how
		return nil
	})))
}

// DeleteFilter forgets a list; one that is gone is no error.
func (k *Keeper) DeleteFilter(_ context.Context, id string) error {
	return k.changed("forget a list of posts", k.Lists.Drop(id))
}

// File puts a post into a list.
func (k *Keeper) File(_ context.Context, id, post string) (string, error) {
	err := k.Lists.Change(id, func(l *store.PostList) error {
		if _, there := l.Posts[post]; there {
			return timeline.ErrFiled
		}
		l.Posts[post] = time.Now()
		return nil
	})
	if err == timeline.ErrFiled {
		return "", err
	}
	return entry(id, post), k.changed("put a post into a list", gone(err))
}

// Unfile takes a post out; one that is gone is no error.
func (k *Keeper) Unfile(_ context.Context, id string) error {
	list, post, _ := strings.Cut(id, "/")
	err := k.Lists.Change(list, func(l *store.PostList) error {
		delete(l.Posts, post)
		return nil
	})
	if err == store.ErrNoList {
		return nil
	}
	return k.changed("take a post out of a list", err)
}

// gone is a list that is not there, in the port's words.
func gone(err error) error {
	if err == store.ErrNoList {
		return &network.Error{Op: "look for a list of posts", Kind: network.NotFound, Err: err}
	}
	return err
}
