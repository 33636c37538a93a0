package web

import (
	"container/list"
	"crypto/sha256"
	"sync"
)

// shelfBytes bounds the heat maps that are kept: a few hundred, a map of 320 pixels has about 20 kB.
const shelfBytes = 8 << 20

// shelf keeps finished pictures by what they were made of, those unused longest dropped first. A map
// takes the network several looks, and people come back to a page.
type shelf struct {
	mu    sync.Mutex
	limit int
	held  int
	order *list.List // of *kept, latest used first
	all   map[[sha256.Size]byte]*list.Element
}

type kept struct {
	key  [sha256.Size]byte
	data []byte
}

func newShelf(limit int) *shelf {
	return &shelf{limit: limit, order: list.New(), all: map[[sha256.Size]byte]*list.Element{}}
}

// get returns what is kept, nil for nothing. It must not be changed.
func (s *shelf) get(key [sha256.Size]byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.all[key]
	if !ok {
		return nil
	}
	s.order.MoveToFront(e)
	return e.Value.(*kept).data
}

func (s *shelf) put(key [sha256.Size]byte, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.all[key]; ok || len(data) > s.limit {
		return
	}
	s.all[key] = s.order.PushFront(&kept{key, data})
	for s.held += len(data); s.held > s.limit; {
		last := s.order.Back()
		old := s.order.Remove(last).(*kept)
		delete(s.all, old.key)
		s.held -= len(old.data)
	}
}
