package reply

import (
	"context"
	"fmt"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/store"
)

// marks in a biography that say no to bots.
var marks = []string{"#nobot", "#nobots", "#noai", "#nodream"}

// asksPerDay is how many questions one author gets from us a day, whoever asks.
const asksPerDay = 3

// mayDream decides whether somebody's picture may be dreamed: one's own may, another's only
// with their word. The question, if any, is to be put to the author; the error is a refusal.
func (t *task) mayDream(ctx context.Context, p network.Post) (*question, error) {
	if p.Author.ID == t.job.Requester {
		return nil, nil
	}
	if err := t.leftAlone(ctx, p.Author.ID); err != nil {
		return nil, err
	}
	for _, topic := range []string{p.ID, store.Everything} {
		c, said, err := t.bot.Consents().Said(p.Author.ID, topic)
		switch {
		case err != nil:
			return nil, err
		case said && !c.Yes:
			return nil, &refusal{words.Stranger, "the author said no"}
		case said:
			return nil, nil
		}
	}
	if shared, err := t.dreamedForAuthor(p); shared || err != nil {
		return nil, err
	}
	if t.Platform.Facts().OnlyCalled {
		return nil, &refusal{words.OwnOnly, "the network lets us ask nobody who did not mention us"}
	}
	return t.ask(p)
}

// dreamedForAuthor says whether the author had this very picture dreamed: then their friends
// may go on from there.
func (t *task) dreamedForAuthor(p network.Post) (bool, error) {
	job, err := t.bySource(p.ID)
	if err != nil || job == nil || job.State != store.Posted || job.Requester != p.Author.ID {
		return false, err
	}
	r, err := decodeReply(*job)
	return err == nil && r.Made != nil, err
}

// leftAlone refuses for people who want nothing to do with bots, and for bots. The account is
// read afresh: what they say now counts.
func (t *task) leftAlone(ctx context.Context, person string) error {
	out, err := t.optedOut(person)
	if err != nil {
		return err
	}
	if out {
		return &refusal{words.Stranger, "the author said stop"}
	}
	a, err := t.Platform.Account(ctx, person)
	if err != nil {
		return fmt.Errorf("look up the picture's author: %w", err)
	}
	if a.Bot {
		return &refusal{words.Robot, "the picture is a bot's"}
	}
	for word := range strings.FieldsSeq(strings.ToLower(a.Bio)) {
		for _, mark := range marks {
			if strings.Trim(word, ".,;:!()[]") == mark {
				return &refusal{words.Stranger, "the author's profile says " + mark}
			}
		}
	}
	return nil
}

// ask turns into a question to the author, if they have not been asked enough today.
func (t *task) ask(p network.Post) (*question, error) {
	refused, err := t.bot.Limits().Take(p.ID, store.Limit{Name: "ask " + p.Author.ID, Max: asksPerDay, Window: 24 * time.Hour})
	if err != nil {
		return nil, err
	}
	if refused != nil {
		return nil, &refusal{words.Stranger, "the author has been asked often enough today"}
	}
	return &question{Post: p, Person: t.job.Handle, Visibility: t.post.Visibility}, nil
}

// waitFor parks a job until the author speaks, and has them asked once however many people
// want the same picture.
func (d *Daemon) waitFor(job store.Job, q question) error {
	ask := store.Job{Source: "ask:" + q.Post.ID, Requester: q.Post.Author.ID, Handle: q.Post.Author.Handle,
		Payload: encode(event{Post: q.Post, Ask: &q}), State: store.Queued, Lane: wordLane}
	err := d.bot.Jobs().Wait(job.ID, d.owner, q.Post.ID, d.now().Add(d.ConsentFor), job.Payload, ask)
	if err != nil {
		return err
	}
	d.queue[wordLane].send()
	// The author may have spoken between our look and our wait.
	_, said, err := d.bot.Consents().Said(q.Post.Author.ID, q.Post.ID)
	switch {
	case err != nil:
		return err
	case !said:
		return d.tellAsked(job, q)
	}
	return d.spoken(q.Post.ID)
}

func (d *Daemon) spoken(topic string) error {
	_, err := d.bot.Jobs().Answer(topic)
	d.queue[dreamLane].send()
	d.queue[wordLane].send()
	return err
}

// askAuthor words the question. It answers the author's own post, so that nobody else is
// bothered with it.
func (t *task) askAuthor(ctx context.Context) (outcome, error) {
	q := *t.event.Ask
	err := t.leftAlone(ctx, q.Post.Author.ID)
	if r := refusalOf(err); r != nil {
		return outcome{skip: "not asked: " + r.reason}, t.spoken(q.Post.ID)
	}
	if err != nil {
		return outcome{}, err
	}
	out := t.say(words.Ask(q.Person))
	out.reply.Visibility = narrower(out.reply.Visibility, q.Visibility)
	return out, nil
}

// question is what we asked the author of a post about an earlier one of theirs; nil where it answers no question, or somebody else's.
func (d *Daemon) question(p network.Post) (*question, error) {
	asked, err := d.byPost(p.ReplyTo)
	if err != nil || asked == nil {
		return nil, err
	}
	e, err := decodeEvent(*asked)
	if err != nil || e.Ask == nil || p.Author.ID != e.Ask.Post.Author.ID {
		return nil, err
	}
	return e.Ask, nil
}

// word is what an author says to our question, in whatever words; mention.Bare for nothing of the kind. A wish of their own, as "no dogs",
// is none.
func (d *Daemon) word(p network.Post) (mention.Verb, error) {
	q, err := d.question(p)
	if err != nil || q == nil {
		return mention.Bare, err
	}
	word := mention.Consent(p.Text, p.Language)
	if req, err := d.parse(p); err == nil && req.Verb != word && (req.Verb == mention.Stop || d.commanding(p)) {
		return mention.Bare, nil
	}
	return word, nil
}

// refused has nobody wait for an answer of somebody who said stop to our question.
func (t *task) refused() error {
	q, err := t.question(t.post)
	if err != nil || q == nil {
		return err
	}
	return t.spoken(q.Post.ID)
}

// authorSaid stores a yes or no, if it comes from the person who was asked.
func (t *task) authorSaid(ctx context.Context, yes bool) (outcome, error) {
	q, err := t.question(t.post)
	if err != nil {
		return outcome{}, err
	}
	if q == nil {
		return outcome{skip: "a yes or no to nothing we asked, or from somebody else than the author"}, nil
	}
	err = t.bot.Consents().Set(t.author(), store.Consent{Topic: q.Post.ID, Yes: yes, By: t.post.ID})
	if err != nil {
		return outcome{}, err
	}
	if err := t.spoken(q.Post.ID); err != nil {
		return outcome{}, err
	}
	t.like(ctx)
	return outcome{skip: fmt.Sprintf("the author's word: %t", yes)}, nil
}
