package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"time"

	"github.com/mattn/go-mastodon"

	"slugpuppy/bot/network/plain"
)

// OnMastodon is a visitor signed in on a Mastodon server, where the bot is called botName.
func OnMastodon(user *mastodon.Client, botName string) Visitor { return toots{user, botName} }

type toots struct {
	user    *mastodon.Client
	botName string
}

// Network implements Visitor.
func (t toots) Network() (name, address string) { return "Mastodon", t.user.Config.Server }

// Post implements Visitor.
func (t toots) Post(ctx context.Context, words string, data []byte, alt string) (string, error) {
	toot := &mastodon.Toot{Status: words, Visibility: "public", Language: "en"}
	if data != nil {
		media, err := t.user.UploadMediaFromMedia(ctx, &mastodon.Media{File: bytes.NewReader(data), Description: alt})
		if err == nil {
			err = t.processed(ctx, media)
		}
		if err != nil {
			return "", fmt.Errorf("upload the picture: %w", err)
		}
		toot.MediaIDs = []mastodon.ID{media.ID}
	}
	post, err := t.user.PostStatus(ctx, toot)
	if err != nil {
		return "", fmt.Errorf("post the mention: %w", err)
	}
	return string(post.ID), nil
}

// processed waits until the server has looked at an upload; until then it answers 206, which
// go-mastodon takes for an error.
func (t toots) processed(ctx context.Context, media *mastodon.Attachment) error {
	for {
		err := t.user.GetMediaStatus(ctx, media)
		var api *mastodon.APIError
		if !errors.As(err, &api) || api.StatusCode != http.StatusPartialContent {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Look implements Visitor.
func (t toots) Look(ctx context.Context, id string) (Round, error) {
	post, err := t.user.GetStatus(ctx, mastodon.ID(id))
	if err != nil {
		return Round{}, err
	}
	r := Round{Text: plain.Text(post.Content), Seen: post.FavouritesCount > 0}
	if pics := pictures(post); len(pics) > 0 {
		r.Picture = &pics[0]
	}
	return r, nil
}

// Reply implements Visitor.
func (t toots) Reply(ctx context.Context, id string) (*Reply, error) {
	thread, err := t.user.GetStatusContext(ctx, mastodon.ID(id))
	if err != nil {
		return nil, fmt.Errorf("read the thread: %w", err)
	}
	for _, s := range thread.Descendants {
		if s.Account.Username == t.botName && fmt.Sprint(s.InReplyToID) == id {
			return &Reply{Text: plain.Text(s.Content), Warning: s.SpoilerText, Pictures: pictures(s)}, nil
		}
	}
	return nil, nil
}

func pictures(s *mastodon.Status) []Picture {
	var out []Picture
	for _, m := range s.MediaAttachments {
		out = append(out, Picture{Src: m.URL, Alt: m.Description, Film: path.Ext(m.URL) == ".mp4"})
	}
	return out
}
