package child

import (
	"os"

	"golang.org/x/sys/unix"
)

// pipeSize is how much a pipe holds: with the usual 64 kB, asker and child would wake each other up
// thousands of times for a large picture.
const pipeSize = 1 << 20

// widen makes a pipe larger, where the system lets it.
func widen(f *os.File) {
	if c, err := f.SyscallConn(); err == nil {
		c.Control(func(fd uintptr) { unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize) })
	}
}
