package reply_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"slugpuppy/bot/network"
)

// wire is one call of the port on its way between two processes, and its answer.
type wire struct {
	ID     string           `json:",omitempty"`
	Limit  int64            `json:",omitempty"`
	Since  time.Time        `json:",omitzero"`
	Media  network.Media    `json:",omitzero"`
	Upload network.Upload   `json:",omitzero"`
	Out    network.Outgoing `json:",omitzero"`

	Account  network.Account   `json:",omitzero"`
	Limits   network.Limits    `json:",omitzero"`
	Mentions []network.Mention `json:",omitempty"`
	Posts    []network.Post    `json:",omitempty"`
	Data     []byte            `json:",omitempty"`
	Failed   bool              `json:",omitempty"`
	Kind     network.ErrorKind `json:",omitempty"`
	Status   int               `json:",omitempty"`
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
		var api *network.Error
		if errors.As(err, &api) {
			out = wire{Failed: true, Kind: api.Kind, Status: api.Status}
		}
		time.Sleep(rand.N(slow))
		_ = json.NewEncoder(rw).Encode(out) // the client may have been killed
	})
}

func (c *client) dispatch(ctx context.Context, op string, in wire) (out wire, err error) {
	var p network.Post
	switch op {
	case "self":
		out.Account, err = c.Self(ctx)
	case "limits":
		out.Limits, err = c.Limits(ctx)
	case "mentions":
		out.Mentions, err = c.Mentions(ctx, in.ID, int(in.Limit))
	case "newest":
		out.ID, err = c.Newest(ctx)
	case "latest":
		out.Mentions, err = c.Latest(ctx, int(in.Limit))
	case "post":
		p, err = c.Post(ctx, in.ID)
		out.Posts = []network.Post{p}
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
		out.Posts = []network.Post{p}
	case "replies":
		out.Posts, err = c.Replies(ctx, in.ID, in.Since)
	case "favourite":
		err = c.Favourite(ctx, in.ID)
	case "delete":
		err = c.Delete(ctx, in.ID)
	default:
		err = failure(op, network.Rejected, http.StatusNotFound)
	}
	return out, err
}

// remote is the port in another process than the world.
type remote struct{ url string }

var _ network.Bot = remote{}

func (r remote) Facts() network.Facts { return network.Facts{Private: true, Links: true} }

func (r remote) call(ctx context.Context, op string, in wire) (out wire, err error) {
	lost := network.Transient
	if op == "reply" {
		lost = network.Ambiguous
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
		return out, &network.Error{Op: op, Kind: lost, Err: err}
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		return out, &network.Error{Op: op, Kind: lost, Err: err}
	}
	if out.Failed {
		return out, &network.Error{Op: op, Kind: out.Kind, Status: out.Status, Err: fmt.Errorf("refused")}
	}
	return out, nil
}

// one is the first post of an answer.
func one(out wire, err error) (network.Post, error) {
	if err != nil || len(out.Posts) == 0 {
		return network.Post{}, err
	}
	return out.Posts[0], nil
}

func (r remote) Name() string { return "mastodon" }
func (r remote) Host() string { return "example.social" }

func (r remote) Self(ctx context.Context) (network.Account, error) {
	out, err := r.call(ctx, "self", wire{})
	return out.Account, err
}

func (r remote) Limits(ctx context.Context) (network.Limits, error) {
	out, err := r.call(ctx, "limits", wire{})
	return out.Limits, err
}

func (r remote) Mentions(ctx context.Context, cursor string, limit int) ([]network.Mention, error) {
	out, err := r.call(ctx, "mentions", wire{ID: cursor, Limit: int64(limit)})
	return out.Mentions, err
}

func (r remote) Newest(ctx context.Context) (string, error) {
	out, err := r.call(ctx, "newest", wire{})
	return out.ID, err
}

func (r remote) Latest(ctx context.Context, limit int) ([]network.Mention, error) {
	out, err := r.call(ctx, "latest", wire{Limit: int64(limit)})
	return out.Mentions, err
}

func (r remote) Wake(ctx context.Context) <-chan struct{} {
	never := make(chan struct{})
	context.AfterFunc(ctx, func() { close(never) })
	return never
}

func (r remote) Post(ctx context.Context, id string) (network.Post, error) {
	return one(r.call(ctx, "post", wire{ID: id}))
}

func (r remote) Ancestors(ctx context.Context, id string) ([]network.Post, error) {
	out, err := r.call(ctx, "ancestors", wire{ID: id})
	return out.Posts, err
}

func (r remote) Account(ctx context.Context, id string) (network.Account, error) {
	out, err := r.call(ctx, "account", wire{ID: id})
	return out.Account, err
}

func (r remote) Fetch(ctx context.Context, m network.Media, limit int64) ([]byte, error) {
	out, err := r.call(ctx, "fetch", wire{Media: m, Limit: limit})
	return out.Data, err
}

func (r remote) Upload(ctx context.Context, up network.Upload) (string, error) {
	out, err := r.call(ctx, "upload", wire{Upload: up})
	return out.ID, err
}

func (r remote) Reply(ctx context.Context, o network.Outgoing) (network.Post, error) {
	return one(r.call(ctx, "reply", wire{Out: o}))
}

func (r remote) Replies(ctx context.Context, parent string, since time.Time) ([]network.Post, error) {
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
