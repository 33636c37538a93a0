package reply_test

import (
	"testing"

	"slugpuppy/bot/network"
	"slugpuppy/store"
)

func listed(effect, kind, value string) store.Rule {
	return store.Rule{Effect: effect, Kind: kind, Value: value, Scope: "both", Reason: "test"}
}

func TestTheDenyListKeepsPeopleOutAndTheAllowListLetsBotsIn(t *testing.T) {
	for _, c := range []struct {
		name  string
		rules []store.Rule
		robot bool
		ok    bool
		why   string
	}{
		{"nobody is on a list", nil, false, true, ""},
		{"the person is denied", []store.Rule{listed("deny", "account", "ada@example.social")}, false, false, "rule r1: deny account ada@example.social (test)"},
		{"the server is denied, the person allowed", []store.Rule{listed("deny", "domain", "example.social"), listed("allow", "account", "ada@example.social")}, false, true, ""},
		{"a rule for the filter alone", []store.Rule{{Effect: "deny", Kind: "account", Value: "ada@example.social", Scope: "filter"}}, false, true, ""},
		{"a bot", nil, true, false, "automated"},
		{"an allowed bot", []store.Rule{listed("allow", "account", "ada@example.social")}, true, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(r *rig) {
				for _, rule := range c.rules {
					if _, _, err := r.store.Operator().AddRule(store.Actor{Name: "operator"}, rule); err != nil {
						t.Fatal(err)
					}
				}
				r.w.change(r.ada.self.ID, func(a *network.Account) { a.Bot = c.robot })
				p := r.ask(r.ada, "help")
				if c.ok {
					r.answered(p, "Send me a picture")
				} else {
					r.ignored(p, c.why)
				}
			})
		})
	}
}
