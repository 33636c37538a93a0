package operator_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/operator"
	"slugpuppy/store"
)

var scope = identity.Identity{Server: "example.social", ID: "1"}

// office is a service over its socket, and beside it over the file itself.
type office struct {
	store  *store.Store
	remote *operator.Client
	local  *operator.Local
	socket string
}

func open(t *testing.T) office {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(filepath.Join(dir, "x.db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	o := office{store: st, local: &operator.Local{Store: st,
		Daemon: func() operator.Status { return operator.Status{Running: true, PID: 7} }},
		socket: filepath.Join(dir, "s.sock")}
	l, err := operator.Listen(t.Context(), o.socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- operator.Serve(ctx, l, o.local) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	if o.remote, err = operator.Dial(t.Context(), o.socket); err != nil {
		t.Fatal(err)
	}
	return o
}

// each runs a check through the socket and without it: both must be the same.
func each(t *testing.T, check func(t *testing.T, o office, s operator.Service)) {
	t.Run("through the socket", func(t *testing.T) { o := open(t); check(t, o, o.remote) })
	t.Run("on the file", func(t *testing.T) { o := open(t); check(t, o, o.local) })
}

func (o office) record(t *testing.T, source string, state store.State) string {
	t.Helper()
	if _, err := o.store.For(scope).Jobs().Record(source, store.Job{Source: source, Handle: "ada@b.example",
		State: state, Reason: "why", Lane: "words", Payload: []byte(`"secret words"`)}); err != nil {
		t.Fatal(err)
	}
	j, err := o.store.For(scope).Jobs().BySource(source)
	if err != nil {
		t.Fatal(err)
	}
	return j.ID
}

func TestJobsAreListedShownAndCancelled(t *testing.T) {
	each(t, func(t *testing.T, o office, s operator.Service) {
		queued, skipped := o.record(t, "10", store.Queued), o.record(t, "11", store.Skipped)
		all, err := s.Jobs(t.Context(), 10)
		if err != nil || len(all) != 2 || all[0].ID != skipped {
			t.Fatalf("%+v, %v", all, err)
		}
		some, err := s.Jobs(t.Context(), 10, operator.State(store.Queued))
		if err != nil || len(some) != 1 || some[0].ID != queued {
			t.Errorf("%+v, %v", some, err)
		}
		j, err := s.Cancel(t.Context(), queued)
		if err != nil || j.State != operator.State(store.Cancelled) {
			t.Errorf("%+v, %v", j, err)
		}
		if _, err := s.Cancel(t.Context(), skipped); !errors.Is(err, operator.ErrRefused) {
			t.Errorf("cancel what is over: %v", err)
		}
		if _, err := s.Retry(t.Context(), queued); !errors.Is(err, operator.ErrRefused) {
			t.Errorf("retry what is not dead: %v", err)
		}
		if _, err := s.Job(t.Context(), "nothing"); !errors.Is(err, operator.ErrNotFound) {
			t.Errorf("unknown job: %v", err)
		}
		status, err := s.Status(t.Context())
		if err != nil || !status.Running || status.Jobs[operator.State(store.Skipped)] != 1 {
			t.Errorf("%+v, %v", status, err)
		}
	})
}

func TestRulesAreChangedTestedAndUndone(t *testing.T) {
	each(t, func(t *testing.T, o office, s operator.Service) {
		did, err := s.AddRule(t.Context(), operator.Rule{Kind: "account", Value: "a@b.example", Effect: "deny",
			Scope: "mention"})
		if err != nil || did.Undo == "" || did.Rule == nil || !strings.Contains(did.What, "deny account") {
			t.Fatalf("%+v, %v", did, err)
		}
		e := operator.Trial{Scope: "mention", Author: "a@b.example"}
		if d, err := s.TestRules(t.Context(), e); err != nil || d.Rule == nil || d.Rule.Effect != "deny" ||
			d.Rule.ID != did.Rule.ID {
			t.Errorf("%+v, %v", d, err)
		}
		if list, err := s.Rules(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("%+v, %v", list, err)
		}
		if _, err := s.Undo(t.Context(), did.Undo); err != nil {
			t.Error(err)
		}
		if d, err := s.TestRules(t.Context(), e); err != nil || d.Rule != nil {
			t.Errorf("after undo: %+v, %v", d, err)
		}
		for _, bad := range []operator.Rule{
			{Kind: "account", Value: "a@b.example", Effect: "burn", Scope: "both"},
			{Kind: "account", Value: "a@b.example", Effect: "deny", Scope: "elsewhere"},
			{Effect: "deny", Scope: "both"},
			{Kind: "word", Value: "x", Effect: "deny", Scope: "both", Until: time.Now().Add(-time.Hour)},
		} {
			if _, err := s.AddRule(t.Context(), bad); !errors.Is(err, operator.ErrUnread) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if _, err := s.RemoveRule(t.Context(), "r99"); !errors.Is(err, operator.ErrNotFound) {
			t.Errorf("unknown rule: %v", err)
		}
		if _, err := s.Undo(t.Context(), "u99"); !errors.Is(err, operator.ErrNotFound) {
			t.Errorf("unknown token: %v", err)
		}
		if entries, err := s.Audit(t.Context(), 10); err != nil || len(entries) != 2 {
			t.Errorf("%+v, %v", entries, err)
		}
	})
}

func TestBackupsAreWhole(t *testing.T) {
	each(t, func(t *testing.T, o office, s operator.Service) {
		o.record(t, "10", store.Queued)
		var b bytes.Buffer
		if err := s.Backup(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "copy.db")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := store.Check(path); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatPeopleWroteIsNotShown(t *testing.T) {
	o := open(t)
	o.record(t, "10", store.Queued)
	c := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", o.socket)
	}}}
	defer c.CloseIdleConnections()
	for _, path := range []string{"/v1/jobs", "/v1/status", "/v1/rules", "/v1/audit"} {
		res, err := c.Get("http://x" + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || bytes.Contains(body, []byte("secret words")) {
			t.Errorf("%s: %s %v", path, body, err)
		}
	}
}

func TestTheSocketIsOnesOwn(t *testing.T) {
	o := open(t)
	_, err := operator.Listen(t.Context(), o.socket)
	if err == nil || !strings.Contains(err.Error(), "another daemon") {
		t.Errorf("a second daemon: %v", err)
	}
	info, err := os.Stat(o.socket)
	if err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	stale := filepath.Join(t.TempDir(), "stale.sock")
	l, err := net.Listen("unix", stale)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	if _, err := operator.Dial(t.Context(), stale); !errors.Is(err, operator.ErrDown) {
		t.Errorf("a dead daemon answers: %v", err)
	}
	again, err := operator.Listen(t.Context(), stale)
	if err != nil {
		t.Fatalf("the socket of a dead daemon: %v", err)
	}
	again.Close()
}

func TestTheAuditTrailSaysWhoAsked(t *testing.T) {
	each(t, func(t *testing.T, o office, s operator.Service) {
		if _, err := s.AddRule(t.Context(), operator.Rule{Kind: "word", Value: "x", Effect: "deny",
			Scope: "mention"}); err != nil {
			t.Fatal(err)
		}
		entries, err := s.Audit(t.Context(), 10)
		name := fmt.Sprintf("uid %d", os.Getuid())
		if u, err := user.Current(); err == nil && u.Username != "" {
			name = u.Username
		}
		if want := "operator (" + name + ")"; err != nil || len(entries) != 1 ||
			entries[0].Actor != want || !entries[0].By.IsZero() {
			t.Errorf("%+v, %v, want %s", entries, err, want)
		}
	})
	o := open(t)
	boss := store.Actor{Identity: identity.Identity{Server: "home.example", ID: "1"}, Name: "boss@home.example"}
	if _, err := o.local.AddRule(operator.As(t.Context(), boss), operator.Rule{Kind: "word", Value: "x",
		Effect: "deny", Scope: "mention"}); err != nil {
		t.Fatal(err)
	}
	if entries, err := o.local.Audit(t.Context(), 10); err != nil || len(entries) != 1 ||
		entries[0].By != boss.Identity || entries[0].Actor != "@boss@home.example (home.example/1)" {
		t.Errorf("%+v, %v", entries, err)
	}
}

func TestARuleOfASubscribersIsTheirAccounts(t *testing.T) {
	each(t, func(t *testing.T, o office, s operator.Service) {
		ada := identity.Identity{Server: "home.example", ID: "7"}
		if _, err := o.store.For(ada).Subscription().Join(store.Itself(), store.Subscriber{Network: "mastodon",
			Handle: "ada@home.example"}); err != nil {
			t.Fatal(err)
		}
		rule := operator.Rule{Kind: "word", Value: "x", Effect: "deny", Scope: "filter", User: "ada@home.example"}
		if _, err := s.AddRule(t.Context(), rule); err != nil {
			t.Fatal(err)
		}
		if own, err := o.store.For(ada).Rules().Own(); err != nil || len(own) != 1 {
			t.Errorf("%+v, %v", own, err)
		}
		if list, err := s.Rules(t.Context()); err != nil || len(list) != 1 || list[0].User != "ada@home.example" {
			t.Errorf("%+v, %v", list, err)
		}
		for user, want := range map[string]bool{"": false, "ada@home.example": true, "home.example/7": true} {
			if d, err := s.TestRules(t.Context(), operator.Trial{Scope: "filter", Text: "x",
				User: user}); err != nil || (d.Rule != nil) != want {
				t.Errorf("for %q: %+v, %v", user, d, err)
			}
		}
		rule.User = "nobody@home.example"
		if _, err := s.AddRule(t.Context(), rule); !errors.Is(err, operator.ErrNotFound) {
			t.Errorf("a rule of nobody's: %v", err)
		}
		if err := o.store.For(ada).Subscription().Forget(store.Itself()); err != nil {
			t.Fatal(err)
		}
		if list, err := s.Rules(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("kept of somebody who left: %+v, %v", list, err)
		}
	})
}
