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
	return c.self.Get(func() (network.Account, error) {
		var a answer
		if err := c.read(ctx, getMe, nil, url.Values{"user.fields": {userFields}}, &a); err != nil {
			return network.Account{}, err
		}
		self, err := c.oneUser(getMe, a)
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
	var a answer
	if err := c.read(ctx, e, []string{id}, url.Values{"user.fields": {userFields}}, &a); err != nil {
		return network.Account{}, err
	}
	found, err := c.oneUser(e, a)
	if err == nil {
		c.opt.Budget.spend(self, UserRead, 1)
	}
	if found.ID == self.ID {
		found.Bot = self.Bot
	}
	return found, err
}

func (c *Client) oneUser(e endpoint, a answer) (network.Account, error) {
	var u user
	if err := a.one(e.op, &u); err != nil {
		return network.Account{}, err
	}
	if u.ID == "" {
		return network.Account{}, (&call{}).failed(e.op, errors.New("the answer names no account"))
	}
	return c.account(u), nil
}

// one decodes an answer that is one thing. A call that worked and found nothing says so beside it.
func (a answer) one(op string, v any) error {
	if len(a.Data) == 0 {
		return a.missing(op)
	}
	if err := json.Unmarshal(a.Data, v); err != nil {
		return &network.Error{Op: op, Kind: network.Transient, Err: fmt.Errorf("read answer: %w", err)}
	}
	return nil
}

// missing is why an answer has no data.
func (a answer) missing(op string) error {
	e := &network.Error{Op: op, Kind: network.NotFound, Status: http.StatusOK, Err: errors.New("there is nothing there")}
	for _, why := range a.Errors {
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
func (c *Client) read(ctx context.Context, e endpoint, ids []string, query url.Values, out any) error {
	ctx, k, cancel := begin(ctx, false, callTime)
	defer cancel()
	err := c.send(ctx, e, e.at(ids...), query, nil, "", out)
	var r *refusal
	if errors.As(err, &r) && r.status == http.StatusUnauthorized {
		// net/http repeats a GET by itself when a connection breaks, with a signature that X has seen.
		err = c.send(ctx, e, e.at(ids...), query, nil, "", out)
	}
	return k.failed(e.op, err)
}

// readPosts asks for posts in the spelling that worked last, and in the other one when X refuses its
// names or answers without what was asked for. What works is remembered.
func (c *Client) readPosts(ctx context.Context, e endpoint, ids []string, query url.Values) (answer, error) {
	now := c.spelling.Load()
	first, err := c.readIn(ctx, e, ids, query, spellings[now])
	var r *refusal
	misspelt := errors.As(err, &r) && r.misspelt()
	if err == nil && !first.lacks() || err != nil && !misspelt {
		return first, err
	}
	other := 1 - now
	second, otherErr := c.readIn(ctx, e, ids, query, spellings[other])
	switch {
	case otherErr != nil && err != nil:
		return answer{}, err // neither works: the first says why
	case otherErr != nil:
		return answer{}, otherErr
	case second.lacks():
		return answer{}, &network.Error{Op: e.op, Kind: network.Rejected, Err: errors.New("the server leaves out who wrote a post and when in either spelling of the fields")}
	}
	c.spelling.Store(other)
	c.opt.Log.Info("X names fields differently now", "fields", spellings[other].fields)
	return second, nil
}

func (c *Client) readIn(ctx context.Context, e endpoint, ids []string, query url.Values, s spelling) (answer, error) {
	q := s.ask()
	for name, values := range query {
		q[name] = values
	}
	var a answer
	err := c.read(ctx, e, ids, q, &a)
	return a, err
}

// lacks says whether an answer leaves out who wrote a post or when: unknown names of fields are
// ignored in silence at times.
func (a answer) lacks() bool {
	var list []struct {
		AuthorID  string `json:"author_id"`
		CreatedAt string `json:"created_at"`
	}
	data := a.Data
	if bytes.HasPrefix(data, []byte("{")) {
		data = slices.Concat([]byte("["), data, []byte("]"))
	}
	if len(data) == 0 || json.Unmarshal(data, &list) != nil {
		return false
	}
	for _, p := range list {
		if p.AuthorID == "" || p.CreatedAt == "" {
			return true
		}
	}
	return false
}

// send makes one request and decodes its answer.
func (c *Client) send(ctx context.Context, e endpoint, path string, query url.Values, body io.Reader, kind string, out any) error {
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
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}

// do changes something with a JSON body, nil for none. An answer without an error is taken for
// success only if it can be read.
func (c *Client) do(ctx context.Context, e endpoint, unsafe bool, ids []string, body, out any) error {
	limit := callTime
	if e.op == uploadMedia {
		limit = slowTime
	}
	ctx, k, cancel := begin(ctx, unsafe, limit)
	defer cancel()
	var r io.Reader
	kind := ""
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return k.failed(e.op, err)
		}
		r, kind = bytes.NewReader(raw), "application/json"
	}
	return k.failed(e.op, c.send(ctx, e, e.at(ids...), nil, r, kind, out))
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
	var p post
	if err := a.one(getPost.op, &p); err != nil {
		return network.Post{}, err
	}
	c.bill(self, a, PostRead, 1)
	posts, err := c.complete(ctx, self, []*post{&p}, a.Includes.shelf())
	if err != nil {
		return network.Post{}, err
	}
	return posts[0], nil
}

// bill writes down what an answer with posts costs.
func (c *Client) bill(self network.Account, a answer, item Item, n int) {
	c.opt.Budget.spend(self, item, n)
	c.opt.Budget.spend(self, ExtraPost, len(a.Includes.Tweets)+len(a.Includes.Posts))
	c.opt.Budget.spend(self, ExtraUser, len(a.Includes.Users))
}

// complete translates posts. Originals of reposts that came without their author or their pictures
// are read again, together.
func (c *Client) complete(ctx context.Context, self network.Account, list []*post, s shelf) ([]network.Post, error) {
	var ids []string
	for _, p := range list {
		id := p.ref("retweeted")
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
		originals := c.decode(a)
		c.bill(self, a, PostRead, len(originals))
		s.add(a.Includes.shelf())
		for _, p := range originals {
			s.posts[p.ID] = *p
		}
	}
	out := make([]network.Post, len(list))
	for i, p := range list {
		out[i] = c.post(p, s)
	}
	return out, nil
}

// knows says whether author and pictures of a post are on the shelf.
func (s shelf) knows(p post) bool {
	for _, key := range p.Attachments.MediaKeys {
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

// decode reads the posts of an answer. One that cannot be read must not keep all others waiting.
func (c *Client) decode(a answer) (list []*post) {
	var raw []json.RawMessage
	if len(a.Data) > 0 && json.Unmarshal(a.Data, &raw) != nil {
		return nil
	}
	for _, r := range raw {
		var p post
		if err := json.Unmarshal(r, &p); err != nil || p.ID == "" {
			c.opt.Log.Error("passing over a post that cannot be read", "error", err)
			continue
		}
		list = append(list, &p)
	}
	return list
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
	for {
		a, err := c.readPosts(ctx, getPostsOf, []string{self.ID}, query)
		if err != nil {
			return nil, err
		}
		list := c.decode(a)
		c.bill(self, a, c.opt.Budget.item(true), len(list))
		for _, p := range list {
			if p.ref("replied_to") == parent && !p.CreatedAt.Before(since) {
				found = append([]network.Post{c.post(p, a.Includes.shelf())}, found...)
			}
		}
		if a.Meta.Next == "" {
			return found, nil
		}
		if a.Meta.Next == query.Get("pagination_token") {
			return nil, &network.Error{Op: getPostsOf.op, Kind: network.Transient, Err: errors.New("the server repeats a page")}
		}
		query.Set("pagination_token", a.Meta.Next)
	}
}

// Delete removes one of our own posts; one that is gone is no error.
func (c *Client) Delete(ctx context.Context, id string) error {
	self, err := c.Self(ctx)
	if err != nil {
		return err
	}
	err = c.do(ctx, deletePost, false, []string{id}, nil, new(answer))
	if network.Is(err, network.NotFound) {
		return nil
	}
	if err == nil {
		c.opt.Budget.spend(self, Deleted, 1)
	}
	return err
}
