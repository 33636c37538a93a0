// Package demo runs the whole product on one machine: a fake Mastodon server, the real bot
// talking to it over HTTP, and a page where a person posts a picture and watches the reply.
package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/mattn/go-mastodon"

	"slugpuppy/bot/mention"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// landscapeW and landscapeH are the size of the picture the demo paints for itself.
const landscapeW, landscapeH = 480, 360

// Watcher tells how far the bot is with the request in a post.
type Watcher interface {
	Progress(source string) (dream.Progress, bool)
}

// Demo is a running demo.
type Demo struct {
	user    *mastodon.Client
	botName string
	watch   Watcher
	seed    uint64
}

// New returns a demo in which user, signed in on a server, talks to the bot called botName.
func New(user *mastodon.Client, botName string, watch Watcher) *Demo {
	return &Demo{user: user, botName: botName, watch: watch}
}

// BotName is the bot's user name.
func (d *Demo) BotName() string { return d.botName }

// Picture is a picture on the page, or a short film.
type Picture struct {
	Src, Alt string
	Film     bool
}

// Reply is what the bot answered.
type Reply struct {
	Text     string
	Warning  string
	Pictures []Picture
}

// Round is one mention and what became of it.
type Round struct {
	ID      string // of the mention
	Text    string
	Picture *Picture
	Seen    bool // the bot marked the post
	Reply   *Reply
	Stage   string
	Percent int
}

// Mention posts words and a picture at the bot and returns the post's id. Without a picture,
// the demo paints a landscape, unless the words need none.
func (d *Demo) Mention(ctx context.Context, data []byte, alt, words string) (string, error) {
	if data == nil && needsPicture(words) {
		var err error
		if data, err = picture.EncodePNG(picture.Landscape(landscapeW, landscapeH, d.seed), ""); err != nil {
			return "", fmt.Errorf("paint a landscape: %w", err)
		}
		if alt == "" {
			alt = "A painted landscape with clouds over hills."
		}
	}
	toot := &mastodon.Toot{Status: strings.TrimSpace("@" + d.botName + " " + words), Visibility: "public", Language: "en"}
	if data != nil {
		media, err := d.user.UploadMediaFromMedia(ctx, &mastodon.Media{File: bytes.NewReader(data), Description: alt})
		if err == nil {
			err = d.processed(ctx, media)
		}
		if err != nil {
			return "", fmt.Errorf("upload the picture: %w", err)
		}
		toot.MediaIDs = []mastodon.ID{media.ID}
	}
	post, err := d.user.PostStatus(ctx, toot)
	if err != nil {
		return "", fmt.Errorf("post the mention: %w", err)
	}
	return string(post.ID), nil
}

// processed waits until the server has looked at an upload; until then it answers 206, which
// go-mastodon takes for an error.
func (d *Demo) processed(ctx context.Context, media *mastodon.Attachment) error {
	for {
		err := d.user.GetMediaStatus(ctx, media)
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

// needsPicture tells whether a request is about a picture that must come with it.
func needsPicture(words string) bool {
	req, err := mention.Parse(words)
	if err != nil {
		return true
	}
	switch req.Verb {
	case mention.Bare, mention.Dream, mention.Surprise, mention.Dive, mention.Wander, mention.See:
		return true
	}
	return false
}

// Round reads one mention and its reply back from the server.
func (d *Demo) Round(ctx context.Context, id string) (Round, error) {
	post, err := d.user.GetStatus(ctx, mastodon.ID(id))
	if err != nil {
		return Round{}, fmt.Errorf("read the mention: %w", err)
	}
	r := Round{ID: id, Text: mention.Text(post.Content), Seen: post.FavouritesCount > 0, Stage: "waiting for the bot"}
	if pics := pictures(post); len(pics) > 0 {
		r.Picture = &pics[0]
	}
	if r.Reply, err = d.reply(ctx, post.ID); err != nil {
		return Round{}, err
	}
	if r.Reply == nil {
		d.describe(&r, id)
	}
	return r, nil
}

func (d *Demo) describe(r *Round, id string) {
	if r.Seen {
		r.Stage = "the bot is at work"
	}
	p, ok := d.watch.Progress(id)
	if !ok || p.Octaves == 0 { // nothing has been planned yet
		return
	}
	r.Percent = int(100 * p.Fraction)
	r.Stage = fmt.Sprintf("octave %d of %d, step %d of %d", p.Octave, p.Octaves, p.Step, p.Steps)
	if p.Frames > 1 {
		r.Stage = fmt.Sprintf("frame %d of %d, %s", p.Frame, p.Frames, r.Stage)
	}
}

func (d *Demo) reply(ctx context.Context, to mastodon.ID) (*Reply, error) {
	thread, err := d.user.GetStatusContext(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("read the thread: %w", err)
	}
	for _, s := range thread.Descendants {
		if s.Account.Username == d.botName && fmt.Sprint(s.InReplyToID) == string(to) {
			return &Reply{Text: mention.Text(s.Content), Warning: s.SpoilerText, Pictures: pictures(s)}, nil
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

// Await waits for the reply to a mention.
func (d *Demo) Await(ctx context.Context, id string) (*Reply, error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		reply, err := d.reply(ctx, mastodon.ID(id))
		if err != nil || reply != nil {
			return reply, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the reply: %w", context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// Serve shows the page until ctx ends; ids are rounds it starts with.
func (d *Demo) Serve(ctx context.Context, l net.Listener, ids ...string) error {
	srv := &http.Server{Handler: (&pages{demo: d, ids: ids}).handler(), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the demo page: %w", err)
	}
	return nil
}
