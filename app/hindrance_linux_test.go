package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func TestADatabaseOfAnotherUserIsNotCalledDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	if err := os.WriteFile(path, []byte("x"), 0o000); err != nil {
		t.Fatal(err)
	}
	for dir := filepath.Dir(path); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	said := make(chan error)
	var h Hindrance
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with who it has become
		if os.Getuid() == 0 {
			if _, _, no := syscall.RawSyscall(syscall.SYS_SETRESUID, ^uintptr(0), 65534, ^uintptr(0)); no != 0 {
				said <- no
				return
			}
		}
		err := CheckDatabase(t.Context(), path)
		h, _ = Hindered(err)
		said <- err
	}()
	err := <-said
	if !errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
	if !strings.Contains(h.What, path) || h.Remedy == "" || strings.Contains(h.Remedy, "restore") {
		t.Errorf("%+v", h)
	}
}
