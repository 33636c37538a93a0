package mastodon

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
	"slugpuppy/bot/network/mastodon/serverfilter"
)

// Reader is a subscriber's own account: their filters hide posts.
type Reader struct {
	*Client
	*serverfilter.Hider
}

var (
	_ network.Reader = Reader{}
	_ network.Named  = Reader{}
)

// Reader makes a reader of a client; which filters are ours is in the notes.
func (c *Client) Reader(notes network.Notes, o serverfilter.Options) Reader {
	return Reader{c, serverfilter.New(c, notes, o)}
}

// ours translates a filter.
func (f filter) ours() serverfilter.Filter {
	out := serverfilter.Filter{ID: f.ID, Title: f.Title, Style: network.Style(f.Action), Words: f.Words,
		Context: f.Context, Expires: f.Expires, Entries: map[string]string{}, Whole: f.Statuses.Whole()}
	for _, e := range f.Statuses.Items {
		out.Entries[e.Post] = e.ID
	}
	return out
}

const filtersPath = "/api/v2/filters"

// blurVersion is Mastodon's API version with the filter action blur (4.4).
const blurVersion = 5

// Blurs says whether the server knows the filter action blur. GoToSocial takes it (measured).
func (c *Client) Blurs(ctx context.Context) (bool, error) {
	return c.blurs.Get(ctx, func() (bool, error) {
		ctx, call := c.begin(ctx, "ask what the server can do", callTime)
		defer call.end()
		i, err := c.instance(ctx)
		if err != nil {
			return false, call.failed(err)
		}
		return i.API >= blurVersion || i.goToSocial(), nil
	})
}

// Filters lists all filters of the account.
func (c *Client) Filters(ctx context.Context) ([]serverfilter.Filter, error) {
	ctx, call := c.begin(ctx, "read the filters", slowTime)
	defer call.end()
	call.limits.Items = mostFiled
	var list []filter
	if err := c.get(ctx, filtersPath, nil, answer.All(&list, mostFilters, (*filter).read)); err != nil {
		return nil, call.failed(err)
	}
	out := make([]serverfilter.Filter, 0, len(list))
	for _, f := range list {
		out = append(out, f.ours())
	}
	return out, nil
}

// Entries lists the posts in a filter.
func (c *Client) Entries(ctx context.Context, id string) (map[string]string, bool, error) {
	ctx, call := c.begin(ctx, "read a filter", callTime)
	defer call.end()
	call.limits.Items = mostFiled
	var f filter
	err := c.get(ctx, filtersPath+"/"+url.PathEscape(id)+"/statuses", nil, func(v *answer.Value) {
		f.Statuses = answer.ListOf(v, mostFiled, (*filed).read)
	})
	out := f.ours()
	return out.Entries, out.Whole, call.failed(err)
}

// There says whether the account can see a post.
func (c *Client) There(ctx context.Context, post string) (bool, error) {
	_, err := c.Post(ctx, post)
	if network.Is(err, network.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// CreateFilter makes a filter without words. When the answer is lost the error is Ambiguous.
func (c *Client) CreateFilter(ctx context.Context, title string, style network.Style, lasts time.Duration) (serverfilter.Filter, error) {
	ctx, call := c.begin(ctx, "create a filter", callTime)
	defer call.end()
	call.unsafe = true
	var made filter
	err := c.send(ctx, http.MethodPost, filtersPath, url.Values{
		"title": {title}, "context[]": {"home"}, "filter_action": {string(style)}, "expires_in": {seconds(lasts)},
	}, answer.Object(func(v *answer.Value) { made.read(v) }))
	if err == nil && made.ID == "" {
		err = errors.New("the answer names no filter")
	}
	return made.ours(), call.failed(err)
}

// ChangeFilter sets the action of a filter and how long it lasts, and has it hide in the home timeline.
func (c *Client) ChangeFilter(ctx context.Context, id string, set serverfilter.Settings) error {
	ctx, call := c.begin(ctx, "change a filter", callTime)
	defer call.end()
	// Mastodon takes what is left out for unchanged; GoToSocial wants title and contexts again.
	var now filter
	path := filtersPath + "/" + url.PathEscape(id)
	call.limits.Items = mostFiled
	if err := c.get(ctx, path, nil, answer.Object(func(v *answer.Value) { now.read(v) })); err != nil {
		return call.failed(err)
	}
	if !slices.Contains(now.Context, serverfilter.Home) {
		now.Context = append(now.Context, serverfilter.Home)
	}
	return call.failed(c.send(ctx, http.MethodPut, path, url.Values{"title": {now.Title}, "context[]": now.Context,
		"filter_action": {string(set.Style)}, "expires_in": {seconds(set.Lasts)}}, nil))
}

// DeleteFilter removes a filter; one that is gone is no error.
func (c *Client) DeleteFilter(ctx context.Context, id string) error {
	return c.remove(ctx, "delete a filter", filtersPath+"/"+url.PathEscape(id))
}

// AddPost puts a post into a filter. Servers refuse one that is there already: Mastodon with 422,
// GoToSocial with 409.
func (c *Client) AddPost(ctx context.Context, id, post string) (string, error) {
	ctx, call := c.begin(ctx, "put a post into a filter", callTime)
	defer call.end()
	var entry filed
	err := c.send(ctx, http.MethodPost, filtersPath+"/"+url.PathEscape(id)+"/statuses", url.Values{"status_id": {post}},
		func(v *answer.Value) { entry.read(v) })
	var why *statusError
	if errors.As(err, &why) && (why.code == http.StatusConflict || why.code == http.StatusUnprocessableEntity && strings.Contains(why.message, "taken")) {
		return "", serverfilter.ErrThere
	}
	return entry.ID, call.failed(err)
}

// RemovePost takes an entry out; one that is gone is no error.
func (c *Client) RemovePost(ctx context.Context, entry string) error {
	return c.remove(ctx, "take a post out of a filter", filtersPath+"/statuses/"+url.PathEscape(entry))
}

func (c *Client) remove(ctx context.Context, op, path string) error {
	ctx, call := c.begin(ctx, op, callTime)
	defer call.end()
	err := call.failed(c.send(ctx, http.MethodDelete, path, nil, nil))
	if network.Is(err, network.NotFound) {
		return nil
	}
	return err
}

// Muted lists the muted accounts with the time each mute ends, zero for never.
func (c *Client) Muted(ctx context.Context) (map[string]time.Time, error) {
	ctx, call := c.begin(ctx, "read the mutes", slowTime)
	defer call.end()
	all := map[string]time.Time{}
	query := url.Values{"limit": {"80"}}
	for range mostPages {
		var page []muted
		if err := c.get(ctx, "/api/v1/mutes", query, answer.All(&page, mostPage, (*muted).read)); err != nil {
			return nil, call.failed(err)
		}
		for _, m := range page {
			all[m.ID] = m.Ends
		}
		next := call.next()
		if next == "" || next == query.Get("max_id") || len(page) == 0 {
			return all, nil
		}
		query.Set("max_id", next)
	}
	return nil, call.failed(errEndless)
}

// Mute mutes an account in timelines, not in notifications, for a while.
func (c *Client) Mute(ctx context.Context, account string, d time.Duration) error {
	ctx, call := c.begin(ctx, "mute an account", callTime)
	defer call.end()
	return call.failed(c.send(ctx, http.MethodPost, "/api/v1/accounts/"+url.PathEscape(account)+"/mute",
		url.Values{"duration": {seconds(d)}, "notifications": {"false"}}, nil))
}

// Unmute ends a mute.
func (c *Client) Unmute(ctx context.Context, account string) error {
	ctx, call := c.begin(ctx, "unmute an account", callTime)
	defer call.end()
	return call.failed(c.send(ctx, http.MethodPost, "/api/v1/accounts/"+url.PathEscape(account)+"/unmute", url.Values{}, nil))
}

// Revoke gives the token back.
func (c *Client) Revoke(ctx context.Context, app App) error {
	ctx, call := c.begin(ctx, "give the token back", callTime)
	defer call.end()
	return call.failed(c.send(ctx, http.MethodPost, "/oauth/revoke", url.Values{
		"client_id": {app.ClientID}, "client_secret": {app.ClientSecret}, "token": {c.opt.Token}}, nil))
}

func seconds(d time.Duration) string { return strconv.Itoa(max(1, int(d/time.Second))) }
