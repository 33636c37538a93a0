package reply_test

import (
	"context"
	"strings"
	"testing"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
	"slugpuppy/store"
)

// clerk obeys "filter ..." and counts.
type clerk struct{ heard []string }

func (c *clerk) Understands(text string) bool { return strings.Contains(text, "filter") }

func (c *clerk) Certain(text string) bool { return c.Understands(text) }

func (c *clerk) Command(_ context.Context, from store.Actor, text string) (string, bool, error) {
	c.heard = append(c.heard, from.String()+": "+text)
	return "The filter is on.", true, nil
}

func TestOrdersComeByPrivateMessageOnly(t *testing.T) {
	c := &clerk{}
	inWorld(t, func(r *rig) {
		direct := func(p *network.Post) { p.Visibility = network.Direct }
		order := r.ask(r.ada, "filter on", direct)
		if len(c.heard) != 1 || !strings.HasPrefix(c.heard[0], "@ada@example.social (example.social/acct-ada): ") {
			r.t.Fatalf("heard %q", c.heard)
		}
		if a := r.answered(order, "The filter is on."); a.Visibility != network.Direct {
			r.t.Errorf("answered %s", a.Visibility)
		}
		r.answered(r.ask(r.ada, "filter on"), "private message")
		if len(c.heard) != 1 {
			r.t.Error("a public post was taken for an order")
		}
	}, func(o *reply.Options) { o.Orders = c })
}

func TestTheBotTellsSomethingOnce(t *testing.T) {
	inWorld(t, func(r *rig) {
		settle()
		for range 3 {
			if err := r.d.Tell("digest 1", network.Account{Handle: "ada@example.social"}, "Two posts were hidden."); err != nil {
				r.t.Fatal(err)
			}
		}
		settle()
		said := r.w.repliesTo(r.bot.self.ID, "")
		if len(said) != 1 || said[0].ReplyTo != "" || said[0].Visibility != network.Direct || !strings.HasPrefix(said[0].Text, "@ada@example.social ") {
			r.t.Errorf("%+v", said)
		}
	})
}
