package timeline

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// rounds is how often what is hidden is read in one pass at most.
const rounds = 3

// agree makes what is hidden agree with what was decided, and learns from what the subscriber
// changed.
func (w *watcher) agree(ctx context.Context, sub store.Subscriber) error {
	work, err := w.own.Timeline().Work()
	if err != nil {
		return err
	}
	_, refused := sub.Notices[string(Refused)] // then what is left to do is no reason to ask more often
	if time.Since(w.checked) < w.Check && (len(work) == 0 || refused) && !w.doubts.due() {
		return nil
	}
	// What a round asked for the next one sees done: what a network answers to a request is no
	// proof, only what it lists is.
	for range rounds {
		more, err := w.round(ctx, sub)
		if refuses(err) && !w.ailing { // a server that refuses everything says nothing of filters
			return w.refused(ctx, sub, err)
		}
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	w.doubts.end()
	w.checked = time.Now()
	return nil
}

// round is one look at what is hidden.
type round struct {
	*watcher
	sub   store.Subscriber
	hides network.Hides
	asked bool // something was asked for that a later round must see done
}

// round reads what is hidden, learns from it and does what is left to do; more says that another
// round should find it done.
func (w *watcher) round(ctx context.Context, sub store.Subscriber) (more bool, err error) {
	r := &round{watcher: w, sub: sub}
	if r.hides, err = w.reader.Hidden(ctx); err != nil {
		return false, err
	}
	if r.hides.Unsure {
		w.doubts.twice("a place is missing")
	}
	if !r.hides.None {
		if err := r.learn(ctx); err != nil {
			return false, err
		}
	}
	work, err := w.own.Timeline().Work()
	if err != nil || r.hides.None && len(work) == 0 {
		return false, err
	}
	if err := r.carryOutAll(ctx, work); err != nil {
		return false, err
	}
	asked, err := w.reader.Tidy(ctx, r.styles())
	return asked || r.asked, err
}

// mostInARow is how many posts in a row may fail before the others wait, too.
const mostInARow = 3

// carryOutAll does the work. One post that the server has trouble with does not hold up the others.
func (r *round) carryOutAll(ctx context.Context, work []store.Judged) error {
	var failed, refused error
	row, done := 0, false
	for _, j := range work {
		err := r.carryOut(ctx, j)
		switch {
		case err == nil:
			row, done = 0, true
			continue
		case !network.Failed(err):
			return err
		case refuses(err):
			refused = cmp.Or(refused, err)
		default:
			failed = cmp.Or(failed, err)
		}
		if row++; row >= mostInARow || network.Is(err, network.RateLimited, network.Unauthorized) {
			break
		}
	}
	if refused != nil && done && failed == nil { // it takes others: these wait, and are tried again
		r.Log.Warn("the server does not want a post in a filter", "account", r.sub.Handle, "error", refused)
		return nil
	}
	return cmp.Or(failed, refused)
}

// styles are how the subscriber wants hidden posts to look. What is hidden for a list looks as they chose for it.
func (r *round) styles() network.Styles {
	return network.Styles{Usual: network.Style(r.sub.How), Of: listedStyles}
}

// carryOut does one piece of work: hides a post, or shows it again.
func (r *round) carryOut(ctx context.Context, row store.Judged) error {
	_, hidden := r.hides.Posts[row.Post]
	switch {
	case row.Fate == store.Unwanted && hidden:
		r.asked = true
		return r.reader.Unhide(ctx, row.Post)
	case row.Fate == store.Unwanted && r.hides.Partial[row.Place]: // nobody knows whether it is hidden
		return nil
	case row.Fate == store.Unwanted:
		return r.end(row.Post, store.Returned)
	}
	place, err := r.reader.Hide(ctx, row.Post, row.Kind, r.styles().For(network.Title(row.Kind)))
	switch {
	case errors.Is(err, network.ErrGone):
		return r.end(row.Post, store.Gone)
	case err != nil || place == "": // not now
		return err
	}
	return r.filed(row, place)
}

// learn compares what is hidden with what we hid: the difference is what the subscriber said with
// their own client, when it is there at a second look.
func (r *round) learn(ctx context.Context) error {
	rows, err := r.own.Timeline().Since(time.Time{}, store.Filed, store.Wanted, store.Unwanted)
	if err != nil {
		return err
	}
	if err := r.dismissed(ctx, rows); err != nil {
		return err
	}
	for place, how := range r.hides.Idle {
		r.Log.Info("a filter of ours hides nothing and is put right", "account", r.sub.Handle, "place", place, "how", how)
		r.notify(ctx, r.sub, Notice{Kind: Mended})
	}
	ours, filed := map[string]bool{}, 0
	var out []store.Judged
	var in []string
	for _, row := range rows {
		ours[row.Post] = true
		if row.Fate == store.Filed {
			filed++
		}
		missing, err := r.compare(row)
		if err != nil {
			return err
		}
		if missing && r.doubts.twice("out "+row.Post) {
			out = append(out, row)
		}
	}
	for post, place := range r.hides.Posts {
		if ours[post] || r.hides.Idle[place] != "" {
			continue
		}
		if r.hides.Found[post] || r.doubts.twice("in "+post) {
			in = append(in, post)
		}
	}
	slices.Sort(in)
	if err := r.missing(ctx, out, filed); err != nil {
		return err
	}
	return r.more(ctx, in, filed)
}

// compare sees what became of a post that we hid, or were about to; missing says that it is not where it
// was.
func (r *round) compare(row store.Judged) (missing bool, err error) {
	place, hidden := r.hides.Posts[row.Post]
	switch {
	case hidden && r.hides.Idle[place] != "":
		if row.Fate == store.Filed {
			return false, r.end(row.Post, store.Wanted) // until it is put right
		}
	case row.Fate == store.Filed && !hidden && r.hides.Partial[row.Place]: // nobody knows
	case row.Fate == store.Filed && !hidden && !r.hides.Places[row.Place]: // the place ended with all in it
		return false, r.end(row.Post, store.Gone)
	case row.Fate == store.Filed && !hidden:
		return true, nil
	case row.Fate == store.Filed && row.Place != place, row.Fate == store.Wanted && hidden:
		return false, r.filed(row, place)
	}
	return false, nil
}

// dismissed notices places that the subscriber did away with. That means enough of it: from then on
// nothing is hidden, only noted, and what was about to be hidden is not. It may be told again before the
// pass ends; then nothing is left that waits or was there.
func (r *round) dismissed(ctx context.Context, rows []store.Judged) error {
	for place, how := range r.hides.Dismissed {
		concerned := slices.DeleteFunc(slices.Clone(rows), func(j store.Judged) bool {
			return !(j.Fate == store.Filed && j.Place == place || j.Fate == store.Wanted && j.Kind != youSaid)
		})
		if len(concerned) == 0 {
			continue
		}
		r.Log.Info("a subscriber deleted a filter; from now on nothing is hidden", "account", r.sub.Handle)
		if _, _, err := r.own.Subscription().Choose(store.Itself(), how, func(s *store.Subscriber) { s.Mode = store.FilterShadow }); err != nil {
			return err
		}
		r.notify(ctx, r.sub, Notice{Kind: Dismissed})
		for _, row := range concerned {
			if row.Fate == store.Wanted {
				if err := r.end(row.Post, store.Returned); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// filed notes that a post is hidden, and where.
func (r *round) filed(row store.Judged, place string) error {
	first := false
	now, err := r.change(row.Post, func(j *store.Judged) {
		switch j.Fate {
		case store.Wanted:
			first = j.FiledAt.IsZero()
			j.Fate, j.Place, j.FiledAt = store.Filed, place, time.Now()
		case store.Filed:
			j.Place = place
		}
	})
	if err == nil && first && !now.Posted.IsZero() && now.Posted.After(r.sub.Joined) {
		r.Observer.Hidden(now.FiledAt.Sub(now.Posted))
	}
	return err
}

// meet looks at a post that was not in the timeline. Of one that cannot be read only the id is known.
func (w *watcher) meet(ctx context.Context, post string) (store.Judged, error) {
	p, err := w.reader.Post(ctx, post)
	if network.Is(err, network.NotFound, network.Forbidden) {
		return store.Judged{Post: post}, nil
	}
	if err != nil {
		return store.Judged{}, err
	}
	sub, err := w.own.Subscription().Subscriber()
	if err != nil {
		return store.Judged{}, err
	}
	s := original(p)
	if err := w.see(ctx, s); err != nil {
		return store.Judged{}, err
	}
	row := w.Eye.decide(view{sub: sub, now: time.Now()}, *s)
	row.Seen = time.Now()
	return row, nil
}

// end gives a post its last fate.
func (w *watcher) end(post string, fate store.Fate) error {
	_, err := w.change(post, func(j *store.Judged) { j.Fate = fate })
	return err
}

// leave shows everything again, ends our mutes and then forgets everything we know. A server that lets us
// do nothing any more cannot keep somebody here: what is left there ends by itself.
func (w *watcher) leave(ctx context.Context, sub store.Subscriber) error {
	for _, undo := range []func(context.Context) error{w.reader.Clear, w.unmuteAll} {
		err := undo(ctx)
		if refuses(err) && w.doubts.twice("leaving") {
			w.Log.Warn("what was hidden for somebody who leaves cannot be shown again", "account", sub.Handle, "error", err)
			err = nil
		}
		if err != nil {
			return err
		}
	}
	if w.Disconnect != nil {
		if err := w.Disconnect(ctx, sub); err != nil {
			return err
		}
	}
	return w.own.Subscription().Forget(store.Actor{Identity: w.own.Identity()})
}

// teach remembers what the subscriber said of the pictures of a post. Without an eye the sketch is
// missing and the picture is known by its bytes only.
func teach(in *store.Timeline, eye *Eye, row store.Judged, dream bool) error {
	lessons, err := lessonsOf(eye, row, dream)
	if err != nil {
		return err
	}
	for _, l := range lessons {
		if err := in.PutLesson(l); err != nil {
			return err
		}
	}
	return nil
}

// lessonsOf are what a word on a post says of its pictures.
func lessonsOf(eye *Eye, row store.Judged, dream bool) (lessons []store.Lesson, err error) {
	for _, hash := range row.Pictures {
		l := store.Lesson{Picture: hash, Post: row.Post, Dream: dream, Score: row.Score}
		if eye != nil {
			sight, ok, err := eye.Known(hash)
			if err != nil {
				return nil, err
			}
			if ok {
				l.Sketch, l.Score = sight.Sketch, sight.Score
			}
		}
		lessons = append(lessons, l)
	}
	return lessons, nil
}
