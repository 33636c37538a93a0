package demo

import (
	"context"
	"errors"
	"fmt"

	"slugpuppy/bot/network/fake/xtest"
)

// OnX is a visitor on a fake X, where the bot is called botName.
func OnX(s *xtest.Server, user *xtest.User, botName string) Visitor { return posts{s, user, botName} }

type posts struct {
	server  *xtest.Server
	user    *xtest.User
	botName string
}

// Network implements Visitor.
func (p posts) Network() (name, address string) { return "X", p.server.URL }

// Post implements Visitor.
func (p posts) Post(_ context.Context, words string, data []byte, alt string) (string, error) {
	o := xtest.PostOptions{Text: words, Language: "en"}
	if data != nil {
		o.Media = []xtest.Picture{{Data: data, Alt: alt}}
	}
	post, err := p.user.Post(o)
	if err != nil {
		return "", fmt.Errorf("post the mention: %w", err)
	}
	return post.ID, nil
}

// Look implements Visitor. X lets no bot mark posts, so nothing is ever seen.
func (p posts) Look(_ context.Context, id string) (Round, error) {
	post, ok := p.server.Post(id)
	if !ok {
		return Round{}, errors.New("there is no such post")
	}
	r := Round{Text: post.Text}
	if pics := p.pictures(post); len(pics) > 0 {
		r.Picture = &pics[0]
	}
	return r, nil
}

// Reply implements Visitor.
func (p posts) Reply(_ context.Context, id string) (*Reply, error) {
	for _, r := range p.server.RepliesTo(id) {
		if r.Author == p.botName && !r.Deleted {
			return &Reply{Text: r.Text, Pictures: p.pictures(r)}, nil
		}
	}
	return nil, nil
}

func (p posts) pictures(post xtest.Post) []Picture {
	var out []Picture
	for _, m := range post.Media {
		out = append(out, Picture{Src: p.server.URL + m.Path, Alt: m.Alt, Film: m.MIME == "video/mp4"})
	}
	return out
}
