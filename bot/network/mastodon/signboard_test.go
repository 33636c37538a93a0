package mastodon_test

import (
	"strings"
	"testing"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
)

func TestTheProfileTellsHowManyWaitAndKeepsItsOtherFields(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			s := mastodontest.New(mastodontest.Options{Dialect: dialect})
			s.Start()
			t.Cleanup(s.Close)
			robot := s.AddUser("dreambot", mastodontest.UserOptions{Bot: true,
				Fields: []mastodontest.Field{{Name: "Owner", Value: "@ada <b>"}}})
			c := client(t, s.URL, robot.Token(strings.Fields(mastodon.Scopes+mastodon.ProfileScope)...))
			for _, value := range []string{"3 pictures", "nobody waits"} {
				if err := c.ShowField(t.Context(), "Queue", value); err != nil {
					t.Fatal(err)
				}
				fields := robot.Fields()
				if len(fields) != 2 || fields[0].Value != "@ada <b>" || fields[1].Name != "Queue" || fields[1].Value != value {
					t.Errorf("%+v", fields)
				}
			}
			before := s.Count("PATCH /api/v1/accounts/update_credentials")
			if err := c.ShowField(t.Context(), "Queue", "nobody waits"); err != nil || s.Count("PATCH /api/v1/accounts/update_credentials") != before {
				t.Errorf("what stands there already is written again: %v", err)
			}
			poor := client(t, s.URL, robot.Token(strings.Fields(mastodon.Scopes)...))
			if err := poor.ShowField(t.Context(), "Queue", "1 picture"); !network.Is(err, network.Forbidden) {
				t.Errorf("without the scope: %v", err)
			}
		})
	}
}
