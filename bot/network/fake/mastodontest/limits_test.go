package mastodontest_test

import (
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
)

func TestRateLimits(t *testing.T) {
	for _, tt := range []struct {
		name    string
		dialect mastodontest.Dialect
		limits  mastodontest.Limits
		method  string
		path    string
		period  time.Duration
		code    int // before the limit
	}{
		{"requests of a token", mastodontest.Mastodon, mastodontest.Limits{Requests: 3}, "GET", "/api/v1/notifications", 5 * time.Minute, 200},
		{"paging", mastodontest.Mastodon, mastodontest.Limits{Paging: 3}, "GET", "/api/v1/notifications?min_id=1", 15 * time.Minute, 200},
		{"uploads, failed ones too", mastodontest.Mastodon, mastodontest.Limits{Uploads: 3}, "POST", "/api/v2/media", 30 * time.Minute, 422},
		{"posts", mastodontest.Mastodon, mastodontest.Limits{Statuses: 3}, "POST", "/api/v1/statuses?status=x", 3 * time.Hour, 200},
		{"deletes", mastodontest.Mastodon, mastodontest.Limits{Deletes: 3}, "DELETE", "/api/v1/statuses/1", 30 * time.Minute, 404},
		{"requests of an address", mastodontest.GoToSocial, mastodontest.Limits{Requests: 3}, "GET", "/api/v1/notifications", 5 * time.Minute, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clk := newClock()
			srv := start(t, mastodontest.Options{Dialect: tt.dialect, Limits: tt.limits, RateLimits: true, Now: clk.Now})
			ada := srv.AddUser("ada", mastodontest.UserOptions{})
			c := api{t, srv, ada.Token()}
			for i := range 3 {
				a := c.must(tt.method, tt.path, "", nil)
				if left := a.header.Get("X-RateLimit-Remaining"); a.code != tt.code || left != string(rune('2'-i)) {
					t.Fatalf("request %d: %d with %s left", i, a.code, left)
				}
			}
			a := c.must(tt.method, tt.path, "", nil)
			a.want(t, 429, "error")
			if a.header.Get("Retry-After") != "" {
				t.Error("servers send no Retry-After")
			}
			reset, err := time.Parse(time.RFC3339, a.header.Get("X-RateLimit-Reset"))
			if err != nil || reset.Before(clk.Now()) || reset.Sub(clk.Now()) > tt.period {
				t.Fatalf("reset at %v (%v)", reset, err)
			}
			clk.Add(reset.Sub(clk.Now()))
			if a := c.must(tt.method, tt.path, "", nil); a.code != tt.code {
				t.Errorf("after the reset: %d", a.code)
			}
		})
	}
}
