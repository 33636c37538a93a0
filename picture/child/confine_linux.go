//go:build linux && (amd64 || arm64)

package child

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// attributes have a child die with its asker, and not with a terminal's interrupt, which is the asker's.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// lifetime is the most processor time that a child may use from its start to its end. The asker
// counts by picture, and ends a child long before.
const lifetime = 3600 // seconds

// confine gives up everything but memory, time and the pipes.
func confine(memory int64) Protection {
	time.NewTimer(time.Hour).Stop() // opens what the runtime needs for timers, while it can
	// On a busy machine collecting garbage falls behind; before the limit is met whoever allocates has to help.
	debug.SetMemoryLimit(memory / 4 * 3)
	var p Protection
	var reasons []string
	if err := limit(memory); err != nil {
		reasons = append(reasons, err.Error())
	} else {
		p.Limits = true
	}
	if err := filterCalls(); err != nil {
		reasons = append(reasons, err.Error())
	} else {
		p.Calls = true
	}
	p.Reason = strings.Join(reasons, "; ")
	return p
}

// limit sets the process's own limits, for good. Address space counts from what the runtime has
// reserved already, which says nothing of what it uses.
func limit(memory int64) error {
	var reserved int64
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	if _, err := fmt.Sscan(string(statm), &reserved); err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	reserved *= int64(os.Getpagesize())
	for _, l := range []struct {
		what int
		most uint64
	}{
		{unix.RLIMIT_AS, uint64(reserved + memory)},
		{unix.RLIMIT_CPU, lifetime},
		{unix.RLIMIT_FSIZE, 0},
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_NOFILE, 3},
	} {
		if err := unix.Setrlimit(l.what, &unix.Rlimit{Cur: l.most, Max: l.most}); err != nil {
			return fmt.Errorf("limit resource %d: %w", l.what, err)
		}
	}
	return nil
}

// calls are what the runtime needs once it runs, and reading and writing of the pipes.
var calls = []uint32{
	unix.SYS_READ, unix.SYS_WRITE, unix.SYS_CLOSE,
	unix.SYS_MMAP, unix.SYS_MUNMAP, unix.SYS_MADVISE, unix.SYS_MPROTECT,
	unix.SYS_FUTEX, unix.SYS_SCHED_YIELD, unix.SYS_NANOSLEEP, unix.SYS_CLOCK_GETTIME, unix.SYS_CLOCK_NANOSLEEP,
	unix.SYS_RESTART_SYSCALL, unix.SYS_GETTID, unix.SYS_GETPID, unix.SYS_GETRANDOM,
	unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK,
	unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_CREATE1, unix.SYS_EVENTFD2,
	unix.SYS_SET_ROBUST_LIST, unix.SYS_RSEQ, unix.SYS_SCHED_GETAFFINITY, // the C library's threads, if it is there
	unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
}

// Where the kernel's seccomp_data has its fields.
const (
	atCall     = 0
	atArch     = 4
	atArgument = 16 // the first one's lower half
)

// filterCalls has every other system call of the process refused: no file can be opened, no socket
// made, no program run, no other process signalled. New threads are allowed, processes are not.
func filterCalls() error {
	arch, otherABI := uint32(unix.AUDIT_ARCH_X86_64), uint32(0x40000000)
	if runtime.GOARCH == "arm64" {
		arch, otherABI = unix.AUDIT_ARCH_AARCH64, 0
	}
	const (
		load  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		above = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
		has   = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		ret   = unix.BPF_RET | unix.BPF_K

		allow  = unix.SECCOMP_RET_ALLOW
		refuse = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
		absent = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	)
	step := func(code uint16, k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: code, Jt: yes, Jf: no, K: k}
	}
	program := []unix.SockFilter{
		step(load, atArch, 0, 0),
		step(equal, arch, 1, 0),
		step(ret, unix.SECCOMP_RET_KILL_PROCESS, 0, 0),
		step(load, atCall, 0, 0),
	}
	if otherABI != 0 {
		program = append(program, step(above, otherABI, 0, 1), step(ret, refuse, 0, 0))
	}
	for _, c := range calls {
		program = append(program, step(equal, c, 0, 1), step(ret, allow, 0, 0))
	}
	program = append(program,
		step(equal, unix.SYS_CLONE3, 0, 1), // whose flags cannot be looked at: as if the kernel were older
		step(ret, absent, 0, 0),
		step(equal, unix.SYS_CLONE, 0, 4), // of a thread
		step(load, atArgument, 0, 0),
		step(has, unix.CLONE_THREAD, 0, 1),
		step(ret, allow, 0, 0),
		step(ret, refuse, 0, 0),
		step(equal, unix.SYS_TGKILL, 0, 3), // of this process's own threads
		step(load, atArgument, 0, 0),
		step(equal, uint32(os.Getpid()), 0, 1),
		step(ret, allow, 0, 0),
		step(ret, refuse, 0, 0),
	)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return fmt.Errorf("filter system calls: %w", errno)
	}
	return nil
}
