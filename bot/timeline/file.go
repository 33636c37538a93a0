package timeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// titlePrefix begins the title of every filter of ours. Clients show the title in place of the
// post: it is the explanation.
const titlePrefix = "DeepDream: "

// Filters roll by month: one takes posts for the month it is named after, and is gone two
// months after that. Who scrolls back that far sees dreams.
const keepMonths = 2

// shelfSize is how many posts a filter holds before another one is begun: a server sends the
// whole of it to every client at each change.
const shelfSize = 400

// tend makes the server's filters agree with what was decided, and learns from what the
// subscriber changed in them.
func (w *watcher) tend(ctx context.Context, sub store.Subscriber) error {
	work, err := w.own.Timeline().Work()
	if err != nil {
		return err
	}
	shelves, err := w.own.Timeline().Shelves()
	if err != nil {
		return err
	}
	if len(work) == 0 && (len(shelves) == 0 || time.Since(w.checked) < w.Check) {
		return nil
	}
	// What a round asked for the next one sees done: what a server answers to a request is no
	// proof, only what it lists is.
	for range rounds {
		more, err := w.round(ctx, sub, shelves)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if shelves, err = w.own.Timeline().Shelves(); err != nil {
			return err
		}
	}
	w.checked = time.Now()
	return nil
}

// rounds is how often the server's filters are read in one pass at most.
const rounds = 3

// round reads the server's filters, learns from them and does what is left to do; more says
// that another round should find it done.
func (w *watcher) round(ctx context.Context, sub store.Subscriber, shelves []store.Shelf) (more bool, err error) {
	c, err := w.open(ctx, sub, shelves)
	if err != nil {
		return false, err
	}
	if err := c.learn(ctx); err != nil {
		return false, err
	}
	work, err := w.own.Timeline().Work()
	if err != nil {
		return false, err
	}
	for _, row := range work {
		if err := c.settle(ctx, row); err != nil {
			return false, err
		}
	}
	if err := c.tidy(ctx); err != nil {
		return false, err
	}
	return c.asked, nil
}

// cabinet is the server's filters beside what we know of them, during one pass.
type cabinet struct {
	*watcher
	sub     store.Subscriber
	how     string
	shelves []store.Shelf
	server  map[string]ServerFilter // by id
	where   map[string]place        // post -> where it is filed, in a filter of ours
	late    []string                // shelves whose creation may still happen
	asked   bool                    // something was asked for that a later round must see done
}

type place struct{ shelf, entry string }

// open reads the server's filters and finds ours among them.
func (w *watcher) open(ctx context.Context, sub store.Subscriber, shelves []store.Shelf) (*cabinet, error) {
	c := &cabinet{watcher: w, sub: sub, how: sub.How, shelves: shelves, server: map[string]ServerFilter{}, where: map[string]place{}}
	if sub.How == Blur {
		blurs, err := w.account.Blurs(ctx)
		if err != nil {
			return nil, err
		}
		if !blurs {
			c.how = Warn
		}
	}
	list, err := w.account.Filters(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		c.server[f.ID] = f
	}
	if err := c.adopt(); err != nil {
		return nil, err
	}
	for _, s := range c.shelves {
		for post, entry := range c.server[s.ID].Entries {
			c.where[post] = place{s.Name, entry}
		}
	}
	return c, nil
}

// adopt finds filters whose creation was asked for and not seen: they have our title and were
// not there before. One that never came to be is forgotten, once its request cannot be on the
// way any more.
func (c *cabinet) adopt() error {
	var kept []store.Shelf
	for _, s := range c.shelves {
		if s.ID == "" {
			for id, f := range c.server {
				if f.Title == s.Title && f.Words == 0 && !slices.Contains(s.Before, id) && !c.owned(id) {
					s.ID, s.How, s.Before = id, f.How, nil
				}
			}
			var err error
			switch {
			case s.ID != "":
				err = c.own.Timeline().PutShelf(s)
			case time.Since(s.Created) < c.Settle:
				c.late = append(c.late, s.Name)
			default:
				err = c.own.Timeline().DropShelf(s.Name)
			}
			if err != nil {
				return err
			}
		}
		if s.ID != "" {
			kept = append(kept, s)
		}
	}
	c.shelves = kept
	return nil
}

func (c *cabinet) owned(id string) bool {
	return slices.ContainsFunc(c.shelves, func(s store.Shelf) bool { return s.ID == id })
}

// learn compares what the server has with what we put there: the difference is what the
// subscriber said with their own client.
func (c *cabinet) learn(ctx context.Context) error {
	if err := c.vanished(); err != nil {
		return err
	}
	rows, err := c.own.Timeline().Since(time.Time{}, nil)
	if err != nil {
		return err
	}
	known := map[string]store.Judged{}
	for _, row := range rows {
		known[row.Post] = row
		at, there := c.where[row.Post]
		switch {
		case row.Fate == store.Filed && !there:
			err = c.takenOut(ctx, row)
		case row.Fate == store.Wanted && there:
			err = c.filed(row, at)
		}
		if err != nil {
			return err
		}
	}
	for post, at := range c.where {
		row, ok := known[post]
		if !ok || row.Fate != store.Filed && row.Fate != store.Wanted && row.Fate != store.Unwanted {
			if err := c.added(ctx, post, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// filed notes that a post is in a filter of ours.
func (c *cabinet) filed(row store.Judged, at place) error {
	now, err := c.own.Timeline().Change(row.Post, func(j *store.Judged) {
		if j.Fate == store.Wanted {
			j.Fate, j.Shelf, j.Entry, j.FiledAt = store.Filed, at.shelf, at.entry, time.Now()
		}
	})
	if err == nil && !now.Posted.IsZero() && now.Posted.After(c.sub.Joined) {
		c.Observer.Hidden(now.FiledAt.Sub(now.Posted))
	}
	return err
}

// takenOut is a post that was filed and is in no filter any more: the subscriber says it is not
// a dream, unless the post itself is gone.
func (c *cabinet) takenOut(ctx context.Context, row store.Judged) error {
	_, err := c.account.Post(ctx, row.Post)
	if network.Is(err, network.NotFound, network.Forbidden) {
		return c.end(row.Post, store.Gone)
	}
	if err != nil {
		return err
	}
	c.Log.Info("a subscriber took a post out of the filter", "account", c.sub.Handle)
	if err := c.teach(row, false); err != nil {
		return err
	}
	return c.end(row.Post, store.TakenOut)
}

// added is a post in our filter that we did not put there: the subscriber says it is a dream.
func (c *cabinet) added(ctx context.Context, post string, at place) error {
	c.Log.Info("a subscriber added a post to the filter", "account", c.sub.Handle)
	row := store.Judged{Post: post, Why: "you put it into the filter"}
	if old, err := c.own.Timeline().Judged(post); err == nil {
		row = old
		row.Why = WhyPut
	} else if !errors.Is(err, store.ErrNoPost) {
		return err
	} else if found, err := c.meet(ctx, post); err != nil {
		return err
	} else if found != nil {
		row = *found
		row.Why = WhyPut
	}
	if err := c.teach(row, true); err != nil {
		return err
	}
	_, err := c.own.Timeline().Change(post, func(j *store.Judged) {
		fate := j.Fate
		*j = row
		j.Fate = fate
		if slices.Contains([]store.Fate{"", store.Kept, store.Noted, store.Returned, store.TakenOut, store.Gone}, fate) {
			j.Fate, j.Kind, j.Shelf, j.Entry, j.FiledAt = store.Filed, youSaid, at.shelf, at.entry, time.Now()
		}
	})
	return err
}

// meet looks at a post that was not in the timeline; nil when it cannot be read.
func (w *watcher) meet(ctx context.Context, post string) (*store.Judged, error) {
	p, err := w.account.Post(ctx, post)
	if network.Is(err, network.NotFound, network.Forbidden) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sub, err := w.own.Subscription().Subscriber()
	if err != nil {
		return nil, err
	}
	s := original(p)
	if err := w.see(ctx, s); err != nil {
		return nil, err
	}
	row := w.Eye.decide(view{sub: sub, now: time.Now()}, *s)
	row.Seen = time.Now()
	return &row, nil
}

// end gives a post its last fate.
func (w *watcher) end(post string, fate store.Fate) error {
	_, err := w.own.Timeline().Change(post, func(j *store.Judged) { j.Fate, j.Entry = fate, "" })
	return err
}

// settle does one piece of work: a post into its filter, or out of it.
func (c *cabinet) settle(ctx context.Context, row store.Judged) error {
	at, there := c.where[row.Post]
	if row.Fate == store.Unwanted && there {
		c.asked = true
		return c.account.Unfile(ctx, at.entry)
	}
	if row.Fate == store.Unwanted {
		return c.end(row.Post, store.Returned)
	}
	if there {
		return c.filed(row, at)
	}
	shelf, ok, err := c.shelfFor(ctx, row.Kind)
	if err != nil || !ok {
		return err
	}
	entry, err := c.account.File(ctx, shelf.ID, row.Post)
	switch {
	case errors.Is(err, ErrFiled): // the next round reads where
		c.asked = true
		return nil
	case network.Is(err, network.NotFound, network.Rejected):
		return c.refused(ctx, row, shelf)
	case err != nil:
		return err
	}
	c.where[row.Post] = place{shelf.Name, entry}
	return c.filed(row, place{shelf.Name, entry})
}

// refused finds out why a post cannot be filed: it is gone, or the filter is.
func (c *cabinet) refused(ctx context.Context, row store.Judged, shelf store.Shelf) error {
	list, err := c.account.Filters(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(f ServerFilter) bool { return f.ID == shelf.ID }) {
		return nil // the next pass sees that
	}
	return c.end(row.Post, store.Gone)
}

// shelfFor finds or creates the filter of a kind for this month; ok is false while nobody knows
// whether there is one.
func (c *cabinet) shelfFor(ctx context.Context, kind string) (shelf store.Shelf, ok bool, err error) {
	now := time.Now().UTC()
	base := kind + "/" + now.Format("2006-01")
	name := base
	for n := 2; ; n++ {
		i := slices.IndexFunc(c.shelves, func(s store.Shelf) bool { return s.Name == name })
		if slices.Contains(c.late, name) {
			return shelf, false, nil
		}
		if i < 0 {
			break
		}
		if !c.shelves[i].Removing && c.filled(name) < shelfSize {
			return c.shelves[i], true, nil
		}
		name = fmt.Sprintf("%s.%d", base, n)
	}
	monthEnd := time.Date(now.Year(), now.Month()+1+keepMonths, 1, 0, 0, 0, 0, time.UTC)
	shelf = store.Shelf{Name: name, Title: titlePrefix + kind, How: c.how, Expires: monthEnd, Created: now}
	for id := range c.server {
		shelf.Before = append(shelf.Before, id)
	}
	if err := c.own.Timeline().PutShelf(shelf); err != nil {
		return shelf, false, err
	}
	made, err := c.account.CreateFilter(ctx, ServerFilter{Title: shelf.Title, How: c.how, Context: []string{"home"}}, time.Until(monthEnd))
	if err != nil {
		return shelf, false, err
	}
	c.server[made.ID] = made
	shelf.ID, shelf.Before = made.ID, nil
	c.shelves = append(c.shelves, shelf)
	return shelf, true, c.own.Timeline().PutShelf(shelf)
}

func (c *cabinet) filled(name string) (n int) {
	for _, at := range c.where {
		if at.shelf == name {
			n++
		}
	}
	return n
}

// vanished notices filters of ours that are gone. One that expired takes its posts with it; one
// that the subscriber deleted means enough of it: from then on nothing is hidden, only noted.
func (c *cabinet) vanished() error {
	var kept []store.Shelf
	for _, s := range c.shelves {
		if _, there := c.server[s.ID]; there {
			kept = append(kept, s)
			continue
		}
		deleted := time.Now().Before(s.Expires) && !s.Removing
		if err := c.abandon(s, deleted); err != nil {
			return err
		}
		if !deleted || c.sub.Leaving {
			continue
		}
		c.Log.Info("a subscriber deleted a filter; from now on nothing is hidden", "account", c.sub.Handle)
		_, _, err := c.own.Subscription().Choose(store.Itself(), "the filter \""+s.Title+"\" was deleted in a client", func(sub *store.Subscriber) {
			sub.Mode = store.FilterShadow
		})
		if err != nil {
			return err
		}
	}
	c.shelves = kept
	return nil
}

// abandon forgets a filter that is gone and what was in it.
func (c *cabinet) abandon(s store.Shelf, deleted bool) error {
	rows, err := c.own.Timeline().Since(time.Time{}, func(j store.Judged) bool { return j.Shelf == s.Name && j.Fate == store.Filed })
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := c.end(row.Post, store.Gone); err != nil {
			return err
		}
	}
	if deleted { // what was about to be hidden there is not
		if err := c.withdraw(); err != nil {
			return err
		}
	}
	return c.own.Timeline().DropShelf(s.Name)
}

// withdraw gives up hiding what is not hidden yet.
func (c *cabinet) withdraw() error {
	work, err := c.own.Timeline().Work()
	if err != nil {
		return err
	}
	for _, row := range work {
		if row.Fate == store.Wanted && row.Kind != youSaid {
			if err := c.end(row.Post, store.Returned); err != nil {
				return err
			}
		}
	}
	return nil
}

// tidy removes filters that are over or empty, and gives the others the action the subscriber
// wants now.
func (c *cabinet) tidy(ctx context.Context) error {
	month := time.Now().UTC().Format("2006-01")
	for _, s := range c.shelves {
		over := !time.Now().Before(s.Expires)
		empty := c.filled(s.Name) == 0
		switch {
		case s.Removing, over, empty && !(strings.Contains(s.Name, month) && c.expecting(s.Name)):
			if err := c.remove(ctx, s); err != nil {
				return err
			}
		case s.How != c.how:
			if err := c.account.ChangeFilter(ctx, s.ID, c.how); err != nil {
				return err
			}
			s.How = c.how
			if err := c.own.Timeline().PutShelf(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove asks the server to delete a filter of ours. That it is gone is seen in a later round.
func (c *cabinet) remove(ctx context.Context, s store.Shelf) error {
	s.Removing, c.asked = true, true
	if err := c.own.Timeline().PutShelf(s); err != nil {
		return err
	}
	return c.account.DeleteFilter(ctx, s.ID)
}

// expecting says whether a filter still waits for posts that could not be filed yet.
func (c *cabinet) expecting(name string) bool {
	work, err := c.own.Timeline().Work()
	return err != nil || slices.ContainsFunc(work, func(j store.Judged) bool {
		return j.Fate == store.Wanted && strings.HasPrefix(name, j.Kind+"/")
	})
}

// errLeft means that filters of ours are still there after they were deleted.
var errLeft = errors.New("the server still has filters that were deleted")

// leave removes every filter of ours from the server and then everything we know.
func (w *watcher) leave(ctx context.Context, sub store.Subscriber) error {
	for range rounds {
		shelves, err := w.own.Timeline().Shelves()
		if err != nil {
			return err
		}
		if len(shelves) == 0 {
			return w.forget(ctx, sub)
		}
		c, err := w.open(ctx, sub, shelves)
		if err != nil {
			return err
		}
		if err := c.vanished(); err != nil {
			return err
		}
		for _, s := range c.shelves {
			if err := c.remove(ctx, s); err != nil {
				return err
			}
		}
	}
	return &network.Error{Op: "remove the filters", Kind: network.Transient, Err: errLeft}
}

// forget drops a subscriber whose filters are gone.
func (w *watcher) forget(ctx context.Context, sub store.Subscriber) error {
	if err := w.unmuteAll(ctx); err != nil {
		return err
	}
	if w.Disconnect != nil {
		if err := w.Disconnect(ctx, sub); err != nil {
			return err
		}
	}
	return w.own.Subscription().Forget(store.Actor{Identity: w.own.Identity()})
}

// teach remembers what the subscriber said of the pictures of a post.
func (w *watcher) teach(row store.Judged, dream bool) error {
	return teach(w.own.Timeline(), w.Eye, row, dream)
}

// teach is shared with the desk, which has no watcher. Without an eye the sketch is missing and
// the picture is known by its bytes only.
func teach(in *store.Timeline, eye *Eye, row store.Judged, dream bool) error {
	for _, hash := range row.Pictures {
		l := store.Lesson{Picture: hash, Post: row.Post, Dream: dream, Score: row.Score}
		if eye != nil {
			sight, ok, err := eye.Known(hash)
			if err != nil {
				return err
			}
			if ok {
				l.Sketch, l.Score = sight.Sketch, sight.Score
			}
		}
		if err := in.PutLesson(l); err != nil {
			return err
		}
	}
	return nil
}
