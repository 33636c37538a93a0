package mastodon

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-mastodon"

	"slugpuppy/bot"
	"slugpuppy/bot/safehttp"
)

// Fetch downloads an attachment from wherever its server keeps it.
func (c *Client) Fetch(ctx context.Context, m bot.Media, limit int64) ([]byte, error) {
	ctx, call := c.begin(ctx, "download a picture", uploadTime)
	defer call.end()
	data, err := c.media.Fetch(ctx, m.URL, limit)
	if err == nil {
		return data, nil
	}
	var status *safehttp.StatusError
	e := &bot.APIError{Op: call.op, Err: err, Kind: bot.Transient}
	switch {
	case errors.As(err, &status):
		e.Status, e.Kind = status.Code, call.kind(status.Code)
	case errors.Is(err, safehttp.ErrTooLarge), errors.Is(err, safehttp.ErrRefused):
		e.Kind = bot.Rejected
	}
	return nil, e
}

// Upload stores media with its alt text and waits until a post can use it.
func (c *Client) Upload(ctx context.Context, up bot.Upload) (string, error) {
	ctx, call := c.begin(ctx, "upload a picture", uploadTime)
	defer call.end()
	a, err := c.api.UploadMediaFromMedia(ctx, &mastodon.Media{File: bytes.NewReader(up.Data), Description: up.Alt})
	if err != nil {
		return "", call.failed(err)
	}
	if a.URL == "" {
		err = c.processed(ctx, string(a.ID))
	}
	return string(a.ID), call.failed(err)
}

// processed waits for an upload that was answered with 202: 206 means not yet.
func (c *Client) processed(ctx context.Context, id string) error {
	deadline := time.Now().Add(c.opt.MediaWait)
	for {
		var a mastodon.Attachment
		code, err := c.get(ctx, "/api/v1/media/"+url.PathEscape(id), nil, &a)
		if err != nil {
			return err
		}
		if code == http.StatusOK && a.URL != "" {
			return nil
		}
		if time.Now().After(deadline) {
			return errors.New("the server is still processing the picture")
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(c.opt.MediaPoll):
		}
	}
}

// Reply posts an answer. Whatever leaves doubt whether it was posted is bot.Ambiguous.
func (c *Client) Reply(ctx context.Context, out bot.Outgoing) (bot.Post, error) {
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
	s, err := c.api.PostStatus(ctx, toot)
	if err != nil {
		return bot.Post{}, call.failed(err)
	}
	return c.post(&status{Status: *s}), nil
}

// Replies lists our own posts since a time that answer parent, oldest first.
func (c *Client) Replies(ctx context.Context, parent string, since time.Time) ([]bot.Post, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return nil, err
	}
	ctx, call := c.begin(ctx, "look for our replies", callTime)
	defer call.end()
	var found []bot.Post
	query := url.Values{"exclude_reblogs": {"true"}, "limit": {strconv.Itoa(pageSize)}}
	for range maxPages {
		var page []*status
		if _, err := c.get(ctx, "/api/v1/accounts/"+url.PathEscape(self.ID)+"/statuses", query, &page); err != nil {
			return nil, call.failed(err)
		}
		for _, s := range page {
			if !s.CreatedAt.Before(since) && id(s.InReplyToID) == parent {
				found = append([]bot.Post{c.post(s)}, found...)
			}
		}
		if len(page) == 0 || page[len(page)-1].CreatedAt.Before(since) {
			break
		}
		query.Set("max_id", string(page[len(page)-1].ID))
	}
	return found, nil
}

func containsFold(s, part string) bool { return strings.Contains(strings.ToLower(s), part) }
