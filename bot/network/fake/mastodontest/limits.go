package mastodontest

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// Limits of a server. Sizes are what /api/v2/instance publishes; rates count when
// Options.RateLimits is set.
type Limits struct {
	TextRunes    int   // a post with its content warning
	AltRunes     int   // a description
	Attachments  int   // a post
	ReservedURL  int   // runes a link counts as (Mastodon)
	BodyBytes    int64 // a request, beyond that the proxy answers 413
	ImageBytes   int64
	ImagePixels  int64
	GIFPixels    int64 // one frame of a GIF
	VideoBytes   int64
	VideoPixels  int64
	StoredPixels int64 // larger stills are scaled down to this when stored; negative keeps all

	Requests int // a token (GoToSocial: an address) in 5 minutes
	Paging   int // requests with min_id, max_id or since_id of a user in 15 minutes
	Uploads  int // of a user in 30 minutes
	Statuses int // posted by a user in 3 hours
	Deletes  int // of a user in 30 minutes
}

// Mastodon 4.5's limits: app/models/media_attachment.rb, app/models/concerns/attachmentable.rb,
// app/validators/status_length_validator.rb, config/initializers/rack_attack.rb, app/lib/rate_limiter.rb.
func mastodonLimits() Limits {
	return Limits{
		TextRunes: 500, AltRunes: 1500, Attachments: 4, ReservedURL: 23,
		BodyBytes: 100 << 20, ImageBytes: 16 << 20, ImagePixels: 33_177_600, GIFPixels: 921_600,
		VideoBytes: 99 << 20, VideoPixels: 8_294_400, StoredPixels: 8_294_400,
		Requests: 300, Paging: 300, Uploads: 30, Statuses: 300, Deletes: 30,
	}
}

// GoToSocial 0.20's, as measured. It counts requests only.
func gotosocialLimits() Limits {
	l := mastodonLimits()
	l.TextRunes, l.Attachments = 5000, 6
	l.ImageBytes, l.VideoBytes = 40<<20, 40<<20
	l.GIFPixels, l.StoredPixels = l.ImagePixels, -1
	return l
}

func (l Limits) withDefaults(d Dialect) Limits {
	def := mastodonLimits()
	if d == GoToSocial {
		def = gotosocialLimits()
	}
	fill(&l.TextRunes, def.TextRunes)
	fill(&l.AltRunes, def.AltRunes)
	fill(&l.Attachments, def.Attachments)
	fill(&l.ReservedURL, def.ReservedURL)
	fill(&l.BodyBytes, def.BodyBytes)
	fill(&l.ImageBytes, def.ImageBytes)
	fill(&l.ImagePixels, def.ImagePixels)
	fill(&l.GIFPixels, def.GIFPixels)
	fill(&l.VideoBytes, def.VideoBytes)
	fill(&l.VideoPixels, def.VideoPixels)
	fill(&l.StoredPixels, def.StoredPixels)
	fill(&l.Requests, def.Requests)
	fill(&l.Paging, def.Paging)
	fill(&l.Uploads, def.Uploads)
	fill(&l.Statuses, def.Statuses)
	fill(&l.Deletes, def.Deletes)
	return l
}

func fill[T comparable](field *T, def T) {
	var zero T
	if *field == zero {
		*field = def
	}
}

// throttle is one limit a request counts against.
type throttle struct {
	name   string // family and who is counted
	limit  int
	period time.Duration
}

// bucket counts one throttle in one window; windows are aligned to the epoch like Rack::Attack's.
type bucket struct {
	window int64
	count  int
}

// throttle counts the call, sets the headers of the limit with least left, and answers 429 when
// one is exceeded. A refused request counts too, as on real servers.
func (s *Server) throttle(c *call) error {
	if !s.opt.RateLimits || !strings.HasPrefix(c.r.URL.Path, "/api/") {
		return nil
	}
	now := s.now().UTC()
	tightest, left := throttle{}, 1<<31
	for _, t := range s.throttles(c) {
		if rest := t.limit - s.count(t, now); rest < left {
			tightest, left = t, rest
		}
	}
	h := c.w.Header()
	period := int64(tightest.period / time.Second)
	reset := now.Add(time.Duration(period-now.Unix()%period) * time.Second)
	h.Set("X-RateLimit-Limit", fmt.Sprint(tightest.limit))
	h.Set("X-RateLimit-Remaining", fmt.Sprint(max(left, 0)))
	h.Set("X-RateLimit-Reset", reset.Format("2006-01-02T15:04:05.000000Z"))
	if left < 0 {
		return s.tooMany()
	}
	return nil
}

func (s *Server) tooMany() *problem {
	if s.gts() {
		return fail(http.StatusTooManyRequests, "rate limit reached")
	}
	return fail(http.StatusTooManyRequests, "Too many requests")
}

func (s *Server) count(t throttle, now time.Time) int {
	b := s.buckets[t.name]
	if b == nil {
		b = &bucket{}
		s.buckets[t.name] = b
	}
	if window := now.Unix() / int64(t.period/time.Second); b.window != window {
		*b = bucket{window: window}
	}
	b.count++
	return b.count
}

// throttles lists what a call counts against.
func (s *Server) throttles(c *call) []throttle {
	host, _, err := net.SplitHostPort(c.r.RemoteAddr)
	if err != nil {
		host = c.r.RemoteAddr
	}
	if s.gts() {
		return []throttle{{"ip " + host, s.limits.Requests, 5 * time.Minute}}
	}
	who := "ip " + host
	out := []throttle{{"token " + c.bearer(), s.limits.Requests, 5 * time.Minute}}
	if c.token == nil {
		out[0].name = who
	}
	if c.user != nil {
		who = "user " + c.user.id
	}
	if c.form.has("min_id") || c.form.has("max_id") || c.form.has("since_id") {
		out = append(out, throttle{"paging " + who, s.limits.Paging, 15 * time.Minute})
	}
	if c.user == nil {
		return out
	}
	path := strings.TrimSuffix(c.r.URL.Path, "/")
	switch {
	case c.r.Method == http.MethodPost && (path == "/api/v2/media" || path == "/api/v1/media"):
		out = append(out, throttle{"uploads " + who, s.limits.Uploads, 30 * time.Minute})
	case c.r.Method == http.MethodPost && path == "/api/v1/statuses":
		out = append(out, throttle{"statuses " + who, s.limits.Statuses, 3 * time.Hour})
	case c.r.Method == http.MethodDelete && strings.HasPrefix(path, "/api/v1/statuses/"),
		c.r.Method == http.MethodPost && strings.HasSuffix(path, "/unreblog"):
		out = append(out, throttle{"deletes " + who, s.limits.Deletes, 30 * time.Minute})
	}
	return out
}
