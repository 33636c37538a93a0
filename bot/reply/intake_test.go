package reply_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
	"slugpuppy/store"
)

// poisoned puts mentions before the real ones.
type poisoned struct {
	network.Bot
	poison []network.Post
	reads  int
}

func (p *poisoned) Mentions(ctx context.Context, cursor string, limit int) ([]network.Mention, error) {
	p.reads++
	page, err := p.Bot.Mentions(ctx, cursor, limit)
	if err != nil || len(page) == 0 {
		return page, err
	}
	var out []network.Mention
	for _, post := range p.poison {
		out = append(out, network.Mention{Cursor: cursor, Post: post})
	}
	return append(out, page...), nil
}

// bugOf panics at some words.
type bugOf struct{ reply.Orders }

func (bugOf) Understands(text string) bool {
	if strings.Contains(text, "poison") {
		panic("a bug")
	}
	return false
}

func (bugOf) Command(context.Context, store.Actor, string) (string, bool, error) {
	return "", false, nil
}

func TestAMentionThatCannotBeWrittenOrReadHoldsUpNoOther(t *testing.T) {
	var p *poisoned
	inWorld(t, func(r *rig) {
		person := network.Account{ID: "66", Handle: "eve@evil.example"}
		p.poison = []network.Post{
			{ID: strings.Repeat("9", 40_000), Author: person, Text: "@dreambot help", Created: time.Now()},
			{ID: "666", Author: person, Text: "@dreambot poison", Visibility: network.Direct, Created: time.Now()},
		}
		honest := r.ask(r.ada, "help")
		r.answered(honest)
		if j := r.job(network.Post{ID: "666"}); j.State != store.Skipped {
			t.Errorf("the poison is %s", j.State)
		}
	}, func(o *reply.Options) {
		p = &poisoned{Bot: o.Platform}
		o.Platform, o.Orders = p, bugOf{}
	})
}

// endless brings the same mention again and again, with another cursor each time or always the same two.
type endless struct {
	network.Bot
	cursors, reads int
}

func (e *endless) Mentions(_ context.Context, _ string, _ int) ([]network.Mention, error) {
	e.reads++
	return []network.Mention{{Cursor: fmt.Sprint("c", e.reads%e.cursors), Post: network.Post{ID: "1", Text: "@dreambot help",
		Author: network.Account{ID: "66", Handle: "eve@evil.example"}, Created: time.Now()}}}, nil
}

func TestMentionsWithoutAnEndAreReadInParts(t *testing.T) {
	for cursors, most := range map[int]int{2: 20, 1 << 30: 2000} {
		var e *endless
		inWorld(t, func(r *rig) {
			settle()
			if e.reads > most {
				t.Errorf("%d reads in three minutes", e.reads)
			}
		}, func(o *reply.Options) {
			e = &endless{Bot: o.Platform, cursors: cursors}
			o.Platform = e
		})
	}
}
