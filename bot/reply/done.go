package reply

import (
	"context"
	"fmt"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/store"
)

// How far back a dream is looked for that somebody asks for once more.
const (
	doneWithin = 7 * 24 * time.Hour
	mostDone   = 200
)

// wish is what a plan asks for, the chance in it left out; "" where chance is what it is about, or where
// there is more to it than one recipe of one picture.
func (t *task) wish(p plan) string {
	said := t.req.Preset != "" || len(t.req.Words) > 0 // else the look of a bare mention is by chance
	plain := t.req.Verb == mention.Dream || t.req.Verb == mention.Dive || t.req.Verb == mention.Wander ||
		t.req.Verb == mention.Bare && said
	if !plain || t.req.Then != nil || len(p.sources) != 1 || p.guide != nil || p.sources[0].post.ID == "" {
		return ""
	}
	r := p.recipe
	if t.req.Seed == nil {
		r.Seed = 0
	}
	return r.Token()
}

// doneBefore finds an answer that the requester may see and that shows the very dream they ask for; nil when
// there is none.
func (t *task) doneBefore(ctx context.Context, p plan) (*reply, error) {
	wish := t.wish(p)
	if wish == "" {
		return nil, nil
	}
	jobs, err := t.bot.Jobs().List(store.Filter{States: []store.State{store.Posted}, Since: time.Now().Add(-doneWithin), Limit: mostDone})
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		r, err := decodeReply(j)
		if err != nil || r.Made == nil || j.Reason != "" || r.Made.Wish != wish ||
			r.Made.SourcePost != p.sources[0].post.ID || r.Made.SourceMedia != p.sources[0].index {
			continue
		}
		open := r.Visibility == network.Public || r.Visibility == network.Unlisted
		if j.Requester != t.job.Requester && !open {
			continue
		}
		_, err = t.Platform.Post(ctx, j.PostID)
		if network.Is(err, network.NotFound) {
			continue // it was deleted: then it may be dreamed again
		}
		if err != nil {
			return nil, fmt.Errorf("look up an earlier dream: %w", err)
		}
		return &r, nil
	}
	return nil, nil
}

// sayDone says where the dream is that somebody asks for once more.
func (t *task) sayDone(r *reply) outcome {
	if !t.Platform.Facts().Links {
		return t.say(words.DoneBefore(""))
	}
	return t.say(words.DoneBefore(r.URL))
}

// tellAsked tells whoever asked for somebody else's picture that its author is asked, where there are private
// messages: the answer to their post is the dream.
func (d *Daemon) tellAsked(job store.Job, q question) error {
	if !d.Platform.Facts().Private {
		return nil
	}
	return d.Tell("asked:"+job.Source, network.Account{ID: job.Requester, Handle: job.Handle},
		words.Asked(q.Post.Author.Handle, d.ConsentFor))
}
