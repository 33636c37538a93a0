package app

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheControlGroupsMemoryIsRead(t *testing.T) {
	for text, want := range map[string]int64{"max\n": 0, "3221225472\n": 3 << 30, "": 0, "nonsense": 0} {
		file := filepath.Join(t.TempDir(), "memory.max")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := cgroupMemory(file); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	if cgroupMemory(filepath.Join(t.TempDir(), "missing")) != 0 {
		t.Error("a limit without a file")
	}
}
