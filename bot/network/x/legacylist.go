package x

import (
	"context"
	"slices"
	"time"

	//lint:ignore SA1019 The library is archived, as is v1.1 itself; both are pinned and done changing.
	"github.com/dghubble/go-twitter/twitter"

	"slugpuppy/bot/network"
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
	for until := ""; ; {
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
	var list []twitter.Tweet
	err = c.call(ctx, e.op, false, func(lib *twitter.Client) (err error) {
		switch e {
		case getMentions:
			list, _, err = lib.Timelines.MentionTimeline(&twitter.MentionTimelineParams{Count: n, SinceID: sinceID, MaxID: maxID, TweetMode: extended})
		case getHome:
			list, _, err = lib.Timelines.HomeTimeline(&twitter.HomeTimelineParams{Count: n, SinceID: sinceID, MaxID: maxID, TweetMode: extended})
		default:
			list, _, err = lib.Timelines.UserTimeline(&twitter.UserTimelineParams{UserID: user, Count: n, SinceID: sinceID, MaxID: maxID, TweetMode: extended})
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
		if list[i].IDStr != "" {
			posts = append(posts, c.legacyPost(&list[i]))
		}
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

// legacyUser is an account of v1.1 in v2's words.
func legacyUser(u *twitter.User) user {
	if u == nil {
		return user{}
	}
	created, _ := time.Parse(time.RubyDate, u.CreatedAt) // without it the account is of no age
	return user{ID: u.IDStr, Name: u.Name, Username: u.ScreenName, Description: u.Description, CreatedAt: created, Protected: u.Protected}
}

// legacyPost translates a post of v1.1 by way of v2's words.
func (c *core) legacyPost(t *twitter.Tweet) network.Post {
	s := shelf{map[string]user{}, map[string]media{}, map[string]post{}}
	p := s.put(t)
	if r := t.RetweetedStatus; r != nil && r.IDStr != "" {
		s.posts[r.IDStr] = s.put(r)
		p.Tweets = append(p.Tweets, reference{"retweeted", r.IDStr})
	}
	out := c.post(&p, s)
	if q := t.QuotedStatus; q != nil && q.IDStr != "" {
		quoted := s.put(q)
		single := c.single(&quoted, s)
		out.Quoted = &single
	}
	return out
}

// put translates a post and lays its author and pictures on the shelf.
func (s shelf) put(t *twitter.Tweet) post {
	author := legacyUser(t.User)
	s.users[author.ID] = author
	created, _ := t.CreatedAtTime() // a post without a time is an old one
	p := post{ID: t.IDStr, Text: t.FullText, Lang: t.Lang, CreatedAt: created, AuthorID: author.ID, Sensitive: t.PossiblySensitive}
	if p.Text == "" {
		p.Text = t.Text
	}
	for kind, id := range map[string]string{"replied_to": t.InReplyToStatusIDStr, "quoted": t.QuotedStatusIDStr} {
		if id != "" {
			p.Tweets = append(p.Tweets, reference{kind, id})
		}
	}
	if t.Entities != nil {
		for _, m := range t.Entities.UserMentions {
			p.Entities.Mentions = append(p.Entities.Mentions, struct{ ID, Username string }{m.IDStr, m.ScreenName})
		}
		for _, l := range t.Entities.Urls {
			p.Entities.URLs = append(p.Entities.URLs, link{URL: l.URL, Expanded: l.ExpandedURL})
		}
	}
	if t.ExtendedEntities != nil {
		for _, m := range t.ExtendedEntities.Media {
			p.Attachments.MediaKeys = append(p.Attachments.MediaKeys, m.IDStr)
			p.Entities.URLs = append(p.Entities.URLs, link{URL: m.URL, MediaKey: m.IDStr})
			s.media[m.IDStr] = legacyMedia(m)
		}
	}
	return p
}

func legacyMedia(m twitter.MediaEntity) media {
	out := media{Key: m.IDStr, Type: m.Type, URL: m.MediaURLHttps, Preview: m.MediaURLHttps, Width: m.Sizes.Large.Width, Height: m.Sizes.Large.Height}
	for _, v := range m.VideoInfo.Variants {
		out.Variants = append(out.Variants, variant{v.ContentType, v.Bitrate, v.URL})
	}
	return out
}
