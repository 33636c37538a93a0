package mastodon_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/conformance"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/mastodon/serverfilter"
)

// notebook is notes in memory, which outlive a reader.
type notebook map[string][]byte

func (n notebook) All() (map[string][]byte, error)    { return maps.Clone(n), nil }
func (n notebook) Put(name string, data []byte) error { n[name] = data; return nil }
func (n notebook) Drop(name string) error             { delete(n, name); return nil }

// local acts as a person's own client would, without HTTP.
type local struct{ u *mastodontest.User }

func (l local) Post(_ context.Context, text string, png []byte, alt, replyTo string) (string, error) {
	o := mastodontest.PostOptions{Text: text, InReplyTo: replyTo}
	if png != nil {
		o.Media = []mastodontest.Picture{{Data: png, Alt: alt}}
	}
	st, err := l.u.Post(o)
	return st.ID, err
}

func (l local) Whisper(_ context.Context, text string) (string, error) {
	st, err := l.u.Post(mastodontest.PostOptions{Text: text, Visibility: "direct"})
	return st.ID, err
}

func (l local) Delete(_ context.Context, id string) error { return l.u.Delete(id) }

func author(u *mastodontest.User) conformance.Author {
	return conformance.Author{Person: local{u}, ID: u.ID(), Handle: u.Handle(), Boost: func(id string) error {
		_, err := u.Boost(id)
		return err
	}}
}

// filterStage is a reader on a fake server whose owner has a filter of their own.
func filterStage(t *testing.T, dialect mastodontest.Dialect) conformance.Stage {
	var ahead atomic.Int64 // of the real clock
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	s := mastodontest.New(mastodontest.Options{Dialect: dialect, Now: now})
	s.Start()
	t.Cleanup(s.Close)
	reader, artist, booster := s.AddUser("reader", mastodontest.UserOptions{}), s.AddUser("artist", mastodontest.UserOptions{}), s.AddUser("booster", mastodontest.UserOptions{})
	reader.Follow(artist)
	reader.Follow(booster)
	reader.AddFilter("DeepDream: certain", "hide", "home") // of the owner's own, whatever it is called
	token := reader.Token(strings.Fields(mastodon.FilterScopes + mastodon.MuteScopes)...)
	notes := notebook{}
	with := func(post string) (mastodontest.Filter, bool) {
		for _, f := range reader.Filters() {
			if (f.Expires.IsZero() || now().Before(f.Expires)) && slices.ContainsFunc(f.Statuses, func(e mastodontest.FiledStatus) bool { return e.Status == post }) {
				return f, true
			}
		}
		return mastodontest.Filter{}, false
	}
	return conformance.Stage{
		Open: func() network.Reader {
			return client(t, s.URL, token).Reader(notes, serverfilter.Options{Now: now})
		},
		Artist: author(artist), Booster: author(booster), Wait: 10 * time.Second,
		Advance: func(d time.Duration) { ahead.Add(int64(d)) },
		Looks: func(post string) network.Style {
			f, _ := with(post)
			return network.Style(f.Action)
		},
		Unchecked: dialect == mastodontest.GoToSocial, // measured with 0.20
		Mutes:     func() bool { return reader.Mutes(artist) },
		Places: func() (ours, theirs int) {
			for _, f := range reader.Filters() {
				if len(f.Keywords) > 0 {
					theirs++
				} else {
					ours++
				}
			}
			return ours, theirs
		},
		Lose: func(l conformance.Loss) {
			kind := map[conformance.Loss]mastodontest.FaultKind{conformance.OnTheWay: mastodontest.DropBefore, conformance.OnTheWayBack: mastodontest.DropAfterApply}[l]
			s.Inject(mastodontest.Fault{Match: "POST /api/v2/filters", Kind: kind, Times: 1})
		},
		Owner: &conformance.Owner{
			TakeOut: func(post string) {
				f, _ := with(post)
				reader.Unfile(f.ID, post)
			},
			PutIn: func(post, beside string) {
				f, _ := with(beside)
				reader.File(f.ID, post)
			},
			DoAway: func(post string) {
				f, _ := with(post)
				reader.RemoveFilter(f.ID)
			},
		},
	}
}

func TestReadersAndFiltersConformOnTheFakeServer(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			conformance.RunReader(t, func(t *testing.T) conformance.Stage { return filterStage(t, dialect) })
		})
	}
}

func TestManyPostsOfThePastComeInPagesThatFollowEachOther(t *testing.T) {
	s := newTown(t, mastodontest.Options{})
	s.robot.Follow(s.alice)
	var want []string
	for range 100 {
		st, err := s.alice.Post(mastodontest.PostOptions{Text: "hello"})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, st.ID)
	}
	pages, err := s.bot.Recent(t.Context(), 90)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, page := range pages {
		for _, p := range page.Posts {
			got = append(got, p.ID)
		}
		if last := page.Posts[len(page.Posts)-1].ID; page.Next != last {
			t.Errorf("after page %d it goes on from %s, not from %s", i, page.Next, last)
		}
	}
	if !slices.Equal(got, want[10:]) || len(pages) < 3 {
		t.Errorf("%d pages with %d posts", len(pages), len(got))
	}
}
