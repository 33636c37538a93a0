package x

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// Reply posts an answer to a post that mentions us. Whatever leaves doubt whether it was posted is
// network.Ambiguous. X has no idempotency keys, but refuses the same words twice: then the reply is
// there already, or the words get a mark that tells them from what was said before.
func (c *Client) Reply(ctx context.Context, out network.Outgoing) (network.Post, error) {
	self, err := c.Self(ctx) // first: nothing may fail between the post and its id
	if err != nil {
		return network.Post{}, err
	}
	if err := c.answerable(self, out); err != nil {
		return network.Post{}, err
	}
	if err := c.within(postReply, self, c.opt.Budget.Prices[Summoned]); err != nil {
		return network.Post{}, err
	}
	if out.Sensitive {
		if err := c.warn(ctx, self, out.MediaIDs); err != nil {
			return network.Post{}, err
		}
	}
	return sayOnce(ctx, out, c.Replies, func(mark string) (network.Post, error) { return c.submit(ctx, self, out, mark) })
}

// sayOnce submits a reply. Words that X refuses because we have said them are looked for below the
// post, and otherwise said with a mark.
func sayOnce(ctx context.Context, out network.Outgoing, replies func(context.Context, string, time.Time) ([]network.Post, error), submit func(mark string) (network.Post, error)) (network.Post, error) {
	p, err := submit("")
	if !saidBefore(err) {
		return p, err
	}
	mine, err := replies(ctx, out.To.ID, time.Now().Add(-48*time.Hour))
	if err != nil {
		return network.Post{}, err // it was not posted: whoever tries again comes here again
	}
	if len(mine) > 0 {
		return mine[0], nil
	}
	return submit(mark(out.To.ID))
}

func saidBefore(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.twice()
}

// mark tells replies with the same words apart, in the same way at every attempt.
func mark(id string) string {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return id[max(0, len(id)-4):]
	}
	const letters = 36 * 36 * 36 * 36
	return strconv.FormatUint(n>>22%letters, 36)
}

type newPost struct {
	Text  string    `json:"text"`
	Media *mediaIDs `json:"media,omitempty"`
	Reply replyTo   `json:"reply"`
	AI    bool      `json:"made_with_ai,omitempty"`
}

type mediaIDs struct {
	IDs []string `json:"media_ids"`
}

type replyTo struct {
	ID string `json:"in_reply_to_tweet_id"`
}

// submit posts once.
func (c *Client) submit(ctx context.Context, self network.Account, out network.Outgoing, mark string) (network.Post, error) {
	body := newPost{Text: wording(out.Text, out.Warning, out.To.Author.Handle, mark), Reply: replyTo{out.To.ID}}
	if len(out.MediaIDs) > 0 {
		body.Media, body.AI = &mediaIDs{out.MediaIDs}, true
	}
	id := ""
	ctx, k, cancel := begin(ctx, true, callTime)
	defer cancel()
	raw, err := jsonBody(body)
	if err == nil {
		k.into = answer.Object(func(v *answer.Value) { inside(v, "data", func() { inside(v, "id", func() { id = v.ID() }) }) })
		err = c.send(ctx, createPost, createPost.at(), nil, raw, jsonType)
	}
	if err == nil && id == "" {
		err = errNoPost
	}
	if err != nil {
		return network.Post{}, k.failed(postReply, err)
	}
	c.opt.Budget.spend(self, Summoned, 1)
	return network.Post{ID: id, URL: permalink(self.Handle, id), Author: self, Created: time.Now(), Text: body.Text,
		Visibility: network.Public, ReplyTo: out.To.ID, Mentions: []network.Account{out.To.Author}}, nil
}

// warn marks pictures as sensitive before they are posted.
func (c *Client) warn(ctx context.Context, self network.Account, ids []string) error {
	for _, id := range ids {
		if err := c.describe(ctx, self, metadata{ID: id, Metadata: about{Warning: &warning{Other: true}}}); err != nil {
			return fmt.Errorf("mark a picture as sensitive: %w", err)
		}
	}
	return nil
}
