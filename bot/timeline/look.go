package timeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"slugpuppy/bot/network"
	"slugpuppy/bot/pulse"
	"slugpuppy/bot/rules"
	"slugpuppy/store"
)

// pageSize is how many posts are read, judged and written down at a time.
const pageSize = 40

const (
	// mostPages is how much of a timeline one pass reads: the rest is for the next one.
	mostPages = 25
	// passTime is after how long a pass reads no further page.
	passTime = 10 * time.Minute
)

// look judges what came into the timeline since the last time.
func (w *watcher) look(ctx context.Context, sub store.Subscriber) error {
	cursor, known, err := w.own.Timeline().Cursor()
	if err != nil {
		return err
	}
	if !known {
		return w.first(ctx, sub)
	}
	if !w.reader.Facts().Ordered && time.Since(w.overlapped) >= w.Check {
		behind, err := w.latest(ctx, sub, cursor)
		if err != nil || !behind {
			return err
		}
	}
	began, been := time.Now(), map[string]bool{cursor: true}
	for range mostPages {
		if !w.reads.Allow() { // the rest is for the next pass
			return nil
		}
		page, err := w.reader.Home(ctx, cursor, pageSize)
		if err != nil || page.Next == cursor {
			return err
		}
		if err := w.record(ctx, sub, page.Posts, page.Next); err != nil {
			return err
		}
		w.remember(page.Posts)
		cursor = page.Next
		if been[cursor] { // it goes round in circles
			w.Log.Warn("a timeline comes back to where it was; the rest of it is for later", "account", sub.Handle)
			return nil
		}
		if been[cursor] = true; time.Since(began) > passTime || len(page.Posts) < pageSize/2 { // the rest of it, or nearly
			return nil
		}
	}
	return nil
}

// latest looks at the latest posts once more from time to time. A post that reaches the server late may have
// its place in the timeline where it was written, before the cursor, and posts that were read may have been
// edited. In a quiet timeline that is one read in place of another: behind says that there may be more between
// the cursor and the latest.
func (w *watcher) latest(ctx context.Context, sub store.Subscriber, cursor string) (behind bool, err error) {
	if !w.reads.Allow() {
		return true, nil
	}
	pages, err := w.reader.Recent(ctx, pageSize)
	if err != nil {
		return true, err
	}
	w.overlapped = time.Now()
	known, fresh, next := false, false, cursor
	for _, page := range pages {
		for _, p := range page.Posts {
			known, fresh = known || w.met[p.ID], fresh || !w.met[p.ID]
		}
		next = page.Next
	}
	if !known || !fresh {
		next = cursor
	}
	met := w.met
	w.met = nil
	for _, page := range pages {
		if err := w.record(ctx, sub, w.young(page.Posts), cursor); err != nil {
			w.met = met
			return true, err
		}
		w.remember(page.Posts)
	}
	if next != cursor {
		err = w.own.Timeline().Record(next)
	}
	return !known && len(pages) > 0, err
}

// young are the posts that nothing can have been forgotten of yet: what somebody said of an older one may be, and it would be
// judged as if it were new.
func (w *watcher) young(posts []network.Post) []network.Post {
	return slices.DeleteFunc(slices.Clone(posts), func(p network.Post) bool { return time.Since(p.Created) > w.Keep })
}

// mostMet is how many posts are remembered as read.
const mostMet = 1000

// remember remembers posts that were read.
func (w *watcher) remember(posts []network.Post) {
	if w.met == nil || len(w.met) > mostMet {
		w.met = map[string]bool{}
	}
	for _, p := range posts {
		w.met[p.ID] = true
	}
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

// record decides about posts that nothing was decided about and writes that down with a cursor. A post
// with a picture that cannot be had now is looked at later.
func (w *watcher) record(ctx context.Context, sub store.Subscriber, page []network.Post, cursor string) error {
	v, err := w.view(sub)
	if err != nil {
		return err
	}
	found, err := w.strangers(page)
	if err != nil {
		return err
	}
	if err := w.seeAll(ctx, found); err != nil {
		return err
	}
	var rows []store.Judged
	for _, s := range found {
		row, ok := w.verdict(v, s)
		switch {
		case !ok:
		case s.before != nil:
			if err := w.revise(s, row); err != nil {
				return err
			}
		case row.Kind == "" && s.missed != nil:
			if err := w.postpone(s, late{}); err != nil {
				return err
			}
		case row.Kind != "" || len(s.sights) > 0:
			w.count(row, *s)
			rows = append(rows, row)
		}
	}
	return w.write(cursor, rows)
}

// strangers are the posts of a page that nothing was decided about yet, or that were edited since, and that are
// not for later.
func (w *watcher) strangers(page []network.Post) (found []*seen, err error) {
	later, err := w.own.Notes(latePart).All()
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for post := range later {
		taken[post] = true
	}
	for _, s := range shown(page) {
		if taken[s.post.ID] || s.post.Author.ID == w.own.Identity().ID {
			continue
		}
		taken[s.post.ID] = true
		before, err := w.own.Timeline().Judged(s.post.ID)
		switch {
		case errors.Is(err, store.ErrNoPost):
			found = append(found, s)
		case err != nil:
			return nil, err
		case s.post.Edited.After(before.Edited):
			s.before = &before
			found = append(found, s)
		}
	}
	return found, nil
}

// seeAll looks at the pictures of posts.
func (w *watcher) seeAll(ctx context.Context, posts []*seen) error {
	group, gctx := errgroup.WithContext(ctx)
	for _, s := range posts {
		group.Go(func() error { return w.see(gctx, s) })
	}
	return group.Wait()
}

// verdict decides about a post. One that nothing can be decided about, for a bug of ours, is left alone:
// it must not keep the others from being judged.
func (w *watcher) verdict(v view, s *seen) (row store.Judged, ok bool) {
	err := pulse.Safely(func() error {
		w.ask(s)
		row = w.Eye.decide(v, *s)
		w.told(row, s)
		return nil
	})
	if err != nil {
		w.spoilt(s.post.ID, err)
	}
	return row, err == nil
}

// spoilt is a post that is left alone because of an error of ours.
func (w *watcher) spoilt(post string, err error) {
	w.Observer.Contained()
	w.Log.Error("a post cannot be judged and is left alone", "account", w.own.Identity(), "post", post,
		"error", err, "stack", pulse.StackOf(err))
}

// write stores rows with a cursor. Where the store does not take them all, it is asked for each: one row
// that it cannot hold must not keep the timeline at this page for ever. What fails then is the store.
func (w *watcher) write(cursor string, rows []store.Judged) error {
	err := w.own.Timeline().Record(cursor, rows...)
	if err == nil || errors.Is(err, store.ErrNoSubscriber) || len(rows) == 0 {
		return err
	}
	was, _, err := w.own.Timeline().Cursor()
	if err != nil {
		return err
	}
	bad := map[string]error{}
	for _, row := range rows {
		if err := w.own.Timeline().Record(was, row); err != nil {
			bad[row.Post] = err
		}
	}
	if err := w.own.Timeline().Record(cursor); err != nil {
		return err
	}
	for post, err := range bad {
		w.spoilt(post, err)
	}
	return nil
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

// see looks at a post's pictures when it is our turn. What could not be had is noted with the post.
func (w *watcher) see(ctx context.Context, s *seen) (err error) {
	if len(s.post.Media) == 0 {
		return nil
	}
	err = pulse.Safely(func() error {
		s.sights, err = w.Eye.lookAt(ctx, w.source(), s.post)
		return err
	})
	switch missed, ok := errors.AsType[*unseen](err); {
	case ok && missed.bare:
		w.spoilt(s.post.ID, err)
		return nil
	case ok:
		s.missed = err
		return nil
	case pulse.StackOf(err) != "":
		w.spoilt(s.post.ID, err)
		return nil
	}
	return err
}

// source is where this subscriber's pictures come from.
func (w *watcher) source() Source { return source{w.desks, w.own.Identity(), w.reader} }

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

// recall is a post that was judged, with the sights that are kept; ok is false when one is not kept any more.
func (w *watcher) recall(row store.Judged) (s seen, ok bool, err error) {
	s = seen{post: network.Post{ID: row.Post, URL: row.URL, Created: row.Posted, Author: network.Account{ID: row.AuthorID, Handle: row.Author}},
		booster: row.Booster, said: row.Said}
	if s.sights, err = w.Eye.Sights(row); err != nil || len(s.sights) < len(row.Pictures) {
		return s, false, err // another network looked at it, or long ago
	}
	w.ask(&s)
	return s, true, nil
}

// byWord says whether a rule on words that is still in force decided about a row.
func byWord(inForce []store.Rule, row store.Judged) bool {
	return row.Rule != "" && slices.ContainsFunc(inForce, func(r store.Rule) bool {
		return r.ID == row.Rule && r.Kind == string(rules.Word)
	})
}

// again decides once more about one row, from the sights that are kept.
func (w *watcher) again(v view, row store.Judged) (bool, error) {
	s, ok, err := w.recall(row)
	if err != nil || !ok {
		return false, err
	}
	now := w.Eye.decide(v, s)
	if byWord(v.rules, row) && now.Rule == "" && now.Why != WhyNoDream && now.Why != WhyDream {
		return false, nil // the text, which that rule reads, is not kept
	}
	if row.Fate == now.Fate || row.Fate == store.Filed && now.Kind != "" {
		return false, nil
	}
	_, err = w.change(row.Post, func(j *store.Judged) {
		if j.Fate != row.Fate {
			return
		}
		judge(j, now)
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
