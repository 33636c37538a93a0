package child

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpu is the processor time that a process has used, in all its threads (clock_getcpuclockid(3)).
func cpu(pid int) (time.Duration, bool) {
	const ofProcess = 2
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|ofProcess), &t); err != nil {
		return 0, false
	}
	return time.Duration(t.Nano()), true
}
