package words_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

var update = flag.Bool("update", false, "rewrite golden files")

// entries are what package store writes down of an action, for none, one, two and many of what is counted, with every reason that there
// is, as it is taken back, and when its subscriber is forgotten.
func entries(action store.Action) (all []store.Entry) {
	add := func(subject, before, after string, reasons ...string) {
		for _, reason := range reasons {
			all = append(all, store.Entry{Action: action, Subject: subject, Before: before, After: after, Reason: reason})
		}
	}
	counts := []string{"0 posts", "1 post", "2 posts", "100 posts"}
	rule := func(effect string) string { return `{"Effect":"` + effect + `"}` }
	switch action {
	case store.JobCancelled:
		add("42", "queued", "", "cancelled by the requester", "cancelled by the operator", "deleted by the requester before it was answered", "")
	case store.AnswerDeleted:
		add("42", "posted", "", "deleted on request", "")
	case store.JobHeld, store.JobLetGo, store.JobRetried:
		add("42", "queued", "", "")
	case store.ConsentGiven:
		for _, topic := range []string{store.Everything, store.Gallery, "123"} {
			add(topic, "", "true", "post 7")
			add(topic, "", "false", "post 7")
		}
	case store.ListFollowed, store.ListLeft:
		add("https://dreams.example/antidote.json", "", "warn", "")
	case store.AdminPinned:
		add("boss@example.social", "", "1@example.social", "")
	case store.RuleAdded:
		for _, effect := range []string{"deny", "allow"} {
			add("account spam@example.social", "", rule(effect), "floods the bot", "", "undo u3")
		}
	case store.RuleRemoved:
		for _, effect := range []string{"deny", "allow"} {
			add("word dogs", rule(effect), "", "", "undo u3")
		}
	case store.UserLimited:
		for _, n := range []int{-1, 0, 1, 2, 100} {
			add("ada@example.social", "", fmt.Sprintf(`{"per_hour":%d}`, n), "", "undo u3")
		}
	case store.FilterJoined:
		add("ada@example.social", "", "", "")
	case store.FilterChanged:
		add("ada@example.social", "{}", "{}", "filter on", "undo u3")
	case store.PostsReturned, store.PostsHidden:
		for _, n := range counts {
			add(n+" of ada@example.social", "{}", "", "undo all")
			add(n, "{}", "", "undo u3")
		}
	case store.PostsCalled:
		for _, n := range counts {
			add(n, "{}", "", string(timeline.CalledDream), string(timeline.CalledNoDream), "undo u3")
		}
	case store.MoveDeclined:
		add("ada@example.social", "arriving", "declined", "")
	case store.FilterLeft:
		add("a subscriber", "", "", "")
	default:
		add("ada@example.social", "here", "leaving", "right")
	}
	if own := []store.Action{store.RuleAdded, store.RuleRemoved, store.FilterJoined, store.FilterChanged, store.PostsReturned, store.PostsHidden,
		store.PostsCalled}; slices.Contains(own, action) {
		add("a subscriber", "", "", "")
	}
	return all
}

// Every line that the operators' log can have reads well, and so does every line of a person's own.
func TestEveryLineOfTheLogReadsWell(t *testing.T) {
	var b strings.Builder
	for _, action := range append(named("../../../store", "Action"), "something of a newer version") {
		fmt.Fprintf(&b, "# %s\n", action)
		for _, e := range entries(store.Action(action)) {
			fmt.Fprintf(&b, "%s\n", words.Logged(e))
		}
	}
	for _, action := range []store.Action{store.PostsCalled, store.PostsReturned, store.PostsHidden, store.FilterChanged, store.RuleAdded, store.RuleRemoved, store.FilterJoined} {
		fmt.Fprintf(&b, "# a person's own: %s\n", action)
		for _, e := range entries(action) {
			if e.Subject != "a subscriber" { // who sees nothing any more
				fmt.Fprintf(&b, "%s\n", words.Happened(e))
			}
		}
	}
	file := filepath.Join("testdata", "log.txt")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, lines := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	if len(got) != len(lines) {
		t.Errorf("%d lines, want %d", len(got), len(lines))
	}
	for i := range min(len(got), len(lines)) {
		if got[i] != lines[i] {
			t.Errorf("got %s\nwant %s", got[i], lines[i])
		}
	}
}

// No action of this version is told by its name in the database.
func TestEveryActionHasASentence(t *testing.T) {
	for _, action := range named("../../../store", "Action") {
		if said := words.Logged(store.Entry{Action: store.Action(action), Subject: "S", Reason: "R"}); strings.Contains(strings.ToLower(said), action+" s ") ||
			!strings.Contains(said, "S") || said == words.Logged(store.Entry{Action: "other", Subject: "S", Reason: "R"}) {
			t.Errorf("%s: %s", action, said)
		}
	}
}
