//go:build unix

package app

import "golang.org/x/sys/unix"

// diskFree is how many bytes an ordinary user may still write where path is.
func diskFree(path string) (int64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return 0, err
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil
}
