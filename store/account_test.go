package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/store"
)

// neighbours have keys around those of scope: a shorter and a longer id, the id on another network,
// and another id on the same server.
var neighbours = []identity.Identity{{Server: "example.social", ID: "4"}, {Server: "example.social", ID: "421"},
	{Server: "x.com", ID: "42"},
	{Server: "example.social", ID: "43"}, {Server: "a.example", ID: "42"}}

func TestToABotTheJobsOfOthersAreNotThere(t *testing.T) {
	s := fresh(t)
	id := posting(t, s, "p1")
	before, err := ours(s).Job(id)
	must(t, err)
	for _, other := range neighbours {
		jobs := s.For(other).Jobs()
		for name, do := range map[string]func() error{
			"read":      func() error { _, err := jobs.Job(id); return err },
			"extend":    func() error { return jobs.Extend(id, "me", time.Hour) },
			"release":   func() error { return jobs.Release(id, "me", time.Time{}) },
			"fail":      func() error { return jobs.Fail(id, "me", "", time.Time{}) },
			"bury":      func() error { return jobs.Bury(id, "") },
			"wait":      func() error { return jobs.Wait(id, "me", "p", time.Now(), nil) },
			"skip":      func() error { return jobs.Skip(id, "") },
			"cancel":    func() error { _, err := jobs.Cancel(ada, id, ""); return err },
			"render":    func() error { return jobs.Render(id, "me", nil, nil) },
			"picture":   func() error { _, err := jobs.Blob(id, "1.png"); return err },
			"delay":     func() error { return jobs.Delay(id, time.Now()) },
			"uploaded":  func() error { return jobs.Uploaded(id, nil) },
			"reword":    func() error { return jobs.Reword(id, nil) },
			"reupload":  func() error { return jobs.Reupload(id) },
			"start":     func() error { return jobs.StartPost(id, "k") },
			"uncertain": func() error { return jobs.Uncertain(id, time.Now()) },
			"unpost":    func() error { return jobs.Unpost(id, time.Now()) },
			"posted":    func() error { return jobs.Posted(id, "r", nil) },
			"retract":   func() error { return jobs.Retract(ada, id, "") },
			"by source": func() error { _, err := jobs.BySource("p1"); return err },
		} {
			if err := do(); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s by %s: %v", name, other, err)
			}
		}
	}
	if after, err := ours(s).Job(id); err != nil || after.Updated != before.Updated || after.State != store.Posting {
		t.Errorf("%+v, %v", after, err)
	}
}

func TestEachBotListsAndCountsItsOwn(t *testing.T) {
	s := fresh(t)
	for i := range 5 {
		for _, bot := range append([]identity.Identity{scope}, neighbours...) {
			j := queued(fmt.Sprint("p", i))
			if i == 4 {
				j.State = store.Skipped
			}
			_, err := s.For(bot).Jobs().Record("c", j)
			must(t, err)
		}
	}
	for _, f := range []store.Filter{{}, {Limit: 3}, {States: []store.State{store.Queued}},
		{States: []store.State{store.Queued}, Limit: 3}, {Requester: "ada"},
		{Since: time.Now().Add(-time.Hour)}} {
		list, err := ours(s).List(f)
		want := 5
		if len(f.States) > 0 {
			want = 4
		}
		if f.Limit > 0 {
			want = f.Limit
		}
		if err != nil || len(list) != want {
			t.Errorf("%+v: %d jobs, want %d, %v", f, len(list), want, err)
		}
		for i, j := range list {
			if j.Bot != scope || i > 0 && list[i-1].ID < j.ID {
				t.Errorf("%+v: %s of %s at %d", f, j.ID, j.Bot, i)
			}
		}
	}
	if counts, err := ours(s).Counts(); err != nil || counts[store.Queued] != 4 || counts[store.Skipped] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	if counts, err := s.Operator().Counts(); err != nil || counts[store.Queued] != 24 || counts[store.Skipped] != 6 {
		t.Errorf("together: %v, %v", counts, err)
	}
	if list, err := s.Operator().Jobs(store.Filter{States: []store.State{store.Queued}, Limit: 20}); err != nil ||
		len(list) != 20 {
		t.Errorf("together: %d jobs, %v", len(list), err)
	}
	if list, err := ours(s).List(store.Filter{Since: time.Now().Add(time.Hour)}); err != nil || len(list) != 0 {
		t.Errorf("in the future: %d jobs, %v", len(list), err)
	}
}

func TestSomebodysRulesAreTheirs(t *testing.T) {
	s := fresh(t)
	word := store.Rule{Kind: "word", Value: "x", Effect: "deny", Scope: "filter"}
	_, _, err := s.Operator().AddRule(boss, word)
	must(t, err)
	mine, _, err := s.For(scope).Rules().Add(ada, word)
	must(t, err)
	if all, err := s.Operator().Rules(); err != nil || len(all) != 2 || mine.Owner != scope {
		t.Errorf("one's own took the place of everybody's: %+v, %v", all, err)
	}
	for _, other := range neighbours {
		rules := s.For(other).Rules()
		if _, _, err := rules.Remove(bea, mine.ID); !errors.Is(err, store.ErrNoRule) {
			t.Errorf("%s removed it: %v", other, err)
		}
		if own, err := rules.Own(); err != nil || len(own) != 0 {
			t.Errorf("%s has %+v, %v", other, own, err)
		}
		if list, err := rules.InForce(); err != nil || len(list) != 1 {
			t.Errorf("%s obeys %+v, %v", other, list, err)
		}
	}
	if list, err := s.For(scope).Rules().InForce(); err != nil || len(list) != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, _, err := s.For(scope).Rules().Remove(ada, "r1"); !errors.Is(err, store.ErrNoRule) {
		t.Errorf("a rule for everybody was removed: %v", err)
	}
	if _, _, err := s.For(scope).Rules().Remove(ada, mine.ID); err != nil {
		t.Error(err)
	}
}

func TestNobodyHasNoAccount(t *testing.T) {
	s := fresh(t)
	for _, who := range []identity.Identity{{}, {Server: "example.social"}, {ID: "1"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q has one", who)
				}
			}()
			s.For(who)
		}()
	}
}

func TestAnAllowanceIsPinnedToTheFirstAccountOfItsName(t *testing.T) {
	s := fresh(t)
	bot := s.For(scope).Limits()
	undo, err := s.Operator().SetAllowance(boss, store.Allowance{Handle: "Ada@Example.social", PerHour: 99}, "")
	must(t, err)
	if _, ok, err := bot.Allowance("2", "bea@example.social"); ok || err != nil {
		t.Errorf("another's: %v, %v", ok, err)
	}
	for range 2 {
		if a, ok, err := bot.Allowance("1", "ada@example.social"); !ok || err != nil || a.PerHour != 99 ||
			a.Identity != (identity.Identity{Server: "example.social", ID: "1"}) {
			t.Errorf("%+v, %v, %v", a, ok, err)
		}
	}
	if _, ok, err := bot.Allowance("3", "ada@example.social"); ok || err != nil {
		t.Errorf("whoever has the name next: %v, %v", ok, err)
	}
	if a, ok, err := bot.Allowance("1", "countess@example.social"); !ok || err != nil || a.PerHour != 99 {
		t.Errorf("under another name: %+v, %v, %v", a, ok, err)
	}
	elsewhere := s.For(identity.Identity{Server: "a.example", ID: "42"}).Limits()
	if _, ok, err := elsewhere.Allowance("1", "ada@example.social"); ok || err != nil {
		t.Errorf("the same id on another server: %v, %v", ok, err)
	}
	if _, _, err := s.Operator().Undo(boss, undo); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := bot.Allowance("1", "ada@example.social"); ok || err != nil {
		t.Errorf("undone: %v, %v", ok, err)
	}
}

func TestTheClockIsTheOneGiven(t *testing.T) {
	now := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	s, err := store.Open(filepath.Join(t.TempDir(), "slugpuppy.db"), store.Options{NoSync: true,
		Now: func() time.Time { return now }})
	must(t, err)
	defer s.Close()
	record(t, s, "1", "p1")
	j := lease(t, s)
	if !j.Created.Equal(now) || !j.LeaseUntil.Equal(now.Add(time.Minute)) {
		t.Errorf("written down at %s, leased until %s", j.Created, j.LeaseUntil)
	}
	if _, next, ok, err := ours(s).Lease("words", "you", time.Minute); ok || err != nil ||
		!next.Equal(now.Add(time.Minute)) {
		t.Errorf("%v, %v, due %s", ok, err, next)
	}
	now = now.Add(time.Minute)
	if _, _, ok, err := ours(s).Lease("words", "you", time.Minute); !ok || err != nil {
		t.Errorf("the lease has run out: %v, %v", ok, err)
	}
	id, err := s.Sessions().Open(scope)
	must(t, err)
	now = now.Add(store.SessionIdle + time.Second)
	if _, ok, err := s.Sessions().Find(id); ok || err != nil {
		t.Errorf("a session for ever: %v, %v", ok, err)
	}
	id, err = s.Sessions().Open(scope)
	must(t, err)
	for range store.SessionLife/store.SessionIdle + 1 { // with a visit every week
		if _, ok, err := s.Sessions().Find(id); !ok || err != nil {
			t.Errorf("a session that is used ended early: %v, %v", ok, err)
		}
		now = now.Add(store.SessionIdle)
	}
	if _, ok, err := s.Sessions().Find(id); ok || err != nil {
		t.Errorf("a session that is used for ever: %v, %v", ok, err)
	}
}

func TestWhatAFilterDoesAtATime(t *testing.T) {
	now := time.Now()
	before, later := now.Add(-time.Hour), now.Add(time.Hour)
	for _, c := range []struct {
		name string
		sub  store.Subscriber
		want store.Mode
	}{
		{"on", store.Subscriber{Mode: store.FilterOn, ShadowUntil: before, PausedUntil: before}, store.FilterOn},
		{"in its first days", store.Subscriber{Mode: store.FilterOn, ShadowUntil: later}, store.FilterShadow},
		{"paused", store.Subscriber{Mode: store.FilterOn, PausedUntil: later}, store.FilterOff},
		{"paused in its first days", store.Subscriber{Mode: store.FilterOn, ShadowUntil: later, PausedUntil: later}, store.FilterOff},
		{"leaving", store.Subscriber{Mode: store.FilterOn, Leaving: true}, store.FilterOff},
		{"only looking", store.Subscriber{Mode: store.FilterShadow, PausedUntil: before}, store.FilterShadow},
		{"off", store.Subscriber{Mode: store.FilterOff, ShadowUntil: later}, store.FilterOff},
	} {
		if got := c.sub.Acting(now); got != c.want {
			t.Errorf("a filter that is %s is %s, not %s", c.name, got, c.want)
		}
	}
}

func TestAnAdminIsWhoeverHadTheHandleFirst(t *testing.T) {
	s := fresh(t)
	first := identity.Identity{Server: "home.example", ID: "1"}
	if a, err := s.Operator().PinAdmin("Boss@home.example", first); err != nil || a.Identity != first ||
		a.Handle != "boss@home.example" {
		t.Errorf("%+v, %v", a, err)
	}
	next := identity.Identity{Server: "home.example", ID: "2"}
	if a, err := s.Operator().PinAdmin("boss@home.example", next); err != nil || a.Identity != first {
		t.Errorf("the next of that name: %+v, %v", a, err)
	}
	must(t, s.Operator().KeepAdmins([]string{"boss@home.example", "other@home.example"}))
	if all, err := s.Operator().Admins(); err != nil || len(all) != 1 || all[0].Identity != first {
		t.Errorf("%+v, %v", all, err)
	}
	must(t, s.Operator().KeepAdmins(nil))
	if all, err := s.Operator().Admins(); err != nil || len(all) != 0 {
		t.Errorf("no longer configured: %+v, %v", all, err)
	}
	entries, err := s.Operator().Audit(10)
	if err != nil || len(entries) != 1 || entries[0].Subject != "boss@home.example" ||
		entries[0].After != "home.example/1" {
		t.Errorf("%+v, %v", entries, err)
	}
}

func TestUndoingAChoiceDoesNotBringAnOldNameBack(t *testing.T) {
	s := fresh(t)
	own := s.For(scope).Subscription()
	_, err := own.Join(ada, store.Subscriber{Network: "mastodon", Handle: "ada@home.example",
		Server: "https://old.example", How: "warn"})
	must(t, err)
	_, undo, err := own.Choose(ada, "how hide", func(u *store.Subscriber) { u.How = "hide" })
	must(t, err)
	must(t, own.Touch(func(u *store.Subscriber) {
		u.Handle, u.Server = "ada@example.social", "https://example.social"
	}))
	_, _, err = s.Operator().Undo(boss, undo)
	must(t, err)
	if sub, err := own.Subscriber(); err != nil || sub.How != "warn" || sub.Handle != "ada@example.social" ||
		sub.Server != "https://example.social" {
		t.Errorf("%+v, %v", sub, err)
	}
}
