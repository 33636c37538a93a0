package move_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/move"
	"slugpuppy/bot/network"
	"slugpuppy/store"
)

var (
	boss   = store.Actor{Name: "operator"}
	reader = identity.Identity{Server: "example.social", ID: "7"}
)

const token = "a very secret token"

// installation is a mover with a database and a key of its own.
type installation struct {
	*move.Mover
	halted int
	server func(secrets map[string]string) (identity.Identity, error) // whose the secrets are
}

func install(t *testing.T) *installation {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(filepath.Join(dir, "db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	key, err := store.OpenKey(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	i := &installation{server: func(secrets map[string]string) (identity.Identity, error) {
		if secrets["token"] != token {
			return identity.Identity{}, &network.Error{Kind: network.Unauthorized, Err: errors.New("no")}
		}
		return reader, nil
	}}
	i.Mover = &move.Mover{Store: st, Key: func() (*store.Key, error) { return key, nil },
		Secrets: func(s store.Subscriber) ([]store.SecretName, error) {
			return []store.SecretName{{Record: "filter:" + s.Identity.String(), Field: "token"}}, nil
		},
		Whose: func(_ context.Context, _ store.Subscriber, secrets map[string]string) (identity.Identity, error) {
			return i.server(secrets)
		},
		Halt: func(context.Context, identity.Identity) error { i.halted++; return nil }}
	return i
}

func (i *installation) join(t *testing.T) store.Subscriber {
	t.Helper()
	sub, err := i.Store.For(reader).Subscription().Join(boss, store.Subscriber{Network: "test", Handle: "ada@example.social",
		Server: "https://example.social", Mode: store.FilterOn})
	if err != nil {
		t.Fatal(err)
	}
	key, _ := i.Key()
	if err := i.Store.Vault(key).Put("filter:"+reader.String(), "token", []byte(token)); err != nil {
		t.Fatal(err)
	}
	return sub
}

func (i *installation) address(t *testing.T) move.Address {
	t.Helper()
	a, err := i.Address()
	if err != nil {
		t.Fatal(err)
	}
	again, err := move.ParseAddress(" " + strings.ToUpper(a.String()) + "\n")
	if err != nil || again.String() != a.String() {
		t.Fatalf("%s was read as %v, %v", a, again, err)
	}
	return again
}

func (i *installation) token(t *testing.T) string {
	t.Helper()
	key, _ := i.Key()
	v, err := i.Store.Vault(key).Get("filter:"+reader.String(), "token")
	if err != nil && !errors.Is(err, store.ErrNoSecret) {
		t.Fatal(err)
	}
	return string(v)
}

func TestWhatIsHandedOverOnlyTheReceiverOpens(t *testing.T) {
	a, b, c := install(t), install(t), install(t)
	sub := a.join(t)
	sealed, err := a.Export(t.Context(), boss, sub, b.address(t))
	if err != nil {
		t.Fatal(err)
	}
	if a.halted == 0 {
		t.Error("nobody waited for the work to end")
	}
	if bytes.Contains(sealed, []byte(token)) || bytes.Contains(sealed, []byte("example")) {
		t.Error("it is not sealed")
	}
	if _, err := c.Import(t.Context(), boss, sealed, true); !errors.Is(err, move.ErrSealed) {
		t.Errorf("somebody else opened it: %v", err)
	}
	for i := 0; i < len(sealed); i += 7 {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := b.Import(t.Context(), boss, bad, true); !errors.Is(err, move.ErrSealed) {
			t.Fatalf("byte %d was changed: %v", i, err)
		}
	}
	got, err := b.Import(t.Context(), boss, sealed, false)
	if err != nil || !got.Taken || b.token(t) != token {
		t.Fatalf("%+v, %v, token %q", got, err, b.token(t))
	}
	sub, _ = a.Store.For(reader).Subscription().Subscriber()
	if gone, err := a.Hear(boss, sub, got.Receipt); !gone || err != nil || a.token(t) != "" {
		t.Errorf("gone %v, %v, token %q", gone, err, a.token(t))
	}
}

func TestTheServerDecidesWhoseTokensAre(t *testing.T) {
	a, b := install(t), install(t)
	sealed, err := a.Export(t.Context(), boss, a.join(t), b.address(t))
	if err != nil {
		t.Fatal(err)
	}
	honest := b.server
	for name, c := range map[string]struct {
		says  func(map[string]string) (identity.Identity, error)
		trust bool
		want  error
	}{
		"another account": {func(map[string]string) (identity.Identity, error) {
			return identity.Identity{Server: "example.social", ID: "8"}, nil
		}, true, move.ErrOther},
		"another server": {func(map[string]string) (identity.Identity, error) {
			return identity.Identity{Server: "evil.example", ID: "7"}, nil
		}, true, move.ErrOther},
		"tokens that ended": {func(map[string]string) (identity.Identity, error) {
			return identity.Identity{}, &network.Error{Kind: network.Unauthorized, Err: errors.New("no")}
		}, false, move.ErrUnverified},
		"a server that is away": {func(map[string]string) (identity.Identity, error) {
			return identity.Identity{}, &network.Error{Kind: network.Transient, Err: network.ErrKept}
		}, true, network.ErrKept},
	} {
		b.server = c.says
		if _, err := b.Import(t.Context(), boss, sealed, c.trust); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := b.Store.For(reader).Subscription().Subscriber(); !errors.Is(err, store.ErrNoSubscriber) || b.token(t) != "" {
			t.Errorf("%s: something was taken in: %v", name, err)
		}
	}
	b.server = func(map[string]string) (identity.Identity, error) {
		return identity.Identity{}, &network.Error{Kind: network.Unauthorized, Err: errors.New("no")}
	}
	if got, err := b.Import(t.Context(), boss, sealed, true); err != nil || !got.LockedOut {
		t.Errorf("trusted: %+v, %v", got, err)
	}
	b.server = honest
}

func TestAMoveIsTakenBackOnlyBeforeAnythingWasGiven(t *testing.T) {
	a, b := install(t), install(t)
	sub := a.join(t)
	a.Halt = func(context.Context, identity.Identity) error { return context.DeadlineExceeded } // a pass that does not end
	if _, err := a.Export(t.Context(), boss, sub, b.address(t)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	now, _ := a.Store.For(reader).Subscription().Subscriber()
	if now.Move.Stage != store.Leaving {
		t.Fatalf("given away while somebody worked for them: %+v", now.Move)
	}
	if err := a.Stay(boss, now, ""); err != nil {
		t.Fatal(err)
	}
	a.Halt = nil
	if _, err := a.Export(t.Context(), boss, sub, a.address(t)); err == nil {
		t.Error("handed over to itself")
	}
	sealed, err := a.Export(t.Context(), boss, sub, b.address(t))
	if err != nil {
		t.Fatal(err)
	}
	now, _ = a.Store.For(reader).Subscription().Subscriber()
	if err := a.Stay(boss, now, ""); !errors.Is(err, store.ErrReceipt) {
		t.Errorf("taken back after it was given: %v", err)
	}
	no, err := b.Decline(boss, sealed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Import(t.Context(), boss, sealed, false); !errors.Is(err, store.ErrDecided) {
		t.Errorf("taken after it was declined: %v", err)
	}
	if gone, err := a.Hear(boss, now, no.Receipt); gone || err != nil {
		t.Errorf("gone %v, %v", gone, err)
	}
	if now, _ = a.Store.For(reader).Subscription().Subscriber(); now.Away() || a.token(t) != token {
		t.Errorf("%+v", now)
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("sp1abc")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := move.ParseAddress(text)
		if err != nil {
			return
		}
		if again, err := move.ParseAddress(a.String()); err != nil || again.String() != a.String() {
			t.Errorf("%q is %q, %v", text, a, err)
		}
	})
}
