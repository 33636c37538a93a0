package mastodon

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Server is what a server tells anybody of itself.
type Server struct {
	Name         string        // software and version
	FiltersPosts bool          // filters can name single posts: Mastodon 4.0, GoToSocial
	Blurs        bool          // filters can blur: Mastodon 4.4, GoToSocial
	Skew         time.Duration // how far its clock is ahead of ours, known to about a second
}

// Server asks the server about itself; no token is needed.
func (c *Client) Server(ctx context.Context) (Server, error) {
	ctx, call := c.begin(ctx, "ask the server about itself", callTime)
	defer call.end()
	start := time.Now()
	i, err := c.instance(ctx)
	if err != nil {
		return Server{}, call.failed(err)
	}
	s := Server{Name: i.name(), FiltersPosts: i.goToSocial() || i.major() >= 4, Blurs: i.API >= blurVersion || i.goToSocial()}
	if date, err := http.ParseTime(call.date); err == nil { // cut to seconds
		s.Skew = date.Add(time.Second / 2).Sub(start.Add(time.Since(start) / 2))
	}
	return s, nil
}

// major is the version of the API's home, Mastodon, that a server claims to be like.
func (i instance) major() int {
	digits, _, _ := strings.Cut(i.Version, ".")
	n, _ := strconv.Atoi(digits)
	return n
}

// probes are requests that each need one scope and change nothing: what they name is not there.
var probes = map[string]struct{ method, path string }{
	"read:accounts":      {http.MethodGet, "/api/v1/accounts/verify_credentials"},
	"read:notifications": {http.MethodGet, "/api/v1/notifications?limit=1"},
	"read:statuses":      {http.MethodGet, "/api/v1/timelines/home?limit=1"},
	"read:filters":       {http.MethodGet, filtersPath},
	"read:mutes":         {http.MethodGet, "/api/v1/mutes?limit=1"},
	"write:statuses":     {http.MethodDelete, "/api/v1/statuses/0"},
	"write:media":        {http.MethodPost, "/api/v2/media"},
	"write:favourites":   {http.MethodPost, "/api/v1/statuses/0/favourite"},
	"write:filters":      {http.MethodDelete, filtersPath + "/0"},
	"write:mutes":        {http.MethodPost, "/api/v1/accounts/0/unmute"},
}

// Lacking tries which of these scopes the token does not have. A token that is not accepted at all
// is an error.
func (c *Client) Lacking(ctx context.Context, scopes string) (missing []string, err error) {
	for _, scope := range strings.Fields(scopes) {
		p, ok := probes[scope]
		if !ok {
			continue // nothing is known that needs it
		}
		has, err := c.try(ctx, p.method, p.path)
		if err != nil {
			return nil, err
		}
		if !has {
			missing = append(missing, scope)
		}
	}
	return missing, nil
}

func (c *Client) try(ctx context.Context, method, path string) (allowed bool, err error) {
	ctx, call := c.begin(ctx, "try what the token may do", callTime)
	defer call.end()
	path, query, _ := strings.Cut(path, "?")
	u := c.base.JoinPath(path)
	u.RawQuery = query
	var form url.Values
	if method == http.MethodPost {
		form = url.Values{}
	}
	err = c.ask(ctx, method, u, form, nil)
	var answer *statusError
	if !errors.As(err, &answer) {
		return err == nil, call.failed(err)
	}
	switch {
	case answer.code == http.StatusForbidden:
		return false, nil
	case answer.code == http.StatusUnauthorized, answer.code >= 500:
		return false, call.failed(err)
	}
	return true, nil
}
