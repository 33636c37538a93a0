//go:build unix

package app

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// writable is an error where this user may not make files in a folder.
func writable(folder string) error { return unix.Access(folder, unix.W_OK|unix.X_OK) }

// ownerOf is the user whose a file is.
func ownerOf(info fs.FileInfo) (uid int, ok bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}
