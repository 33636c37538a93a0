package x

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"sync"

	"slugpuppy/bot/network"
)

// backlog is what was read of a list beyond what was asked for. X's lists are read from the new end
// and every post read costs money, so what lies between is kept, also when reading breaks off.
type backlog struct {
	mu    sync.Mutex
	after string         // the cursor it belongs to
	posts []network.Post // newest first
	whole bool           // it reaches down to the cursor
}

// pager reads a page of a list between two ids, newest first; empty ids are no bounds.
type pager func(since, until string) (page []network.Post, more bool, err error)

// next returns the oldest posts after a cursor, at most limit, oldest first.
func (b *backlog) next(cursor string, limit int, read pager) ([]network.Post, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.after != cursor {
		b.after, b.posts, b.whole = cursor, nil, false
	}
	for !b.whole {
		until := ""
		if n := len(b.posts); n > 0 {
			until = b.posts[n-1].ID
		}
		page, more, err := read(cursor, until)
		if err != nil {
			return nil, err
		}
		b.posts = append(b.posts, page...)
		b.whole = !more || len(page) == 0
	}
	n := len(b.posts)
	out := slices.Clone(b.posts[max(0, n-limit):])
	slices.Reverse(out)
	if b.posts = b.posts[:n-len(out)]; len(out) > 0 {
		b.after = out[len(out)-1].ID
	}
	b.whole = len(b.posts) > 0 // an empty one says nothing of what comes next
	return out, nil
}

// The smallest and largest pages of lists.
const (
	leastPage = 5
	mostPage  = 100
)

// Mentions returns mentions after cursor, oldest first, without gaps as far back as X goes: 800.
func (c *Client) Mentions(ctx context.Context, cursor string, limit int) ([]network.Mention, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return nil, err
	}
	posts, err := c.mentions.next(cursor, limit, func(since, until string) ([]network.Post, bool, error) {
		return c.page(ctx, self, getMentions, leastPage, mostPage, since, until)
	})
	if err != nil {
		return nil, err
	}
	var ms []network.Mention
	for _, p := range posts {
		ms = append(ms, network.Mention{Cursor: p.ID, Post: p})
	}
	return ms, nil
}

// Newest is the id of the latest mention, "" for an account that never had one.
func (c *Client) Newest(ctx context.Context) (string, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return "", err
	}
	page, _, err := c.page(ctx, self, getMentions, leastPage, leastPage, "", "")
	if err != nil || len(page) == 0 {
		return "", err
	}
	return page[0].ID, nil
}

// Home returns posts of the home timeline after cursor, oldest first without gaps as far back as X
// goes. It stops at the month's cap; what was read before that is not read again.
func (c *Client) Home(ctx context.Context, cursor string, limit int) ([]network.Post, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return nil, err
	}
	return c.home.next(cursor, limit, func(since, until string) ([]network.Post, bool, error) {
		return c.page(ctx, self, getHome, 1, mostPage, since, until)
	})
}

// Recent returns the latest posts of the home timeline, oldest first: as many as Options.Latest at
// most.
func (c *Client) Recent(ctx context.Context, limit int) ([]network.Post, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return nil, err
	}
	page, _, err := c.page(ctx, self, getHome, 1, min(limit, c.opt.Latest, mostPage), "", "")
	slices.Reverse(page)
	return page, err
}

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

// page reads a page of one of our own lists.
func (c *Client) page(ctx context.Context, self network.Account, e endpoint, least, most int, since, until string) ([]network.Post, bool, error) {
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
	list := c.decode(a)
	c.bill(self, a, c.opt.Budget.item(own), len(list))
	posts, err := c.complete(ctx, self, list, a.Includes.shelf())
	return posts, a.Meta.Next != "", err
}
