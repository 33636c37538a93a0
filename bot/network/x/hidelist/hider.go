// Package hidelist hides posts on a network that cannot: it keeps lists of them, and the subscriber's
// browser does the hiding, by a list for uBlock Origin or by a userscript. Only the posts that were
// judged are named in it, never an account.
package hidelist

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"slugpuppy/bot/network"
)

// List is the posts that are hidden for one reason since one month.
type List struct {
	Name    string               `json:"id"`    // such as certain/2026-08
	Title   string               `json:"title"` // why, as people read it
	Style   network.Style        `json:"how"`
	Expires time.Time            `json:"expires"`
	Posts   map[string]time.Time `json:"posts"` // id -> since when
}

// over says whether the list's time is over.
func (l List) over(now time.Time) bool { return !now.Before(l.Expires) }

// read reads all lists, in the order of their names.
func read(notes network.Notes) (lists []List, err error) {
	all, err := notes.All()
	if err != nil {
		return nil, fmt.Errorf("read the lists of posts: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		var l List
		if err := json.Unmarshal(all[name], &l); err != nil {
			return nil, fmt.Errorf("read the list of posts %s: %w", name, err)
		}
		lists = append(lists, l)
	}
	return lists, nil
}

// keepMonths is how long after its month a list is kept: who scrolls back that far sees dreams.
const keepMonths = 2

// Hider is a network.Hider for one account. Nothing but it changes the lists, and so nobody but us takes
// posts out or puts them in. It is not safe for concurrent use.
type Hider struct {
	Notes network.Notes
	// Changed is called after every change; nil for nobody.
	Changed func() error
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

var _ network.Hider = (*Hider)(nil)

func (h *Hider) now() time.Time {
	if h.Now != nil {
		return h.Now()
	}
	return time.Now()
}

// put writes a list down.
func (h *Hider) put(l List) error {
	data, err := json.Marshal(l)
	if err == nil {
		err = h.Notes.Put(l.Name, data)
	}
	return h.changed(err)
}

func (h *Hider) changed(err error) error {
	if err == nil && h.Changed != nil {
		err = h.Changed()
	}
	if err != nil {
		return fmt.Errorf("keep a list of posts: %w", err)
	}
	return nil
}

// lists are those that are not over, and those that are.
func (h *Hider) lists() (now, over []List, err error) {
	all, err := read(h.Notes)
	if err != nil {
		return nil, nil, err
	}
	for _, l := range all {
		if l.over(h.now()) {
			over = append(over, l)
		} else {
			now = append(now, l)
		}
	}
	return now, over, nil
}

// Hidden implements network.Hider.
func (h *Hider) Hidden(context.Context) (network.Hides, error) {
	now, over, err := h.lists()
	if err != nil {
		return network.Hides{}, err
	}
	out := network.Hides{None: len(now)+len(over) == 0, Posts: map[string]string{}, Places: map[string]bool{}}
	for _, l := range now {
		out.Places[l.Name] = true
		for post := range l.Posts {
			out.Posts[post] = l.Name
		}
	}
	return out, nil
}

// find is the list that a post is in.
func find(lists []List, post string) (l List, ok bool) {
	i := slices.IndexFunc(lists, func(l List) bool { _, there := l.Posts[post]; return there })
	if i < 0 {
		return l, false
	}
	return lists[i], true
}

// Hide implements network.Hider.
func (h *Hider) Hide(_ context.Context, post, why string, s network.Style) (string, error) {
	lists, _, err := h.lists()
	if err != nil {
		return "", err
	}
	if l, there := find(lists, post); there {
		return l.Name, nil
	}
	month := h.now().UTC()
	name := why + "/" + month.Format("2006-01")
	l := List{Name: name, Title: network.Title(why), Style: s,
		Expires: time.Date(month.Year(), month.Month()+1+keepMonths, 1, 0, 0, 0, 0, time.UTC)}
	if i := slices.IndexFunc(lists, func(l List) bool { return l.Name == name }); i >= 0 {
		l = lists[i]
	}
	if l.Posts == nil {
		l.Posts = map[string]time.Time{}
	}
	l.Posts[post] = h.now()
	return name, h.put(l)
}

// Unhide implements network.Hider.
func (h *Hider) Unhide(_ context.Context, post string) error {
	lists, _, err := h.lists()
	if err != nil {
		return err
	}
	l, there := find(lists, post)
	if !there {
		return nil
	}
	delete(l.Posts, post)
	return h.put(l)
}

// Tidy implements network.Hider.
func (h *Hider) Tidy(_ context.Context, s network.Styles) (asked bool, err error) {
	lists, over, err := h.lists()
	if err != nil {
		return false, err
	}
	for _, l := range lists {
		switch {
		case len(l.Posts) == 0:
			over = append(over, l)
		case l.Style != s.For(l.Title):
			l.Style = s.For(l.Title)
			if err := h.put(l); err != nil {
				return false, err
			}
		}
	}
	return false, h.drop(over)
}

func (h *Hider) drop(lists []List) error {
	for _, l := range lists {
		if err := h.changed(h.Notes.Drop(l.Name)); err != nil {
			return err
		}
	}
	return nil
}

// Clear implements network.Hider.
func (h *Hider) Clear(context.Context) error {
	lists, over, err := h.lists()
	if err != nil {
		return err
	}
	return h.drop(slices.Concat(lists, over))
}
