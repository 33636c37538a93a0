package timeline_test

import (
	"errors"
	"path/filepath"
	"testing"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// deskWith is a desk with subscribers by identity and handle.
func deskWith(t *testing.T, subs map[identity.Identity]string) *timeline.Desk {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "slugpuppy.db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	for who, handle := range subs {
		if _, err := st.For(who).Subscription().Join(store.Actor{Name: "test"}, store.Subscriber{Handle: handle,
			Mode: store.FilterOn}); err != nil {
			t.Fatal(err)
		}
	}
	return &timeline.Desk{Store: st}
}

func at(server, id string) identity.Identity { return identity.Identity{Server: server, ID: id} }

func TestAMessageIsItsAuthors(t *testing.T) {
	victim, evil, bea, carol := at("home.example", "7"), at("0.evil.example", "1"), at("social.bea.example", "2"),
		at("x.com", "3")
	d := deskWith(t, map[identity.Identity]string{victim: "victim@home.example", evil: "eve@0.evil.example",
		bea: "bea@bea.example", carol: "carol",
		at("a.example", "1"): "twin@twins.example", at("b.example", "1"): "twin@twins.example"})
	nobody := identity.Identity{}
	from := func(server, id, name string) store.Actor { return store.Actor{Identity: at(server, id), Name: name} }
	for name, c := range map[string]struct {
		from store.Actor
		want identity.Identity
	}{
		"the account itself":                       {from("home.example", "7", "victim@home.example"), victim},
		"the account itself, under a new name":     {from("home.example", "7", "countess@home.example"), victim},
		"whoever has the name next":                {from("home.example", "99", "victim@home.example"), nobody},
		"the same id on another server":            {from("bots.example", "7", "somebody@bots.example"), nobody},
		"another server's account, from the bot's": {from("home.example", "55", "Eve@0.evil.example"), evil},
		"one whose domain is not its server":       {from("home.example", "56", "bea@bea.example"), bea},
		"that one's name on its server":            {from("home.example", "57", "bea@social.bea.example"), nobody},
		"the victim's name on another server":      {from("home.example", "58", "victim@0.evil.example"), nobody},
		"the victim, from another bot's server":    {from("bots.example", "8", "victim@home.example"), victim},
		"a name on a network without domains":      {from("home.example", "59", "carol"), nobody},
		"a name that two go by":                    {from("home.example", "60", "twin@twins.example"), nobody},
		"nobody":                                   {store.Actor{}, nobody},
	} {
		sub, err := d.By(c.from)
		if sub.Identity != c.want || c.want.IsZero() && !errors.Is(err, store.ErrNoSubscriber) ||
			!c.want.IsZero() && err != nil {
			t.Errorf("%s is %q, %v; want %q", name, sub.Identity, err, c.want)
		}
	}
}

func TestAnOperatorNamesSomebodyByHandleOrByIdentity(t *testing.T) {
	ada, one, two := at("home.example", "7"), at("a.example", "1"), at("b.example", "1")
	d := deskWith(t, map[identity.Identity]string{ada: "ada@home.example", one: "twin@twins.example",
		two: "twin@twins.example"})
	for name, want := range map[string]identity.Identity{"ada@home.example": ada, "@Ada@home.example": ada,
		"home.example/7": ada, "b.example/1": two} {
		if sub, err := d.Find(name); err != nil || sub.Identity != want {
			t.Errorf("%s is %q, %v", name, sub.Identity, err)
		}
	}
	for name, want := range map[string]error{"twin@twins.example": timeline.ErrAmbiguous,
		"bea@home.example": store.ErrNoSubscriber, "": store.ErrNoSubscriber, "home.example/8": store.ErrNoSubscriber} {
		if sub, err := d.Find(name); !errors.Is(err, want) {
			t.Errorf("%q is %q, %v", name, sub.Identity, err)
		}
	}
}
