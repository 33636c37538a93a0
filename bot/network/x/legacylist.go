package x

import (
	"context"
	"slices"
	"time"

	//lint:ignore SA1019 The library is archived, as is v1.1 itself; both are pinned and done changing.
	"github.com/dghubble/go-twitter/twitter"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// extended asks for whole texts and for all pictures.
const extended = "extended"

// mostLegacy is the largest page of v1.1.
const mostLegacy = 200

// PostsOf returns an account's latest posts with pictures, newest first, without reposts.
func (c *Legacy) PostsOf(ctx context.Context, account string, limit int) ([]network.Post, error) {
	page, err := c.page(ctx, getPostsOf, account, 1, min(limit, mostLegacy), "", "")
	return slices.DeleteFunc(page, func(p network.Post) bool { return p.Boosts != nil || len(p.Media) == 0 }), err
}

// Replies lists our own posts since a time that answer parent, oldest first. It reads all of them or
// fails, and is not kept from its work by the cap.
func (c *Legacy) Replies(ctx context.Context, parent string, since time.Time) ([]network.Post, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return nil, err
	}
	var found []network.Post
	until := ""
	for range mostPages {
		page, err := c.tweets(ctx, self, getPostsOf, self.ID, mostLegacy, "", until)
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			if p.Created.Before(since) {
				return found, nil
			}
			if p.ReplyTo == parent {
				found = slices.Insert(found, 0, p)
			}
		}
		if len(page) == 0 {
			return found, nil
		}
		until = page[len(page)-1].ID
	}
	return nil, &network.Error{Op: getPostsOf.op, Kind: network.Transient, Err: errEndless}
}

// own reads a page of one of our own lists. There may be more unless it is empty: a short one may only
// have lost posts that are gone.
func (c *Legacy) own(ctx context.Context, e endpoint, least, most int, since, until string) ([]network.Post, bool, error) {
	page, err := c.page(ctx, e, "", least, most, since, until)
	return page, len(page) > 0, err
}

// page reads as much of a page as the month's money allows, newest first.
func (c *Legacy) page(ctx context.Context, e endpoint, whose string, least, most int, since, until string) ([]network.Post, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return nil, err
	}
	price := c.opt.Budget.read(e == getMentions || whose == self.ID)
	if e == getMentions {
		price += c.opt.Budget.answer()
	}
	n, err := c.opt.Budget.afford(self.ID, price, least, most)
	if err != nil {
		return nil, (&call{}).failed(e.op, err)
	}
	return c.tweets(ctx, self, e, whose, n, since, until)
}

// tweets reads posts of a list between two ids, which are not among them.
func (c *Legacy) tweets(ctx context.Context, self network.Account, e endpoint, whose string, n int, since, until string) ([]network.Post, error) {
	sinceID, err := bound64(e.op, since)
	if err != nil {
		return nil, err
	}
	maxID, err := bound64(e.op, until)
	if err != nil {
		return nil, err
	}
	maxID = max(0, maxID-1) // v1.1's includes the post itself
	user := int64(0)
	if e == getPostsOf {
		if user, err = number(e.op, whose); err != nil {
			return nil, err
		}
	}
	var list []tweet
	err = c.call(ctx, e.op, false, answer.All(&list, mostEntities, (*tweet).read), func(lib *twitter.Client) (err error) {
		switch e {
		case getMentions:
			_, _, err = lib.Timelines.MentionTimeline(&twitter.MentionTimelineParams{Count: n, SinceID: sinceID, MaxID: maxID, TweetMode: extended})
		case getHome:
			_, _, err = lib.Timelines.HomeTimeline(&twitter.HomeTimelineParams{Count: n, SinceID: sinceID, MaxID: maxID, TweetMode: extended})
		default:
			_, _, err = lib.Timelines.UserTimeline(&twitter.UserTimelineParams{UserID: user, Count: n, SinceID: sinceID, MaxID: maxID, TweetMode: extended})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	own := e == getMentions || whose == self.ID
	c.opt.Budget.spend(self, c.opt.Budget.item(own), len(list))
	var posts []network.Post
	for i := range list {
		posts = append(posts, c.legacyPost(&list[i]))
	}
	return posts, nil
}

// bound64 is the end of a range, 0 for none.
func bound64(op, id string) (int64, error) {
	if id == "" || id == "0" {
		return 0, nil
	}
	return number(op, id)
}
