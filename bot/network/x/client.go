package x

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// Client is one account on X through API v2, as a network.Bot.
type Client struct {
	*core
	http http.Client
	feed
	spelling atomic.Int32 // index of the spelling that worked last
}

var _ Network = (*Client)(nil)

// New returns a client; nothing is sent yet.
func New(o Options) (*Client, error) {
	c, err := newCore(o)
	if err != nil {
		return nil, err
	}
	v2 := &Client{core: c, http: http.Client{Transport: c.signer, CheckRedirect: noRedirects}}
	v2.feed.page, v2.least, v2.most, v2.latest = v2.own, leastPage, mostPage, c.opt.Latest
	return v2, nil
}

// noRedirects: they would carry a signature that fits another address.
func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Limits are X's; there is no call that tells them.
func (c *core) Limits(context.Context) (network.Limits, error) {
	return network.Limits{
		TextRunes: textWeight, AltRunes: 1000, ImageBytes: 5 << 20, ImagePixels: 4096 * 4096, ClipBytes: 15 << 20,
		VideoBytes: 15 << 20, VideoPixels: 1920 * 1200, Attachments: 4, ReservedURL: 23,
		MIMETypes: []string{"image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4"}, ServerName: "X API v2 at " + c.base.Host,
	}, nil
}

// Self is the account of the keys. It is asked for once.
func (c *Client) Self(ctx context.Context) (network.Account, error) {
	return c.self.Get(ctx, func() (network.Account, error) {
		var a said[user]
		if err := c.read(ctx, getMe, nil, url.Values{"user.fields": {userFields}}, a.into((*user).read)); err != nil {
			return network.Account{}, err
		}
		self, err := oneUser(c.core, getMe, a)
		if err == nil {
			self.Bot = c.opt.Labelled
			c.meet(self)
		}
		return self, err
	})
}

// Account looks up an account.
func (c *Client) Account(ctx context.Context, id string) (network.Account, error) {
	return c.user(ctx, getUser, id)
}

// Lookup finds an account by its name.
func (c *Client) Lookup(ctx context.Context, handle string) (network.Account, error) {
	return c.user(ctx, getUserName, strings.TrimPrefix(handle, "@"))
}

func (c *Client) user(ctx context.Context, e endpoint, id string) (network.Account, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return network.Account{}, err
	}
	if err := c.within(e.op, self, c.opt.Budget.Prices[UserRead]); err != nil {
		return network.Account{}, err
	}
	var a said[user]
	if err := c.read(ctx, e, []string{id}, url.Values{"user.fields": {userFields}}, a.into((*user).read)); err != nil {
		return network.Account{}, err
	}
	found, err := oneUser(c.core, e, a)
	if err == nil {
		c.opt.Budget.spend(self, UserRead, 1)
	}
	if found.ID == self.ID {
		found.Bot = self.Bot
	}
	return found, err
}

func oneUser(c *core, e endpoint, a said[user]) (network.Account, error) {
	u, err := a.one(e.op)
	if err != nil {
		return network.Account{}, err
	}
	return c.account(u), nil
}

// one is the thing that an answer is about. A call that worked and found nothing says so beside it.
func (s said[T]) one(op string) (one T, err error) {
	switch {
	case len(s.Data.Items) > 0:
		return s.Data.Items[0], nil
	case s.Data.Bad > 0:
		return one, &network.Error{Op: op, Kind: network.Transient, Err: errors.New("the answer cannot be read")}
	}
	return one, missing(op, s.Problems)
}

// missing is why an answer has no data.
func missing(op string, problems []problem) error {
	e := &network.Error{Op: op, Kind: network.NotFound, Status: http.StatusOK, Err: errors.New("there is nothing there")}
	for _, why := range problems {
		e.Err = errors.New(why.Title + ": " + why.Detail)
		if strings.HasSuffix(why.Type, "/not-authorized-for-resource") {
			e.Kind = network.Forbidden
		}
	}
	return e
}

// within refuses what the month's money does not allow any more.
func (c *core) within(op string, self network.Account, price network.Money) error {
	_, err := c.opt.Budget.afford(self.ID, price, 1, 1)
	return (&call{}).failed(op, err)
}

// read asks for something.
func (c *Client) read(ctx context.Context, e endpoint, ids []string, query url.Values, into func(*answer.Value)) error {
	ctx, k, cancel := begin(ctx, false, callTime)
	defer cancel()
	k.into = into
	err := c.send(ctx, e, e.at(ids...), query, nil, "")
	var r *refusal
	if errors.As(err, &r) && r.status == http.StatusUnauthorized {
		// net/http repeats a GET by itself when a connection breaks, with a signature that X has seen.
		err = c.send(ctx, e, e.at(ids...), query, nil, "")
	}
	return k.failed(e.op, err)
}

// readPosts asks for posts in the spelling that worked last, and in the other one when X refuses its
// names or answers without what was asked for. What works is remembered.
func (c *Client) readPosts(ctx context.Context, e endpoint, ids []string, query url.Values) (said[post], error) {
	now := c.spelling.Load()
	first, err := c.readIn(ctx, e, ids, query, spellings[now])
	var r *refusal
	misspelt := errors.As(err, &r) && r.misspelt()
	if err == nil && !lacks(first.Data.Items) || err != nil && !misspelt {
		return first, err
	}
	other := 1 - now
	second, otherErr := c.readIn(ctx, e, ids, query, spellings[other])
	switch {
	case otherErr != nil && err != nil:
		return said[post]{}, err // neither works: the first says why
	case otherErr != nil:
		return said[post]{}, otherErr
	case lacks(second.Data.Items):
		return said[post]{}, &network.Error{Op: e.op, Kind: network.Rejected, Err: errors.New("the server leaves out who wrote a post and when in either spelling of the fields")}
	}
	c.spelling.Store(other)
	c.opt.Log.Info("X names fields differently now", "fields", spellings[other].fields)
	return second, nil
}

func (c *Client) readIn(ctx context.Context, e endpoint, ids []string, query url.Values, s spelling) (said[post], error) {
	q := s.ask()
	for name, values := range query {
		q[name] = values
	}
	var a said[post]
	err := c.read(ctx, e, ids, q, a.into((*post).read))
	return a, err
}

// lacks says whether an answer leaves out who wrote its posts or when, of each of them: unknown names of
// fields are ignored in silence at times.
func lacks(posts []post) bool {
	return len(posts) > 0 && !slices.ContainsFunc(posts, func(p post) bool { return p.AuthorID != "" && !p.CreatedAt.IsZero() })
}

// send makes one request; its answer goes where the context's call says.
func (c *Client) send(ctx context.Context, e endpoint, path string, query url.Values, body io.Reader, kind string) error {
	u := c.base.JoinPath(path)
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, e.method, u.String(), body)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// Answers that cannot be what they should.
var (
	errNoPost  = errors.New("the answer names no post")
	errEndless = errors.New("the server's pages have no end")
)

// anything is for an answer of which only that it can be read matters.
func anything(*answer.Value) {}

// do changes something with a JSON body, nil for none. An answer without an error is taken for
// success only if it can be read.
func (c *Client) do(ctx context.Context, e endpoint, unsafe bool, ids []string, body any, into func(*answer.Value)) error {
	limit := callTime
	if e.op == uploadMedia {
		limit = slowTime
	}
	ctx, k, cancel := begin(ctx, unsafe, limit)
	defer cancel()
	k.into = into
	var r io.Reader
	kind := ""
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return k.failed(e.op, err)
		}
		r, kind = bytes.NewReader(raw), "application/json"
	}
	return k.failed(e.op, c.send(ctx, e, e.at(ids...), nil, r, kind))
}

// Post fetches one post.
func (c *Client) Post(ctx context.Context, id string) (network.Post, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return network.Post{}, err
	}
	if err := c.within(getPost.op, self, c.opt.Budget.post(false)); err != nil {
		return network.Post{}, err
	}
	a, err := c.readPosts(ctx, getPost, []string{id}, nil)
	if err != nil {
		return network.Post{}, err
	}
	p, err := a.one(getPost.op)
	if err != nil {
		return network.Post{}, err
	}
	c.bill(self, a, PostRead, 1)
	posts, err := c.complete(ctx, self, []post{p}, a.Includes.shelf())
	if err != nil {
		return network.Post{}, err
	}
	return posts[0], nil
}

// bill writes down what an answer with posts costs.
func (c *Client) bill(self network.Account, a said[post], item Item, n int) {
	c.opt.Budget.spend(self, item, n)
	c.opt.Budget.spend(self, ExtraPost, len(a.Includes.Posts.Items)+a.Includes.Posts.Bad)
	c.opt.Budget.spend(self, ExtraUser, len(a.Includes.Users.Items)+a.Includes.Users.Bad)
}

// complete translates posts. Originals of reposts that came without their author or their pictures
// are read again, together.
func (c *Client) complete(ctx context.Context, self network.Account, list []post, s shelf) ([]network.Post, error) {
	var ids []string
	for i := range list {
		id := list[i].ref("retweeted")
		q, ok := s.posts[id]
		if id != "" && (!ok || !s.knows(q)) {
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 {
		a, err := c.readPosts(ctx, getPosts, nil, url.Values{"ids": {strings.Join(ids, ",")}})
		if err != nil {
			return nil, err
		}
		c.bill(self, a, PostRead, len(a.Data.Items)+a.Data.Bad)
		s.add(a.Includes.shelf())
		for _, p := range a.Data.Items {
			s.posts[p.ID] = p
		}
	}
	out := make([]network.Post, len(list))
	for i := range list {
		out[i] = c.post(&list[i], s)
	}
	return out, nil
}

// knows says whether author and pictures of a post are on the shelf.
func (s shelf) knows(p post) bool {
	for _, key := range p.MediaKeys {
		if _, ok := s.media[key]; !ok {
			return false
		}
	}
	_, ok := s.users[p.AuthorID]
	return ok
}

func (s shelf) add(other shelf) {
	for k, v := range other.users {
		s.users[k] = v
	}
	for k, v := range other.media {
		s.media[k] = v
	}
	for k, v := range other.posts {
		s.posts[k] = v
	}
}

// threadDepth is how far up a thread is read: every post of it costs money.
const threadDepth = 10

// Ancestors returns the posts above id, nearest first, at most ten of them.
func (c *Client) Ancestors(ctx context.Context, id string) ([]network.Post, error) {
	return ancestors(ctx, id, c.Post)
}

func ancestors(ctx context.Context, id string, read func(context.Context, string) (network.Post, error)) ([]network.Post, error) {
	p, err := read(ctx, id)
	if err != nil {
		return nil, err
	}
	var above []network.Post
	for p.ReplyTo != "" && len(above) < threadDepth {
		p, err = read(ctx, p.ReplyTo)
		if network.Is(err, network.NotFound, network.Forbidden) {
			break // deleted, or not for us: what is above it cannot be found
		}
		if err != nil {
			return nil, err
		}
		above = append(above, p)
	}
	return above, nil
}

// Replies lists our own posts since a time that answer parent, oldest first. It reads all of them or
// fails. It is not kept from its work by the cap: it makes sure that nothing is said twice.
func (c *Client) Replies(ctx context.Context, parent string, since time.Time) ([]network.Post, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return nil, err
	}
	var found []network.Post
	query := url.Values{"max_results": {"100"}, "start_time": {since.UTC().Truncate(time.Second).Format(time.RFC3339)}}
	for range mostPages {
		a, err := c.readPosts(ctx, getPostsOf, []string{self.ID}, query)
		if err != nil {
			return nil, err
		}
		c.bill(self, a, c.opt.Budget.item(true), len(a.Data.Items)+a.Data.Bad)
		for _, p := range a.Data.Items {
			if p.ref("replied_to") == parent && (p.CreatedAt.IsZero() || !p.CreatedAt.Before(since)) {
				found = append([]network.Post{c.post(&p, a.Includes.shelf())}, found...)
			}
		}
		if a.Next == "" {
			return found, nil
		}
		if a.Next == query.Get("pagination_token") {
			return nil, &network.Error{Op: getPostsOf.op, Kind: network.Transient, Err: errors.New("the server repeats a page")}
		}
		query.Set("pagination_token", a.Next)
	}
	return nil, &network.Error{Op: getPostsOf.op, Kind: network.Transient, Err: errEndless}
}

// Delete removes one of our own posts; one that is gone is no error.
func (c *Client) Delete(ctx context.Context, id string) error {
	self, err := c.Self(ctx)
	if err != nil {
		return err
	}
	err = c.do(ctx, deletePost, false, []string{id}, nil, anything)
	if network.Is(err, network.NotFound) {
		return nil
	}
	if err == nil {
		c.opt.Budget.spend(self, Deleted, 1)
	}
	return err
}
