package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"slugpuppy/bot/network"
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

// serverFilter is a v2 filter on the wire. GoToSocial calls an entry's post "phrase".
type serverFilter struct {
	ID       string            `json:"id"`
	Title    string            `json:"title"`
	Context  []string          `json:"context"`
	Action   string            `json:"filter_action"`
	Keywords []json.RawMessage `json:"keywords"`
	Statuses []filteredEntry   `json:"statuses"`
}

type filteredEntry struct {
	ID       string `json:"id"`
	StatusID string `json:"status_id"`
	Phrase   string `json:"phrase"`
}

func (f serverFilter) ours() serverfilter.Filter {
	out := serverfilter.Filter{ID: f.ID, Title: f.Title, Style: network.Style(f.Action), Words: len(f.Keywords), Entries: map[string]string{}}
	for _, e := range f.Statuses {
		out.Entries[or(e.StatusID, e.Phrase)] = e.ID
	}
	return out
}

const filtersPath = "/api/v2/filters"

// blurVersion is Mastodon's API version with the filter action blur (4.4).
const blurVersion = 5

// Blurs says whether the server knows the filter action blur. GoToSocial takes it (measured).
func (c *Client) Blurs(ctx context.Context) (bool, error) {
	return c.blurs.Get(func() (bool, error) {
		ctx, call := c.begin(ctx, "ask what the server can do", callTime)
		defer call.end()
		i, err := c.instance(ctx)
		if err != nil {
			return false, call.failed(err)
		}
		return i.APIVersions.Mastodon >= blurVersion || i.goToSocial(), nil
	})
}

// Filters lists all filters of the account.
func (c *Client) Filters(ctx context.Context) ([]serverfilter.Filter, error) {
	ctx, call := c.begin(ctx, "read the filters", slowTime)
	defer call.end()
	var list []serverFilter
	if _, err := c.get(ctx, filtersPath, nil, &list); err != nil {
		return nil, call.failed(err)
	}
	out := make([]serverfilter.Filter, 0, len(list))
	for _, f := range list {
		out = append(out, f.ours())
	}
	return out, nil
}

// CreateFilter makes a filter without words. When the answer is lost the error is Ambiguous.
func (c *Client) CreateFilter(ctx context.Context, title string, style network.Style, lasts time.Duration) (serverfilter.Filter, error) {
	ctx, call := c.begin(ctx, "create a filter", callTime)
	defer call.end()
	call.unsafe = true
	var made serverFilter
	err := c.send(ctx, http.MethodPost, filtersPath, url.Values{
		"title": {title}, "context[]": {"home"}, "filter_action": {string(style)}, "expires_in": {seconds(lasts)},
	}, &made)
	return made.ours(), call.failed(err)
}

// ChangeFilter sets the action of a filter.
func (c *Client) ChangeFilter(ctx context.Context, id string, style network.Style) error {
	ctx, call := c.begin(ctx, "change a filter", callTime)
	defer call.end()
	// Mastodon takes what is left out for unchanged; GoToSocial wants title and contexts again.
	var now serverFilter
	path := filtersPath + "/" + url.PathEscape(id)
	if _, err := c.get(ctx, path, nil, &now); err != nil {
		return call.failed(err)
	}
	return call.failed(c.send(ctx, http.MethodPut, path, url.Values{"title": {now.Title}, "context[]": now.Context, "filter_action": {string(style)}}, nil))
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
	var entry filteredEntry
	err := c.send(ctx, http.MethodPost, filtersPath+"/"+url.PathEscape(id)+"/statuses", url.Values{"status_id": {post}}, &entry)
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
	muted := map[string]time.Time{}
	query := url.Values{"limit": {"80"}}
	for {
		var page []struct {
			ID      string     `json:"id"`
			Expires *time.Time `json:"mute_expires_at"`
		}
		if _, err := c.get(ctx, "/api/v1/mutes", query, &page); err != nil {
			return nil, call.failed(err)
		}
		for _, m := range page {
			muted[m.ID] = time.Time{}
			if m.Expires != nil {
				muted[m.ID] = *m.Expires
			}
		}
		next := call.next()
		if next == "" || next == query.Get("max_id") || len(page) == 0 {
			return muted, nil
		}
		query.Set("max_id", next)
	}
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
