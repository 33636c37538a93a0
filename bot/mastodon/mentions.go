package mastodon

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"slugpuppy/bot"
)

// notification is one arrival as the server sends it.
type notification struct {
	ID     string  `json:"id"`
	Type   string  `json:"type"`
	Status *status `json:"status"`
}

// Pages of notifications.
const (
	pageSize = 40 // the most a server gives
	maxPages = 50
)

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

// Mentions returns mentions after cursor, oldest first, without gaps: min_id pages forward.
func (c *Client) Mentions(ctx context.Context, cursor string, limit int) ([]bot.Mention, error) {
	ctx, call := c.begin(ctx, "read mentions", callTime)
	defer call.end()
	if cursor == "" {
		first, err := c.firstMentions(ctx, limit)
		return first, call.failed(err)
	}
	for {
		page, err := c.notifications(ctx, url.Values{
			"types[]": {"mention"}, "min_id": {cursor}, "limit": {strconv.Itoa(min(limit, pageSize))}})
		if err != nil {
			return nil, call.failed(err)
		}
		if len(page) == 0 {
			return nil, nil
		}
		slices.Reverse(page) // servers answer newest first within the page
		if ms := c.mentions(page); len(ms) > 0 {
			return ms, nil
		}
		cursor = page[len(page)-1].ID // notifications about posts that are gone
	}
}

// firstMentions reads everything an account ever got: there was nothing when it began.
func (c *Client) firstMentions(ctx context.Context, limit int) ([]bot.Mention, error) {
	var all []notification
	query := url.Values{"types[]": {"mention"}, "limit": {strconv.Itoa(pageSize)}}
	for range maxPages {
		page, err := c.notifications(ctx, query)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
		query.Set("max_id", page[len(page)-1].ID)
	}
	slices.Reverse(all)
	ms := c.mentions(all)
	return ms[:min(limit, len(ms))], nil
}

func (c *Client) notifications(ctx context.Context, query url.Values) ([]notification, error) {
	var page []notification
	_, err := c.get(ctx, "/api/v1/notifications", query, &page)
	return page, err
}

func (c *Client) mentions(page []notification) []bot.Mention {
	var ms []bot.Mention
	for _, n := range page {
		if n.Status != nil && n.Type == "mention" {
			ms = append(ms, bot.Mention{Cursor: n.ID, Post: c.post(n.Status)})
		}
	}
	return ms
}
