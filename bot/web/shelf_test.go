package web

import (
	"crypto/sha256"
	"fmt"
	"testing"
)

func TestTheShelfKeepsWhatWasUsedLastWithinItsLimit(t *testing.T) {
	s := newShelf(10 * 100)
	name := func(i int) [sha256.Size]byte { return sha256.Sum256(fmt.Append(nil, i)) }
	for i := range 50 {
		s.put(name(i), make([]byte, 100))
		s.put(name(i), make([]byte, 100)) // once more changes nothing
		if s.get(name(0)) == nil {
			t.Fatalf("what was just used is gone after %d", i)
		}
		if s.held > s.limit || s.held != 100*len(s.all) || len(s.all) != s.order.Len() {
			t.Fatalf("%d bytes of %d, %d in the list", s.held, len(s.all), s.order.Len())
		}
	}
	if s.get(name(49)) == nil || s.get(name(1)) != nil {
		t.Error("the wrong ones were dropped")
	}
	s.put(name(99), make([]byte, s.limit+1))
	if s.get(name(99)) != nil || s.get(name(49)) == nil {
		t.Error("something larger than the shelf was put on it")
	}
}
