// Package serverfilter hides posts by the filters of a server that name single posts, as Mastodon's API
// v2 has them. A filter holds posts for one reason and one month, and its title says the reason; what
// the account's owner changes in it with their own client is their word. A filter is written down before
// it is created, with those that were there before, so that one whose answer got lost is found again;
// a deletion counts once the server no longer lists it. It knows no verdicts and no pictures.
package serverfilter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"slugpuppy/bot/network"
)

// Filters roll by month: one takes posts for the month it is named after, and is gone two
// months after that. Who scrolls back that far sees dreams.
const keepMonths = 2

// mostPosts is how many posts a filter holds before another one is begun: a server sends the
// whole of it to every client at each change.
const mostPosts = 400

// rounds is how often Clear looks whether the server has done what it was asked.
const rounds = 3

// Options of a Hider.
type Options struct {
	// Late is how long a filter whose creation got no answer may still come to be; 30 s.
	Late time.Duration
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Hider hides posts of one account. It is not safe for concurrent use.
type Hider struct {
	server Server
	notes  network.Notes
	late   time.Duration
	now    func() time.Time
	pass   *pass // nil before the first Hidden
}

var _ network.Hider = (*Hider)(nil)

// New returns a Hider that does nothing until it is asked.
func New(server Server, notes network.Notes, o Options) *Hider {
	h := &Hider{server: server, notes: notes, late: o.Late, now: o.Now}
	if h.late == 0 {
		h.late = 30 * time.Second
	}
	if h.now == nil {
		h.now = time.Now
	}
	return h
}

// pass is the server's filters beside what we know of them, since Hidden was asked.
type pass struct {
	names []string        // of all records, those that ended too
	known []record        // ours that the server has
	late  []string        // names of those whose creation may still happen
	gone  []record        // ours that the server has no more
	there map[string]bool // ids of all filters on the server; nil before it was asked
	where map[string]spot // post -> where it is
	dark  map[string]bool // names of filters of which the server does not say all that is in them
	tried map[string]bool // filters into which something may have been put though they look empty
}

// spot is where a post is.
type spot struct{ name, entry string }

// Hidden implements network.Hider. Who has no filters of ours is not asked for theirs.
func (h *Hider) Hidden(ctx context.Context) (network.Hides, error) {
	h.pass = nil
	records, err := h.records()
	if err != nil {
		return network.Hides{}, err
	}
	p := &pass{where: map[string]spot{}, dark: map[string]bool{}, tried: map[string]bool{}}
	if len(records) > 0 {
		if err := h.compare(ctx, p, records); err != nil {
			return network.Hides{}, err
		}
	}
	h.pass = p
	hides := network.Hides{None: len(p.names) == 0, Posts: map[string]string{}, Places: map[string]bool{}, Dismissed: map[string]string{}}
	for post, at := range p.where {
		hides.Posts[post] = at.name
	}
	for _, r := range p.known {
		hides.Places[r.Name] = true
	}
	hides.Partial = p.dark
	for _, r := range p.gone {
		if !r.Removing && h.now().Before(r.Expires) {
			hides.Dismissed[r.Name] = fmt.Sprintf("the filter %q was deleted in a client", r.Title)
		}
	}
	return hides, nil
}

// compare reads the server's filters and finds ours among them.
func (h *Hider) compare(ctx context.Context, p *pass, records []record) error {
	list, err := h.server.Filters(ctx)
	if err != nil {
		return err
	}
	p.there = ids(list)
	for _, r := range records {
		p.names = append(p.names, r.Name)
		if r.ID == "" {
			if r, err = h.adopt(p, r, records, list); err != nil {
				return err
			}
		}
		switch {
		case r.ID == "":
		case !p.there[r.ID]:
			p.gone = append(p.gone, r)
		default:
			p.known = append(p.known, r)
		}
	}
	for _, r := range p.known {
		if err := h.fill(ctx, p, r, list[index(list, r.ID)]); err != nil {
			return err
		}
	}
	return nil
}

// contents is a filter with what is in it. Some servers leave that out of the list of filters, and say it
// when they are asked for it by itself.
func (h *Hider) contents(ctx context.Context, f Filter) (Filter, error) {
	if f.Whole {
		return f, nil
	}
	entries, whole, err := h.server.Entries(ctx, f.ID)
	switch {
	case network.Is(err, network.NotFound, network.Rejected): // not asked for like this there
		return f, nil
	case err != nil:
		return f, err
	}
	f.Entries, f.Whole = entries, whole
	return f, nil
}

// fill notes what is in a filter.
func (h *Hider) fill(ctx context.Context, p *pass, r record, f Filter) error {
	f, err := h.contents(ctx, f)
	if err != nil {
		return err
	}
	for post, entry := range f.Entries {
		p.where[post] = spot{r.Name, entry}
	}
	if !f.Whole {
		p.dark[r.Name] = true
	}
	return nil
}

func ids(list []Filter) map[string]bool {
	out := map[string]bool{}
	for _, f := range list {
		out[f.ID] = true
	}
	return out
}

func index(list []Filter, id string) int {
	return slices.IndexFunc(list, func(f Filter) bool { return f.ID == id })
}

// adopt finds a filter whose creation was asked for and not seen: it has our title and was not there
// before. One that never came to be is forgotten, once its request cannot be on the way any more.
func (h *Hider) adopt(p *pass, r record, records []record, list []Filter) (record, error) {
	owned := func(id string) bool {
		return slices.ContainsFunc(slices.Concat(records, p.known), func(r record) bool { return r.ID == id })
	}
	for _, f := range list {
		if f.Title == r.Title && f.Words == 0 && !slices.Contains(r.Before, f.ID) && !owned(f.ID) {
			r.ID, r.Style, r.Before = f.ID, f.Style, nil
			return r, h.put(r)
		}
	}
	if h.now().Sub(r.Created) < h.late {
		p.late = append(p.late, r.Name)
		return r, nil
	}
	p.names = slices.DeleteFunc(p.names, func(name string) bool { return name == r.Name })
	return r, h.notes.Drop(r.Name)
}

// Hide implements network.Hider.
func (h *Hider) Hide(ctx context.Context, post, why string, s network.Style) (string, error) {
	p, err := h.begun(ctx)
	if err != nil {
		return "", err
	}
	if at, there := p.where[post]; there {
		return at.name, nil
	}
	r, ok, err := h.filterFor(ctx, p, why, s)
	if err != nil || !ok {
		return "", err
	}
	entry, err := h.server.AddPost(ctx, r.ID, post)
	switch {
	case errors.Is(err, ErrThere), network.Is(err, network.NotFound, network.Rejected):
		return h.look(ctx, p, r, post, err)
	case err != nil:
		return "", err
	}
	p.where[post] = spot{r.Name, entry}
	return r.Name, nil
}

// begun is the pass under way, with what the server has.
func (h *Hider) begun(ctx context.Context) (*pass, error) {
	if h.pass == nil {
		if _, err := h.Hidden(ctx); err != nil {
			return nil, err
		}
	}
	if h.pass.there == nil {
		list, err := h.server.Filters(ctx)
		if err != nil {
			return nil, err
		}
		h.pass.there = ids(list)
	}
	return h.pass, nil
}

// look finds out why a post cannot be put into a filter: it is in it, it is gone, or the filter is.
func (h *Hider) look(ctx context.Context, p *pass, r record, post string, cause error) (string, error) {
	p.tried[r.Name] = true
	list, err := h.server.Filters(ctx)
	if err != nil {
		return "", err
	}
	i := index(list, r.ID)
	if i < 0 {
		return "", nil // the next pass sees that
	}
	f, err := h.contents(ctx, list[i])
	if err != nil {
		return "", err
	}
	if entry, there := f.Entries[post]; there {
		p.where[post] = spot{r.Name, entry}
		return r.Name, nil
	}
	if errors.Is(cause, ErrThere) || !f.Whole {
		return "", nil
	}
	return "", network.ErrGone
}

// filterFor finds or creates the filter of a reason for this month; ok is false while nobody knows
// whether there is one.
func (h *Hider) filterFor(ctx context.Context, p *pass, why string, s network.Style) (r record, ok bool, err error) {
	now := h.now().UTC()
	base := why + "/" + now.Format("2006-01")
	name := base
	for n := 2; slices.Contains(p.names, name); n++ {
		if slices.Contains(p.late, name) {
			return r, false, nil
		}
		i := slices.IndexFunc(p.known, func(r record) bool { return r.Name == name })
		if i >= 0 && !p.known[i].Removing && p.filled(name) < mostPosts {
			return p.known[i], true, nil
		}
		name = fmt.Sprintf("%s.%d", base, n)
	}
	if s, err = h.style(ctx, s); err != nil {
		return r, false, err
	}
	end := time.Date(now.Year(), now.Month()+1+keepMonths, 1, 0, 0, 0, 0, time.UTC)
	r = record{Name: name, Title: network.Title(why), Style: s, Expires: end, Created: now}
	for id := range p.there {
		r.Before = append(r.Before, id)
	}
	if err := h.put(r); err != nil {
		return r, false, err
	}
	p.names = append(p.names, name)
	made, err := h.server.CreateFilter(ctx, r.Title, s, end.Sub(now))
	if err != nil {
		p.late = append(p.late, name)
		return r, false, err
	}
	p.there[made.ID] = true
	r.ID, r.Before = made.ID, nil
	p.known = append(p.known, r)
	return r, true, h.put(r)
}

// style is the one asked for, or what stands for it where the server cannot blur.
func (h *Hider) style(ctx context.Context, s network.Style) (network.Style, error) {
	if s != network.Blur {
		return s, nil
	}
	blurs, err := h.server.Blurs(ctx)
	if err != nil || blurs {
		return s, err
	}
	return network.Warn, nil
}

func (p *pass) filled(name string) (n int) {
	for _, at := range p.where {
		if at.name == name {
			n++
		}
	}
	return n
}

// Unhide implements network.Hider.
func (h *Hider) Unhide(ctx context.Context, post string) error {
	p, err := h.begun(ctx)
	if err != nil {
		return err
	}
	at, there := p.where[post]
	if !there {
		return nil
	}
	return h.server.RemovePost(ctx, at.entry)
}

// Tidy implements network.Hider.
func (h *Hider) Tidy(ctx context.Context, s network.Style) (asked bool, err error) {
	p := h.pass
	if p == nil {
		return false, nil
	}
	for _, r := range p.gone {
		if err := h.notes.Drop(r.Name); err != nil {
			return asked, err
		}
	}
	p.gone = nil
	for i, r := range p.known {
		over := !h.now().Before(r.Expires)
		empty := p.filled(r.Name) == 0 && !p.tried[r.Name] && !p.dark[r.Name]
		if r.Removing || over || empty {
			asked = true
			err = h.remove(ctx, r)
		} else {
			p.known[i], err = h.restyle(ctx, r, s)
		}
		if err != nil {
			return asked, err
		}
	}
	return asked, nil
}

// remove asks the server to delete a filter of ours. That it is gone is seen later.
func (h *Hider) remove(ctx context.Context, r record) error {
	r.Removing = true
	if err := h.put(r); err != nil {
		return err
	}
	return h.server.DeleteFilter(ctx, r.ID)
}

// restyle gives a filter the style that is wanted now.
func (h *Hider) restyle(ctx context.Context, r record, s network.Style) (record, error) {
	s, err := h.style(ctx, s)
	if err != nil || r.Style == s {
		return r, err
	}
	if err := h.server.ChangeFilter(ctx, r.ID, s); err != nil {
		return r, err
	}
	r.Style = s
	return r, h.put(r)
}

// errLeft means that filters of ours are still there after they were deleted.
var errLeft = errors.New("the server still has filters that were deleted")

// Clear implements network.Hider.
func (h *Hider) Clear(ctx context.Context) error {
	h.pass = nil
	for range rounds {
		records, err := h.records()
		if err != nil || len(records) == 0 {
			return err
		}
		p := &pass{where: map[string]spot{}, dark: map[string]bool{}}
		if err := h.compare(ctx, p, records); err != nil {
			return err
		}
		for _, r := range p.gone {
			if err := h.notes.Drop(r.Name); err != nil {
				return err
			}
		}
		for _, r := range p.known {
			if err := h.remove(ctx, r); err != nil {
				return err
			}
		}
	}
	return &network.Error{Op: "remove the filters", Kind: network.Transient, Err: errLeft}
}
