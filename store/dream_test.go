package store_test

import (
	"path/filepath"
	"testing"

	"slugpuppy/bot/identity"
	"slugpuppy/store"
)

// answering is a bot with somebody's job on its way to being posted.
type answering struct {
	*testing.T
	s   *store.Store
	bot *store.Account
}

func newAnswering(t *testing.T) answering {
	s, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{NoSync: true})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return answering{t, s, s.For(identity.Identity{Server: "home.example", ID: "1"})}
}

// post takes a request all the way, and returns its job.
func (p answering) post(source, requester string, dreams ...store.Dream) string {
	p.Helper()
	must(p, p.bot.Jobs().Enqueue(store.Job{Network: "mastodon", Source: source, Requester: requester, Lane: "dream", State: store.Queued}))
	job, _, ok, err := p.bot.Jobs().Lease("dream", "worker", 1e12)
	must(p, err)
	if !ok {
		p.Fatal("nothing is due")
	}
	must(p, p.bot.Jobs().Render(job.ID, "worker", []byte(`{}`), nil))
	must(p, p.bot.Jobs().StartPost(job.ID, "key"))
	must(p, p.bot.Jobs().Posted(job.ID, "answer-"+source, []byte(`{}`), dreams...))
	return job.ID
}

func (p answering) say(person, topic string, yes bool) {
	p.Helper()
	by := store.Actor{Identity: identity.Identity{Server: "home.example", ID: person}}
	must(p, p.bot.Consents().Set(by, store.Consent{Topic: topic, Yes: yes}))
}

func (p answering) shown(want int, when string) {
	p.Helper()
	shown, err := p.s.Album().Shown(10)
	must(p, err)
	if len(shown) != want {
		p.Fatalf("%s: %d dreams are shown, not %d", when, len(shown), want)
	}
	for _, d := range shown {
		if _, ok, err := p.s.Album().Thumb(d.Number); err != nil || !ok || d.URL == "" {
			p.Errorf("%s: dream %d is shown without a picture or address, %v", when, d.Number, err)
		}
	}
	all, err := p.s.Album().Open()
	must(p, err)
	named := 0
	for _, d := range all {
		_, ok, err := p.s.Album().Thumb(d.Number)
		must(p, err)
		if d.URL != "" || d.Alt != "" || ok {
			named++
		}
	}
	if named != want {
		p.Errorf("%s: something is known of %d dreams, %d are shown", when, named, want)
	}
}

func dreamOf(author string) store.Dream {
	return store.Dream{Author: author, Record: []byte(`{"pdq":"x"}`), Open: true, Shown: true, URL: "https://home.example/1", Alt: "a dream", Thumb: []byte("jpeg")}
}

func TestADreamIsRememberedWithItsAnswer(t *testing.T) {
	p := newAnswering(t)
	closed := dreamOf("7")
	closed.Open = false
	job := p.post("1", "7", dreamOf("7"), closed)
	mine, err := p.bot.Dreams().Of("7")
	must(t, err)
	if len(mine) != 2 || mine[0].Job != job || mine[0].Post != "answer-1" || mine[1].Number != 1 {
		t.Errorf("%+v", mine)
	}
	others, err := p.bot.Dreams().Of("8")
	must(t, err)
	elsewhere, err := p.s.For(identity.Identity{Server: "other.example", ID: "1"}).Dreams().Of("7")
	must(t, err)
	open, err := p.s.Album().Open()
	must(t, err)
	if len(others)+len(elsewhere) != 0 || len(open) != 1 {
		t.Errorf("%d of another's, %d of another bot's, %d open", len(others), len(elsewhere), len(open))
	}
}

func TestTheGalleryShowsOnlyWhatAllSaidYesTo(t *testing.T) {
	p := newAnswering(t)
	p.post("1", "7", dreamOf("7"))
	p.shown(0, "nobody said anything")
	p.say("7", store.Gallery, true)
	p.shown(0, "what was made before is not shown")
	p.post("2", "7", dreamOf("7"))
	p.post("3", "7", dreamOf("8"))
	p.shown(1, "the author of the other said nothing")
	p.say("8", store.Gallery, true)
	job := p.post("4", "7", dreamOf("8"))
	p.shown(2, "both said yes")
	must(t, p.bot.Jobs().Retract(store.Itself(), job, "deleted"))
	p.shown(1, "one was deleted")
	p.post("5", "7", dreamOf("8"))
	p.shown(2, "another")
	before, taken, err := p.s.Album().State()
	must(t, err)
	p.say("8", store.Everything, false)
	p.shown(1, "the author said stop")
	if posted, now, err := p.s.Album().State(); err != nil || posted != before || now == taken {
		t.Error("nobody can see that something was taken back", err)
	}
	p.post("6", "7", dreamOf("8"))
	p.shown(1, "the author said stop before")
	p.say("7", store.Gallery, false)
	p.shown(0, "the requester said no")
}
