package kernel

import "golang.org/x/sys/unix"

// mayTile asks the kernel for the tiles' state, 8 KiB that are saved with a thread's registers, for all threads of this process;
// without that the processor refuses the instructions. See "Using XSTATE features in user space applications" in Linux's documentation.
func mayTile() bool {
	const (
		request  = 0x1023 // ARCH_REQ_XCOMP_PERM
		tileData = 18     // XFEATURE_XTILEDATA
	)
	_, _, failed := unix.RawSyscall(unix.SYS_ARCH_PRCTL, request, tileData, 0)
	return failed == 0
}
