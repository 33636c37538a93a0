//go:build unix

package speed

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// peakMemory is the most memory this process has held so far, in MB.
func peakMemory() float64 {
	// Linux counts what the parent held at the fork as the child's in its usage, but not here.
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
			var kb float64
			if _, err := fmt.Sscanf(lines.Text(), "VmHWM: %f kB", &kb); err == nil {
				return kb / (1 << 10)
			}
		}
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" { // bytes; elsewhere kilobytes
		return float64(u.Maxrss) / (1 << 20)
	}
	return float64(u.Maxrss) / (1 << 10)
}
