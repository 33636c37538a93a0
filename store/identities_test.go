package store_test

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/bot/identity"
	"slugpuppy/store"
)

// golden is a database of schema 5 and what is where in it.
type golden struct {
	path     string
	key      *store.Key
	Now      time.Time
	Jobs     map[string]string // platform and state -> id
	Sessions map[string]string // platform, account -> id
	Undo     map[string]string // what a token takes back -> token
	Rules    map[string]string // what -> id
}

// schema5 unpacks it; edit changes the file before it is opened.
func schema5(t *testing.T, edit ...func(*bolt.Tx) error) golden {
	t.Helper()
	from, dir := filepath.Join("testdata", "schema5"), t.TempDir()
	g := golden{path: filepath.Join(dir, "slugpuppy.db")}
	data, err := os.ReadFile(filepath.Join(from, "db.json"))
	must(t, err)
	must(t, json.Unmarshal(data, &g))
	packed, err := os.Open(filepath.Join(from, "db.gz"))
	must(t, err)
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	must(t, err)
	data, err = io.ReadAll(z)
	must(t, err)
	must(t, os.WriteFile(g.path, data, 0o600))
	data, err = os.ReadFile(filepath.Join(from, "key"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "key"), data, 0o600))
	g.key, err = store.OpenKey(filepath.Join(dir, "key"))
	must(t, err)
	db, err := bolt.Open(g.path, 0o600, nil)
	must(t, err)
	for _, e := range edit {
		must(t, db.Update(e))
	}
	must(t, db.Close())
	return g
}

// open opens it with a clock that stands where it was written.
func (g golden) open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(g.path, store.Options{NoSync: true, Now: func() time.Time { return g.Now.Add(time.Second) }})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func at(server, id string) identity.Identity { return identity.Identity{Server: server, ID: id} }

// The accounts of the golden database.
var (
	oldBot   = at("home.example", "109")
	oldXBot  = at("x.com", "42")
	oldAda   = at("home.example", "7")
	victim   = at("home.example", "10")
	oldBea   = at("other.example", "8")
	evil     = at("0.evil.example", "9")
	evilDot  = at("0.evil.example.", "9")
	oldCarol = at("x.com", "42")
)

func TestADatabaseOfScopesBecomesOneOfIdentities(t *testing.T) {
	g := schema5(t)
	s := g.open(t)
	backups, _ := filepath.Glob(g.path + ".schema5-*.bak")
	if len(backups) != 1 {
		t.Errorf("backups: %v", backups)
	}
	t.Run("the audit trail", func(t *testing.T) {
		entries, err := s.Operator().Audit(100)
		must(t, err)
		if len(entries) != 27 || entries[0].Actor != (store.Actor{Name: "operator"}) ||
			entries[1].Actor != (store.Actor{Name: "ada@home.example"}) {
			t.Errorf("%d entries, the last %+v", len(entries), entries[:2])
		}
	})
	for _, bot := range []struct {
		network string
		who     identity.Identity
	}{{"mastodon", oldBot}, {"x", oldXBot}} {
		t.Run("the jobs on "+bot.network, func(t *testing.T) { g.checkJobs(t, s, bot.network, bot.who) })
	}
	t.Run("the timelines", func(t *testing.T) { g.checkTimelines(t, s) })
	t.Run("the rules", func(t *testing.T) { g.checkRules(t, s) })
	t.Run("the secrets", func(t *testing.T) { g.checkSecrets(t, s) })
	t.Run("what was spent", func(t *testing.T) {
		list, err := s.Operator().Spendings("x.com", "")
		must(t, err)
		if len(list) != 2 || list[0].Identity != oldCarol || list[0].Handle != "carol" || list[0].Cost != 35_000 ||
			list[1].Identity != at("x.com", "43") {
			t.Errorf("%+v", list)
		}
	})
	must(t, s.Close())
	must(t, store.Check(g.path))
}

// checkJobs looks for every job under its new account and goes on with those that are under way.
func (g golden) checkJobs(t *testing.T, s *store.Store, network string, who identity.Identity) {
	jobs := s.For(who).Jobs()
	if cursor, known, err := jobs.Cursor(); cursor != "cursor-queued" || !known || err != nil {
		t.Errorf("cursor %q, %v, %v", cursor, known, err)
	}
	states := map[string]store.State{"retracted": store.Posted}
	for _, state := range []store.State{store.Queued, store.Waiting, store.Leased, store.Rendered, store.Uploaded,
		store.Posting, store.Uncertain, store.Posted,
		store.Skipped, store.Cancelled, store.Dead} {
		states[string(state)] = state
	}
	for name, state := range states {
		id := g.Jobs[network+" "+name]
		j, err := jobs.BySource("p-" + name)
		if err != nil || j.ID != id || j.State != state || j.Bot != who || j.Network != network ||
			j.Requester != "5" || j.Handle != "ada@home.example" {
			t.Errorf("%s: %+v, %v", name, j, err)
		}
	}
	if list, err := jobs.List(store.Filter{}); err != nil || len(list) != len(states) {
		t.Errorf("%d jobs are listed, %v", len(list), err)
	}
	if counts, err := jobs.Counts(); err != nil || counts[store.Posted] != 2 || counts[store.Dead] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	if j, err := jobs.ByPost("reply-1"); err != nil || j.ID != g.Jobs[network+" posted"] {
		t.Errorf("by its reply: %+v, %v", j, err)
	}
	if data, err := jobs.Blob(g.Jobs[network+" rendered"], "0"); string(data) != "picture of rendered" || err != nil {
		t.Errorf("a picture: %q, %v", data, err)
	}
	if _, said, err := s.For(who).Consents().Said("6", store.Everything); !said || err != nil {
		t.Errorf("a word is forgotten: %v", err)
	}
	if used, err := s.For(who).Limits().Take("t3", store.Limit{Name: "person 5", Max: 2,
		Window: time.Hour}); used == nil || err != nil {
		t.Errorf("a limit is forgotten: %v", err)
	}
	g.goOn(t, s, network, who)
}

// goOn moves what was under way: the lease, the outbox, the question.
func (g golden) goOn(t *testing.T, s *store.Store, network string, who identity.Identity) {
	jobs, id := s.For(who).Jobs(), func(name string) string { return g.Jobs[network+" "+name] }
	must(t, jobs.Extend(id("leased"), "worker", time.Hour))
	if j, _, ok, err := jobs.Lease("words", "next", time.Hour); !ok || err != nil || j.ID != id("queued") {
		t.Errorf("leased %s, %v, %v", j.ID, ok, err)
	}
	if n, err := jobs.Reclaim(); n != 2 || err != nil {
		t.Errorf("reclaimed %d, %v", n, err)
	}
	if n, err := jobs.Answer("topic"); n != 1 || err != nil {
		t.Errorf("answered %d, %v", n, err)
	}
	if j, _, ok, err := jobs.NextOut(); !ok || err != nil || j.Bot != who {
		t.Errorf("next in the outbox: %+v, %v, %v", j, ok, err)
	}
	must(t, jobs.Uploaded(id("rendered"), []string{"m"}))
	must(t, jobs.StartPost(id("uploaded"), "k"))
	must(t, jobs.Posted(id("posting"), "reply-3", nil))
	must(t, jobs.Posted(id("uncertain"), "reply-4", nil))
	_, err := s.Operator().Revive(boss, id("dead"))
	must(t, err)
}

func (g golden) checkTimelines(t *testing.T, s *store.Store) {
	for session, sub := range map[string]store.Subscriber{
		"mastodon:home.example 7": {Identity: oldAda, Network: "mastodon", Handle: "ada@home.example",
			Server: "https://home.example", How: "hide"},
		"mastodon:home.example 10": {Identity: victim, Network: "mastodon", Handle: "victim@home.example",
			Server: "https://home.example", How: "warn"},
		"mastodon:other.example 8": {Identity: oldBea, Network: "mastodon", Handle: "bea@other.example",
			Server: "https://other.example", How: "warn"},
		"mastodon:0.evil.example 9": {Identity: evil, Network: "mastodon", Handle: "victim@0.evil.example",
			Server: "https://0.evil.example", How: "warn"},
		"mastodon:0.evil.example. 9": {Identity: evilDot, Network: "mastodon", Handle: "again@0.evil.example.",
			Server: "https://0.evil.example.", How: "warn"},
		"x 42": {Identity: oldCarol, Network: "x", Handle: "carol", Server: "https://x.com",
			How: "warn"},
	} {
		own := s.For(sub.Identity)
		got, err := own.Subscription().Subscriber()
		if err != nil || got.Identity != sub.Identity || got.Network != sub.Network || got.Handle != sub.Handle ||
			got.Server != sub.Server || got.How != sub.How || got.Joined.IsZero() {
			t.Errorf("%s: %+v, %v", session, got, err)
		}
		if v, ok, err := s.Sessions().Find(g.Sessions[session]); !ok || err != nil || v.Identity != sub.Identity {
			t.Errorf("%s: session of %s, %v, %v", session, v.Identity, ok, err)
		}
		if cursor, known, err := own.Timeline().Cursor(); cursor != "home-1" || !known || err != nil {
			t.Errorf("%s: cursor %q, %v, %v", session, cursor, known, err)
		}
		rows, err := own.Timeline().Since(time.Time{})
		work, err2 := own.Timeline().Work()
		wanted := 2 // Wanted and Unwanted
		if sub.Identity == oldAda {
			wanted++ // the filed one was returned
		}
		if err := errors.Join(err, err2); err != nil || len(rows) != 7 || len(work) != wanted {
			t.Errorf("%s: %d rows, %d to do, %v", session, len(rows), len(work), err)
		}
		filters, err := own.Notes("filters").All()
		if j, err := own.Timeline().ByURL("https://home.example/@artist/kept"); err != nil || j.Post != "kept" {
			t.Errorf("%s: by its address: %+v, %v", session, j, err)
		}
		mutes, err2 := own.Timeline().Mutes()
		lessons, err3 := own.Timeline().Lessons()
		if err := errors.Join(err, err2, err3); err != nil || len(filters) != 1 || len(mutes) != 1 ||
			len(lessons) != 1 {
			t.Errorf("%s: %d filters, %d mutes, %d lessons, %v", session, len(filters), len(mutes), len(lessons), err)
		}
	}
	lists, err := s.For(oldCarol).Notes("lists").All()
	if err != nil || len(lists) != 1 {
		t.Errorf("lists: %s, %v", lists, err)
	}
	for name, data := range lists {
		var l struct {
			ID    string
			Posts map[string]time.Time
		}
		if err := json.Unmarshal(data, &l); err != nil || l.ID != name || len(l.Posts) != 1 {
			t.Errorf("list %s: %s, %v", name, data, err)
		}
	}
	if v, ok, err := s.Sights().Find("model", "sha:abc"); !ok || err != nil || v.Score != 0.5 {
		t.Errorf("a sight: %+v, %v, %v", v, ok, err)
	}
}

func (g golden) checkRules(t *testing.T, s *store.Store) {
	all, err := s.Operator().Rules()
	must(t, err)
	owners := map[string]identity.Identity{}
	for _, r := range all {
		owners[r.ID] = r.Owner
	}
	for name, owner := range map[string]identity.Identity{"everybody": {}, "ada": oldAda, "victim": victim,
		"bea": oldBea, "carol": oldCarol,
		"nobody": at("handle", "nobody@nowhere.example"), "second": oldAda} {
		if got, ok := owners[g.Rules[name]]; !ok || got != owner {
			t.Errorf("the rule of %s is %s's (%v)", name, got, ok)
		}
	}
	if own, err := s.For(evil).Rules().Own(); err != nil || len(own) != 0 {
		t.Errorf("the other victim has rules: %+v, %v", own, err)
	}
	if a, ok, err := s.For(oldBot).Limits().Allowance("5", "ada@home.example"); !ok || err != nil || a.PerHour != 99 {
		t.Errorf("an allowance: %+v, %v, %v", a, ok, err)
	}
}

func (g golden) checkSecrets(t *testing.T, s *store.Store) {
	for record, field := range map[string]string{"mastodon:home.example": "token", "x:api.x.com": "token_secret",
		"filter:mastodon:home.example:7":  "client_secret",
		"filter:mastodon:other.example:8": "token", "filter:x:42": "token",
		"app:https://home.example https://page.example/callback": "client_id"} {
		if v, err := s.Vault(g.key).Get(record, field); err != nil || string(v) != "secret "+field+" of "+record {
			t.Errorf("%s of %s: %q, %v", field, record, v, err)
		}
	}
}

func TestWhatWasDoneBeforeIdentitiesCanBeUndone(t *testing.T) {
	g := schema5(t)
	s := g.open(t)
	undo := func(what string) {
		t.Helper()
		if _, _, err := s.Operator().Undo(boss, g.Undo[what]); err != nil {
			t.Fatalf("undo %s: %v", what, err)
		}
	}
	undo("return")
	if j, err := s.For(oldAda).Timeline().Judged("filed"); err != nil || j.Fate != store.Wanted {
		t.Errorf("%+v, %v", j, err)
	}
	undo("how")
	if sub, err := s.For(oldAda).Subscription().Subscriber(); err != nil || sub.How != "warn" ||
		sub.Handle != "ada@home.example" {
		t.Errorf("%+v, %v", sub, err)
	}
	undo("allowance")
	if _, ok, err := s.For(oldBot).Limits().Allowance("5", "ada@home.example"); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	undo("rule removed")
	undo("rule second")
	undo("rule victim")
	own, err := s.For(oldAda).Rules().Own()
	must(t, err)
	var ids []string
	for _, r := range own {
		ids = append(ids, r.ID)
	}
	if !slices.Equal(ids, []string{g.Rules["ada"], g.Rules["first"], g.Rules["removed"]}) {
		t.Errorf("%v", ids)
	}
	if own, err := s.For(victim).Rules().Own(); err != nil || len(own) != 0 {
		t.Errorf("%+v, %v", own, err)
	}
}

// sealed finds the names of what is sealed.
var sealed = []byte("sealed")

func TestABotOfAnUnknownServerIsAdoptedWhenItSaysWhereItIs(t *testing.T) {
	token := []byte("mastodon:home.example\x00token")
	for name, edit := range map[string]func(*bolt.Tx) error{
		"no token is sealed": func(tx *bolt.Tx) error { return tx.Bucket(sealed).Delete(token) },
		"two servers' are": func(tx *bolt.Tx) error {
			return tx.Bucket(sealed).Put([]byte("mastodon:other.example\x00token"), tx.Bucket(sealed).Get(token))
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := schema5(t, edit)
			s := g.open(t)
			if _, known, err := s.For(oldBot).Jobs().Cursor(); known || err != nil {
				t.Fatalf("its server was guessed: %v", err)
			}
			for i, want := range []bool{true, false} {
				if adopted, err := s.Adopt("mastodon", oldBot); adopted != want || err != nil {
					t.Errorf("introduced %d times: %v, %v", i+1, adopted, err)
				}
			}
			g.checkJobs(t, s, "mastodon", oldBot)
			if adopted, err := s.Adopt("mastodon", at("other.example", "109")); adopted || err != nil {
				t.Errorf("another bot of that id got it: %v, %v", adopted, err)
			}
			must(t, s.Close())
			must(t, store.Check(g.path))
		})
	}
}

func TestABotThatHasBegunKeepsToItsOwn(t *testing.T) {
	s := fresh(t)
	for _, who := range []identity.Identity{at("mastodon", "1"), at("home.example", "1")} {
		if _, err := s.For(who).Jobs().Record("c of "+who.Server, queued("p")); err != nil {
			t.Fatal(err)
		}
	}
	if adopted, err := s.Adopt("mastodon", at("home.example", "1")); adopted || err != nil {
		t.Errorf("%v, %v", adopted, err)
	}
	if cursor, _, err := s.For(at("home.example", "1")).Jobs().Cursor(); cursor != "c of home.example" || err != nil {
		t.Errorf("%q, %v", cursor, err)
	}
}

func TestADamagedRecordStopsTheMigrationWithoutATrace(t *testing.T) {
	g := schema5(t, func(tx *bolt.Tx) error { return tx.Bucket([]byte("jobs")).Put([]byte("j000000003"), []byte("{")) })
	if _, err := store.Open(g.path, store.Options{}); !errors.Is(err, store.ErrDamaged) ||
		!strings.Contains(err.Error(), "schema 6") {
		t.Errorf("%v", err)
	}
	db, err := bolt.Open(g.path, 0o600, nil)
	must(t, err)
	defer db.Close()
	must(t, db.View(func(tx *bolt.Tx) error {
		if tx.Bucket([]byte("subscribers")).Get([]byte("mastodon:home.example\x007")) == nil {
			return fmt.Errorf("half migrated")
		}
		return nil
	}))
}
