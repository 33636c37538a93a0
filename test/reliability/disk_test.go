//go:build linux

package reliability

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// recovery is how soon after there is room again everything works.
const recovery = 30 * time.Second

// disk is one on which something can go wrong.
type disk struct {
	folder string
	// spoil makes it go wrong for a process; mend puts it right.
	spoil, mend func(p *process)
	reasons     []string // what the daemon may say of it
}

// smallDisk is a file system of a few megabytes in memory, which a file can fill.
func smallDisk(t *testing.T) disk {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=12m"); err != nil {
		t.Skipf("no file system can be mounted: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	filler := filepath.Join(dir, "filler")
	return disk{folder: filepath.Join(dir, "state"), reasons: []string{"the disk is full"},
		spoil: func(*process) { fill(t, filler) },
		mend: func(*process) {
			if err := os.Remove(filler); err != nil {
				t.Error(err)
			}
		}}
}

// fill writes until nothing more goes.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			size /= 2
		}
	}
}

// cappedFile is a disk on which no process of ours may write to a file.
func cappedFile(t *testing.T) disk {
	t.Helper()
	limit := func(to uint64) func(*process) {
		return func(p *process) {
			l := unix.Rlimit{Cur: to, Max: unix.RLIM_INFINITY}
			if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, &l, nil); err != nil {
				t.Skipf("limits cannot be set: %v", err)
			}
		}
	}
	return disk{folder: filepath.Join(t.TempDir(), "state"), spoil: limit(0), mend: limit(unix.RLIM_INFINITY),
		reasons: []string{"the largest size"}}
}

func TestADiskInTroubleIsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(*testing.T) disk{"full": smallDisk, "files may not grow": cappedFile,
		"input and output fail": broken(syscall.EIO, "the disk fails"), "read-only": broken(syscall.EROFS, "read-only")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !long() && name != "files may not grow" {
				t.Skip("one kind of trouble is enough without SLUGPUPPY_LONG")
			}
			outlast(t, make(t))
		})
	}
}

// outlast runs a bot on a disk that goes wrong and is mended again.
func outlast(t *testing.T, d disk) {
	t.Helper()
	w := newTown(t, d.folder, mastodontest.Options{})
	p := w.serve()
	p.untilListening()
	w.ask("help")
	p.untilAnswered(time.Minute)

	d.spoil(p)
	for range 5 {
		w.ask("help")
	}
	w.ask("imagine banana octaves=1 steps=1")
	p.untilRefused(time.Minute, d.reasons...)
	for range 20 { // it goes on trying
		if time.Sleep(time.Second); !long() {
			break
		}
	}
	p.untilRefused(time.Second, d.reasons...)
	d.mend(p)
	ready := p.untilReady(recovery)
	t.Logf("ready %v after there was room, all answered %v later", ready, p.untilAnswered(recovery))
	w.sound()
	if n := strings.Count(p.log(), "level=ERROR"); n > 40 {
		t.Errorf("%d errors were logged meanwhile: %s", n, p.log())
	}
	p.stop()
}

// A start on a full disk is no failure: the daemon says what is wrong, and begins when there is room.
func TestAStartOnAFullDiskWaitsForRoom(t *testing.T) {
	t.Parallel()
	d := smallDisk(t)
	w := newTown(t, d.folder, mastodontest.Options{})
	d.spoil(nil)
	p := w.serve()
	p.untilRefused(time.Minute, d.reasons...)
	p.untilSaid("make room")
	d.mend(nil)
	p.untilReady(recovery)
	p.untilListening()
	w.ask("help")
	p.untilAnswered(time.Minute)

	// And once more, with a database that has work to do, after a kill.
	d.spoil(p)
	w.ask("help")
	p.untilRefused(time.Minute, d.reasons...)
	p.kill()
	p = w.serve()
	p.untilRefused(time.Minute, d.reasons...)
	w.ask("help")
	d.mend(p)
	p.untilReady(recovery)
	t.Logf("all answered %v after it was ready", p.untilAnswered(recovery))
	w.sound()
}

func TestAReadOnlyFileSystemIsNamed(t *testing.T) {
	t.Parallel()
	d := smallDisk(t)
	w := newTown(t, d.folder, mastodontest.Options{})
	p := w.serve()
	p.untilListening()
	p.stop()
	mount := filepath.Dir(d.folder)
	if err := unix.Mount("none", mount, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, "size=12m"); err != nil {
		t.Skip(err)
	}
	w.ask("help")
	p = w.serve()
	p.untilRefused(time.Minute, "the file system is read-only")
	p.untilSaid("mount it writable")
	if err := unix.Mount("none", mount, "tmpfs", unix.MS_REMOUNT, "size=12m"); err != nil {
		t.Fatal(err)
	}
	p.untilReady(recovery)
	p.untilAnswered(recovery)
	w.sound()
}

// A picture that finds no room is kept in memory until there is some, and is not made again.
func TestADreamIsKeptUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	d := cappedFile(t)
	w := newTown(t, d.folder, mastodontest.Options{})
	p := w.serve()
	p.untilListening()
	png, err := picture.EncodePNG(picture.Landscape(500, 400, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	asked := w.ask("dream steps=10", mastodontest.Picture{Data: png})
	p.until("the picture is fetched", time.Minute, func() bool { return w.server.Count("GET /media/{file}") > 0 })
	d.spoil(p)
	p.untilSaid("written later")
	d.mend(p)
	p.untilAnswered(recovery)
	w.sound()
	p.stop()
	st, err := store.Open(w.database(), store.Options{MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	jobs, err := st.Operator().Jobs(store.Filter{})
	if err != nil || len(jobs) != 1 || jobs[0].Source != asked || jobs[0].Attempts != 1 {
		t.Errorf("%+v, %v; want one that was begun once", jobs, err)
	}
}

// broken is a disk that fails in one way, by a file system of ours.
func broken(fail syscall.Errno, reason string) func(*testing.T) disk {
	return func(t *testing.T) disk {
		v := newVolume(t)
		return disk{folder: filepath.Join(v.dir, "state"), reasons: []string{reason},
			spoil: func(*process) { v.behave(fail, 0) }, mend: func(*process) { v.behave(0, 0) }}
	}
}

func TestADiskThatIsSlowIsNamed(t *testing.T) {
	t.Parallel()
	v := newVolume(t)
	w := newTown(t, filepath.Join(v.dir, "state"), mastodontest.Options{})
	p := w.serve()
	p.untilListening()
	v.behave(0, 8*time.Second)
	w.ask("help")
	p.untilRefused(time.Minute, "the disk is slow")
	v.behave(0, 0)
	p.untilReady(recovery + 16*time.Second) // what is being written has to end, too
	p.untilAnswered(recovery)
	w.sound()
	p.stop()
}
