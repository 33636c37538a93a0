package timeline

import (
	"context"
	"fmt"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"slugpuppy/store"
)

// A budget is a promise about pictures like those it was measured on, and timelines differ. What a subscriber corrects says
// whether it is kept on theirs.
const (
	// doubtful is how likely so many corrections may be where the budget is kept, at most, to be taken for a sign that it is not.
	doubtful = 0.01
	// fewest corrections say something: one can be a slip.
	fewest = 2
)

// broken says whether so many pictures of all those that are no dreams are more than a budget allows to be hidden, by the exact
// binomial test.
func broken(wrong, of int, budget float64) bool {
	if wrong < fewest || wrong > of || !(budget > 0 && budget < 1) {
		return false
	}
	return distuv.Binomial{N: float64(of), P: budget}.Survival(float64(wrong)-1) < doubtful
}

// corrections counts, of what was judged since a time, the posts that the detector hid, or would have hidden, and the subscriber
// called no dreams, and all pictures that are no dreams as far as is known.
func corrections(rows []store.Judged, since time.Time) (wrong, of int) {
	for _, j := range rows {
		word, at := j.Called()
		_, found := j.Found()
		switch {
		case word == store.WordDream, found && word != store.WordNoDream:
			continue
		case found && j.Score >= j.Limit && at.After(since):
			wrong++
		}
		of += len(j.Pictures)
	}
	return wrong, of
}

// keepPromise makes a subscriber's budget smaller where their corrections say that it is broken, and tells them. It counts again
// only when there is another correction.
func (w *watcher) keepPromise(ctx context.Context, sub store.Subscriber) error {
	lessons, err := w.own.Timeline().Lessons()
	if err != nil {
		return err
	}
	n := 1
	for _, l := range lessons {
		if !l.Dream {
			n++
		}
	}
	if n == w.corrected {
		return nil
	}
	since := sub.Joined
	if sub.Counted.After(since) {
		since = sub.Counted
	}
	rows, err := w.own.Timeline().Since(since)
	if err != nil {
		return err
	}
	wrong, of := corrections(rows, since)
	if budget := sub.Allowed(); broken(wrong, of, budget) {
		if err := w.tighten(ctx, sub, Notice{Kind: Tightened, Posts: wrong, Of: of, Budget: budget}); err != nil {
			return err
		}
	}
	w.corrected = n
	return nil
}

// tighten keeps a smaller budget from now on. It is an entry of the audit trail, which the subscriber can take back.
func (w *watcher) tighten(ctx context.Context, sub store.Subscriber, n Notice) error {
	next := sub
	next.Tightened++
	if n.Kept = next.Allowed(); n.Kept >= n.Budget { // it is the smallest already
		return nil
	}
	what := fmt.Sprintf("budget tightened: %d hidden wrongly, of %d pictures that are no dreams", n.Posts, n.Of)
	now, _, err := w.own.Subscription().Choose(store.Itself(), what, func(s *store.Subscriber) {
		s.Tightened++
		s.Counted = time.Now()
	})
	if err != nil {
		return err
	}
	if err := w.settled(sub, Tightened); err != nil { // they are told every time
		return err
	}
	w.notify(ctx, now, n)
	return nil
}
