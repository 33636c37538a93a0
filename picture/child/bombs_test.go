package child_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"slugpuppy/picture"
	"slugpuppy/picture/child"
	"slugpuppy/picture/odd"
)

// What a bomb may cost: of whoever asks, at the most while it is decoded, and on the wall, on a machine that
// has time.
const (
	bombMemory = 512 << 20
	bombTime   = 10 * time.Second
)

func TestAHundredBombsCostLittle(t *testing.T) {
	if os.Getenv("SLUGPUPPY_LONG") == "" {
		t.Skip("SLUGPUPPY_LONG is not set: half a minute")
	}
	p := pool(t, "daemon", func(o *child.Options) { o.Processes = 2 })
	photo := odd.Of("jpeg")[0].Data
	var slowest, largest bombed
	n := 0
	odd.Bombs(func(b odd.Bomb) {
		n++
		now := bombed{name: b.Name}
		forget(t)
		before, begin := resident(t, "VmRSS:"), time.Now()
		_, err := p.Decode(t.Context(), b.Data, picture.Limits{})
		now.took, now.held = time.Since(begin), resident(t, "VmHWM:")-before
		var problem *picture.Problem
		if err != nil && !errors.As(err, &problem) || now.took > bombTime || now.held > bombMemory {
			t.Errorf("%+v: %v", now, err)
		}
		if now.took > slowest.took {
			slowest = now
		}
		if now.held > largest.held {
			largest = now
		}
		if _, err := p.Decode(t.Context(), photo, picture.Limits{}); err != nil {
			t.Errorf("after %s: %v", b.Name, err)
		}
	})
	s := p.Stats()
	t.Logf("%d bombs; the slowest took %v (%s), the largest held %d MB here (%s); %+v",
		n, slowest.took, slowest.name, largest.held>>20, largest.name, s)
	if n < 100 || s.Here > 0 {
		t.Errorf("%d bombs, %d decoded here", n, s.Here)
	}
}

// bombed is what a bomb cost: of the time, and of this process's memory.
type bombed struct {
	name string
	took time.Duration
	held int64
}

// forget gives back what can be given back, and begins to measure the most memory anew.
func forget(t *testing.T) {
	t.Helper()
	debug.FreeOSMemory()
	if runtime.GOOS == "linux" {
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
			t.Logf("the most memory cannot be measured anew: %v", err)
		}
	}
}

// resident is the memory of this process, now or at the most.
func resident(t *testing.T, which string) int64 {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), which)
	var kb int64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb << 10
}

// Bombs do not keep a photo waiting that comes right after them.
func TestThePhotoAfterTheBombComesInTime(t *testing.T) {
	if os.Getenv("SLUGPUPPY_LONG") == "" {
		t.Skip("set SLUGPUPPY_LONG=1 on a machine that has nothing else to do")
	}
	lim := picture.Limits{Budget: picture.NewBudget(400 << 20)}
	p := pool(t, "daemon", func(o *child.Options) { o.Processes = runtime.GOMAXPROCS(0) + 2 })
	photo := large(t, 4000, 3000)
	decode := func() time.Duration {
		begin := time.Now()
		if _, err := p.Decode(t.Context(), photo, lim); err != nil {
			t.Fatal(err)
		}
		return time.Since(begin)
	}
	usual := middle([]time.Duration{decode(), decode(), decode(), decode(), decode()})
	odd.Bombs(func(b odd.Bomb) {
		if !hard.MatchString(b.Name) {
			return
		}
		var after []time.Duration
		for range 3 {
			bombed := make(chan error, 1)
			go func() { _, err := p.Decode(t.Context(), b.Data, lim); bombed <- err }()
			time.Sleep(10 * time.Millisecond)
			after = append(after, decode())
			<-bombed
		}
		took := middle(after)
		t.Logf("%v after %s, usually %v", took.Round(time.Millisecond), b.Name, usual.Round(time.Millisecond))
		const noise = 100 * time.Millisecond // of a machine that is shared
		if took > 2*usual+noise {
			t.Errorf("a photo after %s took %v, usually %v", b.Name, took, usual)
		}
	})
}

// hard are the bombs that cost most of what may be asked for.
var hard = regexp.MustCompile("5752 pixels|5752x5752|12000x2700|tiles|32 megapixels|3000 scans|20000 scans")

func middle(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
