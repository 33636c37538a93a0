package app

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"slugpuppy/bot/network"
)

// Hindrance is what the machine has against something, and what its operator can do about it.
type Hindrance struct {
	What   string // whose a file is, how long a name is; without a final stop
	Remedy string
}

// String is both in one line.
func (h Hindrance) String() string { return h.What + "; " + h.Remedy }

// Hindered finds out what is behind an error of the operating system; ok is false where it has nothing to say
// that the error does not.
func Hindered(err error) (h Hindrance, ok bool) {
	var listening *net.OpError
	if errors.As(err, &listening) && listening.Addr != nil {
		return atAddress(listening.Addr, err)
	}
	path := pathOf(err)
	switch {
	case path == "":
		return h, false
	case errors.Is(err, fs.ErrPermission):
		return notOurs(path), true
	case errors.Is(err, syscall.EROFS):
		return Hindrance{path + " is on a file system that cannot be written to",
			"mount it for writing, or name a folder elsewhere: the one of the database is store.path"}, true
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return Hindrance{"the disk of " + path + " is full, or your share of it", "make room"}, true
	case errors.Is(err, syscall.ENAMETOOLONG):
		return Hindrance{fmt.Sprintf("%.40s... is too long a name", path), "set a shorter one"}, true
	}
	return h, false
}

// pathOf is the file that an error is about, "" for none.
func pathOf(err error) string {
	var file *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &file):
		return file.Path
	case errors.As(err, &link):
		return link.New
	}
	return ""
}

// longestSocket is the most bytes of a unix socket's path; one more is the final zero.
const longestSocket = len(syscall.RawSockaddrUnix{}.Path) - 1

func atAddress(a net.Addr, err error) (h Hindrance, ok bool) {
	if a.Network() == "unix" {
		path := a.String()
		switch {
		case len(path) > longestSocket:
			return Hindrance{fmt.Sprintf("the socket's path has %d bytes, and no system takes more than %d", len(path), longestSocket),
				"set admin.socket to a shorter one, such as /run/slugpuppy/slugpuppy.sock"}, true
		case errors.Is(err, fs.ErrPermission):
			return notOurs(path), true
		}
		return h, false
	}
	switch port := portOf(a); {
	case errors.Is(err, syscall.EADDRINUSE):
		return Hindrance{"another program listens on " + a.String(),
			"set another port, or stop that one: `ss -ltnp` names it"}, true
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return Hindrance{a.String() + " is no address of this machine", "set one of its own, such as 127.0.0.1:8080"}, true
	case errors.Is(err, fs.ErrPermission) && port > 0 && port < 1024:
		return Hindrance{fmt.Sprintf("port %d is kept for root", port),
			"set one from 1024 on behind a proxy, or in the systemd unit AmbientCapabilities=CAP_NET_BIND_SERVICE"}, true
	}
	return h, false
}

func portOf(a net.Addr) int {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}

// notOurs says whose a path is that this user may not use, or the first folder on the way to it that is closed.
func notOurs(path string) Hindrance {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	at, info, err := standing(path)
	if err != nil {
		return Hindrance{path + " cannot be reached: " + err.Error(), "run as the user whose it is"}
	}
	uid, known := ownerOf(info)
	us := os.Geteuid()
	what := fmt.Sprintf("%s has mode %04o", at, info.Mode().Perm())
	switch {
	case known && uid != us:
		what = fmt.Sprintf("%s belongs to %s with mode %04o, and this is %s", at, called(uid), info.Mode().Perm(), called(us))
		return Hindrance{what, fmt.Sprintf("run as %s, or %s", called(uid), ours(path, at, us))}
	case info.IsDir():
		return Hindrance{what, "`chmod u+rwx " + at + "`"}
	}
	return Hindrance{what, "`chmod u+rw " + at + "`"}
}

// standing is a path, or the nearest folder above it that is there.
func standing(path string) (at string, info fs.FileInfo, err error) {
	for at = path; ; at = filepath.Dir(at) {
		if info, err = os.Stat(at); err == nil || at == filepath.Dir(at) {
			return at, info, err
		}
	}
}

// ours is how a path becomes a user's: the file itself is given to them, or a folder of their own is made for
// it. Folders that are there are left alone, for others may have things in them.
func ours(path, at string, uid int) string {
	switch folder := filepath.Dir(path); at {
	case path:
		return fmt.Sprintf("give it away: `chown %d %s`", uid, path)
	case folder:
		return "set a path in a folder of your own"
	default:
		return fmt.Sprintf("make a folder for it: `install -d -m 700 -o %d %s`", uid, folder)
	}
}

// called is a user by name and number.
func called(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return fmt.Sprintf("%s (uid %d)", u.Username, uid)
	}
	return fmt.Sprintf("uid %d", uid)
}

// sickOf is a finding about an error, with what is behind it where that is known.
func sickOf(check string, err error, remedy string) network.Finding {
	if h, ok := Hindered(err); ok {
		return sick(check, err.Error()+"; "+h.What, h.Remedy)
	}
	return sick(check, err.Error(), remedy)
}
