package mastodon

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/mattn/go-mastodon"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// Upload stores media with its alt text and waits until a post can use it.
func (c *Client) Upload(ctx context.Context, up network.Upload) (string, error) {
	ctx, call := c.begin(ctx, "upload a picture", slowTime)
	defer call.end()
	var a attachment
	call.into = answer.Object(func(v *answer.Value) { a.read(v) })
	if _, err := c.api.UploadMediaFromMedia(ctx, &mastodon.Media{File: bytes.NewReader(up.Data), Description: up.Alt}); err != nil {
		return "", call.failed(err)
	}
	var err error
	switch {
	case a.ID == "":
		err = errors.New("the server's answer names no picture")
	case a.URL == "":
		err = c.processed(ctx, call, a.ID)
	}
	return a.ID, call.failed(err)
}

// slowestPoll is the longest time between looks at an upload in processing.
const slowestPoll = 5 * time.Second

// processed waits for an upload that was answered with 202: 206 means not yet.
func (c *Client) processed(ctx context.Context, call *call, id string) error {
	deadline := time.Now().Add(c.opt.MediaWait)
	pause := c.opt.MediaPoll
	for {
		var a attachment
		if err := c.get(ctx, "/api/v1/media/"+url.PathEscape(id), nil, func(v *answer.Value) { a.read(v) }); err != nil {
			return err
		}
		if call.code == http.StatusOK && a.URL != "" {
			return nil
		}
		if time.Now().After(deadline) {
			return errors.New("the server is still processing the picture")
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
		pause = min(2*pause, max(slowestPoll, c.opt.MediaPoll)) // each look counts against the rate limit
	}
}

// Reply posts an answer. Whatever leaves doubt whether it was posted is network.Ambiguous.
func (c *Client) Reply(ctx context.Context, out network.Outgoing) (network.Post, error) {
	t, err := c.translator(ctx) // first: nothing may fail between the post and its id
	if err != nil {
		return network.Post{}, err
	}
	ctx, call := c.begin(ctx, "post a reply", callTime)
	defer call.end()
	call.unsafe, call.key = true, out.Key
	toot := &mastodon.Toot{
		Status: out.Text, InReplyToID: mastodon.ID(out.To.ID), Sensitive: out.Sensitive,
		SpoilerText: out.Warning, Visibility: string(out.Visibility), Language: out.Language,
	}
	for _, id := range out.MediaIDs {
		toot.MediaIDs = append(toot.MediaIDs, mastodon.ID(id))
	}
	var s status
	call.into = answer.Object(func(v *answer.Value) { s.read(v) })
	_, err = c.api.PostStatus(ctx, toot)
	if err == nil && s.ID == "" {
		err = errNoPost
	}
	if err != nil {
		return network.Post{}, call.failed(err)
	}
	return t.post(&s), nil
}

// Replies lists our own posts since a time that answer parent, oldest first. It reads all of
// them or fails: a list cut short could hide the reply that is looked for.
func (c *Client) Replies(ctx context.Context, parent string, since time.Time) ([]network.Post, error) {
	t, err := c.translator(ctx)
	if err != nil {
		return nil, err
	}
	self, err := c.Self(ctx)
	if err != nil {
		return nil, err
	}
	ctx, call := c.begin(ctx, "look for our replies", slowTime)
	defer call.end()
	var found []network.Post
	query := url.Values{"exclude_reblogs": {"true"}, "limit": {strconv.Itoa(pageSize)}}
	for range mostPages {
		var page []status
		path := "/api/v1/accounts/" + url.PathEscape(self.ID) + "/statuses"
		if err := c.get(ctx, path, query, answer.All(&page, mostPage, (*status).read)); err != nil {
			return nil, call.failed(err)
		}
		before := func(s status) bool { return !s.Created.IsZero() && s.Created.Before(since) }
		for _, s := range page {
			if !before(s) && s.ReplyTo == parent {
				found = append(found, t.post(&s))
			}
		}
		if len(page) == 0 || before(page[len(page)-1]) {
			slices.Reverse(found)
			return found, nil
		}
		last := page[len(page)-1].ID
		if last == query.Get("max_id") {
			return nil, call.failed(errors.New("the server repeats a page"))
		}
		query.Set("max_id", last)
	}
	return nil, call.failed(errEndless)
}
