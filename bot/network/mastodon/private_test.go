package mastodon_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
)

// consenting is a person who says yes in their browser and copies the code.
type consenting struct {
	t    *testing.T
	user *mastodontest.User
}

func (consenting) Visit(string) {}

func (c consenting) Paste(_ context.Context, address, _, _ string) (string, error) {
	back, err := c.user.Authorize(address)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(back)
	if err != nil {
		return "", err
	}
	return u.Query().Get("code"), nil
}

// adapter is Mastodon as it is configured by set.
func adapter(set func(*mastodon.Settings)) network.Adapter {
	settings := mastodon.Settings{ClientName: "slugpuppy"}
	set(&settings)
	return mastodon.Kind.Open(network.Env{Settings: []any{&settings}, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Notes: func(identity.Identity, string) network.Notes { return nil }})
}

// A server that the daemon would not ask is refused when somebody connects, with the option that allows it;
// once allowed it is allowed everywhere.
func TestAPrivateServerIsRefusedAtOnceOrAllowedEverywhere(t *testing.T) {
	s := mastodontest.New(mastodontest.Options{})
	s.Start()
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	alice := s.AddUser("alice", mastodontest.UserOptions{})
	sub := network.Subscriber{Identity: identity.Identity{Server: "example.social", ID: alice.ID()}, Handle: alice.Handle(), Server: s.URL,
		Secret: func(string) (string, error) { return alice.Token(strings.Fields(mastodon.FilterScopes)...), nil }}
	for name, c := range map[string]struct {
		set     func(*mastodon.Settings)
		allowed bool
	}{
		"of nobody's":      {func(*mastodon.Settings) {}, false},
		"of the bot's":     {func(o *mastodon.Settings) { o.Server = s.URL }, true},
		"that is trusted":  {func(o *mastodon.Settings) { o.Trusted = "10.0.0.9, " + strings.ToUpper(u.Host) }, true},
		"beside a trusted": {func(o *mastodon.Settings) { o.Trusted = "10.0.0.9" }, false},
		"on another port":  {func(o *mastodon.Settings) { o.Trusted = u.Hostname() + ":1" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := adapter(c.set)
			w, err := a.Complete(network.Wish{Timeline: true, Server: s.URL, Paste: true})
			if err != nil {
				t.Fatal(err)
			}
			g, err := a.SignIn(t.Context(), consenting{t, alice}, w)
			if (err == nil) != c.allowed {
				t.Fatalf("%+v, %v", g, err)
			}
			if !c.allowed && (!errors.Is(err, network.ErrUsage) || !strings.Contains(err.Error(), `mastodon.trusted to "`+u.Host)) {
				t.Errorf("%v", err)
			}
			_, _, err = a.(network.Porch).Begin(t.Context(), network.Wish{Server: s.URL}, "https://page.example/callback")
			if (err == nil) != c.allowed {
				t.Errorf("on the page: %v", err)
			}
			r, err := a.Reader(sub)
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Recent(t.Context(), 1)
			if (err == nil) != c.allowed {
				t.Errorf("the daemon: %v", err)
			}
			if !c.allowed && (network.MayPass(err) || network.NoticeOf(err) == "" || !strings.Contains(err.Error(), "mastodon.trusted")) {
				t.Errorf("the daemon waits for it to pass: %v", err)
			}
			f := a.ExamineSubscribers(t.Context(), []network.Subscriber{sub})
			if healthy := len(f) == 1 && f[0].State == network.Healthy; healthy != c.allowed {
				t.Errorf("the doctor: %+v", f)
			}
		})
	}
}
