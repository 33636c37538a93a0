package mastodon_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/mastodon"
)

func TestAServerTellsWhatItCanDoAndWhatTimeItIs(t *testing.T) {
	tests := []struct {
		name, answer string
		ahead        time.Duration
		want         mastodon.Server
	}{
		{"Mastodon 4.4", `{"version":"4.4.1","api_versions":{"mastodon":6}}`, 0, mastodon.Server{Name: "Mastodon 4.4.1", FiltersPosts: true, Blurs: true}},
		{"Mastodon 4.2 in the past", `{"version":"4.2.0"}`, -time.Hour, mastodon.Server{Name: "Mastodon 4.2.0", FiltersPosts: true}},
		{"Mastodon 3.5", `{"version":"3.5.3"}`, 0, mastodon.Server{Name: "Mastodon 3.5.3"}},
		{"GoToSocial in the future", `{"version":"0.20.2","source_url":"https://codeberg.org/superseriousbusiness/gotosocial"}`, 90 * time.Second,
			mastodon.Server{Name: "GoToSocial 0.20.2", FiltersPosts: true, Blurs: true}},
		{"nonsense", `{"version":"what"}`, 0, mastodon.Server{Name: "Mastodon what"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "" {
					t.Error("there is no token to show")
				}
				w.Header().Set("Date", time.Now().Add(test.ahead).UTC().Format(http.TimeFormat))
				_, _ = w.Write([]byte(test.answer))
			}))
			defer srv.Close()
			c, err := mastodon.New(mastodon.Options{Server: srv.URL, Transport: &http.Transport{DisableKeepAlives: true}})
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Server(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if off := (got.Skew - test.ahead).Abs(); off > 10*time.Second {
				t.Errorf("the clock is %v ahead, want %v", got.Skew, test.ahead)
			}
			if got.Skew = 0; got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestATokenIsTriedWithoutChangingAnything(t *testing.T) {
	for name, dialect := range map[string]mastodontest.Dialect{"Mastodon": mastodontest.Mastodon, "GoToSocial": mastodontest.GoToSocial} {
		t.Run(name, func(t *testing.T) {
			s := mastodontest.New(mastodontest.Options{Dialect: dialect})
			s.Start()
			defer s.Close()
			u := s.AddUser("ada", mastodontest.UserOptions{})
			all := mastodon.Scopes + " " + mastodon.FilterScopes + mastodon.MuteScopes
			lacking := func(token string) ([]string, error) {
				c, err := mastodon.New(mastodon.Options{Server: s.URL, Token: token, Transport: s.Transport()})
				if err != nil {
					t.Fatal(err)
				}
				return c.Lacking(t.Context(), all)
			}
			if missing, err := lacking(u.Token("read", "write")); err != nil || len(missing) != 0 {
				t.Errorf("all is granted: %v %v", missing, err)
			}
			missing, err := lacking(u.Token("read:accounts", "read:statuses", "read:notifications", "read:filters", "read:mutes", "write:media"))
			slices.Sort(missing)
			if want := []string{"write:favourites", "write:filters", "write:mutes", "write:statuses"}; err != nil || !slices.Equal(slices.Compact(missing), want) {
				t.Errorf("missing %v, want %v; %v", missing, want, err)
			}
			_, err = lacking("no token")
			if !network.Is(err, network.Unauthorized) {
				t.Errorf("a token nobody knows: %v", err)
			}
			for _, r := range s.Requests() {
				if r.Method != http.MethodGet && r.Code < 400 {
					t.Errorf("%s %s was carried out", r.Method, r.Route)
				}
			}
			if n := len(u.Statuses()); n != 0 {
				t.Errorf("%d posts", n)
			}
		})
	}
}
