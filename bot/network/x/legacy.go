package x

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	//lint:ignore SA1019 The library is archived, as is v1.1 itself; both are pinned and done changing.
	"github.com/dghubble/go-twitter/twitter"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// Legacy is one account on X through what is left of API v1.1, as a network.Bot. X refuses that to
// most apps with error 453. What the library does not know, uploads and mutes, is asked for directly;
// alt texts can be written and not read.
type Legacy struct {
	*core
	feed
	upload *url.URL
}

var _ Network = (*Legacy)(nil)

// NewLegacy returns a client; nothing is sent yet.
func NewLegacy(o Options) (*Legacy, error) {
	o.Upload = cmp.Or(o.Upload, o.API, "https://upload.twitter.com")
	if o.Upload == "https://api.x.com" {
		o.Upload = "https://upload.twitter.com"
	}
	upload, err := address(o.Upload)
	if err != nil {
		return nil, err
	}
	c, err := newCore(o)
	if err != nil {
		return nil, err
	}
	l := &Legacy{core: c, upload: upload}
	l.feed.page, l.least, l.most, l.latest = l.own, 1, mostLegacy, c.opt.Latest
	return l, nil
}

// above stands over the signer: it gives the library's requests a context and our address, which is
// then signed.
type above struct {
	ctx  context.Context
	base *url.URL
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (a above) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(a.ctx)
	r.URL.Scheme, r.URL.Host, r.Host = a.base.Scheme, a.base.Host, a.base.Host
	r.URL.Path = a.base.Path + r.URL.Path
	return a.next.RoundTrip(r)
}

// call makes one call through the library, which has no contexts: its client is made for the call. The
// answer goes to into; what the library returns is empty.
func (c *Legacy) call(ctx context.Context, op string, unsafe bool, into func(*answer.Value), do func(*twitter.Client) error) error {
	ctx, k, cancel := begin(ctx, unsafe, callTime)
	defer cancel()
	k.into = into
	lib := twitter.NewClient(&http.Client{Transport: above{ctx, c.base, c.signer}, CheckRedirect: noRedirects})
	err := do(lib)
	var r *refusal
	if !unsafe && errors.As(err, &r) && r.status == http.StatusUnauthorized {
		err = do(lib) // see Client.read
	}
	return k.failed(op, err)
}

// number is an id as the library wants it. No post or account has another one.
func number(op, id string) (int64, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 {
		return 0, &network.Error{Op: op, Kind: network.NotFound, Err: fmt.Errorf("%q is no id of X's", id)}
	}
	return n, nil
}

// Limits are X's; clips are sent as GIFs, since films need uploads in chunks.
func (c *Legacy) Limits(ctx context.Context) (network.Limits, error) {
	l, err := c.core.Limits(ctx)
	l.ClipBytes, l.VideoBytes, l.VideoPixels = l.ImageBytes, 0, 0
	l.MIMETypes = slices.DeleteFunc(l.MIMETypes, func(m string) bool { return strings.HasPrefix(m, "video/") })
	l.ServerName = "X API v1.1 at " + c.base.Host
	return l, err
}

// Self is the account of the keys. It is asked for once.
func (c *Legacy) Self(ctx context.Context) (network.Account, error) {
	return c.self.Get(ctx, func() (network.Account, error) {
		var u user
		into := answer.Object(func(v *answer.Value) { u.readLegacy(v) })
		err := c.call(ctx, getMe.op, false, into, func(lib *twitter.Client) (err error) {
			_, _, err = lib.Accounts.VerifyCredentials(&twitter.AccountVerifyParams{SkipStatus: twitter.Bool(true)})
			return err
		})
		if err == nil && u.ID == "" {
			err = (&call{}).failed(getMe.op, errors.New("the answer names no account"))
		}
		if err != nil {
			return network.Account{}, err
		}
		self := c.account(u)
		self.Bot = c.opt.Labelled
		c.meet(self)
		return self, nil
	})
}

// Account looks up an account.
func (c *Legacy) Account(ctx context.Context, id string) (network.Account, error) {
	n, err := number(getUser.op, id)
	if err != nil {
		return network.Account{}, err
	}
	return c.show(ctx, &twitter.UserShowParams{UserID: n})
}

// Lookup finds an account by its name.
func (c *Legacy) Lookup(ctx context.Context, handle string) (network.Account, error) {
	return c.show(ctx, &twitter.UserShowParams{ScreenName: strings.TrimPrefix(handle, "@")})
}

func (c *Legacy) show(ctx context.Context, who *twitter.UserShowParams) (network.Account, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return network.Account{}, err
	}
	if err := c.within(getUser.op, self, c.opt.Budget.Prices[UserRead]); err != nil {
		return network.Account{}, err
	}
	var u user
	into := answer.Object(func(v *answer.Value) { u.readLegacy(v) })
	err = c.call(ctx, getUser.op, false, into, func(lib *twitter.Client) (err error) {
		_, _, err = lib.Users.Show(who)
		return err
	})
	if err == nil && u.ID == "" {
		err = (&call{}).failed(getUser.op, errors.New("the answer names no account"))
	}
	if err != nil {
		return network.Account{}, err
	}
	c.opt.Budget.spend(self, UserRead, 1)
	found := c.account(u)
	if found.ID == self.ID {
		found.Bot = self.Bot
	}
	return found, nil
}

// Post fetches one post.
func (c *Legacy) Post(ctx context.Context, id string) (network.Post, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return network.Post{}, err
	}
	n, err := number(getPost.op, id)
	if err != nil {
		return network.Post{}, err
	}
	if err := c.within(getPost.op, self, c.opt.Budget.Prices[PostRead]); err != nil {
		return network.Post{}, err
	}
	var t tweet
	into := answer.Object(func(v *answer.Value) { t.read(v) })
	err = c.call(ctx, getPost.op, false, into, func(lib *twitter.Client) (err error) {
		_, _, err = lib.Statuses.Show(n, &twitter.StatusShowParams{TweetMode: extended})
		return err
	})
	if err == nil && t.ID == "" {
		err = (&call{}).failed(getPost.op, errNoPost)
	}
	if err != nil {
		return network.Post{}, err
	}
	c.opt.Budget.spend(self, PostRead, 1)
	return c.legacyPost(&t), nil
}

// Ancestors returns the posts above id, nearest first, at most ten of them.
func (c *Legacy) Ancestors(ctx context.Context, id string) ([]network.Post, error) {
	return ancestors(ctx, id, c.Post)
}

// Delete removes one of our own posts; one that is gone is no error.
func (c *Legacy) Delete(ctx context.Context, id string) error {
	self, err := c.Self(ctx)
	if err != nil {
		return err
	}
	n, err := number(deletePost.op, id)
	if err == nil {
		err = c.call(ctx, deletePost.op, false, answer.Object(func(*answer.Value) {}), func(lib *twitter.Client) error {
			_, _, err := lib.Statuses.Destroy(n, nil)
			return err
		})
	}
	if network.Is(err, network.NotFound) {
		return nil
	}
	if err == nil {
		c.opt.Budget.spend(self, Deleted, 1)
	}
	return err
}

// Reply posts an answer to a post that mentions us, under the same rules as Client.Reply.
func (c *Legacy) Reply(ctx context.Context, out network.Outgoing) (network.Post, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return network.Post{}, err
	}
	if err := c.answerable(self, out); err != nil {
		return network.Post{}, err
	}
	if err := c.within(postReply, self, c.opt.Budget.Prices[Summoned]); err != nil {
		return network.Post{}, err
	}
	p := twitter.StatusUpdateParams{PossiblySensitive: &out.Sensitive}
	if p.InReplyToStatusID, err = number(postReply, out.To.ID); err != nil {
		return network.Post{}, err
	}
	for _, id := range out.MediaIDs {
		n, err := number(postReply, id)
		if err != nil {
			return network.Post{}, err
		}
		p.MediaIds = append(p.MediaIds, n)
	}
	return sayOnce(ctx, out, c.Replies, func(mark string) (network.Post, error) {
		return c.update(ctx, self, wording(out.Text, out.Warning, out.To.Author.Handle, mark), out, p)
	})
}

// update posts once.
func (c *Legacy) update(ctx context.Context, self network.Account, text string, out network.Outgoing, p twitter.StatusUpdateParams) (network.Post, error) {
	var t tweet
	into := answer.Object(func(v *answer.Value) { t.read(v) })
	err := c.call(ctx, postReply, true, into, func(lib *twitter.Client) (err error) {
		if _, _, err = lib.Statuses.Update(text, &p); err == nil && t.ID == "" {
			err = errNoPost
		}
		return err
	})
	if err != nil {
		return network.Post{}, err
	}
	c.opt.Budget.spend(self, Summoned, 1)
	return network.Post{ID: t.ID, URL: permalink(self.Handle, t.ID), Author: self, Created: time.Now(), Text: text,
		Visibility: network.Public, ReplyTo: out.To.ID, Mentions: []network.Account{out.To.Author}}, nil
}
