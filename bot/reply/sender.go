package reply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/visible"
	"slugpuppy/store"
)

// grace is how long the sender goes on after the daemon was told to stop, and skew how far the server's clock may be behind ours when we look for a reply.
const (
	grace = 8 * time.Second
	skew  = 5 * time.Minute
)

// longestStep is more than uploading the pictures of one reply can take.
const longestStep = 30 * time.Minute

// send is the only place that posts. It moves one job over one edge of the state machine at a
// time; each edge is durable before the next begins. Told to stop, it goes on with what is due
// for the grace period: a request that left is waited for, so that a stop does not make it
// uncertain, and a finished dream still reaches its person.
func (d *Daemon) send(ctx context.Context) error {
	late, cancel := outliving(ctx, grace)
	defer cancel()
	turn := d.Pulse.Loop("sender")
	defer turn.End()
	for late.Err() == nil {
		turn.Rest()
		if since, _ := d.suspended(); !since.IsZero() && !d.mayWork(ctx) {
			return nil
		}
		turn.Within(idle)
		if err := d.followClock(); err != nil {
			return err
		}
		job, next, ok, err := d.bot.Jobs().NextOut()
		if err != nil {
			return fmt.Errorf("read the outbox: %w", err)
		}
		if ok {
			turn.Within(longestStep)
			if err := d.taken(d.step(late, job)); err != nil {
				return fmt.Errorf("outbox, job %s: %w", job.ID, err)
			}
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		d.outbox.wait(ctx, d.untilNext(next))
	}
	return nil
}

// outliving is a context that ends some time after ctx does.
func outliving(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(by, cancel) })
	return late, func() { stop(); cancel() }
}

// step moves a job over the one edge that is due.
func (d *Daemon) step(ctx context.Context, job store.Job) error {
	switch job.State {
	case store.Rendered:
		return d.upload(ctx, job)
	case store.Uploaded:
		return d.post(ctx, job)
	case store.Posting: // the process died in the middle of the request
		return d.bot.Jobs().Uncertain(job.ID, job.Updated.Add(d.Settle))
	case store.Uncertain:
		return d.lookUp(ctx, job)
	}
	return fmt.Errorf("state %q has no way out", job.State)
}

// upload puts the reply's pictures on the server. Repeating it is harmless: an upload that is
// never posted is forgotten by the server.
func (d *Daemon) upload(ctx context.Context, job store.Job) error {
	r, err := decodeReply(job)
	if err != nil {
		return d.bot.Jobs().Bury(job.ID, err.Error())
	}
	if gone, err := d.goneSince(ctx, r, time.Since(job.Created) < asNew); gone || err != nil {
		return d.skipGone(job, err)
	}
	ids := make([]string, 0, len(r.Media))
	for _, m := range r.Media {
		refused, err := d.bot.Limits().TakeUpload(d.Caps.Uploads)
		if err != nil {
			return err
		}
		if refused != nil {
			return d.bot.Jobs().Delay(job.ID, refused.Until)
		}
		data, err := d.bot.Jobs().Blob(job.ID, m.Blob)
		if err != nil {
			return fmt.Errorf("read picture %s: %w", m.Name, err)
		}
		id, err := d.Platform.Upload(ctx, network.Upload{Data: data, Type: m.Type, Name: m.Name, Alt: visible.Text(m.Alt)})
		if err != nil {
			return d.uploadFailed(job, r, err)
		}
		ids = append(ids, id)
	}
	return d.persist(ctx, func() error { return d.bot.Jobs().Uploaded(job.ID, ids) })
}

func (d *Daemon) skipGone(job store.Job, err error) error {
	if err != nil {
		return d.later(job, "look up the original", err)
	}
	return d.bot.Jobs().Skip(job.ID, "the post, or the original picture, is gone")
}

// later puts the next step of a reply off after a failure that may pass.
func (d *Daemon) later(job store.Job, what string, err error) error {
	if network.Is(err, network.Unauthorized) {
		d.suspend(err)
		return nil
	}
	wait := d.pause(job, err)
	d.Log.Warn("cannot "+what+"; trying again", "job", job.ID, "error", err, "retry_in", wait)
	return d.bot.Jobs().Delay(job.ID, d.now().Add(wait))
}

func (d *Daemon) uploadFailed(job store.Job, r reply, err error) error {
	if network.Is(err, network.Rejected, network.Forbidden, network.NotFound) {
		d.Log.Error("the server refused the picture; answering in words", "job", job.ID, "error", err,
			"remedy", "compare the picture limits of the server with `slugpuppy doctor`")
		r.Text, r.Media, r.Made = words.Refused, nil, nil
		return d.bot.Jobs().Reword(job.ID, encode(r))
	}
	return d.later(job, "upload", err)
}

// post sends the reply. "posting" is durable before the first byte leaves, so after a crash
// nobody can take a post that may have happened for one that did not.
func (d *Daemon) post(ctx context.Context, job store.Job) error {
	r, err := decodeReply(job)
	if err != nil {
		return d.bot.Jobs().Bury(job.ID, err.Error())
	}
	if out, err := d.stopped(r); out || err != nil {
		return errors.Join(err, d.bot.Jobs().Skip(job.ID, "they said stop while it was made"))
	}
	key := d.key(job)
	if err := d.bot.Jobs().StartPost(job.ID, key); err != nil {
		return err
	}
	job.PostStart = cmp.Or(job.PostStart, d.now())
	d.sent.note(job.ID)
	posted, err := d.Platform.Reply(ctx, network.Outgoing{
		Text: visible.Text("@" + r.To.Author.Handle + " " + r.Text), To: r.To, MediaIDs: job.MediaIDs, Visibility: r.Visibility,
		Warning: visible.Line(r.Warning), Sensitive: r.Sensitive, Language: r.Language, Key: key,
	})
	if err != nil {
		return d.persist(ctx, func() error { return d.postFailed(ctx, job, r, err) })
	}
	return d.posted(ctx, job, r, posted)
}

// stopped says whether one of the people a reply concerns wants no part in it any more.
func (d *Daemon) stopped(r reply) (bool, error) {
	out, err := d.optedOut(r.To.Author.ID)
	if out || err != nil || r.Made == nil || r.Made.SourceAuthor == "" {
		return out, err
	}
	return d.optedOut(r.Made.SourceAuthor)
}

// posted writes down that a reply is out.
func (d *Daemon) posted(ctx context.Context, job store.Job, r reply, p network.Post) error {
	r.URL = p.URL
	d.retries.forget(job.ID, job.ID+" upload")
	d.sent.forget(job.ID)
	if d.Replied != nil {
		d.Replied(time.Since(job.Created))
	}
	d.Log.Info("answered", "job", job.ID, "post", p.ID, "took", time.Since(job.Created).Round(time.Millisecond))
	dreams, err := d.keepsakes(job, r)
	if err != nil {
		d.Log.Error("a dream is not remembered", "job", job.ID, "error", err)
	}
	for i := range r.Media {
		r.Media[i].Keep = nil // they are kept with the dreams from now on
	}
	return d.persist(ctx, func() error { return d.bot.Jobs().Posted(job.ID, p.ID, encode(r), dreams...) })
}
