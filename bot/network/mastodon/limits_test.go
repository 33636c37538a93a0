package mastodon_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
)

func TestDeletingTooMuchStopsOnlyDeleting(t *testing.T) {
	s := newTown(t, mastodontest.Options{RateLimits: true, Limits: mastodontest.Limits{Deletes: 2}})
	var ids []string
	for i := range 3 {
		p, err := s.robot.Post(mastodontest.PostOptions{Text: fmt.Sprint("post ", i)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
	}
	for _, id := range ids[:2] {
		if err := s.bot.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.bot.Delete(t.Context(), ids[2]); kindOf(t, err) != network.RateLimited {
		t.Errorf("got %v", err)
	}
	if n := s.Count("DELETE /api/v1/statuses/{id}"); n != 2 {
		t.Errorf("%d requests to delete for a limit of 2", n)
	}
	if _, err := s.bot.Post(t.Context(), ids[2]); err != nil {
		t.Errorf("reading stopped too: %v", err)
	}
	if _, err := s.bot.Mentions(t.Context(), "1", 10); err != nil {
		t.Errorf("mentions stopped too: %v", err)
	}
}

func TestWithoutBudgetNothingIsSent(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			s := newTown(t, mastodontest.Options{Dialect: dialect, RateLimits: true, Limits: mastodontest.Limits{Requests: 5}})
			for range 5 {
				if _, err := s.bot.Limits(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			calls := map[string]func() error{
				"reply":    func() error { _, err := s.bot.Reply(t.Context(), network.Outgoing{Text: "hi"}); return err },
				"mentions": func() error { _, err := s.bot.Mentions(t.Context(), "1", 10); return err },
				"delete":   func() error { return s.bot.Delete(t.Context(), "1") },
			}
			for name, call := range calls {
				if err := call(); kindOf(t, err) != network.RateLimited {
					t.Errorf("%s: got %v", name, err)
				}
			}
			if n := len(s.Requests()); n != 5 {
				t.Errorf("%d requests for a limit of 5", n)
			}
		})
	}
}

func TestLimitsEndByTheServersClock(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"right": 0, "an hour behind": -time.Hour, "a day ahead": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			_, c, _ := odd(t, map[string]http.HandlerFunc{"GET /api/v2/instance": func(w http.ResponseWriter, _ *http.Request) {
				now := time.Now().Add(ahead).UTC()
				w.Header().Set("Date", now.Format(http.TimeFormat))
				w.Header().Set("X-RateLimit-Reset", now.Add(5*time.Minute).Format("2006-01-02T15:04:05.000000Z"))
				w.WriteHeader(http.StatusTooManyRequests)
			}})
			_, err := c.Limits(t.Context())
			if at, ok := network.RetryAt(err); !ok || (time.Until(at)-5*time.Minute).Abs() > 5*time.Second {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNoListIsCutShort(t *testing.T) {
	const many = 2100
	s := newTown(t, mastodontest.Options{})
	first, err := s.alice.Mention(s.robot, "the first")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	answer, err := s.robot.Post(mastodontest.PostOptions{Text: "@alice yes", InReplyTo: first.ID})
	if err != nil {
		t.Fatal(err)
	}
	for i := range many {
		if _, err := s.alice.Mention(s.robot, fmt.Sprint("number ", i)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.robot.Post(mastodontest.PostOptions{Text: fmt.Sprint("talk ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if ms, err := s.bot.Mentions(t.Context(), "", 3); err != nil || len(ms) != 3 || ms[0].Post.ID != first.ID {
		t.Errorf("the oldest mentions: %+v, %v", ms, err)
	}
	if mine, err := s.bot.Replies(t.Context(), first.ID, start.Add(-time.Second)); err != nil || len(mine) != 1 || mine[0].ID != answer.ID {
		t.Errorf("our reply: %+v, %v", mine, err)
	}
}

// Mastodon holds private mentions by strangers back unless asked for them.
func TestHeldBackMentionsAreAskedFor(t *testing.T) {
	s := newTown(t, mastodontest.Options{})
	for _, cursor := range []string{"", "1"} {
		if _, err := s.bot.Mentions(t.Context(), cursor, 5); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.bot.Newest(t.Context()); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, r := range s.Requests() {
		if r.Path == "/api/v1/notifications" {
			if asked++; r.Query.Get("include_filtered") != "true" {
				t.Errorf("not asked for: %v", r.Query)
			}
		}
	}
	if asked < 3 {
		t.Errorf("only %d pages read", asked)
	}
}
