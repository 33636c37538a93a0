package reliability

import (
	"context"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// volume is a file system of our own, mounted over a folder: it can be made to fail or to be slow, and
// writes down what a power failure may take away.
type volume struct {
	dir   string // where it is mounted
	below string // where its files really are

	mu     sync.Mutex
	fail   syscall.Errno // of every write, sync and growth
	slow   time.Duration // each sync takes so much longer
	record bool
	events []event
	// seen is asked at every event what of the outside may not be undone any more, before it is recorded.
	seen func() []string
}

// event is one thing that happened to a file, in order.
type event struct {
	kind kind
	file uint64 // inode, below
	at   int64  // of a write
	data []byte // what was written
	size int64  // of a truncation
	name string // that a file got, or what was seen
}

type kind int

const (
	written kind = iota
	synced
	truncated
	named
	witnessed
)

// newVolume mounts one, or skips the test.
func newVolume(t *testing.T) *volume {
	t.Helper()
	if _, err := os.Stat("/dev/fuse"); err != nil || os.Geteuid() != 0 {
		t.Skip("only root may mount, and the kernel must know FUSE")
	}
	v := &volume{dir: t.TempDir(), below: t.TempDir()}
	root := &fs.LoopbackRoot{Path: v.below}
	var st syscall.Stat_t
	if err := syscall.Stat(v.below, &st); err != nil {
		t.Fatal(err)
	}
	root.Dev = uint64(st.Dev)
	top := &node{LoopbackNode: fs.LoopbackNode{RootData: root}, v: v}
	root.RootNode = top
	server, err := fs.Mount(v.dir, top, &fs.Options{MountOptions: fuse.MountOptions{DirectMountStrict: true,
		FsName: "reliability", Name: "reliability"}})
	if err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() {
		v.behave(0, 0)
		if err := server.Unmount(); err != nil {
			_ = unix.Unmount(v.dir, unix.MNT_DETACH)
		}
	})
	return v
}

// WrapChild implements fs.NodeWrapChilder: what is below one of ours is one, too.
func (n *node) WrapChild(context.Context, fs.InodeEmbedder) fs.InodeEmbedder {
	return &node{LoopbackNode: fs.LoopbackNode{RootData: n.RootData}, v: n.v}
}

// behave makes writes fail and syncs slow from now on; zero is well.
func (v *volume) behave(fail syscall.Errno, slow time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fail, v.slow = fail, slow
}

func (v *volume) state() (fail syscall.Errno, slow time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.fail, v.slow
}

// watch records from now on, with what seen tells.
func (v *volume) watch(seen func() []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.record, v.seen = true, seen
}

func (v *volume) note(e event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.record {
		return
	}
	for _, what := range v.seen() {
		v.events = append(v.events, event{kind: witnessed, name: what})
	}
	v.events = append(v.events, e)
}

// recording is what happened so far.
func (v *volume) recording() []event {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.events)
}

// node is a file or folder.
type node struct {
	fs.LoopbackNode
	v *volume
}

func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	if fail, _ := n.v.state(); fail != 0 {
		return nil, nil, 0, fail
	}
	child, h, fuseFlags, errno := n.LoopbackNode.Create(ctx, name, flags, mode, out)
	if errno != 0 {
		return nil, nil, 0, errno
	}
	n.v.note(event{kind: named, file: out.Ino, name: name})
	return child, &file{LoopbackFile: h.(*fs.LoopbackFile), v: n.v, ino: out.Ino}, fuseFlags, 0
}

func (n *node) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	h, fuseFlags, errno := n.LoopbackNode.Open(ctx, flags)
	if errno != 0 {
		return nil, 0, errno
	}
	return &file{LoopbackFile: h.(*fs.LoopbackFile), v: n.v, ino: n.StableAttr().Ino}, fuseFlags, 0
}

func (n *node) Link(ctx context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	child, errno := n.LoopbackNode.Link(ctx, target, name, out)
	if errno == 0 {
		n.v.note(event{kind: named, file: out.Ino, name: name})
	}
	return child, errno
}

func (n *node) Setattr(ctx context.Context, h fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	size, resized := in.GetSize()
	if fail, _ := n.v.state(); resized && fail != 0 {
		return fail
	}
	errno := n.LoopbackNode.Setattr(ctx, h, in, out)
	if resized && errno == 0 {
		n.v.note(event{kind: truncated, file: n.StableAttr().Ino, size: int64(size)})
	}
	return errno
}

// CopyFileRange is left to reads and writes, which are recorded.
func (n *node) CopyFileRange(context.Context, fs.FileHandle, uint64, *fs.Inode, fs.FileHandle, uint64, uint64, uint64) (uint32, syscall.Errno) {
	return 0, syscall.ENOSYS
}

// file is an open one.
type file struct {
	*fs.LoopbackFile
	v   *volume
	ino uint64
}

// PassthroughFd keeps the kernel from going to the file below by itself: nothing would be recorded.
func (f *file) PassthroughFd() (int, bool) { return 0, false }

func (f *file) Write(ctx context.Context, data []byte, at int64) (uint32, syscall.Errno) {
	if fail, _ := f.v.state(); fail != 0 {
		return 0, fail
	}
	n, errno := f.LoopbackFile.Write(ctx, data, at)
	if errno == 0 {
		f.v.note(event{kind: written, file: f.ino, at: at, data: slices.Clone(data[:n])})
	}
	return n, errno
}

func (f *file) Fsync(ctx context.Context, flags uint32) syscall.Errno {
	fail, slow := f.v.state()
	time.Sleep(slow)
	if fail != 0 {
		return fail
	}
	errno := f.LoopbackFile.Fsync(ctx, flags)
	if errno == 0 {
		f.v.note(event{kind: synced, file: f.ino})
	}
	return errno
}

func (f *file) Allocate(context.Context, uint64, uint64, uint32) syscall.Errno {
	return syscall.ENOTSUP
}
