package reply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/dream"
	"slugpuppy/store"
)

// answerInWords does everything that needs no picture made.
func (t *task) answerInWords(ctx context.Context) (outcome, error) {
	switch t.req.Verb {
	case mention.Start:
		return t.say(words.Started), nil
	case mention.See:
		return t.see(ctx)
	case mention.Info:
		return t.info(ctx)
	case mention.Undream:
		return t.undream(ctx)
	case mention.Gallery:
		return t.showing(t.req.Topic == "yes")
	case mention.Queue:
		return t.queueOf(ctx)
	case mention.Cancel:
		return t.cancel()
	case mention.Presets:
		return t.say(words.Presets()), nil
	case mention.Words:
		return t.vocabulary()
	}
	return t.say(words.Help(t.req.Topic, t.Vocabulary)), nil
}

// see says what the network sees, most likely first.
func (t *task) see(ctx context.Context) (outcome, error) {
	f, err := t.findPicture(ctx)
	if err != nil {
		return outcome{}, err
	}
	if f == nil {
		return outcome{}, nothing()
	}
	if f.post.Author.ID != t.job.Requester {
		if err := t.leftAlone(ctx, f.post.Author.ID); err != nil {
			return outcome{}, err
		}
	}
	t.req.All = false // and of one picture it is said
	chosen, err := t.pick(f)
	if err != nil {
		return outcome{}, err
	}
	img, err := t.load(ctx, f.media[chosen[0]])
	if err != nil {
		return outcome{}, err
	}
	sight, err := t.See(ctx, img, 5)
	if err != nil {
		return outcome{}, fmt.Errorf("look at the picture: %w", err)
	}
	return t.say(words.See(sight)), nil
}

func (t *task) info(ctx context.Context) (outcome, error) {
	if t.req.Token != "" {
		r, err := dream.ParseToken(t.req.Token)
		if err != nil {
			return outcome{}, &refusal{words.OldToken, err.Error()}
		}
		return t.say(words.ReadToken(r, t.called(r.Model))), nil
	}
	_, r, err := t.dreamAbove(ctx)
	if err != nil {
		return outcome{}, err
	}
	made, err := dream.ParseToken(r.Made.Token)
	if err != nil { // of another version
		return t.say(words.About(r.Made.Token, nil)), nil
	}
	return t.say(words.About(r.Made.Token, t.called(made.Model))), nil
}

// called is what the network of a recipe calls its labels.
func (t *task) called(model string) func(label int) string {
	if t.Label == nil {
		return nil
	}
	return func(label int) string { return t.Label(model, label) }
}

// undream says where the original is of the dream in the thread, or else of the dream of the requester's own that
// they send, whatever happened to it on its way.
func (t *task) undream(ctx context.Context) (outcome, error) {
	_, r, err := t.dreamAbove(ctx)
	if refusalOf(err) != nil {
		r, err = t.dreamSent(ctx, err)
	}
	if err != nil {
		return outcome{}, err
	}
	if r.Made.SourcePost == "" {
		return t.say(words.FromNoise), nil
	}
	if _, err := t.Platform.Post(ctx, r.Made.SourcePost); err != nil {
		return outcome{}, fmt.Errorf("look up the original: %w", err)
	}
	if !t.Platform.Facts().Links || r.Made.SourceURL == "" {
		return t.say(words.FurtherUp), nil
	}
	return t.say(words.Original(r.Made.SourceURL)), nil
}

// mine are the requester's other unfinished jobs, newest first.
func (t *task) mine() ([]store.Job, error) {
	jobs, err := t.bot.Jobs().List(store.Filter{States: store.Unfinished(), Requester: t.job.Requester})
	return slices.DeleteFunc(jobs, func(j store.Job) bool {
		e, err := decodeEvent(j)
		return j.ID == t.job.ID || err != nil || e.Ask != nil || e.Sorry
	}), err
}

// queueOf tells a person what they wait for.
func (t *task) queueOf(ctx context.Context) (outcome, error) {
	jobs, err := t.mine()
	if err != nil {
		return outcome{}, err
	}
	if len(jobs) == 0 {
		return t.say(words.NoneWaiting), nil
	}
	all, err := t.bot.Jobs().List(store.Filter{States: []store.State{store.Queued, store.Leased}})
	if err != nil {
		return outcome{}, err
	}
	var mine []words.Standing
	for _, j := range jobs {
		mine = append(mine, t.standing(ctx, j, all))
	}
	return t.say(words.Waiting(mine)), nil
}

// standing is how far one job is.
func (t *task) standing(ctx context.Context, j store.Job, all []store.Job) words.Standing {
	switch j.State {
	case store.Waiting:
		return words.Standing{State: words.Asking}
	case store.Leased:
		p, ok := t.Progress(j.Source)
		switch {
		case ok && p.Ahead > 0: // others, of another network or the page, are served first
			return words.Standing{State: words.InLine, Place: p.Ahead, In: cmp.Or(p.Left, t.pace.of(p.Ahead))}
		case ok:
			return words.Standing{State: words.Dreaming, Progress: p.Fraction, In: p.Left}
		}
		return words.Standing{State: words.Dreaming, Progress: -1}
	case store.Queued:
		before := slices.DeleteFunc(slices.Clone(all), func(o store.Job) bool { return o.Lane != j.Lane || o.ID >= j.ID })
		place := len(before) + 1
		return words.Standing{State: words.InLine, Place: place, In: cmp.Or(t.due(ctx, j, before), t.pace.of(place))}
	}
	return words.Standing{State: words.Rendered}
}

// cancel drops the requester's latest request, or all of them. What is on its way to the
// server can no longer be stopped.
func (t *task) cancel() (outcome, error) {
	jobs, err := t.mine()
	if err != nil {
		return outcome{}, err
	}
	n := 0
	for _, j := range jobs {
		_, err := t.bot.Jobs().Cancel(t.author(), j.ID, "cancelled by the requester")
		if errors.Is(err, store.ErrState) {
			continue
		}
		if err != nil {
			return outcome{}, err
		}
		t.running.cancel(j.ID, errCancelled)
		if n++; !t.req.All {
			break
		}
	}
	if n == 0 {
		return t.say(words.NoneToDrop), nil
	}
	return t.say(words.Cancelled(n)), nil
}

// remove deletes one of our answers for those it concerns: who asked, whose picture it was,
// who was named in that post. A like is the confirmation.
func (t *task) remove(ctx context.Context) (outcome, error) {
	job, err := t.answerAbove()
	if err != nil {
		return outcome{}, err
	}
	if job == nil {
		return outcome{}, &refusal{words.NoDream, "delete without an answer of ours"}
	}
	if job.State != store.Posted {
		return t.drop(ctx, *job)
	}
	r, err := decodeReply(*job)
	if err != nil {
		return outcome{}, err
	}
	if !concerns(*job, r, t.post.Author.ID) {
		return outcome{}, &refusal{words.NotYours, "delete by a stranger"}
	}
	if err := t.Platform.Delete(ctx, job.PostID); err != nil {
		return outcome{}, fmt.Errorf("delete our answer: %w", err)
	}
	if err := t.bot.Jobs().Retract(t.author(), job.ID, "deleted on request"); err != nil {
		return outcome{}, err
	}
	t.like(ctx)
	return outcome{skip: "deleted our answer"}, nil
}

// drop ends a request that is to be deleted before it was answered.
func (t *task) drop(ctx context.Context, job store.Job) (outcome, error) {
	_, err := t.bot.Jobs().Cancel(t.author(), job.ID, "deleted by the requester before it was answered")
	switch {
	case errors.Is(err, store.ErrNotFound):
		return outcome{}, &refusal{words.NotYours, "delete by a stranger"}
	case errors.Is(err, store.ErrState):
		return outcome{}, &refusal{words.NoDream, "delete of what is " + string(job.State)}
	case err != nil:
		return outcome{}, err
	}
	t.running.cancel(job.ID, errCancelled)
	t.like(ctx)
	return outcome{skip: "dropped a request"}, nil
}

// answerAbove is the job whose answer a post is about: the post answers or quotes it, or answers the
// request itself.
func (t *task) answerAbove() (*store.Job, error) {
	for _, post := range []string{t.post.ReplyTo, t.post.Quote} {
		if job, err := t.byPost(post); err != nil || job != nil {
			return job, err
		}
	}
	return t.bySource(t.post.ReplyTo)
}

func concerns(job store.Job, r reply, person string) bool {
	return person == job.Requester ||
		r.Made != nil && (person == r.Made.SourceAuthor || slices.Contains(r.Made.SourceTagged, person))
}

func (t *task) vocabulary() (outcome, error) {
	if t.req.Topic == "" {
		return t.say(words.SomeWords(t.Vocabulary)), nil
	}
	m, err := t.Vocabulary.Lookup(t.req.Topic)
	if err != nil {
		return outcome{}, err
	}
	return t.say(words.Known(t.Vocabulary, t.req.Topic, m)), nil
}
