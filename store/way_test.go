package store_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/store"
)

// posting brings one job to Posting.
func posting(t testing.TB, s *store.Store, source string) string {
	t.Helper()
	record(t, s, "1", source)
	j := lease(t, s)
	must(t, ours(s).Render(j.ID, "me", []byte(`{"text":"hello"}`), map[string][]byte{"1.png": []byte("png")}))
	must(t, ours(s).Uploaded(j.ID, []string{"m1"}))
	must(t, ours(s).StartPost(j.ID, "key"))
	return j.ID
}

func TestFromMentionToPost(t *testing.T) {
	s := fresh(t)
	id := posting(t, s, "p1")
	if data, err := ours(s).Blob(id, "1.png"); string(data) != "png" || err != nil {
		t.Errorf("picture %q, %v", data, err)
	}
	must(t, ours(s).Posted(id, "r1", []byte(`{"url":"u"}`)))
	j, err := ours(s).ByPost("r1")
	if err != nil || j.ID != id || j.State != store.Posted || string(j.Reply) != `{"url":"u"}` ||
		j.PostKey != "key" || j.Attempts != 1 {
		t.Errorf("%+v, %v", j, err)
	}
	if _, err := ours(s).Blob(id, "1.png"); err == nil {
		t.Error("the picture is kept after it was posted")
	}
	if _, _, ok, _ := ours(s).NextOut(); ok {
		t.Error("a posted reply is still in the outbox")
	}
}

func TestAReplyInWordsNeedsNoUpload(t *testing.T) {
	s := fresh(t)
	record(t, s, "1", "p1")
	j := lease(t, s)
	must(t, ours(s).Render(j.ID, "me", []byte(`{}`), nil))
	if got := stateOf(t, s, j.ID); got != store.Uploaded {
		t.Errorf("state %s", got)
	}
}

func TestAnUncertainPostIsLookedUpLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fresh(t)
		id := posting(t, s, "p1")
		must(t, ours(s).Uncertain(id, time.Now().Add(10*time.Second)))
		if _, next, ok, _ := ours(s).NextOut(); ok || time.Until(next) != 10*time.Second {
			t.Errorf("due %v, in %v", ok, time.Until(next))
		}
		time.Sleep(10 * time.Second)
		if j, _, ok, _ := ours(s).NextOut(); !ok || j.State != store.Uncertain {
			t.Errorf("not due: %+v", j)
		}
		if _, err := s.Operator().Cancel(boss, id, "no"); !errors.Is(err, store.ErrState) {
			t.Errorf("cancelled what may be posted: %v", err)
		}
		began := time.Now()
		must(t, ours(s).Unpost(id, time.Time{}))
		must(t, ours(s).StartPost(id, "key"))
		if j, _ := ours(s).Job(id); !j.PostStart.Before(began) {
			t.Error("the first try's time was forgotten")
		}
	})
}

func TestALeaseThatRanOutIsDueAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fresh(t)
		record(t, s, "1", "p1")
		first := lease(t, s)
		_, next, ok, err := ours(s).Lease("words", "other", time.Minute)
		if ok || err != nil || time.Until(next) != time.Minute {
			t.Fatalf("leased twice: %v, next in %v, %v", ok, time.Until(next), err)
		}
		time.Sleep(40 * time.Second)
		must(t, ours(s).Extend(first.ID, "me", time.Minute))
		time.Sleep(40 * time.Second)
		if _, _, ok, _ := ours(s).Lease("words", "other", time.Minute); ok {
			t.Fatal("an extended lease was given away")
		}
		time.Sleep(time.Minute)
		second, _, ok, err := ours(s).Lease("words", "other", time.Minute)
		if !ok || err != nil || second.Attempts != 2 {
			t.Fatalf("%+v, %v, %v", second, ok, err)
		}
		for name, err := range map[string]error{
			"extend":  ours(s).Extend(first.ID, "me", time.Minute),
			"render":  ours(s).Render(first.ID, "me", nil, nil),
			"release": ours(s).Release(first.ID, "me", time.Time{}),
			"fail":    ours(s).Fail(first.ID, "me", "x", time.Time{}),
		} {
			if !errors.Is(err, store.ErrLease) {
				t.Errorf("%s by the first worker: %v", name, err)
			}
		}
	})
}

func TestAttemptsAreCountedBeforeTheWork(t *testing.T) {
	s := fresh(t)
	record(t, s, "1", "p1")
	for n := 1; n <= store.MaxAttempts; n++ { // each time the process dies
		if j := lease(t, s); j.Attempts != n {
			t.Fatalf("attempt %d is counted as %d", n, j.Attempts)
		}
		if back, err := ours(s).Reclaim(); back != 1 || err != nil {
			t.Fatalf("reclaimed %d, %v", back, err)
		}
	}
	j := lease(t, s)
	if err := ours(s).Render(j.ID, "me", nil, nil); !errors.Is(err, store.ErrState) {
		t.Errorf("work after the last attempt was accepted: %v", err)
	}
	must(t, ours(s).Bury(j.ID, "poison", queued("sorry:p1")))
	if got := stateOf(t, s, j.ID); got != store.Dead {
		t.Errorf("state %s", got)
	}
	if _, err := ours(s).BySource("sorry:p1"); err != nil {
		t.Errorf("the apology was not recorded: %v", err)
	}
	revived, err := s.Operator().Revive(boss, j.ID)
	if err != nil || revived.State != store.Queued || revived.Attempts != 0 {
		t.Errorf("revived %+v, %v", revived, err)
	}
	if _, err := s.Operator().Revive(boss, j.ID); !errors.Is(err, store.ErrState) {
		t.Errorf("revived the living: %v", err)
	}
}

func TestReleaseCostsNoAttempt(t *testing.T) {
	s := fresh(t)
	record(t, s, "1", "p1")
	for range 10 {
		j := lease(t, s)
		must(t, ours(s).Release(j.ID, "me", time.Time{}))
	}
	if j := lease(t, s); j.Attempts != 1 {
		t.Errorf("%d attempts", j.Attempts)
	}
}

func TestWaitingForAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fresh(t)
		record(t, s, "1", "p1", "p2", "p3")
		for i, topic := range []string{"cat", "cat", "dog"} {
			j := lease(t, s)
			ask := queued("ask:" + topic)
			ask.Lane = "questions"
			must(t, ours(s).Wait(j.ID, "me", topic, time.Now().Add(time.Duration(i+1)*time.Hour), j.Payload, ask))
		}
		if jobs, _ := ours(s).List(store.Filter{States: []store.State{store.Queued}}); len(jobs) != 2 {
			t.Errorf("%d questions for two topics", len(jobs))
		}
		time.Sleep(time.Hour)
		if n, err := ours(s).Expire("silence"); n != 1 || err != nil {
			t.Errorf("%d expired, %v", n, err)
		}
		if n, err := ours(s).Answer("cat"); n != 1 || err != nil {
			t.Errorf("%d answered, %v", n, err)
		}
		if j := lease(t, s); j.Source != "p2" || j.Attempts != 1 {
			t.Errorf("leased %+v", j)
		}
		if j, _ := ours(s).BySource("p1"); j.State != store.Skipped || j.Reason != "silence" {
			t.Errorf("expired: %+v", j)
		}
	})
}

func TestCancelIsForTheRequester(t *testing.T) {
	s := fresh(t)
	record(t, s, "1", "p1")
	j := lease(t, s)
	if _, err := ours(s).Cancel(bea, j.ID, "x"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("cancelled by a stranger: %v", err)
	}
	c, err := ours(s).Cancel(ada, j.ID, "never mind")
	if err != nil || c.State != store.Cancelled || c.Reason != "never mind" {
		t.Errorf("%+v, %v", c, err)
	}
	entries, err := s.Operator().Audit(10)
	if err != nil || len(entries) != 1 || entries[0].Actor != ada || entries[0].Subject != j.ID ||
		entries[0].Before != "leased" {
		t.Errorf("audit %+v, %v", entries, err)
	}
	if _, err := s.Operator().Cancel(boss, "j000009999", ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("cancelled nothing: %v", err)
	}
}

func TestTheLineIsServedInOrderOfDueness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fresh(t)
		for i := range 3 {
			record(t, s, "1", fmt.Sprint("p", i))
			time.Sleep(time.Second)
		}
		j := lease(t, s)
		must(t, ours(s).Fail(j.ID, "me", "hiccup", time.Now().Add(time.Hour)))
		if got := lease(t, s).Source + lease(t, s).Source; got != "p1p2" {
			t.Errorf("served %s", got)
		}
		time.Sleep(time.Hour)
		if got := lease(t, s).Source; got != "p1" && got != "p0" {
			t.Errorf("served %s", got)
		}
	})
}

func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fresh(t)
		hourly := store.Limit{Name: "ada", Max: 2, Window: time.Hour}
		take := func(token string, limits ...store.Limit) *store.Refusal {
			t.Helper()
			r, err := s.For(scope).Limits().Take(token, limits...)
			must(t, err)
			return r
		}
		for range 3 { // the same work after two crashes
			if take("j1", hourly) != nil {
				t.Fatal("refused the first use")
			}
			time.Sleep(20 * time.Second)
		}
		if take("j2", hourly) != nil {
			t.Fatal("refused the second use")
		}
		r := take("j3", store.Limit{Name: "thread", Max: 1, Window: time.Hour}, hourly)
		if r == nil || r.Limit != hourly || time.Until(r.Until) != 59*time.Minute {
			t.Fatalf("refusal %+v", r)
		}
		if take("j4", store.Limit{Name: "thread", Max: 1, Window: time.Hour}) != nil {
			t.Error("a refused request used up another limit")
		}
		if take("j3", store.Limit{Name: "ada", Max: -1}) != nil {
			t.Error("refused without a limit")
		}
		time.Sleep(59 * time.Minute)
		if take("j3", hourly) != nil {
			t.Error("refused when the first use had left the window")
		}
	})
}

func TestTheMediaBudgetSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fresh(t)
		for i := range store.UploadBudget {
			if r, err := s.For(scope).Limits().TakeUpload(store.UploadBudget); r != nil || err != nil {
				t.Fatalf("upload %d: %+v, %v", i, r, err)
			}
		}
		must(t, s.Close())
		s = openAt(t, s.Path())
		r, err := s.For(scope).Limits().TakeUpload(store.UploadBudget)
		if r == nil || err != nil || time.Until(r.Until) != store.UploadWindow {
			t.Fatalf("over the budget: %+v, %v", r, err)
		}
		other := identity.Identity{Server: "example.social", ID: "43"}
		if r, _ := s.For(other).Limits().TakeUpload(store.UploadBudget); r != nil {
			t.Error("another account pays for this one")
		}
		time.Sleep(store.UploadWindow)
		if r, _ := s.For(scope).Limits().TakeUpload(store.UploadBudget); r != nil {
			t.Error("refused after the window")
		}
	})
}

func TestConsents(t *testing.T) {
	s := fresh(t)
	if _, ok, _ := s.For(scope).Consents().Said("ada", store.Everything); ok {
		t.Error("a fresh file knows a consent")
	}
	must(t, s.For(scope).Consents().Set(ada, store.Consent{Topic: "p1", Yes: true, By: "p2"}))
	must(t, s.For(scope).Consents().Set(ada, store.Consent{Topic: "p1", Yes: false, By: "p3"}))
	c, ok, err := s.For(scope).Consents().Said("ada", "p1")
	if !ok || err != nil || c.Yes || c.By != "p3" || c.At.IsZero() {
		t.Errorf("%+v, %v, %v", c, ok, err)
	}
	if _, ok, _ := s.For(scope).Consents().Said("bea", "p1"); ok {
		t.Error("one person's word counts for another")
	}
	if entries, _ := s.Operator().Audit(10); len(entries) != 2 || entries[0].Action != "consent" ||
		entries[0].After != "false" {
		t.Errorf("audit %+v", entries)
	}
}

func TestRetract(t *testing.T) {
	s := fresh(t)
	id := posting(t, s, "p1")
	if err := ours(s).Retract(ada, id, "x"); !errors.Is(err, store.ErrState) {
		t.Errorf("retracted what is not posted: %v", err)
	}
	must(t, ours(s).Posted(id, "r1", nil))
	must(t, ours(s).Retract(ada, id, "deleted on request"))
	if j, _ := ours(s).Job(id); j.State != store.Posted || j.Reason != "deleted on request" {
		t.Errorf("%+v", j)
	}
}

func TestTheSaltStaysTheSame(t *testing.T) {
	s := fresh(t)
	a, err := s.Salt()
	must(t, err)
	must(t, s.Close())
	b, err := openAt(t, s.Path()).Salt()
	if err != nil || len(a) != 32 || string(a) != string(b) {
		t.Errorf("%x, then %x, %v", a, b, err)
	}
}

func BenchmarkEnqueue(b *testing.B) {
	s := fresh(b)
	for i := 0; b.Loop(); i++ {
		if _, err := ours(s).Record(fmt.Sprint(i), queued(fmt.Sprint(i))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLease(b *testing.B) {
	s := fresh(b)
	for i := range 1000 {
		record(b, s, "1", fmt.Sprint(i))
	}
	for b.Loop() {
		j := lease(b, s)
		if err := ours(s).Release(j.ID, "me", time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}
