package reply

import (
	"cmp"
	"context"
	"hash/fnv"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/store"
)

// task is one job while a worker has it.
type task struct {
	*Daemon
	job    store.Job
	event  event
	post   network.Post // that asks
	req    mention.Request
	heard  mention.Heard // what was made of its words
	limits network.Limits
	looked int // how often it was looked for what it asks for
	course course

	above []network.Post // the thread above post, nearest first; see thread
	known bool           // that above has been read
}

// author is who asks, for the audit trail.
func (t *task) author() store.Actor { return t.actor(t.post.Author) }

// handle answers one job. Errors are the platform's, the dreamer's or the store's; everything
// that is the request's own fault is an outcome.
func (d *Daemon) handle(ctx context.Context, job store.Job) (outcome, error) {
	e, err := decodeEvent(job)
	if err != nil {
		return outcome{}, err
	}
	t := &task{Daemon: d, job: job, event: e, post: e.Post, looked: d.retries.of(job.ID + " again")}
	if t.limits, err = d.limits(ctx); err != nil {
		return outcome{}, err
	}
	switch {
	case e.Tell != "":
		return t.say(e.Tell), nil
	case e.Sorry:
		return t.say(words.Sorry), nil
	case e.Ask != nil:
		return t.askAuthor(ctx)
	}
	if gone, err := t.reread(ctx); gone != "" || err != nil {
		return outcome{skip: gone}, err
	}
	if wait, err := t.early(ctx); wait > 0 || err != nil {
		return outcome{again: wait}, err
	}
	out, err := t.answer(ctx)
	if later, ok := t.waits(err); ok {
		return later, nil
	}
	if r := refusalOf(err); r != nil {
		return t.refuse(r)
	}
	return out, err
}

// answer parses the words, checks what there is a limit of, and does what was asked.
func (t *task) answer(ctx context.Context) (outcome, error) {
	if out, handled, err := t.obey(ctx); handled || err != nil {
		return out, err
	}
	req, err := t.parse(t.post)
	if err != nil {
		return outcome{}, err
	}
	t.req = req
	word, err := t.word(t.post)
	if err != nil {
		return outcome{}, err
	}
	if word != mention.Bare {
		t.req = mention.Request{Verb: word}
	} else if talk, err := t.talk(ctx); talk || err != nil {
		return outcome{skip: talkReason}, err
	} else if err := t.compared(); err != nil {
		return outcome{}, err
	}
	if out, yes := t.misplaced(); yes {
		return out, nil
	}
	switch t.req.Verb { // always heard
	case mention.Stop:
		if err := t.optOut(t.post, true); err != nil {
			return outcome{}, err
		}
		t.like(ctx)
		return outcome{skip: "the requester said stop"}, t.refused()
	case mention.Yes, mention.No:
		return t.authorSaid(ctx, t.req.Verb == mention.Yes)
	case mention.Delete:
		return t.told(t.remove(ctx))
	}
	if err := t.withinCaps(ctx); err != nil {
		return outcome{}, err
	}
	if t.empty(ctx) {
		if t.looked == 0 && t.promising() {
			return outcome{again: lookAgain}, nil
		}
		t.req.Verb = mention.Help
		return t.answerInWords(ctx)
	}
	if makesPicture(req.Verb) {
		return t.makePictures(ctx)
	}
	return t.told(t.answerInWords(ctx))
}

// compared has a request that changes the dream it answers or quotes be for that dream again.
func (t *task) compared() error {
	if !t.req.Changes() || len(t.stills(t.post)) > 0 {
		return nil
	}
	r, err := t.dreamIn(cmp.Or(t.post.Quote, t.post.ReplyTo))
	if err == nil && r.Made != nil {
		t.req.Verb, t.req.Implied = mention.Again, false
	}
	return err
}

// makesPicture says whether a verb needs the dreamer.
func makesPicture(v mention.Verb) bool {
	switch v {
	case mention.Bare, mention.Dream, mention.Deeper, mention.Again, mention.Imagine, mention.Surprise,
		mention.Dive, mention.Wander, mention.Replay:
		return true
	}
	return false
}

// withinCaps uses up what the request costs of our own limits. Over a cap of the thread there
// is silence: whatever talks that much is not asking for pictures. Over the person's own there
// is a word when to come back.
func (t *task) withinCaps(ctx context.Context) error {
	root, err := t.root(ctx)
	if err != nil {
		return err
	}
	refused, err := t.crowded(t.job, root, makesPicture(t.req.Verb) || t.req.Verb == mention.See)
	if err != nil || refused == nil {
		return err
	}
	if refused.Limit.Name != capPerson+t.job.Requester {
		return &refusal{reason: "this thread has had enough of us"}
	}
	return &refusal{words.TooMany(refused.Until), "over the hourly limit"}
}

// empty says whether a bare mention has nothing to dream about: then it is a call for help.
func (t *task) empty(ctx context.Context) bool {
	if t.req.Verb != mention.Bare || t.req.Preset != "" || len(t.req.Words) > 0 || t.req.Token != "" {
		return false
	}
	found, err := t.findPicture(ctx)
	return err == nil && found == nil
}

// seed is the same for every attempt at a job, so that work repeated after a crash makes the
// same picture.
func (t *task) seed() uint64 {
	if t.req.Seed != nil {
		return *t.req.Seed
	}
	h := fnv.New64a()
	h.Write([]byte(t.job.Network + "|" + t.job.Source)) // never fails
	return h.Sum64()
}

// like marks the request as seen, where the network can. It is a courtesy: a failure changes nothing.
func (t *task) like(ctx context.Context) {
	liker, ok := t.Platform.(network.Liker)
	if !ok {
		return
	}
	if err := liker.Favourite(ctx, t.post.ID); err != nil {
		t.Log.Debug("cannot favourite a request", "job", t.job.ID, "error", err)
	}
}
