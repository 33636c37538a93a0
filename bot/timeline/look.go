package timeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// pageSize is how many posts are read, judged and written down at a time.
const pageSize = 40

// look judges what came into the timeline since the last time.
func (w *watcher) look(ctx context.Context, sub store.Subscriber) error {
	cursor, known, err := w.own.Timeline().Cursor()
	if err != nil {
		return err
	}
	if !known {
		return w.first(ctx, sub)
	}
	for ctx.Err() == nil {
		page, err := w.reader.Home(ctx, cursor, pageSize)
		if err != nil {
			return err
		}
		if page.Next == cursor {
			return w.overlap(ctx, sub, cursor)
		}
		if err := w.record(ctx, sub, page.Posts, page.Next); err != nil {
			return err
		}
		cursor = page.Next
	}
	return context.Cause(ctx)
}

// overlap looks at the latest posts once more from time to time. A post that reaches the server late
// may have its place in the timeline where it was written, before the cursor.
func (w *watcher) overlap(ctx context.Context, sub store.Subscriber, cursor string) error {
	if w.reader.Facts().Ordered || time.Since(w.overlapped) < w.Check {
		return nil
	}
	pages, err := w.reader.Recent(ctx, pageSize)
	if err != nil {
		return err
	}
	w.overlapped = time.Now()
	for _, page := range pages {
		if err := w.record(ctx, sub, page.Posts, cursor); err != nil {
			return err
		}
	}
	return nil
}

// first looks at the recent past of somebody who joins, newest last, so that a kill in between
// costs only time. After an empty timeline there is nothing to go on from: it is read again.
func (w *watcher) first(ctx context.Context, sub store.Subscriber) error {
	pages, err := w.reader.Recent(ctx, w.First)
	if err != nil {
		return err
	}
	for _, page := range pages {
		if err := w.record(ctx, sub, page.Posts, page.Next); err != nil {
			return err
		}
	}
	return nil
}

// record decides about posts that nothing was decided about and writes that down with a cursor.
func (w *watcher) record(ctx context.Context, sub store.Subscriber, page []network.Post, cursor string) error {
	v, err := w.view(sub)
	if err != nil {
		return err
	}
	var found []*seen
	group, gctx := errgroup.WithContext(ctx)
	taken := map[string]bool{}
	for _, s := range shown(page) {
		if taken[s.post.ID] || s.post.Author.ID == w.own.Identity().ID {
			continue
		}
		taken[s.post.ID] = true
		if _, err := w.own.Timeline().Judged(s.post.ID); !errors.Is(err, store.ErrNoPost) {
			if err != nil {
				return err
			}
			continue
		}
		found = append(found, s)
		group.Go(func() error { return w.see(gctx, s) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("look at the pictures of a timeline: %w", err)
	}
	var rows []store.Judged
	for _, s := range found {
		row := w.Eye.decide(v, *s)
		w.count(row, *s)
		if row.Kind != "" || len(s.sights) > 0 {
			rows = append(rows, row)
		}
	}
	return w.own.Timeline().Record(cursor, rows...)
}

// count tells the observer of a verdict.
func (w *watcher) count(row store.Judged, s seen) {
	if len(s.sights) > 0 {
		w.Observer.Judged(row.Band)
	}
	for range len(s.post.Media) - len(s.sights) {
		w.Observer.Unreadable()
	}
}

// see looks at a post's pictures when there is room for one more.
func (w *watcher) see(ctx context.Context, s *seen) (err error) {
	if len(s.post.Media) == 0 {
		return nil
	}
	select {
	case w.slots <- struct{}{}:
		defer func() { <-w.slots }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	s.sights, err = w.Eye.lookAt(ctx, w.reader, s.post)
	return err
}

// shown lists the posts that a page of the timeline shows: its own, and those that they quote.
// A filter with a quoted post hides it inside the quoting one, which stays.
func shown(page []network.Post) []*seen {
	var all []*seen
	for _, p := range page {
		s := original(p)
		all = append(all, s)
		if q := s.post.Quoted; q != nil && q.Author.ID != "" {
			all = append(all, &seen{post: *q, booster: s.post.Author.Handle, said: said(*q)})
		}
	}
	return all
}

// original resolves a boost: what is judged and hidden is the boosted post, whoever boosts it.
func original(p network.Post) *seen {
	if p.Boosts == nil {
		return &seen{post: p, said: said(p)}
	}
	return &seen{post: *p.Boosts, booster: p.Author.Handle, said: said(*p.Boosts)}
}

func (w *watcher) view(sub store.Subscriber) (v view, err error) {
	v = view{sub: sub, now: time.Now()}
	if v.rules, err = w.own.Rules().InForce(); err != nil {
		return v, fmt.Errorf("read the allow and deny lists: %w", err)
	}
	if v.lessons, err = w.own.Timeline().Lessons(); err != nil {
		return v, fmt.Errorf("read what the subscriber said: %w", err)
	}
	if w.Share {
		v.shared, err = w.Store.Sights().SharedLessons(agreeing)
	}
	return v, err
}

// agreeing is how many subscribers must call a picture no dream before that counts for all.
const agreeing = 2

// rescan judges again what was seen since a time, as the rules, lessons and the budget are now.
// What the subscriber said of a post, or took out, stays as it is.
func (w *watcher) rescan(since time.Time) (changed int, err error) {
	w.passing.Lock()
	defer w.passing.Unlock()
	sub, err := w.own.Subscription().Subscriber()
	if err != nil {
		return 0, err
	}
	v, err := w.view(sub)
	if err != nil {
		return 0, err
	}
	rows, err := w.own.Timeline().Since(since, store.Kept, store.Noted, store.Filed)
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		if row.Fate == store.Filed && row.Kind == youSaid {
			continue
		}
		did, err := w.again(v, row)
		if err != nil {
			return changed, err
		}
		if did {
			changed++
		}
	}
	return changed, nil
}

// again decides once more about one row, from the sights that are kept.
func (w *watcher) again(v view, row store.Judged) (bool, error) {
	s := seen{post: network.Post{ID: row.Post, URL: row.URL, Created: row.Posted, Author: network.Account{ID: row.AuthorID, Handle: row.Author}},
		booster: row.Booster, said: row.Said}
	for _, hash := range row.Pictures {
		sight, ok, err := w.Eye.Known(hash)
		if err != nil {
			return false, err
		}
		if !ok {
			return false, nil // another network looked at it, or long ago
		}
		s.sights = append(s.sights, sight)
	}
	now := w.Eye.decide(v, s)
	if row.Fate == now.Fate || row.Fate == store.Filed && now.Kind != "" {
		return false, nil
	}
	_, err := w.own.Timeline().Change(row.Post, func(j *store.Judged) {
		if j.Fate != row.Fate {
			return
		}
		j.Score, j.Band, j.Limit, j.Model, j.Why, j.Kind, j.Rule = now.Score, now.Band, now.Limit, now.Model, now.Why, now.Kind, now.Rule
		switch {
		case row.Fate == store.Filed:
			j.Fate = store.Unwanted
		case now.Fate == store.Kept: // a note that no longer holds
			j.Fate = store.Returned
		default:
			j.Fate = now.Fate
		}
	})
	return err == nil, err
}
