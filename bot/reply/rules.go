package reply

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/rules"
	"slugpuppy/store"
)

// ignore says why a mention gets no answer, "" when it gets one. It asks no server: it runs
// for every arrival before anything is written.
func (d *Daemon) ignore(p network.Post) (string, error) {
	verdict, err := d.judge(p)
	if err != nil {
		return "", err
	}
	switch {
	case p.Author.ID == d.self.ID:
		return "our own post", nil
	case verdict.Effect() == rules.Deny:
		return verdict.Why, nil
	case p.Author.Bot && verdict.Effect() != rules.Allow:
		return "from an automated account", nil
	case p.Boosts != nil:
		return "a boost", nil
	}
	if d.ordered(p) {
		return d.late(p), nil
	}
	talk, err := d.chatter(p)
	if err != nil {
		return "", err
	}
	req, err := d.parse(p)
	if err == nil && talk == "" && (req.Verb == mention.Stop && d.sure(p) || req.Verb == mention.Start) {
		return "", d.optOut(p, req.Verb == mention.Stop) // in force before anything else is done
	}
	if out, err := d.optedOut(p.Author.ID); out || err != nil {
		return "the requester said stop", err
	}
	if why := d.late(p); why != "" {
		return why, nil
	}
	if err == nil && req.Verb == mention.Bare && len(req.Unknown)+len(req.Loose) > 0 && len(p.Media) == 0 && !d.addressed(p.Text) {
		return "talks about us, not to us", nil
	}
	return talk, nil
}

// late says that a post came too long ago to be answered, "" when it did not.
func (d *Daemon) late(p network.Post) string {
	if age := time.Since(p.Created); !p.Created.IsZero() && age > d.StaleAfter {
		return fmt.Sprintf("stale: written %s before we saw it", age.Round(time.Minute))
	}
	return ""
}

// judge asks the operator's allow and deny lists. Allow lets an automated account be answered;
// what a person said, and the caps, are not the operator's to overrule.
func (d *Daemon) judge(p network.Post) (rules.Decision, error) {
	list, err := d.bot.Rules().InForce()
	if err != nil {
		return rules.Decision{}, fmt.Errorf("read the allow and deny lists: %w", err)
	}
	return rules.Decide(list, rules.Event{Scope: rules.Mention, Author: p.Author.Handle, Post: p.ID, URL: p.URL, Text: p.Text}, time.Now()), nil
}

// addressed says whether a text begins with our handle, other handles aside.
func (d *Daemon) addressed(text string) bool {
	name, _, _ := strings.Cut(d.self.Handle, "@")
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		handle, ok := strings.CutPrefix(word, "@")
		if !ok {
			return false
		}
		if handle, _, _ = strings.Cut(handle, "@"); strings.Trim(handle, ".,:;!?") == name {
			return true
		}
	}
	return false
}

// actor is somebody as our server names them.
func (d *Daemon) actor(a network.Account) store.Actor {
	return store.Actor{Identity: identity.Identity{Server: d.Platform.Host(), ID: a.ID}, Name: a.Handle}
}

// optOut writes down that a person wants no part in this any more, or again. Start is also
// the standing yes to pictures of theirs that others show us.
func (d *Daemon) optOut(p network.Post, stop bool) error {
	return d.bot.Consents().Set(d.actor(p.Author), store.Consent{Topic: store.Everything, Yes: !stop, By: p.ID})
}

func (d *Daemon) optedOut(person string) (bool, error) {
	c, ok, err := d.bot.Consents().Said(person, store.Everything)
	return ok && !c.Yes, err
}

// crowded says which of our own limits a request has reached, nil when none has. Work repeated
// after a crash uses nothing more. What is answered in words is not what people have so many an hour of; it
// has a cap of its own that nobody meets who reads the answers.
func (d *Daemon) crowded(job store.Job, thread string, looks bool) (*store.Refusal, error) {
	perHour := d.Caps.PerUserHour
	own, has, err := d.bot.Limits().Allowance(job.Requester, job.Handle)
	if err != nil {
		return nil, err
	}
	if has {
		perHour = own.PerHour
	}
	mine := store.Limit{Name: capPerson + job.Requester, Max: perHour, Window: time.Hour}
	if !looks && perHour > 0 {
		mine.Name, mine.Max = capWords+job.Requester, wordsFor*perHour
	}
	return d.bot.Limits().Take(job.ID,
		store.Limit{Name: capThread + thread, Max: d.Caps.PerThread, Window: 24 * time.Hour},
		store.Limit{Name: capPair + thread + " " + job.Requester, Max: d.Caps.PerPair, Window: time.Hour},
		mine)
}

// What a limit's name begins with.
const (
	capThread = "thread "
	capPair   = "pair "
	capPerson = "person "
	capWords  = "words "
)

// wordsFor is how many answers in words somebody may have for each picture they may have.
const wordsFor = 5

// In complaintEvery a person is told a thing once, and no more than complaintMost things: enough
// to get a wish right, too little to keep two programs talking.
const (
	complaintEvery = 10 * time.Minute
	complaintMost  = 4
)

// mayComplain says whether a person may be told these words now.
func (d *Daemon) mayComplain(job store.Job, words string) (bool, error) {
	h := fnv.New64a()
	h.Write([]byte(words))
	refused, err := d.bot.Limits().Take(job.ID,
		store.Limit{Name: "complaint " + job.Requester, Max: complaintMost, Window: complaintEvery},
		store.Limit{Name: fmt.Sprintf("complaint %s %x", job.Requester, h.Sum64()), Max: 1, Window: complaintEvery})
	return refused == nil, err
}
