package reply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/dream"
	"slugpuppy/store"
)

// answerInWords does everything that needs no picture made.
func (t *task) answerInWords(ctx context.Context) (outcome, error) {
	switch t.req.Verb {
	case mention.Start:
		return t.say("I am here for you again, and may dream your pictures when others ask. Say \"stop\" to undo this."), nil
	case mention.See:
		return t.see(ctx)
	case mention.Info:
		return t.info(ctx)
	case mention.Undream:
		return t.undream(ctx)
	case mention.Queue:
		return t.queueOf()
	case mention.Cancel:
		return t.cancel()
	case mention.Presets:
		return t.say(presets()), nil
	case mention.Words:
		return t.words()
	}
	return t.say(help(t.req.Topic)), nil
}

// see says what the network sees, most likely first.
func (t *task) see(ctx context.Context) (outcome, error) {
	f, err := t.findPicture(ctx)
	if err != nil {
		return outcome{}, err
	}
	if f == nil {
		return outcome{}, &refusal{sayNothing, "no picture found"}
	}
	if f.post.Author.ID != t.job.Requester {
		if err := t.leftAlone(ctx, f.post.Author.ID); err != nil {
			return outcome{}, err
		}
	}
	chosen, err := t.pick(f)
	if err != nil {
		return outcome{}, err
	}
	img, err := t.load(ctx, f.media[chosen[0]])
	if err != nil {
		return outcome{}, err
	}
	guesses, err := t.See(ctx, img, 5)
	if err != nil {
		return outcome{}, fmt.Errorf("look at the picture: %w", err)
	}
	var parts []string
	for _, g := range guesses {
		parts = append(parts, fmt.Sprintf("%s %.0f %%", g.Label, 100*g.P))
	}
	return t.say("I see: " + strings.Join(parts, ", ") + "."), nil
}

func (t *task) info(ctx context.Context) (outcome, error) {
	if t.req.Token != "" {
		r, err := dream.ParseToken(t.req.Token)
		if err != nil {
			return outcome{}, &refusal{sayOldToken, err.Error()}
		}
		return t.say("That recipe says: " + r.String() + "."), nil
	}
	_, r, err := t.dreamAbove(ctx)
	if err != nil {
		return outcome{}, err
	}
	return t.say(r.Made.about()), nil
}

func (t *task) undream(ctx context.Context) (outcome, error) {
	_, r, err := t.dreamAbove(ctx)
	if err != nil {
		return outcome{}, err
	}
	if r.Made.SourceURL == "" {
		return t.say("That one came out of noise; there is no original to go back to."), nil
	}
	if _, err := t.Platform.Post(ctx, r.Made.SourcePost); err != nil {
		return outcome{}, fmt.Errorf("look up the original: %w", err)
	}
	if !t.Platform.Facts().Links {
		return t.say("The original is further up in this thread."), nil
	}
	return t.say("The original is here: " + r.Made.SourceURL), nil
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
func (t *task) queueOf() (outcome, error) {
	jobs, err := t.mine()
	if err != nil {
		return outcome{}, err
	}
	if len(jobs) == 0 {
		return t.say("Nothing of yours is waiting; what you ask for next begins soon."), nil
	}
	all, err := t.bot.Jobs().List(store.Filter{States: []store.State{store.Queued, store.Leased}})
	if err != nil {
		return outcome{}, err
	}
	var parts []string
	for _, j := range jobs {
		parts = append(parts, t.standing(j, all))
	}
	return t.say(fmt.Sprintf("Yours (%d): %s. Say \"cancel\" to drop the latest.", len(jobs), strings.Join(parts, "; "))), nil
}

// standing is how far one job is.
func (t *task) standing(j store.Job, all []store.Job) string {
	switch j.State {
	case store.Waiting:
		return "waiting for the author's yes"
	case store.Leased:
		if p, ok := t.Progress(j.Source); ok {
			return fmt.Sprintf("dreaming now, %.0f %%", 100*p.Fraction)
		}
		return "dreaming now"
	case store.Queued:
		place := 1
		for _, other := range all {
			if other.Lane == j.Lane && other.ID < j.ID {
				place++
			}
		}
		text := fmt.Sprintf("place %d", place)
		if eta := t.pace.of(place); eta > 0 {
			text += ", about " + eta.Round(max(eta/10, time.Second)).String()
		}
		return text
	}
	return "done, on its way to you"
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
		return t.say("There is nothing of yours left to cancel; \"delete\" under a picture removes it."), nil
	}
	return t.say(fmt.Sprintf("Cancelled %d of yours.", n)), nil
}

// remove deletes one of our answers for those it concerns: who asked, whose picture it was,
// who was named in that post. A like is the confirmation.
func (t *task) remove(ctx context.Context) (outcome, error) {
	job, err := t.answerAbove()
	if err != nil {
		return outcome{}, err
	}
	if job == nil {
		return outcome{}, &refusal{sayNoDream, "delete without an answer of ours"}
	}
	if job.State != store.Posted {
		return t.drop(ctx, *job)
	}
	r, err := decodeReply(*job)
	if err != nil {
		return outcome{}, err
	}
	if !concerns(*job, r, t.post.Author.ID) {
		return outcome{}, &refusal{sayNotYours, "delete by a stranger"}
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
		return outcome{}, &refusal{sayNotYours, "delete by a stranger"}
	case errors.Is(err, store.ErrState):
		return outcome{}, &refusal{sayNoDream, "delete of what is " + string(job.State)}
	case err != nil:
		return outcome{}, err
	}
	t.running.cancel(job.ID, errCancelled)
	t.like(ctx)
	return outcome{skip: "dropped a request"}, nil
}

// answerAbove is the job whose answer a post is about: the post answers it, or answers the
// request itself.
func (t *task) answerAbove() (*store.Job, error) {
	job, err := t.byPost(t.post.ReplyTo)
	if err != nil || job != nil {
		return job, err
	}
	return t.bySource(t.post.ReplyTo)
}

func concerns(job store.Job, r reply, person string) bool {
	return person == job.Requester ||
		r.Made != nil && (person == r.Made.SourceAuthor || slices.Contains(r.Made.SourceTagged, person))
}

func (t *task) words() (outcome, error) {
	if t.req.Topic == "" {
		return t.say("I know about a thousand things, such as banana, castle, goldfish, tabby cat, volcano and violin. Try \"words dog\", or just ask: \"more birds\", \"no dogs\", \"into banana\"."), nil
	}
	if _, err := t.Vocabulary.Lookup(t.req.Topic); err != nil {
		return outcome{}, err
	}
	return t.say(fmt.Sprintf("Yes, I know %q: try \"more %s\", \"no %s\" or \"imagine %s\".", t.req.Topic, t.req.Topic, t.req.Topic, t.req.Topic)), nil
}

func presets() string {
	var names []string
	for _, p := range dream.Presets() {
		names = append(names, p.Name)
	}
	return "My looks: " + strings.Join(names, ", ") + ". Say one with a picture; \"help eyes\" tells what it does."
}

// topics are the words of help on one thing.
var topics = map[string]string{
	"deeper":  "Reply \"deeper\" or \"deeper 3\" to one of my pictures and I go on dreaming from it.",
	"again":   "Reply \"again\" to one of my pictures for another one like it, or \"again strength=8\" to change something.",
	"imagine": "\"imagine banana\" draws a banana from nothing but noise.",
	"see":     "\"see\" with a picture tells what I think is in it.",
	"dive":    "\"dive\" with a picture makes a clip that falls into it for ever; \"dive 8s\" sets how long.",
	"wander":  "\"wander\" with a picture makes a chain: each frame dreams what the last one looked like to me.",
	"keep":    "\"keep centre\", \"keep top\" or \"keep subject\" leaves that part as it is; \"only centre\" and \"only background\" dream that part alone.",
	"delete":  "Reply \"delete\" to one of my pictures and I remove it, if you asked for it or it shows yours.",
	"stop":    "\"stop\" and I never touch you or your pictures again; \"start\" undoes it.",
}

// help is one short reply.
func help(topic string) string {
	topic = strings.ToLower(topic)
	if text, ok := topics[topic]; ok {
		return text
	}
	if p, ok := dream.FindPreset(topic); ok {
		return fmt.Sprintf("%s: %s. Say \"%s\" with a picture.", p.Name, p.Help, p.Name)
	}
	return "Send me a picture and I dream it. Add words: \"eyes\", \"more birds\", \"no dogs\", \"keep centre\". Others: imagine banana, see, dive, wander, deeper, again, info, queue, cancel, delete, stop. \"presets\", \"words\" and \"help dive\" tell more."
}
