package reply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/store"
)

// Servers tell of a post before they know all of it: its parent, or what another server sends later. People
// edit and delete what they wrote. So a post is read again when work on it begins, and when what it asks for
// is not found, once more a while later.
const (
	lookAgain = 30 * time.Second
	// lookSoon is for an answer of ours that is on its way: mostly it is written down a moment after it is seen.
	lookSoon = 2 * time.Second
	// asNew is for how long a post counts as just read where each reading costs money.
	asNew = time.Minute
)

// missing is a refusal because of something that may come yet.
type missing struct{ *refusal }

// Unwrap lets a missing be taken for its refusal.
func (m missing) Unwrap() error { return m.refusal }

// reread has the post as it is now. Gone is why there is nothing to do any more.
func (t *task) reread(ctx context.Context) (gone string, err error) {
	if t.looked == 0 && t.asNew() {
		return "", nil
	}
	now, err := t.Platform.Post(ctx, t.post.ID)
	switch {
	case network.Is(err, network.NotFound, network.Forbidden):
		return "the post was deleted before work began", nil
	case err != nil:
		return "", fmt.Errorf("read the post again: %w", err)
	case calls(t.post, t.self.ID) && !calls(now, t.self.ID):
		return "the post was edited, and does not mention us any more", nil
	}
	if now.Author.ID == "" { // of a server that says less of a post than of a mention
		now.Author = t.post.Author
	}
	t.post = now
	return "", nil
}

// asNew says whether a post was read so lately that it need not be paid for again.
func (t *task) asNew() bool {
	return t.Platform.Facts().Metered && time.Since(t.job.Created) < asNew
}

// calls says whether a post mentions an account.
func calls(p network.Post, id string) bool {
	return slices.ContainsFunc(p.Mentions, func(a network.Account) bool { return a.ID == id })
}

// waits turns the first refusal because of something that may come yet into another look.
func (t *task) waits(err error) (outcome, bool) {
	var m missing
	if !errors.As(err, &m) || t.looked > 0 {
		return outcome{}, false
	}
	return outcome{again: lookAgain}, true
}

// nothing is the refusal of a request for a picture that is not there, or not yet.
func nothing() error { return missing{&refusal{words.Nothing, "no picture found"}} }

// early is how long to leave a request alone that may be about an answer of ours that is out, but not written down
// yet: servers show a post before they say that they have it. After two looks it is 0, and where each look costs money
// after one.
func (t *task) early(ctx context.Context) (time.Duration, error) {
	waits := []time.Duration{lookSoon, lookAgain}
	if t.Platform.Facts().Metered {
		waits = waits[1:]
	}
	if t.looked >= len(waits) {
		return 0, nil
	}
	leaving, err := t.leaving(ctx)
	if err != nil || !leaving {
		return 0, err
	}
	return waits[t.looked], nil
}

// leaving says whether what a request may be about is an answer of ours that is not written down yet.
func (t *task) leaving(ctx context.Context) (bool, error) {
	of := store.Filter{States: unsettled, Limit: 1}
	if t.post.ReplyTo == "" { // then it can only be about the requester's own
		of.Requester = t.job.Requester
	}
	leaving, err := t.bot.Jobs().List(of)
	if err != nil || len(leaving) == 0 {
		return false, err
	}
	if t.post.ReplyTo == "" {
		req, err := t.parse(t.post)
		return err == nil && req.Verb == mention.Again, nil
	}
	if above, err := t.answerAbove(); above != nil || err != nil {
		return above != nil && slices.Contains(unsettled, above.State), err
	}
	above, err := t.thread(ctx)
	return len(above) > 0 && above[0].Author.ID == t.self.ID, err
}

// promising says whether a post has something about it that may turn out to have a picture.
func (t *task) promising() bool {
	return t.post.ReplyTo != "" || t.post.Quote != "" ||
		slices.ContainsFunc(t.post.Media, unready)
}

// goneSince says whether the request, or somebody else's picture, was deleted, or taken away from us, while
// it was dreamed.
func (d *Daemon) goneSince(ctx context.Context, r reply, fresh bool) (bool, error) {
	if r.Made == nil {
		return false, nil
	}
	looked := map[string]bool{"": true, r.To.ID: fresh && d.Platform.Facts().Metered}
	for _, post := range []string{r.To.ID, r.Made.SourcePost} {
		if looked[post] {
			continue
		}
		looked[post] = true
		if _, err := d.Platform.Post(ctx, post); network.Is(err, network.NotFound) {
			return true, nil
		} else if err != nil {
			return false, err
		}
	}
	return false, nil
}
