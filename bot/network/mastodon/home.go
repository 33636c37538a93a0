package mastodon

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

const homePath = "/api/v1/timelines/home"

// Home returns posts of the home timeline after cursor: min_id pages forward.
func (c *Client) Home(ctx context.Context, cursor string, limit int) (network.Page, error) {
	p, err := c.timeline(ctx, "read the home timeline", homePath, url.Values{
		"min_id": {cursor}, "limit": {strconv.Itoa(min(limit, pageSize))}})
	if err != nil || p.newest == "" || older(p.newest, cursor) { // a server that goes back is not followed
		return network.Page{Next: cursor}, err
	}
	return network.Page{Posts: p.posts, Next: p.newest}, nil
}

// older compares ids: numbers that grow with time, or as long as each other and in the order of letters.
func older(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// Recent returns the latest posts of the home timeline.
func (c *Client) Recent(ctx context.Context, limit int) (pages []network.Page, err error) {
	query := url.Values{}
	for left, read := limit, 0; left > 0 && read < limit; read++ { // a page may have nothing that can be read
		query.Set("limit", strconv.Itoa(min(left, pageSize)))
		p, err := c.timeline(ctx, "read the home timeline", homePath, query)
		if err != nil {
			return nil, err
		}
		if p.oldest == "" || p.oldest == query.Get("max_id") {
			break
		}
		query.Set("max_id", p.oldest)
		pages = append(pages, network.Page{Posts: p.posts, Next: p.newest})
		if left -= len(p.posts); limit <= pageSize { // a page is a page, however little of it can be read
			break
		}
	}
	slices.Reverse(pages)
	return pages, nil
}

// PostsOf returns an account's latest posts with pictures, newest first.
func (c *Client) PostsOf(ctx context.Context, account string, limit int) ([]network.Post, error) {
	p, err := c.timeline(ctx, "read an account's posts", "/api/v1/accounts/"+url.PathEscape(account)+"/statuses", url.Values{
		"only_media": {"true"}, "exclude_reblogs": {"true"}, "limit": {strconv.Itoa(min(limit, pageSize))}})
	slices.Reverse(p.posts)
	return p.posts, err
}

// page is one answer of a timeline, from its oldest to its newest id. Posts that cannot be read are
// not among the posts.
type page struct {
	posts          []network.Post // oldest first
	oldest, newest string         // "" for an empty one
}

// timeline reads one page of posts and turns it so that the oldest is first, as Friendica, and Sharkey and others of Misskey's
// kind, send it where they page forward. A post that cannot be read is passed over.
func (c *Client) timeline(ctx context.Context, op, path string, query url.Values) (p page, err error) {
	t, err := c.translator(ctx)
	if err != nil {
		return p, err
	}
	ctx, call := c.begin(ctx, op, slowTime)
	defer call.end()
	var list []status // newest first
	if err := c.get(ctx, path, query, answer.All(&list, mostPage, (*status).read)); err != nil || len(list) == 0 {
		return p, call.failed(err)
	}
	if older(list[0].ID, list[len(list)-1].ID) {
		slices.Reverse(list)
	}
	p.oldest, p.newest = list[len(list)-1].ID, list[0].ID
	for i := range slices.Backward(list) {
		p.posts = append(p.posts, t.post(&list[i]))
	}
	return p, nil
}

// Lookup finds an account by its handle, of those the server knows.
func (c *Client) Lookup(ctx context.Context, handle string) (network.Account, error) {
	t, err := c.translator(ctx)
	if err != nil {
		return network.Account{}, err
	}
	ctx, call := c.begin(ctx, "look up an account", callTime)
	defer call.end()
	local := strings.TrimSuffix(strings.ToLower(handle), "@"+t.domain)
	a, err := c.account(ctx, "/api/v1/accounts/lookup", url.Values{"acct": {local}})
	if err != nil {
		return network.Account{}, call.failed(err)
	}
	return t.account(a), nil
}
