package store_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"slugpuppy/store"
)

// platter is a disk that counts what it has not got yet when it is asked for more.
type platter struct {
	bytes.Buffer
	behind, most int
	syncs        int
	full         int // bytes after which there is no room, 0 for none
}

func (s *platter) Write(b []byte) (int, error) {
	if s.full > 0 && s.Len()+len(b) > s.full {
		return 0, errors.New("no room")
	}
	s.behind += len(b)
	s.most = max(s.most, s.behind)
	return s.Buffer.Write(b)
}

func (s *platter) Sync() error {
	s.behind = 0
	s.syncs++
	return nil
}

func TestACopyNeverRunsFarAheadOfTheDisk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		disk := &platter{}
		w := store.Steady(disk)
		var all []byte
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 2*store.SyncStep), 1, 6).Draw(t, "sizes") {
			b := bytes.Repeat([]byte{byte(n)}, n)
			if m, err := w.Write(b); m != n || err != nil {
				t.Fatalf("wrote %d of %d: %v", m, n, err)
			}
			all = append(all, b...)
		}
		if disk.most > store.SyncStep {
			t.Errorf("%d bytes behind", disk.most)
		}
		if want := len(all) / store.SyncStep; disk.syncs != want {
			t.Errorf("%d syncs of %d bytes, want %d", disk.syncs, len(all), want)
		}
		if !bytes.Equal(disk.Bytes(), all) {
			t.Error("other bytes arrived")
		}
	})
}

func TestACopyEndsWhereTheDiskIsFull(t *testing.T) {
	disk := &platter{full: store.SyncStep + 10}
	if n, err := store.Steady(disk).Write(make([]byte, 3*store.SyncStep)); n != store.SyncStep || err == nil {
		t.Errorf("wrote %d, %v", n, err)
	}
}
