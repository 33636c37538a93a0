package operator_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"slugpuppy/bot/operator"
	"slugpuppy/store"
)

func TestMain(m *testing.M) {
	// A server that refuses the rest of a request waits half a second before it hangs up.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// answers serves a handler on a socket of the admin's kind and returns a client of it.
func answers(t *testing.T, h http.Handler) *operator.Client {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s.sock")
	l, err := operator.Listen(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() {
		defer close(done)
		srv.Serve(l)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-done
	})
	c, err := operator.Dial(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestErrorsReadTheSameThroughTheSocket(t *testing.T) {
	o := open(t)
	over := o.record(t, "11", store.Skipped)
	for name, ask := range map[string]func(s operator.Service) error{
		"an unknown job":  func(s operator.Service) error { _, err := s.Job(t.Context(), "nothing"); return err },
		"a strange id":    func(s operator.Service) error { _, err := s.Job(t.Context(), "a/b?c"); return err },
		"too late":        func(s operator.Service) error { _, err := s.Cancel(t.Context(), over); return err },
		"an unknown rule": func(s operator.Service) error { _, err := s.RemoveRule(t.Context(), "r99"); return err },
		"a bad rule":      func(s operator.Service) error { _, err := s.AddRule(t.Context(), operator.Rule{}); return err },
	} {
		near, far := ask(o.local), ask(o.remote)
		if near == nil || far == nil || near.Error() != far.Error() {
			t.Errorf("%s: %q on the file, %q through the socket", name, near, far)
		}
	}
}

func TestAnOlderDaemonIsUnderstoodAsFarAsItGoes(t *testing.T) {
	c := answers(t, http.NotFoundHandler())
	_, err := c.Rules(t.Context())
	if !errors.Is(err, operator.ErrNotFound) || err.Error() != "not found: Not Found" {
		t.Errorf("%v", err)
	}
	c = answers(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }))
	if _, err := c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "read the daemon's answer") {
		t.Errorf("not JSON: %v", err)
	}
	if err := answers(t, http.NotFoundHandler()).Backup(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("no backups: %v", err)
	}
}

// ailing is a service whose disk breaks.
type ailing struct{ operator.Service }

func (ailing) Backup(_ context.Context, w io.Writer) error {
	if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<16)); err != nil {
		return err
	}
	return errors.New("the disk is broken")
}

func (ailing) Status(context.Context) (operator.Status, error) {
	return operator.Status{}, errors.New("the disk is broken")
}

func TestABackupThatFailsHalfWayIsNoBackup(t *testing.T) {
	c := answers(t, operator.Handler(ailing{}))
	var b bytes.Buffer
	if err := c.Backup(t.Context(), &b); err == nil {
		t.Errorf("%d bytes of a broken backup pass for a whole one", b.Len())
	}
	if _, err := c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "the disk is broken") {
		t.Errorf("the reason does not reach the operator: %v", err)
	}
}

func TestADaemonThatEndsIsDown(t *testing.T) {
	c := answers(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	if _, err := c.Status(t.Context()); !errors.Is(err, operator.ErrDown) {
		t.Errorf("%v", err)
	}
}

func TestRequestsAreBounded(t *testing.T) {
	o := open(t)
	if _, err := o.remote.AddRule(t.Context(), operator.Rule{Kind: "word", Value: strings.Repeat("x", 1<<20), Effect: "deny", Scope: "both"}); !errors.Is(err, operator.ErrUnread) {
		t.Errorf("%v", err)
	}
}

func TestOnlySocketsAreReplaced(t *testing.T) {
	precious := filepath.Join(t.TempDir(), "thesis.txt")
	if err := os.WriteFile(precious, []byte("years of work"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := operator.Listen(t.Context(), precious); err == nil || !strings.Contains(err.Error(), "admin.socket") {
		t.Errorf("%v, %v", l, err)
	}
	if data, err := os.ReadFile(precious); err != nil || string(data) != "years of work" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := operator.Listen(t.Context(), filepath.Join(t.TempDir(), "missing", "s.sock")); err == nil {
		t.Error("a socket in a folder that is not there")
	}
}

func TestALiveSocketStaysWithItsDaemon(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := operator.Listen(t.Context(), socket); err == nil || !strings.Contains(err.Error(), "another daemon answers") {
		t.Fatalf("%v", err)
	}
	if _, err := operator.Dial(t.Context(), socket); err != nil {
		t.Errorf("the live daemon was cut off: %v", err)
	}
}
