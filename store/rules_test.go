package store_test

import (
	"errors"
	"testing"
	"time"

	"slugpuppy/store"
)

func TestRulesAreKeptReplacedAndUndone(t *testing.T) {
	s := fresh(t)
	deny := store.Rule{Kind: "account", Value: "a@b.example", Effect: "deny", Scope: "both", Reason: "floods"}
	first, undoFirst, err := s.Operator().AddRule(boss, deny)
	must(t, err)
	allow := deny
	allow.Effect = "allow"
	second, undoSecond, err := s.Operator().AddRule(boss, allow)
	must(t, err)
	if got := listed(t, s); len(got) != 1 || got[0].ID != second.ID || got[0].Effect != "allow" {
		t.Fatalf("replaced: %+v", got)
	}
	if _, _, err := s.Operator().Undo(boss, undoSecond); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, s); len(got) != 1 || got[0].ID != first.ID || got[0].Effect != "deny" {
		t.Fatalf("the replaced rule is back: %+v", got)
	}
	_, undoRemove, err := s.Operator().RemoveRule(boss, first.ID)
	must(t, err)
	if got := listed(t, s); len(got) != 0 {
		t.Fatalf("removed: %+v", got)
	}
	_, undoUndo, err := s.Operator().Undo(boss, undoRemove)
	must(t, err)
	if got := listed(t, s); len(got) != 1 {
		t.Fatalf("back: %+v", got)
	}
	if _, _, err := s.Operator().Undo(boss, undoUndo); err != nil || len(listed(t, s)) != 0 {
		t.Errorf("an undo is not undone: %v", err)
	}
	if _, _, err := s.Operator().Undo(boss, undoFirst); err != nil || len(listed(t, s)) != 0 {
		t.Errorf("undoing what is gone: %v", err)
	}
	if _, _, err := s.Operator().Undo(boss, undoSecond); !errors.Is(err, store.ErrUndone) {
		t.Errorf("taken back twice: %v", err)
	}
	if entries, err := s.Operator().Audit(1); err != nil || entries[0].Undo == "" {
		t.Errorf("the last change has no token: %+v %v", entries, err)
	}
	if entries, err := s.Operator().Audit(100); err != nil || entries[len(entries)-2].Undo != "" || entries[len(entries)-2].Subject != entries[len(entries)-1].Subject {
		t.Errorf("a change that was taken back has a token: %+v %v", entries, err)
	}
	entries, err := s.Operator().Audit(10)
	must(t, err)
	if len(entries) != 7 || entries[6].Reason != "floods" || entries[0].Actor != boss {
		t.Errorf("audit: %+v", entries)
	}
}

func listed(t *testing.T, s *store.Store) []store.Rule {
	t.Helper()
	rules, err := s.Operator().Rules()
	must(t, err)
	return rules
}

func TestRulesRunOut(t *testing.T) {
	s := fresh(t)
	_, _, err := s.Operator().AddRule(boss, store.Rule{Kind: "word", Value: "x", Effect: "deny", Scope: "both",
		Until: time.Now().Add(-time.Second)})
	must(t, err)
	if got := listed(t, s); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestUnknownRulesAndTokensSaySo(t *testing.T) {
	s := fresh(t)
	if _, _, err := s.Operator().RemoveRule(boss, "r9"); !errors.Is(err, store.ErrNoRule) {
		t.Errorf("%v", err)
	}
	for _, token := range []string{"", "u", "u99", "99", "ux", "u18446744073709551616"} {
		if _, _, err := s.Operator().Undo(boss, token); !errors.Is(err, store.ErrNoUndo) {
			t.Errorf("%q: %v", token, err)
		}
	}
}
