package reply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// keyLife is how long a server surely remembers an idempotency key: those that know keys keep
// one for an hour, and the margin covers two clocks and a slow request.
const keyLife = 50 * time.Minute

// sayPostGone is why a reply has nowhere to go.
const sayPostGone = "the post to answer is gone or closed to us"

// postFailed decides what a failed post was. Only Ambiguous may have happened; everything else
// goes back to before the request or ends.
func (d *Daemon) postFailed(ctx context.Context, job store.Job, r reply, err error) error {
	switch kind, _ := network.KindOf(err); kind {
	case network.Ambiguous:
		d.Log.Warn("a post got no answer; looking it up before anything is sent again", "job", job.ID, "error", err)
		return d.bot.Jobs().Uncertain(job.ID, d.now().Add(d.Settle))
	case network.Unauthorized:
		d.suspend(err)
		return d.bot.Jobs().Unpost(job.ID, time.Time{})
	case network.NotFound:
		return d.bot.Jobs().Skip(job.ID, sayPostGone)
	case network.Forbidden:
		d.Log.Info("the server allows no answer to a post", "job", job.ID, "error", err)
		return d.bot.Jobs().Skip(job.ID, sayPostGone)
	case network.Rejected:
		return d.rejected(ctx, job, r, err)
	}
	wait := d.pause(job, err)
	d.Log.Warn("cannot post; trying again", "job", job.ID, "error", err, "retry_in", wait)
	return d.bot.Jobs().Unpost(job.ID, d.now().Add(wait))
}

// rejected finds out why: the parent may be gone, or the uploaded pictures may have expired
// while the server was away. Anything else is final.
func (d *Daemon) rejected(ctx context.Context, job store.Job, r reply, cause error) error {
	_, err := d.Platform.Post(ctx, r.To.ID)
	if network.Is(err, network.NotFound) {
		return d.bot.Jobs().Skip(job.ID, sayPostGone)
	}
	if len(job.MediaIDs) > 0 && d.retries.add(job.ID+" upload") <= 2 {
		d.Log.Warn("the server refused the reply; uploading its pictures again", "job", job.ID, "error", cause)
		return d.bot.Jobs().Reupload(job.ID)
	}
	d.Log.Error("the server refused the reply", "job", job.ID, "error", cause, "remedy", "see `slugpuppy doctor`, then `slugpuppy jobs retry "+job.ID+"`")
	return d.bot.Jobs().Bury(job.ID, fmt.Sprintf("the server refused the reply: %v", cause))
}

// lookUp settles a post without an answer. Found: it is posted. Not found: it is sent again
// with the same key, but only once the server either recognises the key or has had so long
// that the request cannot still be in the works. No answer to the look-up: it stays uncertain.
func (d *Daemon) lookUp(ctx context.Context, job store.Job) error {
	r, err := decodeReply(job)
	if err != nil {
		return d.bot.Jobs().Bury(job.ID, err.Error())
	}
	mine, err := d.Platform.Replies(ctx, r.To.ID, job.PostStart.Add(-skew))
	if err != nil {
		return d.later(job, "look up a reply", err)
	}
	rivals, err := d.rivals(job, r)
	if err != nil {
		return err
	}
	for _, p := range mine {
		known, err := d.byPost(p.ID)
		if err != nil {
			return err
		}
		if known == nil && (!rivals || sameWords(p.Text, r.Text)) {
			return d.posted(ctx, job, r, p)
		}
	}
	// A server may answer 500 to a reply to a post that it has just deleted.
	if gone, err := d.parentGone(ctx, r); gone || err != nil {
		return d.skipOr(job, err)
	}
	limits, err := d.limits(ctx)
	if err != nil {
		return d.later(job, "read the server's limits", err)
	}
	age := d.sent.age(job.ID, d.now().Sub(job.PostStart))
	if (limits.SupportsKey && age < keyLife) || age > d.SlowPost {
		return d.bot.Jobs().Unpost(job.ID, time.Time{})
	}
	return d.bot.Jobs().Delay(job.ID, d.now().Add(min(d.SlowPost-age, max(d.Settle, time.Second))+time.Millisecond))
}

// parentGone says whether the post to answer is gone.
func (d *Daemon) parentGone(ctx context.Context, r reply) (bool, error) {
	if r.To.ID == "" {
		return false, nil
	}
	_, err := d.Platform.Post(ctx, r.To.ID)
	if network.Is(err, network.NotFound) {
		return true, nil
	}
	return false, err
}

// skipOr ends a job whose post is gone, or puts off what could not be found out.
func (d *Daemon) skipOr(job store.Job, err error) error {
	if err != nil {
		return d.later(job, "look up the post to answer", err)
	}
	return d.bot.Jobs().Skip(job.ID, sayPostGone)
}

// unsettled are the states of a reply that may be out, but is not written down as such.
var unsettled = []store.State{store.Posting, store.Uncertain}

// rivals says whether another unsettled reply of ours answers the same post, such as a
// question to its author: then the words must tell them apart.
func (d *Daemon) rivals(job store.Job, r reply) (bool, error) {
	others, err := d.bot.Jobs().List(store.Filter{States: unsettled})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(others, func(j store.Job) bool {
		other, err := decodeReply(j)
		return err == nil && j.ID != job.ID && other.To.ID == r.To.ID
	}), nil
}

// sameWords says whether a post begins, handles aside, with the letters of a text. Servers
// change spaces and punctuation.
func sameWords(post, text string) bool {
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, s)
	}
	want := []rune(letters(text))
	return strings.Contains(letters(post), string(want[:min(len(want), 40)]))
}
