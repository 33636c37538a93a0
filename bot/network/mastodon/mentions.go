package mastodon

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// pageSize is how many entries a page of a list has: the most that every server gives.
const pageSize = 40

// mostPages is how many pages of one list are read in one call.
const mostPages = 1000

// errEndless is a list of which every page names another one.
var errEndless = errors.New("the server's pages have no end")

// Newest is the id of the latest notification, "" for an account that never had one.
func (c *Client) Newest(ctx context.Context) (string, error) {
	ctx, call := c.begin(ctx, "look at the latest notification", callTime)
	defer call.end()
	page, err := c.notifications(ctx, url.Values{"limit": {"1"}})
	if err != nil {
		return "", call.failed(err)
	}
	if len(page) == 0 {
		return "", nil
	}
	return page[0].ID, nil
}

// Latest returns the latest mentions, oldest first, at most limit or a page of them.
func (c *Client) Latest(ctx context.Context, limit int) ([]network.Mention, error) {
	return c.mentions(ctx, "read the latest mentions", func(ctx context.Context) ([]notification, error) {
		page, err := c.notifications(ctx, url.Values{"types[]": {"mention"}, "limit": {strconv.Itoa(min(limit, pageSize))}})
		return oldestFirst(page), err
	})
}

// Mentions returns mentions after cursor, oldest first, without gaps: min_id pages forward.
func (c *Client) Mentions(ctx context.Context, cursor string, limit int) ([]network.Mention, error) {
	read := c.mentionsAfter
	if cursor == "" {
		read = c.firstMentions
	}
	return c.mentions(ctx, "read mentions", func(ctx context.Context) ([]notification, error) { return read(ctx, cursor, limit) })
}

func (c *Client) mentions(ctx context.Context, doing string, read func(context.Context) ([]notification, error)) ([]network.Mention, error) {
	t, err := c.translator(ctx)
	if err != nil {
		return nil, err
	}
	ctx, call := c.begin(ctx, doing, slowTime)
	defer call.end()
	page, err := read(ctx)
	if err != nil {
		return nil, call.failed(err)
	}
	var ms []network.Mention
	for _, n := range page {
		ms = append(ms, network.Mention{Cursor: n.ID, Post: t.post(n.Status)})
	}
	return ms, nil
}

// mentionsAfter reads on from a cursor until a page has mentions or there are no more.
func (c *Client) mentionsAfter(ctx context.Context, cursor string, limit int) ([]notification, error) {
	for range mostPages {
		page, err := c.notifications(ctx, url.Values{
			"types[]": {"mention"}, "min_id": {cursor}, "limit": {strconv.Itoa(min(limit, pageSize))}})
		if err != nil || len(page) == 0 || page[0].ID == cursor {
			return nil, err
		}
		next := page[0].ID // the newest
		if page = oldestFirst(page); len(page) > 0 {
			return page[:min(limit, len(page))], nil
		}
		cursor = next // only posts that are gone or cannot be read
	}
	return nil, errEndless
}

// firstMentions finds the oldest mentions an account ever got. No page is before the first, so
// this goes backwards through all and keeps the last few; it happens once in a bot's life, when
// there was nothing at all as it began.
func (c *Client) firstMentions(ctx context.Context, _ string, limit int) ([]notification, error) {
	var oldest []notification // newest first
	query := url.Values{"types[]": {"mention"}, "limit": {strconv.Itoa(pageSize)}}
	for range mostPages {
		page, err := c.notifications(ctx, query)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 || page[len(page)-1].ID == query.Get("max_id") {
			return oldestFirst(oldest), nil
		}
		query.Set("max_id", page[len(page)-1].ID)
		oldest = append(oldest, slices.DeleteFunc(page, noMention)...)
		oldest = oldest[max(0, len(oldest)-limit):]
	}
	return nil, errEndless
}

// notifications reads one page. Those that Mastodon (4.3) holds back as requests are read too:
// unless the owner changed it, all private mentions by strangers are. Who wants to keep people
// away sets the policy to ignore, then there is nothing to read.
func (c *Client) notifications(ctx context.Context, query url.Values) ([]notification, error) {
	query.Set("include_filtered", "true")
	var page []notification
	err := c.get(ctx, "/api/v1/notifications", query, answer.All(&page, mostPage, (*notification).read))
	for i := range page {
		c.settle(&page[i])
	}
	if n := len(page); n > 1 && older(page[0].ID, page[n-1].ID) { // see timeline
		slices.Reverse(page)
	}
	return page, err
}

// settle leaves a notification its post only if it is a mention that can be answered: one that the server
// sends in a shape nobody knows must not keep all later ones waiting.
func (c *Client) settle(n *notification) {
	s := n.Status
	switch {
	case n.Type != "mention":
		n.Status = nil
	case s == nil || s.ID == "" || s.Account.ID == "" || s.Account.Acct == "":
		c.opt.Log.Error("passing over a mention that cannot be read", "notification", n.ID)
		n.Status = nil
	case s.Created.IsZero():
		s.Created = n.Created
	}
}

// oldestFirst turns a page around and leaves out what is no mention.
func oldestFirst(page []notification) []notification {
	page = slices.DeleteFunc(page, noMention)
	slices.Reverse(page)
	return page
}

func noMention(n notification) bool { return n.Status == nil }
