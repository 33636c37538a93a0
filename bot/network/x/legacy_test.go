package x_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/conformance"
	"slugpuppy/bot/network/fake/faulty"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/network/x"
)

// oldTown is a town whose bot speaks v1.1.
type oldTown struct {
	town
	old *x.Legacy
}

func newOldTown(t *testing.T, o xtest.Options, edit ...func(*x.Options)) oldTown {
	t.Helper()
	o.V1 = true
	w := newTown(t, o)
	opt := options(w.Server, w.robot)
	for _, e := range edit {
		e(&opt)
	}
	c, err := x.NewLegacy(opt)
	if err != nil {
		t.Fatal(err)
	}
	return oldTown{w, c}
}

func TestConformanceOverV1(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.World {
		s := newOldTown(t, xtest.Options{})
		return conformance.World{Bot: s.old, Person: person{s.alice}, Handle: "dreambot", Wait: 10 * time.Second, NoAlt: true}
	})
}

func TestWhereV1IsRefusedTheErrorNamesTheSetting(t *testing.T) {
	w := newTown(t, xtest.Options{})
	c, err := x.Open("v1.1", options(w.Server, w.robot))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Self(t.Context())
	if !network.Is(err, network.Unauthorized) || !strings.Contains(err.Error(), "453") || !strings.Contains(err.Error(), `x.api = "v2"`) {
		t.Errorf("%v", err)
	}
	if _, err := x.Open("v3", options(w.Server, w.robot)); err == nil {
		t.Error("there is no v3")
	}
}

// The library takes several refusals for success: each must be an error of the right kind here.
func TestNoRefusalOverV1IsTakenForAnEmptyList(t *testing.T) {
	for name, test := range map[string]struct {
		fault faulty.Fault
		kind  network.ErrorKind
	}{
		"an empty 429":           {faulty.Fault{Kind: faulty.Answer, Code: 429, Body: faulty.Nothing}, network.RateLimited},
		"a page for people":      {faulty.Fault{Kind: faulty.Answer, Code: 503}, network.Transient},
		"a problem in v2":        {faulty.Fault{Kind: faulty.Answer, Code: 401, Body: `{"title":"Unauthorized","status":401}`}, network.Unauthorized},
		"an empty object":        {faulty.Fault{Kind: faulty.Answer, Code: 410, Body: `{}`}, network.NotFound},
		"no more credits":        {faulty.Fault{Kind: faulty.Answer, Code: 402, Body: `{"title":"CreditsDepleted"}`}, network.RateLimited},
		"an empty success":       {faulty.Fault{Kind: faulty.Answer, Code: 200, Body: faulty.Nothing}, network.Transient},
		"a cut answer":           {faulty.Fault{Kind: faulty.Truncate}, network.Transient},
		"a connection that dies": {faulty.Fault{Kind: faulty.DropBefore}, network.Transient},
	} {
		t.Run(name, func(t *testing.T) {
			s := newOldTown(t, xtest.Options{})
			if _, err := s.alice.Mention(s.robot, "hello"); err != nil {
				t.Fatal(err)
			}
			if _, err := s.old.Self(t.Context()); err != nil {
				t.Fatal(err)
			}
			test.fault.Match = "GET /1.1/statuses/mentions_timeline.json"
			s.Inject(test.fault)
			ms, err := s.old.Mentions(t.Context(), "", 10)
			if !network.Is(err, test.kind) || len(ms) != 0 {
				t.Errorf("%v, %v; want %v", ms, err, test.kind)
			}
		})
	}
}

func TestAReplyWithoutAnAnswerOverV1IsUncertain(t *testing.T) {
	for name, kind := range map[string]faulty.Kind{"applied": faulty.DropAfterApply, "cut": faulty.Truncate} {
		t.Run(name, func(t *testing.T) {
			s := newOldTown(t, xtest.Options{})
			m := s.oldMention(t, "hello")
			s.Inject(faulty.Fault{Match: "POST /1.1/statuses/update.json", Kind: kind, Times: 1})
			_, err := s.old.Reply(t.Context(), network.Outgoing{Text: "@alice hi", To: m, Visibility: network.Public})
			if !network.Is(err, network.Ambiguous) {
				t.Fatalf("%v", err)
			}
			mine, err := s.old.Replies(t.Context(), m.ID, time.Now().Add(-time.Hour))
			if err != nil || len(mine) != 1 {
				t.Errorf("%v, %v", mine, err)
			}
			again, err := s.old.Reply(t.Context(), network.Outgoing{Text: "@alice hi", To: m, Visibility: network.Public})
			if err != nil || again.ID != mine[0].ID || len(s.RepliesTo(m.ID)) != 1 {
				t.Errorf("the same words again: %+v, %v, %d replies", again, err, len(s.RepliesTo(m.ID)))
			}
		})
	}
}

// oldMention is a mention as the bot reads it over v1.1.
func (s oldTown) oldMention(t *testing.T, words string) network.Post {
	t.Helper()
	p, err := s.alice.Mention(s.robot, words)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.old.Post(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAltTextsAndWarningsAreWrittenOverV1(t *testing.T) {
	s := newOldTown(t, xtest.Options{})
	m := s.oldMention(t, "hello")
	id, err := s.old.Upload(t.Context(), network.Upload{Data: drawing(t), Type: "image/png", Alt: "a hill"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.old.Reply(t.Context(), network.Outgoing{Text: "@alice see a.example", To: m, MediaIDs: []string{id}, Visibility: network.Unlisted, Sensitive: true, Warning: "eyes"})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := s.Server.Post(p.ID)
	if len(got.Media) != 1 || got.Media[0].Alt != "a hill" || !got.Sensitive || got.Text != "@alice CW eyes: see a dot example" || got.InReplyTo != m.ID {
		t.Errorf("%+v", got)
	}
	if _, err := s.old.Upload(t.Context(), network.Upload{Data: []byte("x"), Type: "video/mp4"}); err == nil {
		t.Error("a film was taken")
	}
	for id, kind := range map[string]network.ErrorKind{"x": network.NotFound, "-1": network.NotFound, "99999999999999999999": network.NotFound} {
		_, err := s.old.Post(t.Context(), id)
		if !network.Is(err, kind) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestTheHomeTimelineOverV1HasNoGaps(t *testing.T) {
	s := newOldTown(t, xtest.Options{})
	s.robot.Follow(s.alice)
	far := s.AddUser("far", xtest.UserOptions{})
	foreign, err := far.Post(xtest.PostOptions{Text: "far", Media: []xtest.Picture{{Data: drawing(t)}}})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	first, err := s.alice.Post(xtest.PostOptions{Text: "first"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 450 { // more than two pages
		p, err := s.alice.Post(xtest.PostOptions{Text: fmt.Sprint("post ", i)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
	}
	repost, err := s.alice.Repost(foreign.ID)
	if err != nil {
		t.Fatal(err)
	}
	ids = append(ids, repost.ID)
	var got []string
	var last network.Post
	for cursor := first.ID; ; {
		page, err := s.old.Home(t.Context(), cursor, 40)
		if err != nil {
			t.Fatal(err)
		}
		if page.Next == cursor {
			break
		}
		for _, p := range page.Posts {
			got, last = append(got, p.ID), p
		}
		cursor = page.Next
	}
	if !slices.Equal(got, ids) {
		t.Errorf("%d posts, want %d", len(got), len(ids))
	}
	if last.Boosts == nil || last.Boosts.ID != foreign.ID || last.Boosts.Author.Handle != "far" || len(last.Boosts.Media) != 1 || last.Boosts.Text != "far" {
		t.Errorf("%+v", last)
	}
	posts, err := s.old.PostsOf(t.Context(), far.ID(), 5)
	if err != nil || len(posts) != 1 || posts[0].Media[0].Kind != network.Still {
		t.Errorf("%+v, %v", posts, err)
	}
}

func TestMutesOverV1(t *testing.T) {
	s := newOldTown(t, xtest.Options{})
	for i := range 3 { // more than a page
		u := s.AddUser(fmt.Sprint("loud", i), xtest.UserOptions{})
		s.robot.Mute(u)
	}
	if err := s.old.Mute(t.Context(), s.alice.ID(), time.Hour); err != nil || !s.robot.Mutes(s.alice) {
		t.Error(err)
	}
	muted, err := s.old.Muted(t.Context())
	if _, there := muted[s.alice.ID()]; err != nil || !there || len(muted) != 4 {
		t.Errorf("%v, %v", muted, err)
	}
	for range 2 { // the second finds nothing to end
		if err := s.old.Unmute(t.Context(), s.alice.ID()); err != nil || s.robot.Mutes(s.alice) {
			t.Error(err)
		}
	}
}

func TestTheCapHoldsOverV1(t *testing.T) {
	var b book
	s := newOldTown(t, xtest.Options{Owner: "dreambot"}, withBook(&b, network.Dollar))
	s.robot.Follow(s.alice)
	if _, err := s.alice.Post(xtest.PostOptions{Text: "hi"}); err != nil {
		t.Fatal(err)
	}
	if pages, err := s.old.Recent(t.Context(), 10); err != nil || len(pages) != 1 || len(pages[0].Posts) != 1 {
		t.Fatalf("%v, %v", pages, err)
	}
	if b.items["post read"] != 1 {
		t.Errorf("%v", b.items)
	}
	b.cost = network.Dollar
	n := len(s.Requests())
	_, err := s.old.Recent(t.Context(), 10)
	var capped *x.CapError
	if !errors.As(err, &capped) || len(s.Requests()) != n {
		t.Errorf("%v", err)
	}
}

func TestSignaturesOverV1FitTheAddressThatIsAsked(t *testing.T) {
	s := newOldTown(t, xtest.Options{}) // the fake verifies every one, for its own address
	if _, err := s.old.Newest(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Requests() {
		if r.Code != http.StatusOK {
			t.Errorf("%+v", r)
		}
	}
}
