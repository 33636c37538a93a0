package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/backoff"
	"slugpuppy/bot/operator/metrics"
	"slugpuppy/store"
)

// front answers whoever watches the process, from its first moment on: before the daemon is built, it
// lives and is not ready.
type front struct {
	health  http.Handler // until there is a daemon
	daemon  atomic.Pointer[daemon]
	handler atomic.Pointer[http.Handler] // of the daemon
	waits   atomic.Pointer[error]        // why there is none yet
}

func newFront() *front {
	f := &front{}
	f.health = metrics.Health(f.trouble)
	return f
}

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := f.health
	if p := f.handler.Load(); p != nil {
		h = *p
	}
	h.ServeHTTP(w, r)
}

// show lets the daemon answer.
func (f *front) show(d *daemon) {
	h := d.counts.Handler(d.ready)
	f.daemon.Store(d)
	f.handler.Store(&h)
}

// trouble is why nothing can be done as long as the disk is as it is; nil when it is not the disk's fault.
func (f *front) trouble() error {
	if d := f.daemon.Load(); d != nil {
		return d.store.Trouble()
	}
	if why := f.waits.Load(); why != nil {
		return *why
	}
	return errors.New("starting")
}

// ready says why the daemon cannot work.
func (d *daemon) ready() error {
	if err := d.store.Trouble(); err != nil {
		return err
	}
	if err := room(d.store.Path()); err != nil {
		return err
	}
	if why := d.ailing(); why != "" {
		return errors.New(why)
	}
	for _, bot := range d.bots {
		if err := bot.Ready(); err != nil {
			return err
		}
	}
	_, err := d.store.Operator().Counts()
	return err
}

// ailing is which parts do not run just now and why, "" for none.
func (d *daemon) ailing() string {
	troubles := d.loops.Troubles()
	var all []string
	for _, name := range slices.Sorted(maps.Keys(troubles)) {
		all = append(all, name+": "+troubles[name].Error())
	}
	return strings.Join(all, "; ")
}

// leastRoom is how much must be free for the next write to be likely to find room, in bytes.
const leastRoom = 1 << 20

// room is why the next write will fail, though none has yet.
func room(path string) error {
	free, err := diskFree(filepath.Dir(path))
	if err != nil || free >= leastRoom {
		return nil // unknown is no reason to say that nothing works
	}
	return fmt.Errorf("the disk is full: %d KiB are free beside %s", free>>10, path)
}

// roomForCopy is why a copy beside the database would fill the disk that the database grows on.
func roomForCopy(path string) error {
	free, err := diskFree(filepath.Dir(path))
	if err != nil {
		return nil // the copy shows it
	}
	has, err := size(path)
	if err != nil {
		return err
	}
	if free < has+roomLeast {
		return fmt.Errorf("%d MiB are free, and a copy of the database has %d MiB", free>>20, has>>20)
	}
	return nil
}

// watchInterval is the time between looks at a disk in trouble.
const watchInterval = 5 * time.Second

// watchDisk says in the log when the disk fails and when it is well again, and writes now and then while
// nobody else may.
func (d *daemon) watchDisk(ctx context.Context) error {
	var since time.Time
	for backoff.Sleep(ctx, watchInterval) {
		err := d.store.Trouble()
		switch {
		case err == nil && !since.IsZero():
			d.app.log.Info("the database can be written again", "after", time.Since(since).Round(time.Second))
			since = time.Time{}
		case err == nil:
		default:
			if since.IsZero() {
				since = time.Now()
				d.app.log.Error("the database cannot be written; work pauses, nothing is lost",
					"error", err, "remedy", remedy(err))
			}
			_ = d.store.Probe() // Trouble tells what came of it
		}
	}
	return nil
}

func remedy(err error) string {
	var t *store.Trouble
	if errors.As(err, &t) {
		return t.Remedy
	}
	return ""
}

// startAgain bounds the time between two tries to start on a disk in trouble.
var startAgain = backoff.Law{First: time.Second, Longest: 15 * time.Second}

// lookAgain is the time between two looks whether somebody has signed in.
const lookAgain = 5 * time.Second

// untilWritten waits until somebody else has written the database, which is all that can have changed; false
// means that ctx ended. To open it for every look would start a process each time.
func (a *App) untilWritten(ctx context.Context) bool {
	defer a.tellWaiting(ctx)()
	was, err := os.Stat(a.cfg.Store.Path)
	for backoff.Sleep(ctx, lookAgain) {
		is, now := os.Stat(a.cfg.Store.Path)
		if err != nil || now != nil || !is.ModTime().Equal(was.ModTime()) || is.Size() != was.Size() {
			return true
		}
	}
	return false
}

// prepare builds the daemon and opens its doors. Where the disk does not allow that it says so, in the
// log, to f and by calling waiting once, and tries again until ctx ends; then d is nil. So it does with patience
// where nobody has signed in yet.
func (a *App) prepare(ctx context.Context, f *front, patience bool, build func() (*daemon, doors, error), waiting func()) (d *daemon, open doors, err error) {
	for failures := 1; ; failures++ {
		d, open, err = build()
		if patience && errors.Is(err, network.ErrNotYet) && ctx.Err() == nil {
			if f.waits.Swap(&err) == nil {
				a.log.Info("waiting until somebody signs in", "what_for", err)
			}
			waiting()
			if !a.untilWritten(ctx) {
				return nil, doors{}, nil
			}
			continue
		}
		if err = store.Diagnose(err); !store.InTrouble(err) || ctx.Err() != nil {
			return d, open, err
		}
		f.waits.Store(&err)
		wait := startAgain.Wait(failures, nil)
		a.log.Error("cannot start yet; trying again", "error", err,
			"remedy", cmp.Or(remedy(err), "see the error"), "retry_in", wait)
		waiting()
		if !backoff.Sleep(ctx, wait) {
			return nil, doors{}, nil
		}
	}
}
