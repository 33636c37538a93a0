package operator_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"slugpuppy/bot/operator"
)

// nobody is a user and a group that are neither ours nor root.
const nobody = 65534

func TestStrangersOfTheMachineAreCutOff(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can pretend to be somebody else")
	}
	// The folder lets others in, and so does the socket: only its guard is left.
	dir, err := os.MkdirTemp("", "admin")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s.sock")
	l, err := operator.Listen(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(dir, 0o711), os.Chmod(socket, 0o666)); err != nil {
		t.Fatal(err)
	}
	accepted := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			_, err = conn.Write([]byte("come in")) // who is let in hears it, and is not merely hung up on
			conn.Close()
		}
		accepted <- err
	}()

	stranger := connectAsNobody(t, socket)
	defer stranger.Close()
	stranger.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := stranger.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("a stranger is not hung up on: %v", err)
	}
	select {
	case err := <-accepted:
		t.Fatalf("a stranger was let in (%v)", err)
	default:
	}
	own, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	if err := <-accepted; err != nil {
		t.Errorf("our own connection after the stranger's: %v", err)
	}
	l.Close()
}

// connectAsNobody connects from a thread with another user's credentials. The thread ends with
// its goroutine, which stays locked to it.
func connectAsNobody(t *testing.T, socket string) net.Conn {
	t.Helper()
	fds := make(chan int, 1)
	failed := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		// The raw calls change this thread only, unlike those of package syscall.
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESGID, nobody, nobody, nobody); errno != 0 {
			failed <- errno
			return
		}
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, nobody, nobody, nobody); errno != 0 {
			failed <- errno
			return
		}
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			failed <- err
			return
		}
		if err := unix.Connect(fd, &unix.SockaddrUnix{Name: socket}); err != nil {
			unix.Close(fd)
			failed <- err
			return
		}
		fds <- fd
	}()
	select {
	case err := <-failed:
		t.Skipf("cannot connect as somebody else here: %v", err)
		return nil
	case fd := <-fds:
		f := os.NewFile(uintptr(fd), "stranger")
		defer f.Close()
		conn, err := net.FileConn(f)
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
}
