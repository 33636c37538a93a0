package reply_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/reply"
	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/store"
)

// rig is a world with a bot that runs in it and people who talk to it.
type rig struct {
	t       *testing.T
	w       *world
	bot     *client
	ada     *client
	dreamer *cheap
	store   *store.Store
	opt     reply.Options
	d       *reply.Daemon
	stop    func()
	twice   string // id of a post that is rightly answered twice
}

// inWorld runs a test on virtual time with a bot that is awake. Options may be changed before.
func inWorld(t *testing.T, test func(r *rig), edit ...func(*reply.Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, edit...)
		r.wake()
		test(r)
		r.stop()
		r.sound()
	})
}

func newRig(t *testing.T, edit ...func(*reply.Options)) *rig {
	w := newWorld()
	r := &rig{t: t, w: w, bot: w.join("dreambot"), ada: w.join("ada"), dreamer: &cheap{}}
	w.change(r.bot.self.ID, func(a *network.Account) { a.Bot = true })
	r.opt = options(r.bot, r.dreamer)
	r.reopen(filepath.Join(t.TempDir(), "slugpuppy.db"))
	for _, e := range edit {
		e(&r.opt)
	}
	if r.opt.Store != r.store { // one of the test's own
		r.store.Close()
		r.store = r.opt.Store
	}
	t.Cleanup(func() { r.store.Close() })
	return r
}

// options are a daemon's with everything but the store.
func options(p network.Bot, c *cheap) reply.Options {
	return reply.Options{Platform: p, Dreamer: c, See: c.see, Decode: decodePNG, Secret: []byte("salt"),
		Vocabulary: vocabulary(), Log: slog.New(slog.DiscardHandler)}
}

func vocabulary() *dream.Vocabulary {
	return dream.NewVocabulary([]classifier.Label{{ID: "n1", Names: []string{"banana"}}, {ID: "n2", Names: []string{"tabby cat"}},
		{ID: "n3", Names: []string{"goldfish"}}, {ID: "n4", Names: []string{"castle"}}})
}

func (r *rig) reopen(path string) {
	s, err := store.Open(path, store.Options{NoSync: true})
	if err != nil {
		r.t.Fatal(err)
	}
	r.store, r.opt.Store = s, s
}

// wake starts the bot; it has looked at its mentions once when wake returns.
func (r *rig) wake() {
	r.t.Helper()
	d, err := reply.New(r.opt)
	if err != nil {
		r.t.Fatal(err)
	}
	r.d = d
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	r.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			r.t.Errorf("the daemon ended with %v", err)
		}
		r.stop = func() {}
	}
	synctest.Wait()
}

// sound checks what must be true at the end of every test.
func (r *rig) sound() {
	r.t.Helper()
	path := r.store.Path()
	if err := r.store.Close(); err != nil {
		r.t.Error(err)
	}
	if err := store.Check(path); err != nil {
		r.t.Error(err)
	}
	seen := map[string]int{}
	for _, p := range r.w.repliesTo(r.bot.self.ID, "") {
		if seen[p.ReplyTo]++; seen[p.ReplyTo] > 1 && p.ReplyTo != "" && p.ReplyTo != r.twice {
			r.t.Errorf("post %s was answered twice: %q", p.ReplyTo, p.Text)
		}
	}
}

// settle lets everything happen that happens within a few minutes.
func settle() { later(3 * time.Minute) }

// later lets time pass and what happens at its last moment come to its end, so that what a fake has counted may be read.
func later(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// answer is the bot's only answer to a post, nil when there is none.
func (r *rig) answer(to network.Post) *network.Post {
	replies := r.w.repliesTo(r.bot.self.ID, to.ID)
	if len(replies) == 0 {
		return nil
	}
	return &replies[0]
}

// answered fails the test unless a post was answered with words that hold all of want.
func (r *rig) answered(to network.Post, want ...string) network.Post {
	r.t.Helper()
	p := r.answer(to)
	if p == nil {
		r.t.Fatalf("%q was not answered; its job is %s", to.Text, r.describe(to))
	}
	for _, w := range want {
		if !strings.Contains(p.Text, w) {
			r.t.Errorf("%q was answered %q, without %q", to.Text, p.Text, w)
		}
	}
	return *p
}

// ignored fails the test unless a post was recorded as skipped for a reason.
func (r *rig) ignored(p network.Post, reason string) {
	r.t.Helper()
	if a := r.answer(p); a != nil {
		r.t.Errorf("%q was answered %q", p.Text, a.Text)
	}
	j := r.job(p)
	if j.State != store.Skipped || !strings.Contains(j.Reason, reason) {
		r.t.Errorf("%q is %s, want skipped: %s", p.Text, r.describe(p), reason)
	}
}

func (r *rig) job(p network.Post) store.Job {
	r.t.Helper()
	j, err := r.store.For(identity.Identity{Server: "example.social", ID: r.bot.self.ID}).Jobs().BySource(p.ID)
	if err != nil {
		r.t.Fatalf("%q became no job: %v", p.Text, err)
	}
	return j
}

func (r *rig) describe(p network.Post) string {
	j := r.job(p)
	return string(j.State) + " (" + j.Reason + ")"
}

// ask has a person mention the bot and waits for what comes of it.
func (r *rig) ask(c *client, text string, edit ...func(*network.Post)) network.Post {
	p := c.post("@dreambot "+text, edit...)
	r.bot.hint()
	settle()
	return p
}
