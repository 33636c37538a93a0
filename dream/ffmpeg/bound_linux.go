package ffmpeg

import (
	"math"

	"golang.org/x/sys/unix"
)

// bound limits what an ffmpeg may take: memory, processor time, files open at a time, and no dump of its memory.
func bound(pid int) error {
	for what, most := range map[int]uint64{
		unix.RLIMIT_AS:     4 << 30,
		unix.RLIMIT_CPU:    4 * 3600,
		unix.RLIMIT_NOFILE: 64,
		unix.RLIMIT_CORE:   0,
	} {
		var old unix.Rlimit
		if err := unix.Prlimit(pid, what, nil, &old); err != nil {
			if err == unix.ESRCH { // it has ended already
				return nil
			}
			return err
		}
		if old.Max != math.MaxUint64 {
			most = min(most, old.Max)
		}
		if err := unix.Prlimit(pid, what, &unix.Rlimit{Cur: most, Max: most}, nil); err != nil && err != unix.ESRCH {
			return err
		}
	}
	return nil
}
