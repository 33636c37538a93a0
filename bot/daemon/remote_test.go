package daemon_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"slugpuppy/bot"
)

// wire is one call of the port on its way between two processes, and its answer.
type wire struct {
	ID     string       `json:",omitempty"`
	Limit  int64        `json:",omitempty"`
	Since  time.Time    `json:",omitzero"`
	Media  bot.Media    `json:",omitzero"`
	Upload bot.Upload   `json:",omitzero"`
	Out    bot.Outgoing `json:",omitzero"`

	Account  bot.Account   `json:",omitzero"`
	Limits   bot.Limits    `json:",omitzero"`
	Mentions []bot.Mention `json:",omitempty"`
	Posts    []bot.Post    `json:",omitempty"`
	Data     []byte        `json:",omitempty"`
	Failed   bool          `json:",omitempty"`
	Kind     bot.ErrorKind `json:",omitempty"`
	Status   int           `json:",omitempty"`
}

// serve offers an account's view of the world over HTTP. A request takes effect after a while
// even if the client has died meanwhile, as on a real server, and the answer takes a while too.
func (c *client) serve(slow time.Duration) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		var in wire
		if err := json.NewDecoder(req.Body).Decode(&in); err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		time.Sleep(rand.N(slow))
		out, err := c.dispatch(context.WithoutCancel(req.Context()), req.URL.Path[1:], in)
		var api *bot.APIError
		if errors.As(err, &api) {
			out = wire{Failed: true, Kind: api.Kind, Status: api.Status}
		}
		time.Sleep(rand.N(slow))
		_ = json.NewEncoder(rw).Encode(out) // the client may have been killed
	})
}

func (c *client) dispatch(ctx context.Context, op string, in wire) (out wire, err error) {
	var p bot.Post
	switch op {
	case "self":
		out.Account, err = c.Self(ctx)
	case "limits":
		out.Limits, err = c.Limits(ctx)
	case "mentions":
		out.Mentions, err = c.Mentions(ctx, in.ID, int(in.Limit))
	case "newest":
		out.ID, err = c.Newest(ctx)
	case "post":
		p, err = c.Post(ctx, in.ID)
		out.Posts = []bot.Post{p}
	case "ancestors":
		out.Posts, err = c.Ancestors(ctx, in.ID)
	case "account":
		out.Account, err = c.Account(ctx, in.ID)
	case "fetch":
		out.Data, err = c.Fetch(ctx, in.Media, in.Limit)
	case "upload":
		out.ID, err = c.Upload(ctx, in.Upload)
	case "reply":
		p, err = c.Reply(ctx, in.Out)
		out.Posts = []bot.Post{p}
	case "replies":
		out.Posts, err = c.Replies(ctx, in.ID, in.Since)
	case "favourite":
		err = c.Favourite(ctx, in.ID)
	case "delete":
		err = c.Delete(ctx, in.ID)
	default:
		err = failure(op, bot.Rejected, http.StatusNotFound)
	}
	return out, err
}

// remote is the port in another process than the world.
type remote struct{ url string }

var _ bot.Platform = remote{}

func (r remote) call(ctx context.Context, op string, in wire) (out wire, err error) {
	lost := bot.Transient
	if op == "reply" {
		lost = bot.Ambiguous
	}
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/"+op, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return out, &bot.APIError{Op: op, Kind: lost, Err: err}
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		return out, &bot.APIError{Op: op, Kind: lost, Err: err}
	}
	if out.Failed {
		return out, &bot.APIError{Op: op, Kind: out.Kind, Status: out.Status, Err: fmt.Errorf("refused")}
	}
	return out, nil
}

// one is the first post of an answer.
func one(out wire, err error) (bot.Post, error) {
	if err != nil || len(out.Posts) == 0 {
		return bot.Post{}, err
	}
	return out.Posts[0], nil
}

func (r remote) Name() string { return "mastodon" }

func (r remote) Self(ctx context.Context) (bot.Account, error) {
	out, err := r.call(ctx, "self", wire{})
	return out.Account, err
}

func (r remote) Limits(ctx context.Context) (bot.Limits, error) {
	out, err := r.call(ctx, "limits", wire{})
	return out.Limits, err
}

func (r remote) Mentions(ctx context.Context, cursor string, limit int) ([]bot.Mention, error) {
	out, err := r.call(ctx, "mentions", wire{ID: cursor, Limit: int64(limit)})
	return out.Mentions, err
}

func (r remote) Newest(ctx context.Context) (string, error) {
	out, err := r.call(ctx, "newest", wire{})
	return out.ID, err
}

func (r remote) Wake(ctx context.Context) <-chan struct{} {
	never := make(chan struct{})
	context.AfterFunc(ctx, func() { close(never) })
	return never
}

func (r remote) Post(ctx context.Context, id string) (bot.Post, error) {
	return one(r.call(ctx, "post", wire{ID: id}))
}

func (r remote) Ancestors(ctx context.Context, id string) ([]bot.Post, error) {
	out, err := r.call(ctx, "ancestors", wire{ID: id})
	return out.Posts, err
}

func (r remote) Account(ctx context.Context, id string) (bot.Account, error) {
	out, err := r.call(ctx, "account", wire{ID: id})
	return out.Account, err
}

func (r remote) Fetch(ctx context.Context, m bot.Media, limit int64) ([]byte, error) {
	out, err := r.call(ctx, "fetch", wire{Media: m, Limit: limit})
	return out.Data, err
}

func (r remote) Upload(ctx context.Context, up bot.Upload) (string, error) {
	out, err := r.call(ctx, "upload", wire{Upload: up})
	return out.ID, err
}

func (r remote) Reply(ctx context.Context, o bot.Outgoing) (bot.Post, error) {
	return one(r.call(ctx, "reply", wire{Out: o}))
}

func (r remote) Replies(ctx context.Context, parent string, since time.Time) ([]bot.Post, error) {
	out, err := r.call(ctx, "replies", wire{ID: parent, Since: since})
	return out.Posts, err
}

func (r remote) Favourite(ctx context.Context, id string) error {
	_, err := r.call(ctx, "favourite", wire{ID: id})
	return err
}

func (r remote) Delete(ctx context.Context, id string) error {
	_, err := r.call(ctx, "delete", wire{ID: id})
	return err
}
