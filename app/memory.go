package app

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"slugpuppy/config"
)

// often is how much garbage there may be, in hundredths of what is in use, before it is collected. Nearly all that is
// in use are pictures and weights, without a pointer in them, so that a collection takes a millisecond or two.
const often = 20

// limitMemory tells the runtime how much all of it may use, so that garbage is collected before
// the machine feels it: what so many pictures being made may use, what is used beside them, and some for the rest.
func limitMemory(cfg *config.Config, pictures int, beside int64) {
	const rest = 24 << 20
	limit := int64(cfg.Dream.Memory)*int64(pictures) + beside + rest
	if group := cgroupMemory("/sys/fs/cgroup/memory.max"); group > 0 {
		limit = min(limit, group/5*4)
	}
	allow(limit)
}

func allow(limit int64) {
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(limit)
	}
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(often)
	}
}

// limitLooks tells the runtime how much it may use to look at pictures, one a core at a time: however many there are, what
// was needed for one is collected before the next ones take as much again.
func limitLooks(cores int) {
	const rest, look = 192 << 20, 64 << 20
	allow(rest + int64(cores)*look)
}

// cgroupMemory is the memory this process's control group may use, 0 when that is not limited.
// The file is cgroup v2's memory.max: a number of bytes, or "max".
func cgroupMemory(file string) int64 {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
