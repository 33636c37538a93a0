package app

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon"
)

// server is a Platform as far as the doctor looks at one.
type server struct {
	network.Bot
	limits    network.Limits
	self      network.Account
	limitsErr error
	selfErr   error
}

func (s server) Limits(context.Context) (network.Limits, error) { return s.limits, s.limitsErr }
func (s server) Self(context.Context) (network.Account, error)  { return s.self, s.selfErr }

func TestDoctorExaminesTheServer(t *testing.T) {
	limits := network.Limits{ServerName: "Mastodon 4.5", TextRunes: 500, AltRunes: 1500, Attachments: 4, ImageBytes: 16 << 20}
	self := network.Account{Handle: "slug@example.social", Bot: true}
	refused := &network.Error{Op: "look at our account", Kind: network.Unauthorized, Status: 401, Err: errors.New("no")}
	tests := []struct {
		name   string
		server server
		check  string
		want   Health
		says   string
	}{
		{"all is well", server{limits: limits, self: self}, "account", Healthy, "slug@example.social"},
		{"limits are told", server{limits: limits, self: self}, "server", Healthy, "500 letters"},
		{"nobody answers", server{limitsErr: errors.New("connection refused")}, "server", Sick, "connection refused"},
		{"the token is refused", server{limits: limits, selfErr: refused}, "account", Sick, "slugpuppy login"},
		{"the account is not marked", server{limits: limits, self: network.Account{Handle: "x"}}, "account", Doubt, "automated"},
		{"no picture may be posted", server{limits: network.Limits{TextRunes: 500, Attachments: 4, MIMETypes: []string{"video/mp4"}}, self: self}, "server", Sick, "neither"},
		{"little text fits", server{limits: network.Limits{TextRunes: 140, Attachments: 4}, self: self}, "server", Doubt, "cut short"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, f := range examineServer(t.Context(), test.server) {
				if f.Check == test.check {
					if f.State != test.want || !strings.Contains(f.Detail+f.Remedy, test.says) {
						t.Errorf("got %+v", f)
					}
					return
				}
			}
			t.Errorf("nothing was said about the %s", test.check)
		})
	}
}

func TestDoctorJudgesClocks(t *testing.T) {
	for off, want := range map[time.Duration]Health{0: Healthy, 20 * time.Second: Healthy, time.Hour: Doubt, -2 * time.Minute: Doubt} {
		if f := clock(mastodon.Server{Skew: off}); f.State != want {
			t.Errorf("%v: %+v", off, f)
		}
	}
}
