package reply

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply/words"
	"slugpuppy/store"
)

// Orders is who obeys commands that are not about pictures, such as the timeline filter's. They
// come by private message only.
type Orders interface {
	// Understands says whether a text is such a command.
	Understands(text string) bool
	// Certain says whether it can be nothing else, whoever it is from.
	Certain(text string) bool
	// Command obeys and returns the answer; handled is false when it is not for them.
	Command(ctx context.Context, from store.Actor, text string) (reply string, handled bool, err error)
}

// ordered says whether a post is a command for Orders.
func (d *Daemon) ordered(p network.Post) bool {
	return d.Orders != nil && p.Visibility == network.Direct && p.Boosts == nil && d.Orders.Understands(p.Text)
}

// obey has a command obeyed, once: what was begun before a crash is not begun again, because
// "undo last" twice is something else.
func (t *task) obey(ctx context.Context) (out outcome, handled bool, err error) {
	if !t.ordered(t.post) {
		return outcome{}, false, nil
	}
	begun, err := t.bot.Limits().Take("", store.Limit{Name: "order " + t.job.ID, Max: 1, Window: store.LongestWindow})
	if err != nil {
		return outcome{}, true, err
	}
	if begun != nil {
		return t.say(words.Interrupted), true, nil
	}
	reply, handled, err := t.Orders.Command(ctx, t.author(), t.post.Text)
	if err != nil || !handled {
		return outcome{}, handled, err
	}
	return t.say(reply), true, nil
}

// misplaced answers a command that everybody can read: it is not obeyed.
func (t *task) misplaced() (out outcome, yes bool) {
	switch {
	case t.Orders == nil || t.post.Visibility == network.Direct || !t.Orders.Certain(t.post.Text):
		return outcome{}, false
	case !t.Platform.Facts().Private:
		return t.say(words.ByOperator), true
	}
	return t.say(words.ByMessage), true
}

// Tell sends somebody a private message of the daemon's own accord, once for each name. It goes
// through the outbox like every answer.
func (d *Daemon) Tell(name string, to network.Account, text string) error {
	if _, known := d.Account(); !known {
		return fmt.Errorf("tell %s: %w", to.Handle, d.Ready())
	}
	e := event{Post: network.Post{Author: to, Visibility: network.Direct, Created: time.Now()}, Tell: text}
	job := store.Job{Network: d.Platform.Name(), Source: "tell:" + name, Requester: to.Handle, Handle: to.Handle, Payload: encode(e), State: store.Queued, Lane: wordLane}
	if err := d.bot.Jobs().Enqueue(job); err != nil {
		return fmt.Errorf("tell %s: %w", to.Handle, err)
	}
	d.queue[wordLane].send()
	return nil
}

// Letters are how those whom a bot needs, and who so are made before it, write to people through it.
// The zero value is ready to become an option of the bot's.
type Letters struct{ carrier atomic.Pointer[Daemon] }

// Tell is Daemon.Tell, of the daemon that has these letters among its options.
func (l *Letters) Tell(name string, to network.Account, text string) error {
	d := l.carrier.Load()
	if d == nil {
		return errors.New("there is no bot to write with")
	}
	return d.Tell(name, to, text)
}
