package mastodontest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
)

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name    string
		fault   mastodontest.Fault
		applied bool
		code    int // 0: the connection broke
		body    string
	}{
		{"drop before", mastodontest.Fault{Kind: mastodontest.DropBefore}, false, 0, ""},
		{"drop after apply", mastodontest.Fault{Kind: mastodontest.DropAfterApply}, true, 0, ""},
		{"reset", mastodontest.Fault{Kind: mastodontest.Reset}, false, 0, ""},
		{"truncate", mastodontest.Fault{Kind: mastodontest.Truncate}, true, 0, ""},
		{"503", mastodontest.Fault{Kind: mastodontest.Answer}, false, 503, "<html>"},
		{"502", mastodontest.Fault{Kind: mastodontest.Answer, Code: 502}, false, 502, "Bad Gateway"},
		{"404", mastodontest.Fault{Kind: mastodontest.Answer, Code: 404}, false, 404, `"error"`},
		{"slow", mastodontest.Fault{Kind: mastodontest.Slow, Delay: 5 * time.Millisecond}, true, 200, `"content"`},
		{"slow after apply", mastodontest.Fault{Kind: mastodontest.SlowAfterApply, Delay: 5 * time.Millisecond}, true, 200, `"content"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := start(t, mastodontest.Options{})
			ada := srv.AddUser("ada", mastodontest.UserOptions{})
			c := api{t, srv, ada.Token()}
			tt.fault.Match, tt.fault.Times = "POST /api/v1/statuses", 1
			srv.Inject(tt.fault)
			began := time.Now()
			a, err := c.send("POST", "/api/v1/statuses?status=x", "", nil)
			if (err != nil) != (tt.code == 0) {
				t.Errorf("error is %v", err)
			}
			if err == nil {
				a.want(t, tt.code, tt.body)
			}
			if time.Since(began) < tt.fault.Delay {
				t.Error("not slow")
			}
			if tt.name == "reset" && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("a reset looks like %v", err)
			}
			if got := len(ada.Statuses()) == 1; got != tt.applied {
				t.Errorf("applied: %v", got)
			}
			if r := srv.Requests(); len(r) != 1 || r[0].Fault != tt.fault.Kind.String() {
				t.Errorf("journal says %+v", r)
			}
			c.post("/api/v1/statuses", "status", "y").want(t, 200, "y") // Times has run out
		})
	}
}

func TestAnInjectedRateLimitSaysWhenItEnds(t *testing.T) {
	clk := newClock()
	srv := start(t, mastodontest.Options{Now: clk.Now})
	srv.Inject(mastodontest.Fault{Kind: mastodontest.Answer, Code: 429, Delay: 90 * time.Second})
	a := api{t, srv, ""}.get("/api/v1/instance")
	a.want(t, 429, "Too many")
	reset, err := time.Parse(time.RFC3339, a.header.Get("X-RateLimit-Reset"))
	if err != nil || reset.Sub(clk.Now()) != 90*time.Second || a.header.Get("X-RateLimit-Remaining") != "0" {
		t.Errorf("headers %v", a.header)
	}
}

func TestFaultsMatchRoutesPrefixesAndPaths(t *testing.T) {
	for _, tt := range []struct {
		match, method, path string
		hit                 bool
	}{
		{"", "GET", "/api/v1/instance", true},
		{"GET /api/v1/statuses/{id}", "GET", "/api/v1/statuses/1", true},
		{"GET /api/v1/statuses/{id}", "GET", "/api/v1/statuses/1/context", false},
		{"* /api/v1/statuses*", "GET", "/api/v1/statuses/1/context", true},
		{"GET /api/v1/statuses/1", "GET", "/api/v1/statuses/1", true},
		{"GET /api/v1/statuses/1", "GET", "/api/v1/statuses/2", false},
		{"POST /api/v1/statuses*", "GET", "/api/v1/statuses/1", false},
		{"DELETE /api/v2/filters/statuses/{id}", "DELETE", "/api/v2/filters/statuses/7", true},
	} {
		srv := start(t, mastodontest.Options{})
		srv.Inject(mastodontest.Fault{Match: tt.match, Kind: mastodontest.Answer, Code: 502})
		if got := (api{t, srv, ""}).must(tt.method, tt.path, "", nil).code == 502; got != tt.hit {
			t.Errorf("%q on %s %s: %v", tt.match, tt.method, tt.path, got)
		}
	}
}

func TestProbabilityIsSeededAndSkipWaits(t *testing.T) {
	run := func(f mastodontest.Fault, seed uint64) (out string) {
		srv := start(t, mastodontest.Options{Seed: seed})
		srv.Inject(f)
		for range 40 {
			if (api{t, srv, ""}).get("/api/v1/instance").code == 200 {
				out += "."
			} else {
				out += "x"
			}
		}
		return out
	}
	coin := mastodontest.Fault{Kind: mastodontest.Answer, Probability: 0.5}
	a, b, c := run(coin, 1), run(coin, 1), run(coin, 2)
	if a != b || a == c || !strings.Contains(a, "x") || !strings.Contains(a, ".") {
		t.Errorf("seed 1: %s and %s, seed 2: %s", a, b, c)
	}
	skip := mastodontest.Fault{Kind: mastodontest.Answer, Skip: 3, Times: 2}
	if got := run(skip, 1); got != "...xx"+strings.Repeat(".", 35) {
		t.Errorf("skip 3, times 2: %s", got)
	}
}

func TestAnOutageEndsAndNothingWasApplied(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	c := api{t, srv, ada.Token()}
	srv.Reachable(false)
	if _, err := c.send("POST", "/api/v1/statuses?status=x", "", nil); !errors.Is(err, io.EOF) {
		t.Errorf("an unreachable server gives %v", err)
	}
	srv.Reachable(true)
	if len(srv.Statuses()) != 0 {
		t.Error("an unreachable server took a post")
	}
	c.post("/api/v1/statuses", "status", "x").want(t, 200, "x")
}

func TestAClientThatGivesUpMayHavePosted(t *testing.T) {
	srv := start(t, mastodontest.Options{})
	ada := srv.AddUser("ada", mastodontest.UserOptions{})
	srv.Inject(mastodontest.Fault{Kind: mastodontest.SlowAfterApply, Delay: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for len(ada.Statuses()) == 0 && sleep(ctx, time.Millisecond) {
		}
		cancel()
	}()
	req, _ := http.NewRequestWithContext(ctx, "POST", srv.URL+"/api/v1/statuses?status=x", nil)
	req.Header.Set("Authorization", "Bearer "+ada.Token())
	if _, err := http.DefaultClient.Do(req); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if len(ada.Statuses()) != 1 {
		t.Error("the post was not applied")
	}
}

// sleep waits; false when ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// net/http takes a POST with an Idempotency-Key for repeatable and sends it again by itself when a
// kept-alive connection breaks. On GoToSocial, which ignores the key, that posts twice, so a client
// must forbid it by clearing GetBody.
func TestNetHTTPRepeatsKeyedPostsUnlessForbidden(t *testing.T) {
	for _, forbid := range []bool{false, true} {
		srv := start(t, mastodontest.Options{Dialect: mastodontest.GoToSocial})
		ada := srv.AddUser("ada", mastodontest.UserOptions{})
		client := srv.Client()
		t.Cleanup(client.CloseIdleConnections)
		post := func() error {
			req, _ := http.NewRequestWithContext(t.Context(), "POST", srv.URL+"/api/v1/statuses", strings.NewReader("status=x"))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Authorization", "Bearer "+ada.Token())
			req.Header.Set("Idempotency-Key", "k")
			if forbid {
				req.GetBody = nil
			}
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			_, err = io.Copy(io.Discard, resp.Body)
			return err
		}
		if err := post(); err != nil { // opens the connection that is used again
			t.Fatal(err)
		}
		srv.Inject(mastodontest.Fault{Kind: mastodontest.DropAfterApply, Times: 1})
		err := post()
		if want := map[bool]int{false: 3, true: 2}[forbid]; len(ada.Statuses()) != want || (err == nil) == forbid {
			t.Errorf("forbidden %v: %d posts, error %v", forbid, len(ada.Statuses()), err)
		}
	}
}
