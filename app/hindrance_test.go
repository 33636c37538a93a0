package app

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWhatTheMachineHasAgainstItIsNamedWithARemedy(t *testing.T) {
	dir := t.TempDir()
	closed := filepath.Join(dir, "closed")
	if err := os.WriteFile(closed, nil, 0o400); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(dir, strings.Repeat("x", 120))
	var lc net.ListenConfig
	_, tooLong := lc.Listen(t.Context(), "unix", long)
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, taken := lc.Listen(t.Context(), "tcp", l.Addr().String())
	_, foreign := lc.Listen(t.Context(), "tcp", "192.0.2.1:8080")
	at := func(path string, err error) error {
		return fmt.Errorf("write: %w", &fs.PathError{Op: "open", Path: path, Err: err})
	}
	low := &net.OpError{Op: "listen", Net: "tcp", Addr: &net.TCPAddr{Port: 80}, Err: os.NewSyscallError("bind", syscall.EACCES)}
	for _, c := range []struct {
		err          error
		what, remedy string
	}{
		{at(closed, syscall.EACCES), "has mode 0400", "chmod u+rw " + closed},
		{at(filepath.Join(dir, "none", "s.db"), syscall.EACCES), dir + " has mode", "chmod u+rwx " + dir},
		{at(closed, syscall.EROFS), "cannot be written", "store.path"},
		{at(closed, syscall.ENOSPC), "full", "make room"},
		{at(closed, syscall.EDQUOT), "full", "make room"},
		{&os.LinkError{Op: "link", Old: "a", New: closed, Err: syscall.ENOSPC}, closed, "make room"},
		{tooLong, "no system takes more than", "admin.socket"},
		{taken, "another program listens on " + l.Addr().String(), "ss -ltnp"},
		{foreign, "192.0.2.1:8080 is no address of this machine", "127.0.0.1"},
		{low, "port 80 is kept for root", "CAP_NET_BIND_SERVICE"},
	} {
		h, ok := Hindered(c.err)
		if !ok || !strings.Contains(h.What, c.what) || !strings.Contains(h.Remedy, c.remedy) {
			t.Errorf("%v: %+v", c.err, h)
		}
	}
	for _, err := range []error{errors.New("no"), at(closed, syscall.EIO), at(closed, syscall.ENOENT), nil} {
		if h, ok := Hindered(err); ok {
			t.Errorf("%v: %+v", err, h)
		}
	}
}

func TestNobodyIsToldToGiveAwayAFolderWithOthersInIt(t *testing.T) {
	root := os.Getuid() == 0
	path := filepath.Join(t.TempDir(), "s.db")
	if root {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, 65534, -1); err != nil {
			t.Fatal(err)
		}
		if h := notOurs(path); !strings.Contains(h.What, "65534") || !strings.Contains(h.Remedy, "chown 0 "+path) {
			t.Errorf("%+v", h)
		}
	}
	for at, want := range map[string]string{"/": "install -d -m 700 -o 7 /srv/puppy", "/srv": "install -d -m 700 -o 7 /srv/puppy",
		"/srv/puppy": "folder of your own", "/srv/puppy/s.db": "chown 7 /srv/puppy/s.db"} {
		if got := ours("/srv/puppy/s.db", at, 7); !strings.Contains(got, want) {
			t.Errorf("barred at %s: %s", at, got)
		}
	}
}
