package reply_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
	"slugpuppy/store"
)

// author is what the test knows of one person: what they said, and their picture.
type author struct {
	*client
	picture          network.Post
	stopped, started bool
	robot, marked    bool
	word, settled    bool // about the picture: the answer, and that there is one
}

// allowed is the rule in the words of the product: another's picture only with their word,
// and never of a bot or of somebody who will have none of it.
func (a *author) allowed() bool {
	if a.robot || a.marked || a.stopped {
		return false
	}
	if a.settled {
		return a.word
	}
	return a.started
}

func TestNoRandomWalkDreamsAgainstAnAuthorsWord(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			inWorld(t, func(r *rig) { walk(r, rand.New(rand.NewPCG(seed, 1))) }, func(o *reply.Options) {
				o.Caps = reply.Caps{PerUserHour: -1, PerThread: -1, PerPair: -1, Queue: -1, Uploads: -1}
			})
		})
	}
}

func walk(r *rig, rng *rand.Rand) {
	var authors []*author
	for i := range 3 {
		c := r.w.join(fmt.Sprint("author", i))
		authors = append(authors, &author{client: c, picture: c.post("mine", c.withPicture(photo(i), ""))})
	}
	for step := range 60 {
		a := authors[rng.IntN(len(authors))]
		switch rng.IntN(8) {
		case 0:
			r.ask(a.client, "stop")
			if !a.robot { // bots are not heard at all
				a.stopped, a.started = true, false
			}
		case 1:
			r.ask(a.client, "start")
			if !a.robot {
				a.stopped, a.started = false, true
			}
		case 2:
			a.robot = !a.robot
			r.w.change(a.self.ID, func(acc *network.Account) { acc.Bot = a.robot })
		case 3:
			a.marked = !a.marked
			r.w.change(a.self.ID, func(acc *network.Account) { acc.Bio = map[bool]string{true: "hello #nobot"}[a.marked] })
		case 4:
			a.say(r, rng.IntN(2) == 0)
		default:
			requestOf(r, a, step)
		}
	}
}

// say answers the bot's question, if it asked.
func (a *author) say(r *rig, yes bool) {
	question := r.answer(a.picture)
	if question == nil {
		return
	}
	r.ask(a.client, map[bool]string{true: "yes", false: "no"}[yes], replyTo(*question))
	if !a.robot && !a.stopped {
		a.word, a.settled = yes, true
	}
}

// requestOf has a stranger ask for the picture.
func requestOf(r *rig, a *author, step int) {
	allowed := a.allowed()
	before := r.dreamer.calls.Load()
	p := r.ask(r.w.join(fmt.Sprint("stranger", step)), fmt.Sprintf("eyes seed=%d", step), replyTo(a.picture))
	dreamed := r.dreamer.calls.Load() > before
	reply := r.answer(p)
	switch {
	case dreamed != allowed:
		r.t.Fatalf("step %d: dreamed %v of %+v (%s)", step, dreamed, *a, r.describe(p))
	case allowed && (reply == nil || !strings.Contains(reply.Text, "I dreamed")):
		r.t.Fatalf("step %d: allowed, and not answered: %s", step, r.describe(p))
	case !allowed && reply == nil && r.job(p).State != store.Waiting && r.job(p).State != store.Skipped:
		r.t.Fatalf("step %d: %s", step, r.describe(p))
	}
}
