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
	"maps"
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
	// Sure is for how long a filter must be missed before it is gone; 20 s.
	Sure time.Duration
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Hider hides posts of one account. It is not safe for concurrent use.
type Hider struct {
	server Server
	notes  network.Notes
	late   time.Duration
	sure   time.Duration
	now    func() time.Time
	pass   *pass           // nil before the first Hidden
	took   map[string]bool // filters out of which we took all there was
}

var _ network.Hider = (*Hider)(nil)

// New returns a Hider that does nothing until it is asked.
func New(server Server, notes network.Notes, o Options) *Hider {
	h := &Hider{server: server, notes: notes, late: o.Late, sure: o.Sure, now: o.Now, took: map[string]bool{}}
	if h.late == 0 {
		h.late = 30 * time.Second
	}
	if h.sure == 0 {
		h.sure = 20 * time.Second
	}
	if h.now == nil {
		h.now = time.Now
	}
	return h
}

// pass is the server's filters beside what we know of them, since Hidden was asked.
type pass struct {
	names  []string          // of all records, those that ended too
	known  []record          // ours that the server has
	state  map[string]Filter // of those, by name, as the server has them
	late   []string          // names of those whose creation may still happen
	gone   []record          // ours that the server has no more
	missed []string          // names of those that it did not list this time
	there  map[string]bool   // ids of all filters on the server; nil before it was asked
	where  map[string]spot   // post -> where it is
	tried  map[string]bool   // filters into which something may have been put though they look empty
	took   map[string]int    // how many posts were taken out of each
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
	p := newPass()
	if len(records) > 0 {
		if err := h.compare(ctx, p, records); err != nil {
			return network.Hides{}, err
		}
	}
	h.pass = p
	hides := network.Hides{None: len(p.names) == 0, Posts: map[string]string{}, Places: map[string]bool{}, Dismissed: map[string]string{},
		Partial: map[string]bool{}, Idle: map[string]string{}, Found: map[string]bool{}}
	for post, at := range p.where {
		hides.Posts[post] = at.name
	}
	for _, r := range p.known {
		hides.Places[r.Name] = true
		for _, post := range r.Found {
			hides.Found[post] = true
		}
		f := p.state[r.Name]
		if !f.Whole {
			hides.Partial[r.Name] = true
		}
		if !r.Removing && h.now().Before(r.Expires) && !f.works(h.now()) {
			hides.Idle[r.Name] = fmt.Sprintf("the filter %q was changed: %s", f.Title, r.wrong(f, h.now()))
		}
	}
	for _, name := range p.missed {
		hides.Partial[name], hides.Unsure = true, true
	}
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
			err = h.miss(p, r)
		default:
			err = h.meet(p, r)
		}
		if err != nil {
			return err
		}
	}
	for _, r := range p.known {
		if err := h.read(ctx, p, r, list[index(list, r.ID)]); err != nil {
			return err
		}
	}
	return nil
}

// miss is a filter that the server does not list. One whose deletion we did not ask for is gone when it is
// missed again after a while.
func (h *Hider) miss(p *pass, r record) error {
	if r.Removing || !r.Missing.IsZero() && h.now().Sub(r.Missing) >= h.sure {
		p.gone = append(p.gone, r)
		return nil
	}
	p.missed, p.late = append(p.missed, r.Name), append(p.late, r.Name)
	if !r.Missing.IsZero() {
		return nil
	}
	r.Missing = h.now()
	return h.put(r)
}

// meet is a filter of ours that the server has.
func (h *Hider) meet(p *pass, r record) error {
	was := r.Missing
	r.Missing = time.Time{}
	p.known = append(p.known, r)
	if was.IsZero() {
		return nil
	}
	return h.put(r)
}

func newPass() *pass {
	return &pass{where: map[string]spot{}, tried: map[string]bool{}, took: map[string]int{}, state: map[string]Filter{}}
}

// read notes what a filter of ours is like on the server, and what is in it.
func (h *Hider) read(ctx context.Context, p *pass, r record, f Filter) (err error) {
	if f, err = h.whole(ctx, f); err != nil {
		return err
	}
	p.state[r.Name] = f
	if len(f.Entries) > 0 {
		delete(h.took, r.Name)
	}
	for post, entry := range f.Entries {
		p.where[post] = spot{r.Name, entry}
	}
	return nil
}

// whole is a filter with its entries, which some servers leave out of their lists. What is left out is not
// empty: where nobody says what is in a filter, nobody knows.
func (h *Hider) whole(ctx context.Context, f Filter) (Filter, error) {
	if f.Whole {
		return f, nil
	}
	entries, whole, err := h.server.Entries(ctx, f.ID)
	switch {
	case network.Is(err, network.NotFound, network.Forbidden, network.Rejected): // not asked for like this there
		return f, nil
	case err != nil:
		return f, err
	}
	f.Entries, f.Whole = entries, whole
	return f, nil
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
	if at, there := p.where[post]; there && p.state[at.name].works(h.now()) {
		return at.name, nil
	} else if there {
		return "", nil // it is put right first
	}
	r, ok, err := h.filterFor(ctx, p, why, s)
	if err != nil || !ok {
		return "", err
	}
	entry, err := h.server.AddPost(ctx, r.ID, post)
	switch {
	case errors.Is(err, ErrThere), network.Is(err, network.NotFound, network.Rejected):
		if err := h.look(ctx, p, r, post, err); err != nil {
			return "", err
		}
	case err != nil:
		return "", err
	default:
		p.where[post] = spot{r.Name, entry}
	}
	at, there := p.where[post]
	if !there || !p.state[at.name].works(h.now()) { // not now: it is put right first
		return "", nil
	}
	return at.name, nil
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

// look finds out why a post cannot be put into a filter: it is in it, it is gone, or the filter is. Else
// the server does not want it there, and the error is its own.
func (h *Hider) look(ctx context.Context, p *pass, r record, post string, cause error) error {
	p.tried[r.Name] = true
	list, err := h.server.Filters(ctx)
	if err != nil {
		return err
	}
	i := index(list, r.ID)
	if i < 0 {
		return nil // the next pass sees that
	}
	if err := h.read(ctx, p, r, list[i]); err != nil {
		return err
	}
	if _, there := p.where[post]; there {
		return nil
	}
	if errors.Is(cause, ErrThere) {
		if !p.state[r.Name].Whole { // nobody else can say so
			p.where[post] = spot{name: r.Name}
		}
		return nil
	}
	there, err := h.server.There(ctx, post)
	if err != nil {
		return err
	}
	if !there {
		return network.ErrGone
	}
	return cause
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
	return h.create(ctx, p, r)
}

// create makes the filter of a record, which is written down before.
func (h *Hider) create(ctx context.Context, p *pass, r record) (record, bool, error) {
	if err := h.put(r); err != nil {
		return r, false, err
	}
	p.names = append(p.names, r.Name)
	made, err := h.server.CreateFilter(ctx, r.Title, r.Style, r.Expires.Sub(h.now()))
	if network.Is(err, network.Rejected) {
		r, made, err = h.contest(ctx, r, err)
	}
	switch {
	case network.Is(err, network.Unauthorized, network.Forbidden, network.NotFound, network.Rejected): // for certain
		p.names = slices.DeleteFunc(p.names, func(name string) bool { return name == r.Name })
		return r, false, errors.Join(err, h.notes.Drop(r.Name))
	case err != nil:
		p.late = append(p.late, r.Name)
		return r, false, err
	}
	p.there[made.ID] = true
	r.ID, r.Before = made.ID, nil
	if len(made.Entries) == 0 && len(r.Found) == 0 { // it is new
		made.Whole = true
	}
	p.known = append(p.known, r)
	if err := h.read(ctx, p, r, made); err != nil {
		return r, false, err
	}
	return r, true, h.put(r)
}

// mostTitles is how many titles are tried for one filter.
const mostTitles = 9

// contest finds out why a server does not make a filter. One of its title that an installation before this
// one made is taken over; if it is somebody else's, ours gets another title. Else the server does not want
// any.
func (h *Hider) contest(ctx context.Context, r record, cause error) (record, Filter, error) {
	records, err := h.records()
	if err != nil {
		return r, Filter{}, err
	}
	list, err := h.server.Filters(ctx)
	if err != nil {
		return r, Filter{}, err
	}
	taken, ours := map[string]bool{}, map[string]bool{}
	for _, other := range records {
		ours[other.ID] = true
	}
	for _, f := range list {
		taken[f.Title] = true
		if f.Title != r.Title || ours[f.ID] {
			continue
		}
		if f, err = h.whole(ctx, f); err != nil {
			return r, f, err
		}
		if f.madeByUs() {
			r.Found = slices.Sorted(maps.Keys(f.Entries))
			return r, f, nil
		}
	}
	if !taken[r.Title] {
		return r, Filter{}, cause
	}
	title := r.Title
	for n := 2; n <= mostTitles; n++ {
		r.Title = fmt.Sprintf("%s (%d)", title, n)
		if taken[r.Title] {
			continue
		}
		if err := h.put(r); err != nil {
			return r, Filter{}, err
		}
		made, err := h.server.CreateFilter(ctx, r.Title, r.Style, r.Expires.Sub(h.now()))
		if !network.Is(err, network.Rejected) {
			return r, made, err
		}
		cause = err
	}
	return r, Filter{}, cause
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
	p.took[at.name]++
	h.took[at.name] = p.took[at.name] >= p.filled(at.name)
	return h.server.RemovePost(ctx, at.entry)
}

// Tidy implements network.Hider.
func (h *Hider) Tidy(ctx context.Context, s network.Styles) (asked bool, err error) {
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
		empty, err := h.empty(p, &r)
		if err != nil {
			return asked, err
		}
		p.known[i] = r
		did := true
		if r.Removing || over || empty {
			err = h.remove(ctx, p, r)
		} else {
			p.known[i], did, err = h.mend(ctx, r, p.state[r.Name], s.For(r.Title))
		}
		if asked = asked || did; err != nil {
			return asked, err
		}
	}
	return asked, nil
}

// empty says whether a filter of ours holds nothing. That of which only the server says so has to be seen
// so twice.
func (h *Hider) empty(p *pass, r *record) (bool, error) {
	since := r.Empty
	switch {
	case p.filled(r.Name) > 0 || p.tried[r.Name] || !p.state[r.Name].Whole:
		r.Empty = time.Time{}
	case h.took[r.Name]:
		return true, nil
	case r.Empty.IsZero():
		r.Empty = h.now()
	default:
		return h.now().Sub(r.Empty) >= h.sure, nil
	}
	if r.Empty.Equal(since) {
		return false, nil
	}
	return false, h.put(*r)
}

// remove asks the server to delete a filter of ours. That it is gone is seen later. One into which its
// owner put words is theirs from then on: only what we put in is taken out.
func (h *Hider) remove(ctx context.Context, p *pass, r record) error {
	if p.state[r.Name].Words > 0 {
		for _, at := range p.where {
			if at.name != r.Name {
				continue
			}
			if err := h.server.RemovePost(ctx, at.entry); err != nil {
				return err
			}
		}
		return h.notes.Drop(r.Name)
	}
	r.Removing = true
	if err := h.put(r); err != nil {
		return err
	}
	return h.server.DeleteFilter(ctx, r.ID)
}

// mostMends is how often in a row a filter is put right that does not stay so.
const mostMends = 3

// errStubborn means that a server changes nothing though it says so, or somebody changes it back.
var errStubborn = errors.New("a filter does not stay as it was put right")

// mend gives a filter the style that is wanted now, and puts right what was changed so that it does not
// hide. asked says that the server was asked for something.
func (h *Hider) mend(ctx context.Context, r record, f Filter, s network.Style) (now record, asked bool, err error) {
	s, err = h.style(ctx, s)
	if err != nil {
		return r, false, err
	}
	wrong := r.wrong(f, h.now()) != ""
	was := r
	r.Found = nil
	if !wrong {
		r.Mended = 0
	}
	if !wrong && r.Style == s && (f.Style == "" || f.Style == s) {
		if was.Mended == r.Mended && len(was.Found) == 0 {
			return r, false, nil
		}
		return r, false, h.put(r)
	}
	if wrong {
		if r.Mended++; r.Mended > mostMends {
			return was, false, &network.Error{Op: "put a filter right", Kind: network.Rejected, Err: errStubborn}
		}
	}
	if err := h.server.ChangeFilter(ctx, r.ID, Settings{Style: s, Lasts: r.Expires.Sub(h.now())}); err != nil {
		return was, true, err
	}
	r.Style = s
	return r, wrong, h.put(r)
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
		p := newPass()
		if err := h.compare(ctx, p, records); err != nil {
			return err
		}
		for _, r := range p.gone {
			if err := h.notes.Drop(r.Name); err != nil {
				return err
			}
		}
		for _, r := range p.known {
			if err := h.remove(ctx, p, r); err != nil {
				return err
			}
		}
	}
	return &network.Error{Op: "remove the filters", Kind: network.Transient, Err: errLeft}
}
