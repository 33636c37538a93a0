package xtest

import (
	"fmt"
	"net/http"
	"time"
)

// limits are calls of one user in 15 minutes, as documented in August 2026.
var limits = map[string]int{
	"GET /2/users/me":                                   75,
	"GET /2/users/{id}":                                 300,
	"GET /2/users/by/username/{name}":                   300,
	"GET /2/users/{id}/mentions":                        300,
	"GET /2/users/{id}/timelines/reverse_chronological": 180,
	"GET /2/users/{id}/tweets":                          900,
	"GET /2/tweets/{id}":                                900,
	"GET /2/tweets":                                     900,
	"POST /2/tweets":                                    100,
	"DELETE /2/tweets/{id}":                             50,
	"POST /2/media/upload":                              500,
	"POST /2/media/upload/initialize":                   1875,
	"POST /2/media/upload/{id}/append":                  1875,
	"POST /2/media/upload/{id}/finalize":                1875,
	"POST /2/media/metadata":                            500,
	"POST /2/users/{id}/muting":                         50,
	"DELETE /2/users/{id}/muting/{target}":              50,
	"GET /2/users/{id}/muting":                          15,
	"GET /1.1/statuses/mentions_timeline.json":          75,
	"GET /1.1/statuses/home_timeline.json":              15,
	"GET /1.1/statuses/user_timeline.json":              900,
	"GET /1.1/statuses/show.json":                       900,
	"GET /1.1/account/verify_credentials.json":          75,
}

const limitWindow = 15 * time.Minute

// bucket counts one limit in one window.
type bucket struct {
	ends  time.Time
	count int
}

// throttle counts a call, sets the headers, and answers 429 when there were too many. A refused
// call counts too.
func (c *call) throttle() error {
	most, limited := limits[c.route]
	if own, ok := c.s.opt.Limits[c.route]; ok {
		most, limited = own, true
	}
	if !c.s.opt.RateLimits || !limited {
		return nil
	}
	name := c.route + " " + c.user.id
	b := c.s.buckets[name]
	if b == nil || !c.s.now().Before(b.ends) {
		b = &bucket{ends: c.s.now().Add(limitWindow)}
		c.s.buckets[name] = b
	}
	b.count++
	h := c.w.Header()
	h.Set("x-rate-limit-limit", fmt.Sprint(most))
	h.Set("x-rate-limit-remaining", fmt.Sprint(max(most-b.count, 0)))
	h.Set("x-rate-limit-reset", fmt.Sprint(b.ends.Unix()))
	if b.count > most {
		return &problem{code: http.StatusTooManyRequests, v1: 88, detail: "Too Many Requests", silent: c.s.opt.Silent429}
	}
	return nil
}
