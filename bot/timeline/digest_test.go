package timeline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/store"
)

// Reports come as often as somebody chose, and not when there is nothing to report.
func TestReportsComeAsOftenAsTheyWereChosen(t *testing.T) {
	for _, c := range []struct {
		digest string
		days   string // at the end of which one comes, of three weeks with a dream on days 0, 9 and 10
	}{{"weekly", "6 13"}, {"daily", "0 9 10"}, {"off", ""}} {
		t.Run(c.digest, func(t *testing.T) {
			on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
				r.join(func(s *store.Subscriber) { s.Digest = c.digest })
				var days []string
				for day := range 21 {
					later(12 * time.Hour)
					if day == 0 || day == 9 || day == 10 {
						r.post(r.artist, 0.95, "a dream")
					}
					r.pass()
					later(12*time.Hour + time.Minute)
					for range 3 { // what is due is sent once
						r.pass()
					}
					if len(r.told) > 1 {
						t.Errorf("day %d: told %q", day, r.told)
					}
					for _, text := range r.told {
						days = append(days, fmt.Sprint(day))
						want := "I hid 1 post by"
						if c.digest == "weekly" && day == 13 {
							want = "I hid 2 posts by"
						}
						if !strings.Contains(text, want) {
							t.Errorf("day %d: %q", day, text)
						}
					}
					r.told = nil
				}
				if got := strings.Join(days, " "); got != c.days {
					t.Errorf("reports on days %q, not on %q", got, c.days)
				}
			})
		})
	}
}

// What came to an end is forgotten after its time, also where the server goes on to list it, and is not judged anew; what is
// hidden stays so.
func TestWhatIsOldIsForgottenForGood(t *testing.T) {
	on(t, mastodontest.Mastodon, func(t *testing.T, r *rig) {
		r.join()
		start := time.Now()
		undone := r.post(r.artist, 0.95, "a dream that may stay")
		r.pass()
		r.say("undo all")
		r.later()
		hidden, shown := r.post(r.artist, 0.95, "a dream"), r.post(r.artist, 0.1, "a lake")
		r.later()
		r.want("DeepDream: certain", hidden)
		known := func(post string) bool {
			_, err := r.store.For(r.scope).Timeline().Judged(post)
			if err != nil && !errors.Is(err, store.ErrNoPost) {
				t.Fatal(err)
			}
			return err == nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- r.filter.Run(ctx) }()
		for _, at := range []struct {
			hours                 int
			hidden, shown, undone bool
		}{{1, true, true, true}, {11, true, true, true}, {16, true, false, false}} {
			later(time.Until(start.Add(time.Duration(at.hours) * time.Hour)))
			if known(hidden) != at.hidden || known(shown) != at.shown || known(undone) != at.undone {
				t.Errorf("after %d hours: hidden %v, shown %v, undone %v", at.hours, known(hidden), known(shown), known(undone))
			}
		}
		r.want("DeepDream: certain", hidden)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}, func(r *rig) { r.options.Keep = 12 * time.Hour })
}
