package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"slugpuppy/bot/identity"
	"slugpuppy/store"
)

var (
	reader = identity.Identity{Server: "example.social", ID: "7"}
	tokens = []store.SecretName{{Record: "filter:mastodon:example.social:7", Field: "token"}}
)

// home is an installation: a database and a key.
type home struct {
	name  string
	store *store.Store
	key   *store.Key
}

// dreams is the address of a list that the reader follows.
const dreams = "https://example.org/dreams.json"

func newHome(t *testing.T, name string) *home {
	t.Helper()
	return &home{name, fresh(t), newKey(t)}
}

func (h *home) vault() *store.Vault { return h.store.Vault(h.key) }

func (h *home) subscription() *store.Subscription { return h.store.For(reader).Subscription() }

// live gives the reader a life at an installation: something in every bucket that a reader has.
func (h *home) live(t *testing.T) {
	t.Helper()
	sub := store.Subscriber{Network: "mastodon", Handle: "ada@example.social", Server: "https://example.social",
		Mode: store.FilterOn, How: "warn", Budget: 0.001, Digest: "daily"}
	_, err := h.subscription().Join(ada, sub)
	must(t, err)
	must(t, h.vault().Put(tokens[0].Record, tokens[0].Field, []byte("a token")))
	mine := h.store.For(reader)
	_, _, err = h.store.Operator().AddRule(boss, store.Rule{Kind: "word", Value: "for everybody"})
	must(t, err)
	r, _, err := mine.Rules().Add(ada, store.Rule{Kind: "account", Value: "max@example.social", Effect: "allow"})
	must(t, err)
	line := mine.Timeline()
	must(t, line.Record("c1",
		store.Judged{Post: "1", URL: "https://example.social/1", Author: "max@example.social", Fate: store.Wanted, Pictures: []string{"p"}, Rule: r.ID},
		store.Judged{Post: "2", URL: "https://example.social/2", Author: "eve@example.social", Fate: store.Kept},
		store.Judged{Post: "3", Author: "eve@example.social", Fate: store.Filed, Place: "x", Rule: "r1"}))
	must(t, line.PutLesson(store.Lesson{Picture: "p", Post: "1", Dream: true, Sketch: []byte{1, 2}}))
	must(t, line.PutMute(store.Mute{ID: "9", Handle: "max@example.social", Done: true}))
	must(t, mine.Notes("filters").Put("certain 2026-08", []byte(`{"id":"f1"}`)))
	must(t, mine.Notes("lists").Put("all", []byte(`[1]`)))
	must(t, mine.Notes("later").Put("5", []byte(`{"tries":2}`)))
	must(t, h.store.Lists().Put(store.List{URL: dreams, Key: "a key", Maker: "max", Serial: 7, Fetched: time.Unix(9, 0)}, map[string][]byte{"list": {1}}))
	must(t, h.store.Lists().Put(store.List{URL: "file:here", Key: "another"}, nil))
	for _, url := range []string{dreams, "file:here"} {
		must(t, h.store.Lists().Follow(ada, store.Following{URL: url, Owner: reader, How: "hide", Alone: true}))
	}
	must(t, mine.Ledger().Spend(store.Spending{Handle: "ada", Month: "2026-08", Item: "post read", N: 2, Cost: 7}))
}

// known is all that an installation knows of the reader, without what belongs to the place.
func (h *home) known(t *testing.T) map[string]any {
	t.Helper()
	mine := h.store.For(reader)
	sub, err := h.subscription().Subscriber()
	must(t, err)
	sub.Move, sub.Turns = store.Move{}, 0
	rows, err := mine.Timeline().Since(time.Time{})
	must(t, err)
	for i := range rows {
		rows[i].Rule = map[bool]string{true: "own"}[rows[i].Rule != "" && rows[i].Post == "1"]
	}
	work, err := mine.Timeline().Work()
	must(t, err)
	cursor, _, err := mine.Timeline().Cursor()
	must(t, err)
	byURL, err := mine.Timeline().ByURL("https://example.social/2")
	must(t, err)
	lessons, err := mine.Timeline().Lessons()
	must(t, err)
	mutes, err := mine.Timeline().Mutes()
	must(t, err)
	rules, err := mine.Rules().Own()
	must(t, err)
	notes := map[string]map[string][]byte{}
	for _, part := range []string{"filters", "lists", "later"} {
		notes[part], err = mine.Notes(part).All()
		must(t, err)
	}
	spent, err := mine.Ledger().Spent("2026-08")
	must(t, err)
	token, err := h.vault().Get(tokens[0].Record, tokens[0].Field)
	must(t, err)
	return map[string]any{"sub": sub, "rows": rows, "work": len(work), "cursor": cursor, "url": byURL.Post, "lessons": lessons,
		"mutes": mutes, "rules": rules, "notes": notes, "spent": spent, "token": string(token)}
}

// handOver takes the reader out of an installation.
func (h *home) handOver(t *testing.T, to string) store.Share {
	t.Helper()
	m, err := h.subscription().Leave(boss, to)
	must(t, err)
	s, err := h.vault().HandOver(boss, reader, m.ID, h.name, tokens)
	must(t, err)
	data, err := s.Encode()
	must(t, err)
	s, err = store.DecodeShare(data)
	must(t, err)
	return s
}

func (h *home) take(t *testing.T, s store.Share) {
	t.Helper()
	_, err := h.vault().Arrive(boss, s, s.Secrets)
	must(t, err)
	_, err = h.subscription().Settle(boss, s.Subscriber.Move.ID)
	must(t, err)
}

func TestAReaderMovesWithAllThatIsKnownOfThem(t *testing.T) {
	a, b := newHome(t, "a"), newHome(t, "b")
	a.live(t)
	before := a.known(t)
	s := a.handOver(t, "b")
	b.take(t, s)
	list, err := b.store.Lists().Find(dreams)
	must(t, err)
	if follows, err := b.store.Lists().Followings(); err != nil || len(follows) != 1 || follows[0].Owner != reader ||
		follows[0].URL != dreams || follows[0].How != "hide" || !follows[0].Alone || list.Key != "a key" || list.Serial != 0 {
		t.Errorf("follows %+v of %+v, %v", follows, list, err)
	}
	ids := cmpopts.IgnoreFields(store.Rule{}, "ID")
	if diff := cmp.Diff(before, b.known(t), ids); diff != "" {
		t.Error(diff)
	}
	own, err := b.store.For(reader).Rules().Own()
	must(t, err)
	if j, err := b.store.For(reader).Timeline().Judged("1"); err != nil || len(own) != 1 || j.Rule != own[0].ID {
		t.Errorf("the post names rule %q, there is %v, %v", j.Rule, own, err)
	}
	must(t, a.vault().Drop(boss, reader, s.Subscriber.Move.ID, s.Subscriber.Move.Receipt(true), tokens))
	if d, ok, err := a.subscription().Departed(); !ok || d.Peer != "b" || err != nil {
		t.Errorf("departed %+v, %v, %v", d, ok, err)
	}
	for h, want := range map[*home][]string{
		a: {"drop moved user", "hand user over", "move user away"}, b: {"take user", "receive user"},
	} {
		entries, err := h.store.Operator().Audit(len(want))
		must(t, err)
		for i, e := range entries {
			if string(e.Action) != want[i] || e.Actor != boss || strings.Contains(fmt.Sprint(e), s.Subscriber.Move.Secret) {
				t.Errorf("audit %+v, want %s", e, want[i])
			}
		}
		must(t, h.store.Close())
		must(t, store.Check(h.store.Path()))
	}
}

func TestNothingOfAReaderStaysWhereTheyLeft(t *testing.T) {
	a, b := newHome(t, "a"), newHome(t, "b")
	a.live(t)
	s := a.handOver(t, "b")
	b.take(t, s)
	must(t, a.vault().Drop(boss, reader, s.Subscriber.Move.ID, s.Subscriber.Move.Receipt(true), tokens))
	mine := a.store.For(reader)
	rows, err := mine.Timeline().Since(time.Time{})
	must(t, err)
	kept, err := mine.Kept()
	must(t, err)
	lessons, _ := mine.Timeline().Lessons()
	own, _ := mine.Rules().Own()
	spent, _ := mine.Ledger().Spent("2026-08")
	_, known, _ := mine.Timeline().Cursor()
	if len(rows)+len(kept)+len(lessons)+len(own) > 0 || spent != 0 || known {
		t.Errorf("%v %s %v %v %d %v", rows, kept, lessons, own, spent, known)
	}
	if _, err := a.vault().Get(tokens[0].Record, tokens[0].Field); !errors.Is(err, store.ErrNoSecret) {
		t.Errorf("the token: %v", err)
	}
	if lists, err := a.store.Lists().All(); err != nil || len(lists) > 0 {
		t.Errorf("lists that nobody follows: %v, %v", lists, err)
	}
	if all, err := a.store.Operator().Rules(); err != nil || len(all) != 1 {
		t.Errorf("rules of everybody: %v, %v", all, err)
	}
}

func TestWhoIsAwayIsNobodyToWhoeverWorksForThem(t *testing.T) {
	a := newHome(t, "a")
	a.live(t)
	_, undoable, err := a.subscription().Choose(ada, "", func(s *store.Subscriber) { s.How = "hide" })
	must(t, err)
	m, err := a.subscription().Leave(boss, "b")
	must(t, err)
	before := a.known(t)
	mine := a.store.For(reader)
	line := mine.Timeline()
	tries := map[string]func() error{
		"record": func() error { return line.Record("c2") },
		"change": func() error {
			_, err := line.Change("2", func(j *store.Judged) { j.Fate = store.Returned })
			return err
		},
		"return": func() error {
			_, _, err := line.Return(ada, time.Time{}, "", nil)
			return err
		},
		"lesson":        func() error { return line.PutLesson(store.Lesson{Picture: "q"}) },
		"mute":          func() error { return line.PutMute(store.Mute{ID: "1"}) },
		"unmute":        func() error { return line.DropMute("9") },
		"note":          func() error { return mine.Notes("filters").Put("x", []byte("1")) },
		"forget a note": func() error { return mine.Notes("filters").Drop("certain 2026-08") },
		"choose": func() error {
			_, _, err := a.subscription().Choose(ada, "", func(s *store.Subscriber) { s.How = "hide" })
			return err
		},
		"undo":   func() error { _, _, err := a.store.Operator().Undo(boss, undoable); return err },
		"rule":   func() error { _, _, err := mine.Rules().Add(ada, store.Rule{Kind: "word", Value: "x"}); return err },
		"forget": func() error { return a.subscription().Forget(ada) },
		"join":   func() error { _, err := a.subscription().Join(ada, store.Subscriber{Handle: "other"}); return err },
	}
	for _, at := range []store.Stage{store.Leaving, store.Handed} {
		for name, try := range tries {
			if err := try(); !errors.Is(err, store.ErrAway) || !errors.Is(err, store.ErrNoSubscriber) {
				t.Errorf("%s while %s: %v", name, at, err)
			}
		}
		must(t, a.subscription().Touch(func(s *store.Subscriber) { s.Trouble = "x" }))
		if diff := cmp.Diff(before, a.known(t)); diff != "" {
			t.Errorf("%s: %s", at, diff)
		}
		if sub, _ := a.subscription().Subscriber(); sub.Acting(time.Now()) != store.FilterOff {
			t.Errorf("%s, and the filter is %s", at, sub.Acting(time.Now()))
		}
		_, err := a.vault().HandOver(boss, reader, m.ID, "a", tokens)
		must(t, err)
	}
	if _, err := a.subscription().Leave(boss, "c"); !errors.Is(err, store.ErrMoving) {
		t.Errorf("a second way: %v", err)
	}
}

func TestATakersWordIsGivenOnceAndOnlyByThem(t *testing.T) {
	a, b, c := newHome(t, "a"), newHome(t, "b"), newHome(t, "c")
	a.live(t)
	s := a.handOver(t, "b")
	m := s.Subscriber.Move
	if _, err := a.subscription().Stay(boss, m.ID, m.Receipt(true)); !errors.Is(err, store.ErrReceipt) {
		t.Errorf("stayed with the wrong word: %v", err)
	}
	for _, forged := range []string{"", "taken", m.Receipt(false), store.Move{ID: m.ID, Secret: "guessed"}.Receipt(true)} {
		if err := a.vault().Drop(boss, reader, m.ID, forged, tokens); !errors.Is(err, store.ErrReceipt) {
			t.Errorf("dropped with %q: %v", forged, err)
		}
	}
	b.take(t, s)
	b.take(t, s) // the file was imported twice
	if err := b.vault().Decline(boss, reader, m.ID, tokens); !errors.Is(err, store.ErrDecided) {
		t.Errorf("declined what was taken: %v", err)
	}
	must(t, c.vault().Decline(boss, reader, m.ID, tokens))
	if _, err := c.vault().Arrive(boss, s, s.Secrets); !errors.Is(err, store.ErrDecided) {
		t.Errorf("arrived where it was declined: %v", err)
	}
	must(t, a.vault().Drop(boss, reader, m.ID, strings.ToUpper(m.Receipt(true))+"\n", tokens))
	back := b.handOver(t, "a") // and back
	a.take(t, back)
	if _, ok, err := a.subscription().Departed(); ok || err != nil {
		t.Errorf("still gone: %v", err)
	}
	if _, err := b.vault().Arrive(boss, s, s.Secrets); err != nil { // the old file once more
		t.Errorf("an old file: %v", err)
	}
	if sub, _ := b.subscription().Subscriber(); sub.Move.Stage != store.Handed {
		t.Errorf("an old file brought them back: %+v", sub.Move)
	}
}

func TestWhatNoInstallationGivesAwayIsRefused(t *testing.T) {
	a, b := newHome(t, "a"), newHome(t, "b")
	a.live(t)
	s := a.handOver(t, "b")
	for name, spoil := range map[string]func(*store.Share){
		"a newer form":       func(s *store.Share) { s.Version = 99 },
		"nobody":             func(s *store.Share) { s.Subscriber.Identity.ID = "" },
		"a name in disguise": func(s *store.Share) { s.Subscriber.Identity.Server = "https://Example.social" },
		"two words":          func(s *store.Share) { s.Subscriber.Identity.ID = "7\x008" },
		"no move":            func(s *store.Share) { s.Subscriber.Move = store.Move{} },
		"no secret":          func(s *store.Share) { s.Subscriber.Move.Secret = "" },
		"an odd fate":        func(s *store.Share) { s.Judged = []store.Judged{{Post: "1", Fate: "eaten"}} },
		"a list without key": func(s *store.Share) { s.Lists[0].Key = "" },
		"a list in a file":   func(s *store.Share) { s.Lists[0].URL = "file:///etc/passwd" },
		"too many lists":     func(s *store.Share) { s.Lists = slices.Repeat(s.Lists, 1001) },
		"age":                func(s *store.Share) { s.At = s.At.Add(-store.MoveLife - time.Minute) },
	} {
		data, err := json.Marshal(s)
		must(t, err)
		var bad store.Share
		must(t, json.Unmarshal(data, &bad))
		spoil(&bad)
		if _, err := b.vault().Arrive(boss, bad, bad.Secrets); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	c := newHome(t, "c")
	c.live(t)
	if _, err := c.vault().Arrive(boss, s, s.Secrets); !errors.Is(err, store.ErrHere) {
		t.Errorf("arrived where they are: %v", err)
	}
}

func TestSecretsOfAMoveAreInNoDatabase(t *testing.T) {
	a, b := newHome(t, "a"), newHome(t, "b")
	a.live(t)
	b.take(t, a.handOver(t, "b"))
	for _, h := range []*home{a, b} {
		must(t, h.store.Close())
		data, err := os.ReadFile(h.store.Path())
		must(t, err)
		if bytes.Contains(data, []byte("a token")) {
			t.Errorf("%s has the token in plain text", h.name)
		}
	}
}

func FuzzDecodeShare(f *testing.F) {
	data, err := store.Share{Version: 1, Cursor: "c"}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := store.DecodeShare(data)
		if err != nil {
			return
		}
		if again, err := s.Encode(); err != nil || len(again) == 0 {
			t.Errorf("%+v cannot be written: %v", s, err)
		}
	})
}

// voyage drives three installations at random: whatever is begun, given away, copied, taken or declined, in
// whatever order and however often, with kills in between.
type voyage struct {
	dir    string
	homes  [3]*home
	shares []passage // all that was ever given away, which somebody may still have
	words  []word    // all receipts that were ever given
}

type passage struct {
	share store.Share
	to    int
}

type word struct {
	move, receipt string
	taken         bool
	from          int // who is waiting for it
}

func (v *voyage) open(t *rapid.T, i int) {
	s, err := store.Open(filepath.Join(v.dir, v.homes[i].name), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	v.homes[i].store = s
}

func (v *voyage) who(t *rapid.T) int { return rapid.IntRange(0, 2).Draw(t, "who") }

// tried lets an action fail only because of where the reader is.
func tried(t *rapid.T, err error) bool {
	for _, may := range []error{store.ErrNoSubscriber, store.ErrMoving, store.ErrDecided, store.ErrHere, store.ErrReceipt} {
		if errors.Is(err, may) {
			return false
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// at picks somebody with whom the reader is at one of these stages; rarely, anybody.
func (v *voyage) at(t *rapid.T, stages ...store.Stage) int {
	var there []int
	for i, h := range v.homes {
		if sub, err := h.subscription().Subscriber(); err == nil && slices.Contains(stages, sub.Move.Stage) {
			there = append(there, i)
		}
	}
	if len(there) == 0 || rapid.IntRange(0, 9).Draw(t, "anybody") == 0 {
		return v.who(t)
	}
	return rapid.SampledFrom(there).Draw(t, "where they are")
}

// Leave begins a move.
func (v *voyage) Leave(t *rapid.T) {
	from := v.at(t, store.Here, store.Leaving)
	to := (from + rapid.IntRange(1, 2).Draw(t, "to")) % 3
	_, err := v.homes[from].subscription().Leave(boss, v.homes[to].name)
	tried(t, err)
}

// Give hands over, again if it was done: the file got lost.
func (v *voyage) Give(t *rapid.T) {
	h := v.homes[v.at(t, store.Leaving, store.Handed)]
	sub, err := h.subscription().Subscriber()
	if err != nil {
		t.Skip("nobody")
	}
	s, err := h.vault().HandOver(boss, reader, sub.Move.ID, h.name, tokens)
	if !tried(t, err) {
		return
	}
	for to, other := range v.homes {
		if other.name == sub.Move.Peer { // sealed for that one
			v.shares = append(v.shares, passage{s, to})
		}
	}
}

// TakeBack is the giver's second thought, without a receipt.
func (v *voyage) TakeBack(t *rapid.T) {
	h := v.homes[v.at(t, store.Leaving, store.Handed)]
	sub, err := h.subscription().Subscriber()
	if err == nil {
		_, err = h.subscription().Stay(boss, sub.Move.ID, "")
	}
	tried(t, err)
}

func (v *voyage) letter(t *rapid.T) passage {
	if len(v.shares) == 0 {
		t.Skip("nothing was given away")
	}
	if rapid.Bool().Draw(t, "latest") {
		return v.shares[len(v.shares)-1]
	}
	return rapid.SampledFrom(v.shares).Draw(t, "share")
}

// Arrive takes a share in, whenever and however often it comes.
func (v *voyage) Arrive(t *rapid.T) {
	p := v.letter(t)
	_, err := v.homes[p.to].vault().Arrive(boss, p.share, p.share.Secrets)
	tried(t, err)
}

// Settle decides for it.
func (v *voyage) Settle(t *rapid.T) {
	p := v.letter(t)
	m := p.share.Subscriber.Move
	if _, err := v.homes[p.to].subscription().Settle(boss, m.ID); tried(t, err) {
		v.words = append(v.words, word{m.ID, m.Receipt(true), true, v.giver(p)})
	}
}

// Decline decides against it.
func (v *voyage) Decline(t *rapid.T) {
	p := v.letter(t)
	m := p.share.Subscriber.Move
	if err := v.homes[p.to].vault().Decline(boss, reader, m.ID, tokens); tried(t, err) {
		v.words = append(v.words, word{m.ID, m.Receipt(false), false, v.giver(p)})
	}
}

func (v *voyage) giver(p passage) int {
	for i, h := range v.homes {
		if h.name == p.share.From {
			return i
		}
	}
	return 0
}

// Hear brings a receipt to the giver.
func (v *voyage) Hear(t *rapid.T) {
	if len(v.words) == 0 {
		t.Skip("nobody has said anything")
	}
	v.hear(t, rapid.SampledFrom(v.words).Draw(t, "receipt"))
}

func (v *voyage) hear(t *rapid.T, w word) {
	h := v.homes[w.from]
	if w.taken {
		tried(t, h.vault().Drop(boss, reader, w.move, w.receipt, tokens))
		return
	}
	_, err := h.subscription().Stay(boss, w.move, w.receipt)
	tried(t, err)
}

// Kill ends a process.
func (v *voyage) Kill(t *rapid.T) {
	i := v.who(t)
	if err := v.homes[i].store.Close(); err != nil {
		t.Fatal(err)
	}
	v.open(t, i)
}

func (v *voyage) watched() (by []string) {
	for _, h := range v.homes {
		if sub, err := h.subscription().Subscriber(); err == nil && !sub.Away() {
			by = append(by, h.name)
		}
	}
	return by
}

// Check runs after every action.
func (v *voyage) Check(t *rapid.T) {
	if by := v.watched(); len(by) > 1 {
		t.Fatalf("watched by %v", by)
	}
}

// finish is what operators do who want it over with: whatever is under way is given, taken and told of.
func (v *voyage) finish(t *rapid.T) {
	for range 4 {
		for from, h := range v.homes {
			sub, err := h.subscription().Subscriber()
			if err != nil || sub.Move.Stage != store.Leaving && sub.Move.Stage != store.Handed {
				continue
			}
			s, err := h.vault().HandOver(boss, reader, sub.Move.ID, h.name, tokens)
			tried(t, err)
			for _, to := range v.homes {
				if to.name != sub.Move.Peer {
					continue
				}
				w := word{s.Subscriber.Move.ID, s.Subscriber.Move.Receipt(true), true, from}
				_, err := to.vault().Arrive(boss, s, s.Secrets)
				if err == nil {
					_, err = to.subscription().Settle(boss, w.move)
				}
				if !tried(t, err) {
					w.receipt, w.taken = s.Subscriber.Move.Receipt(false), false
					if !tried(t, to.vault().Decline(boss, reader, w.move, tokens)) {
						t.Fatal("neither taken nor declined")
					}
				}
				v.hear(t, w)
			}
		}
	}
}

func TestAReaderIsNeverWatchedByTwoAndByNoneOnlyForAWhile(t *testing.T) {
	keys := [3]*store.Key{newKey(t), newKey(t), newKey(t)}
	rapid.Check(t, func(rt *rapid.T) {
		v := &voyage{dir: t.TempDir()}
		for i := range v.homes {
			v.homes[i] = &home{name: string(rune('a' + i)), key: keys[i]}
			v.open(rt, i)
		}
		defer func() {
			for _, h := range v.homes {
				h.store.Close()
			}
		}()
		v.homes[0].live(t)
		for range 5 {
			rt.Repeat(rapid.StateMachineActions(v))
		}
		v.finish(rt)
		if by := v.watched(); len(by) != 1 {
			rt.Fatalf("in the end watched by %v", by)
		}
	})
}
