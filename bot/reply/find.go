package reply

import (
	"context"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// ancestors is how far up a thread we look for a picture.
const ancestors = 6

// mostPictures is how many one request may have dreamed.
const mostPictures = 4

// found is a post with pictures.
type found struct {
	post  network.Post
	media []network.Media // stills only
}

// thread is what stands above the request, nearest first, read once a job.
func (t *task) thread(ctx context.Context) ([]network.Post, error) {
	if t.known || t.post.ReplyTo == "" {
		return t.above, nil
	}
	above, err := t.Platform.Ancestors(ctx, t.post.ID)
	if err != nil {
		return nil, fmt.Errorf("read the thread: %w", err)
	}
	t.above, t.known = above, true
	return above, nil
}

// root names the thread a request is in: the id of its first post.
func (t *task) root(ctx context.Context) (string, error) {
	above, err := t.thread(ctx)
	if err != nil || len(above) == 0 {
		return t.post.ID, err
	}
	return above[len(above)-1].ID, nil
}

// findPicture looks for a post with a picture: the request itself, what it quotes, what it
// answers, then up the thread. Our own posts are no pictures to dream. Without any it is nil;
// the error is a refusal when only our own dream or a clip is there.
func (t *task) findPicture(ctx context.Context) (*found, error) {
	places, err := t.places(ctx)
	if err != nil {
		return nil, err
	}
	var own, clip, later bool
	for _, p := range places {
		if len(p.Media) == 0 {
			continue
		}
		if p.Author.ID == t.self.ID {
			own = true
			continue
		}
		if m := t.stills(p); len(m) > 0 {
			return &found{p, m}, nil
		}
		clip = true
		later = later || slices.ContainsFunc(p.Media, unready)
	}
	switch {
	case own && t.req.Verb != mention.Bare:
		return nil, &refusal{words.Already, "asked to dream our own dream"}
	case later:
		return nil, missing{&refusal{words.NoStill, "no still picture, or not yet"}}
	case clip:
		return nil, &refusal{words.NoStill, "no still picture"}
	case t.post.ReplyTo != "" && (len(t.above) == 0 || t.above[0].ID != t.post.ReplyTo):
		return nil, missing{&refusal{words.Gone, "the parent is not ours to see"}}
	}
	return nil, nil
}

// unready says whether an attachment may turn out to be a picture that the server does not have yet.
func unready(m network.Media) bool {
	return m.Kind == network.Other || m.Kind == network.Still && m.URL == ""
}

// places are the posts in which a picture is looked for, in order. A quoted post that cannot
// be read is passed over; the platform hides what is private.
func (t *task) places(ctx context.Context) ([]network.Post, error) {
	places := []network.Post{t.post}
	if len(t.stills(t.post)) > 0 && !t.req.Guide {
		return places, nil
	}
	if t.post.Quote != "" {
		quoted, err := t.Platform.Post(ctx, t.post.Quote)
		switch {
		case err == nil:
			places = append(places, quoted)
		case !network.Is(err, network.NotFound, network.Forbidden):
			return nil, fmt.Errorf("read the quoted post: %w", err)
		}
	}
	above, err := t.thread(ctx)
	if err != nil {
		return nil, err
	}
	return append(places, above[:min(len(above), ancestors)]...), nil
}

// stills are the pictures of a post, clips by the still that the server made of them: GIFs that it made films, and videos where
// those can be read.
func (d *Daemon) stills(p network.Post) (out []network.Media) {
	for _, m := range p.Media {
		switch {
		case m.Kind == network.Still && m.URL != "":
			out = append(out, m)
		case m.PreviewURL != "" && (m.Kind == network.Gifv || m.Kind == network.Video && d.Options.Frames != nil && d.Options.Frames.Videos()):
			m.URL = m.PreviewURL
			out = append(out, m)
		}
	}
	return out
}

// pick applies "image 2" and "all".
func (t *task) pick(f *found) ([]int, error) {
	more := len(f.media) - 1
	switch {
	case t.req.All:
		if more := len(f.media) - mostPictures; more > 0 {
			t.leave([]mention.Left{{Why: mention.ManyPictures, N: more, Than: strconv.Itoa(mostPictures)}})
		}
		return []int{0, 1, 2, 3}[:min(len(f.media), mostPictures)], nil
	case t.req.Image > len(f.media):
		return nil, &refusal{words.Missing, fmt.Sprintf("image %d of %d", t.req.Image, len(f.media))}
	case t.req.Image > 0:
		return []int{t.req.Image - 1}, nil
	case t.req.Guide:
		more--
	}
	if more > 0 {
		t.leave([]mention.Left{{Why: mention.OtherPictures, N: more, Than: t.forOthers()}})
	}
	return []int{0}, nil
}

// forOthers is what asks for the other pictures of a post.
func (t *task) forOthers() string {
	if t.req.Verb == mention.See {
		return "image 2"
	}
	return "all"
}

// How long pictures are asked for where nobody answers, before the requester is told: that host may be
// another than the one that tells us of posts, and away for days.
const (
	fetchTries = 3
	fetchFor   = 10 * time.Minute
)

// fetch downloads a picture. Errors are refusals where another try is no use, or has been made often enough.
func (t *task) fetch(ctx context.Context, m network.Media) ([]byte, error) {
	data, err := t.Platform.Fetch(ctx, m, t.FetchBytes)
	tries := t.job.ID + " fetch"
	reason := fmt.Sprintf("fetch picture %s: %v", m.ID, err)
	switch {
	case err == nil:
		t.retries.forget(tries)
		return data, nil
	case network.Is(err, network.TooLarge):
		return nil, &picture.Problem{Kind: picture.TooBig, What: picture.FileBytes, Got: t.FetchBytes + 1, Max: t.FetchBytes, Reason: reason}
	case network.Is(err, network.NotFound, network.Forbidden, network.Rejected):
		return nil, &refusal{words.NoFetch, reason}
	case network.MayPass(err) && t.retries.add(tries) >= fetchTries && time.Since(t.job.Created) > fetchFor:
		t.retries.forget(tries)
		return nil, &refusal{words.NotNow, reason}
	}
	return nil, fmt.Errorf("fetch picture %s: %w", m.ID, err)
}

// load fetches and decodes a picture. One that we made ourselves is dreamed again only on
// request, whoever posts it.
func (t *task) load(ctx context.Context, m network.Media) (*image.NRGBA, error) {
	data, err := t.fetch(ctx, m)
	if err != nil {
		return nil, err
	}
	return t.decode(ctx, m, data)
}

// ours is a refusal where the file says that we made it, unless more of that is asked for.
func (t *task) ours(data []byte) error {
	if t.req.Verb != mention.Deeper && strings.HasPrefix(picture.Comment(data), dream.Signature) {
		return &refusal{words.Already, "the file says that we made it"}
	}
	return nil
}

// decode is load for what has been fetched.
func (t *task) decode(ctx context.Context, m network.Media, data []byte) (*image.NRGBA, error) {
	if err := t.ours(data); err != nil {
		return nil, err
	}
	img, err := t.Options.Decode(ctx, data)
	if err != nil {
		return nil, fmt.Errorf("decode picture %s: %w", m.ID, err)
	}
	return picture.ToNRGBA(img), nil
}

// guide finds the picture that guides: the second one of the post, or the first of the next
// place that has one.
func (t *task) guide(ctx context.Context, f *found) (*found, error) {
	if len(f.media) > 1 {
		return &found{f.post, f.media[1:2]}, nil
	}
	places, err := t.places(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range places {
		if m := t.stills(p); p.ID != f.post.ID && len(m) > 0 {
			return &found{p, m[:1]}, nil
		}
	}
	return nil, &refusal{words.NoGuide, "guide without a second picture"}
}

// dreamAbove finds the dream of ours that the request quotes, or else the nearest in the thread, with the job that made it.
func (t *task) dreamAbove(ctx context.Context) (post network.Post, r reply, err error) {
	if r, err = t.dreamIn(t.post.Quote); err != nil || r.Made != nil {
		if err == nil {
			post, err = t.Platform.Post(ctx, t.post.Quote)
		}
		if network.Is(err, network.NotFound, network.Forbidden) {
			err = &refusal{words.NoDream, "the dream that is quoted is gone"}
		}
		return post, r, err
	}
	above, err := t.thread(ctx)
	if err != nil {
		return post, r, err
	}
	for _, p := range above[:min(len(above), ancestors)] {
		if p.Author.ID != t.self.ID {
			continue
		}
		if r, err = t.dreamIn(p.ID); err != nil || r.Made != nil {
			return p, r, err
		}
	}
	return post, r, &refusal{words.NoDream, "no dream of ours in the thread"}
}

// dreamIn is the answer that a post of ours is, one without Made if that is no dream.
func (t *task) dreamIn(post string) (reply, error) {
	job, err := t.byPost(post)
	if err != nil || job == nil {
		return reply{}, err
	}
	return decodeReply(*job)
}
