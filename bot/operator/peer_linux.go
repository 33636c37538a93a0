package operator

import (
	"log/slog"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// guarded hands out only connections of root, the service's own user or its group, as the
// kernel reports them (SO_PEERCRED, unix(7)).
type guarded struct{ net.Listener }

func guard(l net.Listener) net.Listener { return guarded{l} }

// Accept implements net.Listener.
func (g guarded) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if cred := peerOf(conn); cred != nil && admitted(cred) {
			return peer{conn, int(cred.Uid)}, nil
		}
		slog.Warn("admin connection refused: peer is not root, the service's user or its group")
		conn.Close()
	}
}

// peerOf is who is at the other end of a connection, nil when that is not known.
func peerOf(conn net.Conn) *unix.Ucred {
	uc, ok := conn.(*net.UnixConn)
	if !ok {
		return nil
	}
	raw, err := uc.SyscallConn()
	if err != nil {
		return nil
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err != nil || credErr != nil {
		return nil
	}
	return cred
}

func admitted(cred *unix.Ucred) bool {
	return cred.Uid == 0 || int(cred.Uid) == os.Getuid() || int(cred.Gid) == os.Getgid()
}
