package timeline

import (
	"context"
	"errors"
	"slices"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// mostLookedUp is how many posts are looked up in one pass to find out what became of them.
const mostLookedUp = 20

// mass says whether so many changes at once, of so many posts that are hidden, are more than a person makes
// by hand: then it is asked what they mean.
func mass(n, hidden int) bool { return n > 10 || n > 3 && 2*n > hidden }

// missing are posts that were hidden and are not any more: the subscriber says they are no dreams, unless
// the posts themselves are gone. Many at once are asked about.
func (r *round) missing(ctx context.Context, rows []store.Judged, hidden int) error {
	look := rows[:min(len(rows), mostLookedUp)]
	var there []store.Judged
	var failed error
	for _, row := range look {
		_, err := r.reader.Post(ctx, row.Post)
		switch {
		case err == nil:
			there = append(there, row)
		case network.Is(err, network.NotFound, network.Forbidden):
			err = r.end(row.Post, store.Gone)
			if err != nil {
				return err
			}
		case !network.Failed(err) || network.Is(err, network.RateLimited, network.Unauthorized):
			return err
		default: // this one cannot be told now; the others can
			failed = err
		}
	}
	if len(there) == 0 {
		return failed
	}
	if all := slices.Concat(there, rows[len(look):]); mass(len(all), hidden) {
		return r.vanished(ctx, all)
	}
	for _, row := range there {
		r.Log.Info("a subscriber took a post out of the filter", "account", r.sub.Handle)
		if err := teach(r.own.Timeline(), r.Eye, row, false); err != nil {
			return err
		}
		if err := r.end(row.Post, store.TakenOut); err != nil {
			return err
		}
	}
	return failed
}

// vanished are many posts that are shown again, all at once. They stay so, nothing is learned of it, and the
// subscriber is asked.
func (r *round) vanished(ctx context.Context, rows []store.Judged) error {
	n := 0
	for _, row := range rows {
		_, err := r.change(row.Post, func(j *store.Judged) {
			if j.Fate == store.Filed {
				n++
				j.Fate, j.Why = store.Returned, WhyVanished
			}
		})
		if err != nil {
			return err
		}
	}
	r.notify(ctx, r.sub, Notice{Kind: Vanished, Posts: n})
	return nil
}

// more are posts that are hidden though we did not ask for it: the subscriber says they are dreams. Many at
// once are asked about; what an installation before this one hid is no word of anybody's.
func (r *round) more(ctx context.Context, posts []string, hidden int) error {
	said := slices.DeleteFunc(slices.Clone(posts), func(post string) bool { return r.hides.Found[post] })
	asks := mass(len(said), hidden)
	looks := 0
	for _, post := range posts {
		row, err := r.own.Timeline().Judged(post)
		if errors.Is(err, store.ErrNoPost) {
			if looks++; looks > mostLookedUp {
				continue // another pass
			}
			row, err = r.meet(ctx, post)
		}
		if network.Failed(err) && !network.Is(err, network.RateLimited, network.Unauthorized) {
			continue // it cannot be told now; the others can
		}
		if err != nil {
			return err
		}
		place := r.hides.Posts[post]
		known := row.Fate == store.Noted && row.Place == place // we hid it ourselves once
		switch {
		case r.hides.Found[post]:
			row.Why = WhyFound
		case known:
		case asks:
			row.Why = WhyAppeared
		default:
			r.Log.Info("a subscriber added a post to the filter", "account", r.sub.Handle)
			row.Why = WhyPut
			if err := teach(r.own.Timeline(), r.Eye, row, true); err != nil {
				return err
			}
		}
		if err := r.adopt(post, place, row); err != nil {
			return err
		}
	}
	if asks {
		r.notify(ctx, r.sub, Notice{Kind: Appeared, Posts: len(said)})
	}
	return nil
}

// adopt writes down that a post is hidden which we did not hide.
func (r *round) adopt(post, place string, row store.Judged) error {
	_, err := r.change(post, func(j *store.Judged) {
		fate := j.Fate
		*j = row
		j.Fate = fate
		if slices.Contains([]store.Fate{"", store.Kept, store.Noted, store.Returned, store.TakenOut, store.Gone}, fate) {
			j.Fate, j.Kind, j.Place, j.FiledAt = store.Filed, youSaid, place, time.Now()
		}
	})
	return err
}
