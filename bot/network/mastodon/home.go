package mastodon

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mattn/go-mastodon"

	"slugpuppy/bot/network"
)

// Home returns posts of the home timeline after cursor, oldest first, without gaps: min_id pages
// forward. A post that cannot be decoded is passed over.
func (c *Client) Home(ctx context.Context, cursor string, limit int) ([]network.Post, error) {
	return c.timeline(ctx, "read the home timeline", "/api/v1/timelines/home", url.Values{
		"min_id": {cursor}, "limit": {strconv.Itoa(min(limit, pageSize))}})
}

// Recent returns the latest posts of the home timeline, oldest first.
func (c *Client) Recent(ctx context.Context, limit int) ([]network.Post, error) {
	var all []network.Post
	query := url.Values{"limit": {strconv.Itoa(min(limit, pageSize))}}
	for len(all) < limit {
		page, err := c.timeline(ctx, "read the home timeline", "/api/v1/timelines/home", query)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 || page[0].ID == query.Get("max_id") {
			break
		}
		query.Set("max_id", page[0].ID)
		all = append(page, all...)
	}
	return all[max(0, len(all)-limit):], nil
}

// PostsOf returns an account's latest posts with pictures, newest first.
func (c *Client) PostsOf(ctx context.Context, account string, limit int) ([]network.Post, error) {
	page, err := c.timeline(ctx, "read an account's posts", "/api/v1/accounts/"+url.PathEscape(account)+"/statuses", url.Values{
		"only_media": {"true"}, "exclude_reblogs": {"true"}, "limit": {strconv.Itoa(min(limit, pageSize))}})
	slices.Reverse(page)
	return page, err
}

// timeline reads one page of posts and turns it so that the oldest is first.
func (c *Client) timeline(ctx context.Context, op, path string, query url.Values) ([]network.Post, error) {
	t, err := c.translator(ctx)
	if err != nil {
		return nil, err
	}
	ctx, call := c.begin(ctx, op, slowTime)
	defer call.end()
	var raw []json.RawMessage
	if _, err := c.get(ctx, path, query, &raw); err != nil {
		return nil, call.failed(err)
	}
	posts := make([]network.Post, 0, len(raw))
	for _, r := range slices.Backward(raw) {
		var s status
		if err := json.Unmarshal(r, &s); err != nil {
			var id struct {
				ID string `json:"id"`
			}
			_ = json.Unmarshal(r, &id) // for the log, and to go on after it
			c.opt.Log.Error("passing over a post that cannot be read", "post", id.ID, "error", err)
			if id.ID != "" {
				posts = append(posts, network.Post{ID: id.ID})
			}
			continue
		}
		posts = append(posts, t.post(&s))
	}
	return posts, nil
}

// Lookup finds an account by its handle, of those the server knows.
func (c *Client) Lookup(ctx context.Context, handle string) (network.Account, error) {
	t, err := c.translator(ctx)
	if err != nil {
		return network.Account{}, err
	}
	ctx, call := c.begin(ctx, "look up an account", callTime)
	defer call.end()
	var a mastodon.Account
	local := strings.TrimSuffix(strings.ToLower(handle), "@"+t.domain)
	if _, err := c.get(ctx, "/api/v1/accounts/lookup", url.Values{"acct": {local}}, &a); err != nil {
		return network.Account{}, call.failed(err)
	}
	return t.account(a), nil
}
