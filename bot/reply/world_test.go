package reply_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"slugpuppy/bot/network"
)

// world is one small network in memory: several accounts, threads, favourites, uploads. It
// can be made to fail before or after a request took effect.
type world struct {
	mu       sync.Mutex
	next     int
	accounts map[string]network.Account
	posts    map[string]network.Post
	order    []string
	inbox    map[string][]string // account id -> posts that mention it, oldest first
	media    map[string]network.Upload
	files    map[string][]byte // URL -> bytes
	keys     map[string]string // idempotency key -> post id
	favs     map[string]int
	deleted  map[string]bool
	calls    map[string]int
	signs    []string // what the profile was made to say
	useKeys  bool
	// textRunes is how long a post may be, its handle included.
	textRunes   int
	attachments int // that a post may have
	// closed is a network where only who mentions us may be answered, without links.
	closed bool
	// fault decides the fate of a call; nil means none fail.
	fault func(op string, nth int) fate
}

// fate is what happens to one call.
type fate struct {
	before error         // fail and apply nothing
	after  error         // apply, then fail
	wait   time.Duration // before
	late   time.Duration // apply, then take so long to say so
}

func newWorld() *world {
	return &world{
		accounts: map[string]network.Account{}, posts: map[string]network.Post{}, inbox: map[string][]string{},
		media: map[string]network.Upload{}, files: map[string][]byte{}, keys: map[string]string{},
		favs: map[string]int{}, deleted: map[string]bool{}, calls: map[string]int{}, useKeys: true, textRunes: 500, attachments: 4,
	}
}

func (w *world) id() string { w.next++; return fmt.Sprintf("%08d", w.next) }

// join adds an account and hands out the network as it sees it.
func (w *world) join(name string) *client {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := network.Account{ID: "acct-" + name, Handle: name + "@example.social", Created: time.Now()}
	w.accounts[a.ID] = a
	return &client{w: w, self: a, wake: make(chan struct{}, 1)}
}

func (w *world) change(id string, f func(*network.Account)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.accounts[id]
	f(&a)
	w.accounts[id] = a
}

// publish stores a post and tells everybody it mentions.
func (w *world) publish(p network.Post) network.Post {
	p.ID = w.id()
	p.URL = "https://example.social/p/" + p.ID
	p.Author = w.accounts[p.Author.ID]
	if p.Created.IsZero() {
		p.Created = time.Now()
	}
	for _, word := range strings.Fields(p.Text) {
		name, ok := strings.CutPrefix(strings.Trim(word, ".,:;!?\""), "@")
		if !ok {
			continue
		}
		name, _, _ = strings.Cut(name, "@")
		a, ok := w.accounts["acct-"+name]
		if !ok || a.ID == p.Author.ID || slices.ContainsFunc(p.Mentions, func(b network.Account) bool { return a.ID == b.ID }) {
			continue
		}
		p.Mentions = append(p.Mentions, a)
	}
	w.posts[p.ID] = p
	w.order = append(w.order, p.ID)
	for _, a := range p.Mentions {
		w.inbox[a.ID] = append(w.inbox[a.ID], p.ID)
	}
	return p
}

// with reads or changes the world while nobody else does.
func (w *world) with(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// breaks sets the faults from now on.
func (w *world) breaks(fault func(op string, nth int) fate) { w.with(func() { w.fault = fault }) }

// vanish deletes a post.
func (w *world) vanish(p network.Post) { w.with(func() { delete(w.posts, p.ID) }) }

// gone says whether the bot deleted a post.
func (w *world) gone(p network.Post) (yes bool) {
	w.with(func() { yes = w.deleted[p.ID] })
	return yes
}

// liked says whether a post was favourited.
func (w *world) liked(p network.Post) (yes bool) {
	w.with(func() { yes = w.favs[p.ID] > 0 })
	return yes
}

// uploaded is the file behind an attachment.
func (w *world) uploaded(m network.Media) (up network.Upload) {
	w.with(func() { up = w.media[m.ID] })
	return up
}

// count is how often an operation was called.
func (w *world) count(op string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[op]
}

// repliesTo lists the posts of an account that answer a post.
func (w *world) repliesTo(author, parent string) []network.Post {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []network.Post
	for _, id := range w.order {
		if p, ok := w.posts[id]; ok && p.Author.ID == author && (parent == "" || p.ReplyTo == parent) {
			out = append(out, p)
		}
	}
	return out
}

// client is the world seen by one account.
type client struct {
	w    *world
	self network.Account
	wake chan struct{}
}

var _ network.Bot = (*client)(nil)

// post publishes as this account, with pictures.
func (c *client) post(text string, edit ...func(*network.Post)) network.Post {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	p := network.Post{Author: c.self, Text: text, Visibility: network.Public, Language: "en"}
	for _, e := range edit {
		e(&p)
	}
	return c.w.publish(p)
}

// withPicture attaches a picture to a post. Call only inside post.
func (c *client) withPicture(data []byte, alt string) func(*network.Post) {
	return func(p *network.Post) {
		m := network.Media{ID: c.w.id(), Kind: network.Still, Alt: alt}
		m.URL = "https://example.social/media/" + m.ID
		c.w.files[m.URL] = data
		p.Media = append(p.Media, m)
	}
}

func replyTo(parent network.Post) func(*network.Post) {
	return func(p *network.Post) { p.ReplyTo = parent.ID }
}

// call counts an operation and runs it under the fate the test chose.
func call[T any](ctx context.Context, c *client, op string, do func() (T, error)) (T, error) {
	var zero T
	c.w.mu.Lock()
	c.w.calls[op]++
	var f fate
	if c.w.fault != nil {
		f = c.w.fault(op, c.w.calls[op])
	}
	c.w.mu.Unlock()
	if f.wait > 0 {
		select {
		case <-time.After(f.wait):
		case <-ctx.Done():
		}
	}
	if err := ctx.Err(); err != nil {
		return zero, &network.Error{Op: op, Kind: network.Transient, Err: err}
	}
	if f.before != nil {
		return zero, f.before
	}
	c.w.mu.Lock()
	v, err := do()
	c.w.mu.Unlock()
	if f.late > 0 {
		time.Sleep(f.late)
	}
	if f.after != nil {
		return zero, f.after
	}
	return v, err
}

func failure(op string, kind network.ErrorKind, status int) error {
	return &network.Error{Op: op, Kind: kind, Status: status, Err: errors.New("the test said so")}
}

func (c *client) Name() string { return "mastodon" }

func (c *client) Host() string { return "example.social" }

func (c *client) Facts() network.Facts {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	return network.Facts{Private: true, Links: !c.w.closed, OnlyCalled: c.w.closed}
}

func (c *client) Self(ctx context.Context) (network.Account, error) {
	return call(ctx, c, "self", func() (network.Account, error) { return c.w.accounts[c.self.ID], nil })
}

func (c *client) Limits(ctx context.Context) (network.Limits, error) {
	return call(ctx, c, "limits", func() (network.Limits, error) {
		return network.Limits{TextRunes: c.w.textRunes, AltRunes: 1500, ImageBytes: 16 << 20, ImagePixels: 33 << 20,
			VideoBytes: 99 << 20, VideoPixels: 8 << 20, Attachments: c.w.attachments, ReservedURL: 23,
			MIMETypes: []string{"image/png", "image/jpeg", "image/gif", "video/mp4"}, SupportsKey: c.w.useKeys}, nil
	})
}

func (c *client) Mentions(ctx context.Context, cursor string, limit int) ([]network.Mention, error) {
	return call(ctx, c, "mentions", func() ([]network.Mention, error) {
		from, _ := strconv.Atoi(cursor)
		inbox := c.w.inbox[c.self.ID]
		var out []network.Mention
		for i := from; i < len(inbox) && len(out) < limit; i++ {
			if p, ok := c.w.posts[inbox[i]]; ok {
				out = append(out, network.Mention{Cursor: strconv.Itoa(i + 1), Post: c.w.view(p)})
			}
		}
		return out, nil
	})
}

func (c *client) Newest(ctx context.Context) (string, error) {
	return call(ctx, c, "newest", func() (string, error) { return strconv.Itoa(len(c.w.inbox[c.self.ID])), nil })
}

func (c *client) Latest(ctx context.Context, limit int) ([]network.Mention, error) {
	return call(ctx, c, "latest", func() (out []network.Mention, err error) {
		inbox := c.w.inbox[c.self.ID]
		for i := max(0, len(inbox)-limit); i < len(inbox); i++ {
			if p, ok := c.w.posts[inbox[i]]; ok {
				out = append(out, network.Mention{Cursor: strconv.Itoa(i + 1), Post: c.w.view(p)})
			}
		}
		return out, nil
	})
}

func (c *client) Wake(ctx context.Context) <-chan struct{} {
	out := make(chan struct{})
	go func() {
		defer close(out)
		for {
			select {
			case <-ctx.Done():
				return
			case <-c.wake:
				select {
				case out <- struct{}{}:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out
}

// hint wakes the bot as streaming would.
func (c *client) hint() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// view refreshes what changes about a post: its author.
func (w *world) view(p network.Post) network.Post {
	p.Author = w.accounts[p.Author.ID]
	return p
}

func (w *world) find(op, id string) (network.Post, error) {
	p, ok := w.posts[id]
	if !ok {
		return network.Post{}, failure(op, network.NotFound, 404)
	}
	return w.view(p), nil
}

func (c *client) Post(ctx context.Context, id string) (network.Post, error) {
	return call(ctx, c, "post", func() (network.Post, error) { return c.w.find("post", id) })
}

func (c *client) Ancestors(ctx context.Context, id string) ([]network.Post, error) {
	return call(ctx, c, "ancestors", func() ([]network.Post, error) {
		p, err := c.w.find("ancestors", id)
		if err != nil {
			return nil, err
		}
		var out []network.Post
		for p.ReplyTo != "" {
			if p, err = c.w.find("ancestors", p.ReplyTo); err != nil {
				break
			}
			out = append(out, p)
		}
		return out, nil
	})
}

func (c *client) Account(ctx context.Context, id string) (network.Account, error) {
	return call(ctx, c, "account", func() (network.Account, error) {
		a, ok := c.w.accounts[id]
		if !ok {
			return a, failure("account", network.NotFound, 404)
		}
		return a, nil
	})
}

func (c *client) Fetch(ctx context.Context, m network.Media, limit int64) ([]byte, error) {
	return call(ctx, c, "fetch", func() ([]byte, error) {
		data, ok := c.w.files[m.URL]
		if !ok {
			return nil, failure("fetch", network.NotFound, 404)
		}
		if int64(len(data)) > limit {
			return nil, failure("fetch", network.TooLarge, 0)
		}
		return data, nil
	})
}

func (c *client) Upload(ctx context.Context, up network.Upload) (string, error) {
	return call(ctx, c, "upload", func() (string, error) {
		id := c.w.id()
		c.w.media[id] = up
		return id, nil
	})
}

func (c *client) Reply(ctx context.Context, out network.Outgoing) (network.Post, error) {
	return call(ctx, c, "reply", func() (network.Post, error) {
		if id, ok := c.w.keys[out.Key]; ok && c.w.useKeys {
			return c.w.posts[id], nil
		}
		if _, ok := c.w.posts[out.To.ID]; !ok && out.To.ID != "" {
			return network.Post{}, failure("reply", network.NotFound, 404)
		}
		p := network.Post{Author: c.self, Text: out.Text,
			Warning: out.Warning, Sensitive: out.Sensitive, Language: out.Language, Visibility: out.Visibility, ReplyTo: out.To.ID}
		for _, id := range out.MediaIDs {
			up, ok := c.w.media[id]
			if !ok {
				return network.Post{}, failure("reply", network.Rejected, 422)
			}
			m := network.Media{ID: id, Kind: network.Still, Alt: up.Alt, URL: "https://example.social/media/" + id}
			c.w.files[m.URL] = up.Data
			p.Media = append(p.Media, m)
		}
		p = c.w.publish(p)
		c.w.keys[out.Key] = p.ID
		return p, nil
	})
}

func (c *client) Replies(ctx context.Context, parent string, since time.Time) ([]network.Post, error) {
	return call(ctx, c, "replies", func() ([]network.Post, error) {
		var out []network.Post
		for _, id := range c.w.order {
			p, ok := c.w.posts[id]
			if ok && p.Author.ID == c.self.ID && p.ReplyTo == parent && !p.Created.Before(since) {
				out = append(out, p)
			}
		}
		return out, nil
	})
}

// ShowField implements network.Signboard.
func (c *client) ShowField(_ context.Context, name, value string) error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.signs = append(c.w.signs, name+": "+value)
	return nil
}

func (c *client) Favourite(ctx context.Context, id string) error {
	_, err := call(ctx, c, "favourite", func() (struct{}, error) {
		if _, ok := c.w.posts[id]; !ok {
			return struct{}{}, failure("favourite", network.NotFound, 404)
		}
		c.w.favs[id]++
		return struct{}{}, nil
	})
	return err
}

func (c *client) Delete(ctx context.Context, id string) error {
	_, err := call(ctx, c, "delete", func() (struct{}, error) {
		if p, ok := c.w.posts[id]; ok && p.Author.ID != c.self.ID {
			return struct{}{}, failure("delete", network.Forbidden, 403)
		}
		delete(c.w.posts, id)
		c.w.deleted[id] = true
		return struct{}{}, nil
	})
	return err
}
