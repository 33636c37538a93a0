package rules_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/rules"
	"slugpuppy/store"
)

func TestSubjectsAreReadAsOperatorsWriteThem(t *testing.T) {
	for text, want := range map[string]rules.Subject{
		"@Artist@Example.Social":          {Kind: rules.Account, Value: "artist@example.social"},
		"artist@example.social":           {Kind: rules.Account, Value: "artist@example.social"},
		"Example.social":                  {Kind: rules.Domain, Value: "example.social"},
		"domain:example.social":           {Kind: rules.Domain, Value: "example.social"},
		"#DeepDream":                      {Kind: rules.Word, Value: "deepdream"},
		"word:Puppies":                    {Kind: rules.Word, Value: "puppies"},
		"post:123456":                     {Kind: rules.Post, Value: "123456"},
		"https://example.social/@a/12345": {Kind: rules.Post, Value: "https://example.social/@a/12345"},
	} {
		if got, err := rules.ParseSubject(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "@", "@artist", "artist", "#", "word:", "post:../x", "a@b@c", "exa mple.social", "@x@y z"} {
		if got, err := rules.ParseSubject(text); err == nil {
			t.Errorf("%q became %+v", text, got)
		}
	}
}

var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func rule(id string, effect rules.Effect, kind rules.Kind, value string, change ...func(*store.Rule)) store.Rule {
	r := store.Rule{ID: id, Effect: string(effect), Kind: string(kind), Value: value, Scope: string(rules.Both), Created: now}
	for _, c := range change {
		c(&r)
	}
	return r
}

var me = identity.Identity{Server: "home.example", ID: "1"}

func TestTheMostSpecificRuleWins(t *testing.T) {
	e := rules.Event{Scope: rules.Mention, Author: "artist@art.example.social", Post: "7", Text: "look, #DeepDream!", User: me}
	user := func(r *store.Rule) { r.Owner = me }
	others := func(r *store.Rule) { r.Owner = identity.Identity{Server: me.Server, ID: me.ID + "0"} }
	pin := func(r *store.Rule) { r.Pin = true }
	filterOnly := func(r *store.Rule) { r.Scope = string(rules.Filter) }
	over := func(r *store.Rule) { r.Until = now.Add(-time.Hour) }
	newer := func(r *store.Rule) { r.Created = now.Add(time.Hour) }
	word := rule("w", rules.Deny, rules.Word, "deepdream")
	domain := rule("d", rules.Deny, rules.Domain, "example.social")
	sub := rule("s", rules.Allow, rules.Domain, "art.example.social")
	account := rule("a", rules.Deny, rules.Account, "artist@art.example.social")
	post := rule("p", rules.Allow, rules.Post, "7")
	tests := []struct {
		name string
		list []store.Rule
		want string
	}{
		{"nothing matches", []store.Rule{rule("x", rules.Deny, rules.Account, "other@example.social")}, ""},
		{"a word", []store.Rule{word}, "w"},
		{"a domain before a word", []store.Rule{word, domain}, "d"},
		{"the longer domain before the shorter", []store.Rule{sub, domain}, "s"},
		{"an account before a domain", []store.Rule{sub, account}, "a"},
		{"a post before everything", []store.Rule{account, post, word}, "p"},
		{"the user's own before everybody's", []store.Rule{account, rule("u", rules.Allow, rules.Account, "artist@art.example.social", user)}, "u"},
		{"somebody else's does not count", []store.Rule{rule("u", rules.Allow, rules.Account, "artist@art.example.social", others), account}, "a"},
		{"deny before allow", []store.Rule{rule("b", rules.Allow, rules.Account, "artist@art.example.social", newer), account}, "a"},
		{"a pinned allow before deny", []store.Rule{account, rule("b", rules.Allow, rules.Account, "artist@art.example.social", pin)}, "b"},
		{"the newest of equals", []store.Rule{account, rule("n", rules.Deny, rules.Account, "artist@art.example.social", newer)}, "n"},
		{"another scope does not count", []store.Rule{rule("f", rules.Deny, rules.Account, "artist@art.example.social", filterOnly), word}, "w"},
		{"what ran out does not count", []store.Rule{rule("o", rules.Deny, rules.Account, "artist@art.example.social", over), word}, "w"},
		{"a domain is no suffix of a name", []store.Rule{rule("z", rules.Deny, rules.Domain, "ample.social")}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := rules.Decide(tt.list, e, now)
			id := ""
			if got.Rule != nil {
				id = got.Rule.ID
			}
			if id != tt.want || got.Why == "" {
				t.Errorf("%q wins (%s), want %q", id, got.Why, tt.want)
			}
		})
	}
}

func TestTheOrderOfTheListDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []store.Rule
		for i := range rapid.IntRange(1, 6).Draw(t, "n") {
			list = append(list, rule(string(rune('a'+i)), rapid.SampledFrom([]rules.Effect{rules.Allow, rules.Deny}).Draw(t, "effect"),
				rapid.SampledFrom([]rules.Kind{rules.Account, rules.Word}).Draw(t, "kind"), rapid.SampledFrom([]string{"a@b.example", "word"}).Draw(t, "value"),
				func(r *store.Rule) { r.Created = now.Add(time.Duration(i) * time.Second) }))
		}
		e := rules.Event{Scope: rules.Filter, Author: "a@b.example", Text: "word"}
		want := rules.Decide(list, e, now).Effect()
		if got := rules.Decide(rapid.Permutation(list).Draw(t, "shuffled"), e, now).Effect(); got != want {
			t.Fatalf("%s, in another order %s", want, got)
		}
	})
}

func FuzzParseSubject(f *testing.F) {
	for _, s := range []string{"@a@b.example", "b.example", "#x", "post:1", "word:", "@@", "domain:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if sub, err := rules.ParseSubject(s); err == nil && (sub.Value == "" || sub.Kind == "") {
			t.Errorf("%q became %+v", s, sub)
		}
	})
}
