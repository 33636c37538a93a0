package mastodon

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network"
)

// examinee is a bot's account as far as the doctor looks at one.
type examinee struct {
	network.Bot
	limits    network.Limits
	self      network.Account
	limitsErr error
	selfErr   error
}

func (e examinee) Limits(context.Context) (network.Limits, error) { return e.limits, e.limitsErr }
func (e examinee) Self(context.Context) (network.Account, error)  { return e.self, e.selfErr }

func TestDoctorExaminesTheServer(t *testing.T) {
	limits := network.Limits{ServerName: "Mastodon 4.5", TextRunes: 500, AltRunes: 1500, Attachments: 4, ImageBytes: 16 << 20}
	self := network.Account{Handle: "slug@example.social", Bot: true}
	refused := &network.Error{Op: "look at our account", Kind: network.Unauthorized, Status: 401, Err: errors.New("no")}
	tests := []struct {
		name   string
		server examinee
		check  string
		want   network.Health
		says   string
	}{
		{"all is well", examinee{limits: limits, self: self}, "account", network.Healthy, "slug@example.social"},
		{"limits are told", examinee{limits: limits, self: self}, "server", network.Healthy, "500 letters"},
		{"nobody answers", examinee{limitsErr: errors.New("connection refused")}, "server", network.Sick, "connection refused"},
		{"the token is refused", examinee{limits: limits, selfErr: refused}, "account", network.Sick, "slugpuppy login"},
		{"the account is not marked", examinee{limits: limits, self: network.Account{Handle: "x"}}, "account", network.Doubt, "automated"},
		{"no picture may be posted", examinee{limits: network.Limits{TextRunes: 500, Attachments: 4, MIMETypes: []string{"video/mp4"}}, self: self}, "server", network.Sick, "neither"},
		{"little text fits", examinee{limits: network.Limits{TextRunes: 140, Attachments: 4}, self: self}, "server", network.Doubt, "cut short"},
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
	for off, want := range map[time.Duration]network.Health{0: network.Healthy, 20 * time.Second: network.Healthy, time.Hour: network.Doubt, -2 * time.Minute: network.Doubt} {
		if f := clock(Server{Skew: off}); f.State != want {
			t.Errorf("%v: %+v", off, f)
		}
	}
}
