package timeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"slugpuppy/store"
)

// Report is what the filter did for a subscriber in a time.
type Report struct {
	Account  string        `json:"account"`
	Since    time.Time     `json:"since"`
	Judged   int           `json:"judged"` // posts with pictures
	Hidden   int           `json:"hidden"`
	Noted    int           `json:"would_hide"`
	Mistakes int           `json:"mistakes"` // the subscriber said "not a dream", and did not take it back
	Artists  []Tally       `json:"artists"`
	Median   time.Duration `json:"median"` // from the post's time to its being filed
	Slow     time.Duration `json:"p95"`
}

// Tally counts an account's dreams.
type Tally struct {
	Handle string `json:"account"`
	Dreams int    `json:"dreams"`
}

// Report counts what happened since a time, by what was written down of each post then: what was put right
// afterwards counts as a mistake, and no longer as a dream.
func (d *Desk) Report(sub store.Subscriber, since time.Time) (Report, error) {
	r := Report{Account: sub.Handle, Since: since}
	rows, err := d.Store.For(sub.Identity).Timeline().Since(time.Time{}, found...)
	if err != nil {
		return r, err
	}
	left, err := d.Store.For(sub.Identity).Timeline().Since(since, store.Kept)
	if err != nil {
		return r, err
	}
	count := map[string]int{}
	var delays []time.Duration
	for _, j := range slices.Concat(rows, left) {
		if len(j.Pictures) > 0 && !j.Seen.Before(since) {
			r.Judged++
		}
		if !j.FiledAt.IsZero() && !j.FiledAt.Before(since) && !j.Posted.IsZero() && j.Posted.After(sub.Joined) {
			delays = append(delays, j.FiledAt.Sub(j.Posted))
		}
		r.count(j, count)
	}
	for handle, n := range count {
		r.Artists = append(r.Artists, Tally{handle, n})
	}
	slices.SortFunc(r.Artists, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(b.Dreams, a.Dreams), strings.Compare(a.Handle, b.Handle))
	})
	slices.Sort(delays)
	if n := len(delays); n > 0 {
		r.Median, r.Slow = delays[n/2], delays[n*95/100]
	}
	return r, nil
}

// found are the fates of what was noted or hidden, whatever became of it.
var found = []store.Fate{store.Noted, store.Wanted, store.Filed, store.Unwanted, store.Returned, store.TakenOut, store.Gone}

// count adds what happened to one post.
func (r *Report) count(j store.Judged, dreams map[string]int) {
	word, said := j.Called()
	mistaken := word == store.WordNoDream
	if mistaken && !said.Before(r.Since) {
		r.Mistakes++
	}
	at, ok := j.Found()
	switch {
	case !ok || at.Before(r.Since) && !j.Hid(r.Since):
		return
	case j.Hid(r.Since):
		r.Hidden++
	default:
		r.Noted++
	}
	if !mistaken {
		dreams[j.Author]++
	}
}

// Spans of digests.
var digestSpan = map[string]time.Duration{"daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour}

// digest sends the report when its time has come. It is written down as sent before it is: one
// too few is better than one twice.
func (w *watcher) digest(ctx context.Context, sub store.Subscriber) error {
	span, wanted := digestSpan[sub.Digest]
	last := sub.LastDigest
	if last.IsZero() {
		last = sub.Joined
	}
	if w.Tell == nil || !wanted || time.Since(last) < span || sub.Acting(time.Now()) == store.FilterOff {
		return nil
	}
	desk := &Desk{Store: w.Store}
	r, err := desk.Report(sub, last)
	if err != nil {
		return err
	}
	if err := w.own.Subscription().Touch(func(s *store.Subscriber) { s.LastDigest = time.Now() }); err != nil {
		return err
	}
	if r.Hidden+r.Noted == 0 {
		return nil // nobody needs to hear that nothing happened
	}
	out := Digest{Report: r}
	if !sub.ShadowUntil.IsZero() && last.Before(sub.ShadowUntil) {
		if out.HidesNow = !time.Now().Before(sub.ShadowUntil); !out.HidesNow {
			out.HidesFrom = sub.ShadowUntil
		}
	}
	w.send(ctx, sub, fmt.Sprintf("digest:%d", sub.LastDigest.Unix()), out)
	return nil
}
