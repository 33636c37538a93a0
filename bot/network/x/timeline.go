package x

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"slugpuppy/bot/network"
)

// The smallest and largest pages of lists.
const (
	leastPage = 5
	mostPage  = 100
)

// PostsOf returns an account's latest posts with pictures, newest first, without reposts.
func (c *Client) PostsOf(ctx context.Context, account string, limit int) ([]network.Post, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return nil, err
	}
	page, _, err := c.pageOf(ctx, self, getPostsOf, account, leastPage, min(max(limit, leastPage), mostPage), url.Values{"exclude": {"retweets"}})
	page = slices.DeleteFunc(page, func(p network.Post) bool { return len(p.Media) == 0 })
	return page[:min(limit, len(page))], err
}

// own reads a page of one of our own lists.
func (c *Client) own(ctx context.Context, e endpoint, least, most int, since, until string) ([]network.Post, bool, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return nil, false, err
	}
	query := url.Values{}
	if since != "" {
		query.Set("since_id", since)
	}
	if until != "" {
		query.Set("until_id", until)
	}
	return c.pageOf(ctx, self, e, self.ID, least, most, query)
}

// pageOf reads as much of a page as the month's money allows.
func (c *Client) pageOf(ctx context.Context, self network.Account, e endpoint, whose string, least, most int, query url.Values) ([]network.Post, bool, error) {
	own := e == getMentions || whose == self.ID && e != getHome
	price := c.opt.Budget.post(own)
	if e == getMentions {
		price += c.opt.Budget.answer()
	}
	n, err := c.opt.Budget.afford(self.ID, price, least, most)
	if err != nil {
		return nil, false, (&call{}).failed(e.op, err)
	}
	query.Set("max_results", strconv.Itoa(n))
	a, err := c.readPosts(ctx, e, []string{whose}, query)
	if err != nil {
		return nil, false, err
	}
	c.bill(self, a, c.opt.Budget.item(own), len(a.Data.Items)+a.Data.Bad)
	posts, err := c.complete(ctx, self, a.Data.Items, a.Includes.shelf())
	return posts, a.Next != "", err
}
