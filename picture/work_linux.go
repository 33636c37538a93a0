package picture

import (
	"time"

	"golang.org/x/sys/unix"
)

// thread names the one that runs this, for worked.
func thread() int { return unix.Gettid() }

// worked is the processor time that a thread of this process has used (clock_getcpuclockid(3), for a
// thread).
func worked(tid int) (time.Duration, bool) {
	const ofThread = 6
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^tid<<3|ofThread), &t); err != nil {
		return 0, false
	}
	return time.Duration(t.Nano()), true
}
