//go:build amd64 || arm64

package kernel

import (
	"testing"
	"unsafe"
)

// The generator cannot see the types, and go vet does not look into them.
func TestTheAssemblyFindsTheSegmentsWhereGoPutsThem(t *testing.T) {
	var s segments
	samePlaces(t, segmentPlaces, map[string][2]uintptr{
		"a":      {unsafe.Offsetof(s.a), unsafe.Sizeof(s.a[0])},
		"b":      {unsafe.Offsetof(s.b), unsafe.Sizeof(s.b[0])},
		"second": {unsafe.Offsetof(s.second), unsafe.Sizeof(s.second[0])},
		"blend":  {unsafe.Offsetof(s.blend), unsafe.Sizeof(s.blend[0])},
	})
}

func samePlaces(t *testing.T, assembly, want map[string][2]uintptr) {
	t.Helper()
	if len(assembly) != len(want) {
		t.Errorf("the assembly reads %d fields, the test knows %d", len(assembly), len(want))
	}
	for name, at := range want {
		if assembly[name] != at {
			t.Errorf("%s lies at %d, every %d bytes; the assembly reads it at %d, every %d", name, at[0], at[1], assembly[name][0], assembly[name][1])
		}
	}
}
