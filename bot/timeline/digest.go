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
	Mistakes int           `json:"mistakes"` // the subscriber said "not a dream"
	Artists  []Tally       `json:"artists"`
	Median   time.Duration `json:"median"` // from the post's time to its being filed
	Slow     time.Duration `json:"p95"`
}

// Tally counts an account's dreams.
type Tally struct {
	Handle string `json:"account"`
	Dreams int    `json:"dreams"`
}

// Report counts what happened since a time.
func (d *Desk) Report(sub store.Subscriber, since time.Time) (Report, error) {
	r := Report{Account: sub.Handle, Since: since}
	rows, err := d.Store.For(sub.Identity).Timeline().Since(since, nil)
	if err != nil {
		return r, err
	}
	count := map[string]int{}
	var delays []time.Duration
	for _, j := range rows {
		if len(j.Pictures) > 0 {
			r.Judged++
		}
		switch j.Fate {
		case store.Filed, store.Wanted:
			r.Hidden++
			count[j.Author]++
		case store.Noted:
			r.Noted++
			count[j.Author]++
		case store.TakenOut:
			r.Mistakes++
		}
		if !j.FiledAt.IsZero() && !j.Posted.IsZero() && j.Posted.After(sub.Joined) {
			delays = append(delays, j.FiledAt.Sub(j.Posted))
		}
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

// Text is the report as a person reads it.
func (r Report) Text() string {
	if r.Hidden+r.Noted == 0 {
		return fmt.Sprintf("Nothing to hide since %s: I looked at %s with pictures.", r.Since.Format("Monday 2 January"), posts(r.Judged))
	}
	var parts []string
	if r.Hidden > 0 {
		parts = append(parts, fmt.Sprintf("I hid %s", posts(r.Hidden)))
	}
	if r.Noted > 0 {
		parts = append(parts, fmt.Sprintf("I would have hidden %s", posts(r.Noted)))
	}
	by := "1 account"
	if n := len(r.Artists); n != 1 {
		by = fmt.Sprintf("%d accounts", n)
	}
	text := fmt.Sprintf("Since %s %s by %s, of %d with pictures; %d mistakes you told me of.",
		r.Since.Format("Monday 2 January"), strings.Join(parts, " and "), by, r.Judged, r.Mistakes)
	for i, a := range r.Artists {
		if i == 3 {
			break
		}
		text += fmt.Sprintf("\n%s: %d", strings.ReplaceAll(a.Handle, "@", " at "), a.Dreams) // mentions nobody
	}
	return text
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
	text := r.Text()
	if !sub.ShadowUntil.IsZero() && last.Before(sub.ShadowUntil) {
		if time.Now().Before(sub.ShadowUntil) {
			text += "\nSo far I only look. From " + sub.ShadowUntil.Format("Monday 2 January") + " on I hide; say \"filter shadow\" if you do not want that."
		} else {
			text += "\nFrom now on I hide such posts; \"filter shadow\" stops that, \"hidden\" lists them."
		}
	}
	if err := w.Tell(ctx, sub, text); err != nil {
		w.Log.Warn("a digest could not be sent", "account", sub.Handle, "error", err)
	}
	return nil
}
