package reply_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/pulse"
	"slugpuppy/bot/reply"
	"slugpuppy/store"
)

// disk is one that fails, and a clock that jumps, when they are told to.
type disk struct {
	mu   sync.Mutex
	err  error
	jump time.Duration
}

func (d *disk) be(err error) { d.mu.Lock(); defer d.mu.Unlock(); d.err = err }
func (d *disk) say() error   { d.mu.Lock(); defer d.mu.Unlock(); return d.err }

func (d *disk) move(by time.Duration) { d.mu.Lock(); defer d.mu.Unlock(); d.jump += by }
func (d *disk) now() time.Time        { d.mu.Lock(); defer d.mu.Unlock(); return time.Now().Add(d.jump) }

// onDisk runs a test on virtual time with a bot whose database is on a disk of its own.
func onDisk(t *testing.T, test func(r *rig, d *disk), edit ...func(*reply.Options)) {
	t.Helper()
	d := &disk{}
	inWorld(t, func(r *rig) { test(r, d) }, append(edit, func(o *reply.Options) {
		path := filepath.Join(t.TempDir(), "disk.db")
		s, err := store.Open(path, store.Options{NoSync: true, Fault: d.say, Now: d.now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		o.Store, o.Pulse = s, &pulse.Monitor{}
	})...)
}

func TestADiskInTroubleStopsNobodyForGood(t *testing.T) {
	for _, sick := range []error{syscall.ENOSPC, syscall.EIO, syscall.EROFS} {
		t.Run(sick.Error(), func(t *testing.T) {
			onDisk(t, func(r *rig, d *disk) {
				d.be(sick)
				var posts []network.Post
				for i := range 8 {
					person := r.w.join(fmt.Sprint("person", i))
					posts = append(posts, person.post("@dreambot eyes", person.withPicture(photo(i), "")))
				}
				r.bot.hint()
				time.Sleep(2 * time.Hour)
				if len(r.opt.Pulse.Troubles()) == 0 || r.store.Trouble() == nil {
					t.Errorf("nobody is in trouble: %v, %v", r.opt.Pulse.Troubles(), r.store.Trouble())
				}
				if n := r.w.count("reply"); n != 0 {
					t.Errorf("%d replies that nobody wrote down", n)
				}
				d.be(nil)
				time.Sleep(30 * time.Second)
				for _, p := range posts {
					r.answered(p, "I dreamed")
				}
				time.Sleep(time.Minute)
				if troubles := r.opt.Pulse.Troubles(); len(troubles) != 0 {
					t.Errorf("still in trouble: %v", troubles)
				}
			})
		})
	}
}

// What happens outside while the disk is full is written down once there is room: no dream is made
// again, nothing is uploaded or looked up again.
func TestWhatWasDoneWhileTheDiskWasFullIsNotDoneAgain(t *testing.T) {
	for _, c := range []struct {
		name string
		at   string // the operation after which the disk is full
	}{{"while a dream is made", "fetch"}, {"after an upload", "upload"}, {"after a post", "reply"}} {
		t.Run(c.name, func(t *testing.T) {
			onDisk(t, func(r *rig, d *disk) {
				r.dreamer.behave(5*time.Minute, nil)
				r.w.breaks(func(op string, nth int) fate {
					if op == c.at && nth == 1 {
						d.be(syscall.ENOSPC)
					}
					return fate{}
				})
				p := r.ada.post("@dreambot eyes", r.ada.withPicture(photo(1), ""))
				r.bot.hint()
				time.Sleep(20 * time.Minute) // longer than the lease
				d.be(nil)
				time.Sleep(30 * time.Second)
				r.answered(p, "I dreamed")
				if n := r.dreamer.calls.Load(); n != 1 {
					t.Errorf("dreamed %d times", n)
				}
				for _, op := range []string{"upload", "reply"} {
					if n := r.w.count(op); n != 1 {
						t.Errorf("%d times %s", n, op)
					}
				}
				if n := r.w.count("replies"); n != 0 {
					t.Errorf("looked up %d times", n)
				}
				if j := r.job(p); j.Attempts > 2 {
					t.Errorf("%d attempts", j.Attempts)
				}
			}, func(o *reply.Options) { o.Dreams = 3 })
		})
	}
}

func TestAClockThatJumpsTakesNoJobAway(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour, 25 * time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			onDisk(t, func(r *rig, d *disk) {
				r.dreamer.behave(10*time.Minute, nil)
				var posts []network.Post
				for i := range 2 {
					person := r.w.join(fmt.Sprint("person", i))
					posts = append(posts, person.post("@dreambot eyes", person.withPicture(photo(i), "")))
				}
				r.bot.hint()
				time.Sleep(5 * time.Minute) // both are made, and one worker is idle
				d.move(by)
				time.Sleep(time.Minute)
				d.move(-by)
				time.Sleep(time.Hour)
				for _, p := range posts {
					r.answered(p, "I dreamed")
				}
				if n := r.dreamer.calls.Load(); n != 2 {
					t.Errorf("2 pictures were dreamed %d times", n)
				}
			}, func(o *reply.Options) { o.Dreams = 3 })
		})
	}
}

// What waits for a time waits as long as it was to, whatever the clock is set to meanwhile: nothing is
// looked up too early, and so posted twice, and nothing waits for an hour that was.
func TestAClockThatIsSetDelaysAndHastensNothing(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour, -25 * time.Hour} {
		for _, keys := range []bool{true, false} {
			t.Run(fmt.Sprint(by, " keys ", keys), func(t *testing.T) {
				onDisk(t, func(r *rig, d *disk) {
					r.w.with(func() { r.w.useKeys = keys })
					away := true
					r.w.breaks(func(op string, nth int) fate {
						switch {
						case op == "reply" && nth == 1: // it takes effect a minute later, when we no longer listen
							return fate{wait: time.Minute, after: failure(op, network.Ambiguous, 0)}
						case op == "fetch" && away:
							return fate{before: failure(op, network.Transient, 503)}
						}
						return fate{}
					})
					uncertain := r.ada.post("@dreambot help")
					r.bot.hint()
					time.Sleep(10 * time.Second) // the request is on its way
					waits := r.w.join("bea")
					later := waits.post("@dreambot eyes", waits.withPicture(photo(1), ""))
					r.bot.hint()
					time.Sleep(20 * time.Second) // its picture does not come, and it is tried again
					d.move(by)
					fresh := r.w.join("cem").post("@dreambot help")
					r.bot.hint()
					time.Sleep(time.Minute)
					r.w.with(func() { away = false })
					time.Sleep(20 * time.Minute)
					for _, p := range []network.Post{uncertain, fresh, later} {
						r.answered(p, "")
					}
				})
			})
		}
	}
}

// Without keys a request that may still be in the works is waited for, by time that passed and not by what
// the clock says.
func TestAClockThatIsSetSendsNothingAgainEarly(t *testing.T) {
	onDisk(t, func(r *rig, d *disk) {
		r.w.with(func() { r.w.useKeys = false })
		r.w.breaks(firstCalls(1, "reply", fate{before: failure("reply", network.Ambiguous, 0)}))
		p := r.ada.post("@dreambot help")
		r.bot.hint()
		time.Sleep(40 * time.Second)
		d.move(time.Hour)
		time.Sleep(30 * time.Minute)
		if waited := r.answered(p, "").Created.Sub(p.Created); waited < 5*time.Minute {
			t.Errorf("sent again after %v", waited)
		}
	})
}
