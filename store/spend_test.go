package store_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slugpuppy/store"
)

func TestWhatIsSpentAddsUpByAccountMonthAndItem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	s, err := store.Open(path, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	spend := func(account, month, item string, n int, cost int64) {
		t.Helper()
		sum := store.Spending{Month: month, Item: item, N: n, Cost: cost}
		if err := s.For(at("x.com", account)).Ledger().Spend(sum); err != nil {
			t.Fatal(err)
		}
	}
	spend("1", "2026-08", "post read", 10, 50_000)
	spend("1", "2026-08", "post read", 2, 10_000)
	spend("1", "2026-08", "mute", 1, 10_000)
	spend("1", "2026-09", "mute", 1, 10_000)
	spend("12", "2026-08", "mute", 3, 30_000) // begins with another account's id
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = store.Open(path, store.Options{NoSync: true}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for month, want := range map[string]int64{"2026-08": 70_000, "2026-09": 10_000, "2026-10": 0} {
		if cost, err := s.For(at("x.com", "1")).Ledger().Spent(month); err != nil ||
			cost != want {
			t.Errorf("%s: %d, %v; want %d", month, cost, err, want)
		}
	}
	list, err := s.Operator().Spendings("x.com", "2026-08")
	want := []store.Spending{
		{Identity: at("x.com", "1"), Month: "2026-08", Item: "mute", N: 1, Cost: 10_000},
		{Identity: at("x.com", "1"), Month: "2026-08", Item: "post read", N: 12,
			Cost: 60_000},
		{Identity: at("x.com", "12"), Month: "2026-08", Item: "mute", N: 3, Cost: 30_000},
	}
	if diff := cmp.Diff(want, list); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if all, err := s.Operator().Spendings("x.com", ""); err != nil || len(all) != 4 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestWhatSomebodyCostOutlivesTheirName(t *testing.T) {
	s, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, account := range []string{"1", "12"} {
		if _, err := s.For(at("x.com", account)).Subscription().Join(boss,
			store.Subscriber{Network: "x", Handle: "u" + account}); err != nil {
			t.Fatal(err)
		}
		for _, handle := range []string{"u" + account, ""} { // a line without a name keeps the one it had
			sum := store.Spending{Handle: handle, Month: "2026-08", Item: "mute", N: 1, Cost: 10_000}
			if err := s.For(at("x.com", account)).Ledger().Spend(sum); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.For(at("x.com", "1")).Subscription().Forget(boss); err != nil {
		t.Fatal(err)
	}
	list, err := s.Operator().Spendings("x.com", "")
	want := []store.Spending{
		{Identity: at("x.com", "1"), Month: "2026-08", Item: "mute", N: 2, Cost: 20_000},
		{Identity: at("x.com", "12"), Handle: "u12", Month: "2026-08", Item: "mute",
			N: 2, Cost: 20_000},
	}
	if diff := cmp.Diff(want, list); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}
