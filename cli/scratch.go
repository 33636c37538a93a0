package cli

import (
	"os"
	"sync"
)

// scratch are the files that are being written under another name than they will have.
type scratch struct {
	mu    sync.Mutex
	files map[string]bool
	over  bool
}

// begin notes a file; done forgets it, and is called when it has its name, or is gone.
func (s *scratch) begin(path string) (done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files == nil {
		s.files = map[string]bool{}
	}
	s.files[path] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.files, path)
	}
}

// finish does what gives a file its name, unless all files have been taken away.
func (s *scratch) finish(rename func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return os.ErrClosed
	}
	return rename()
}

// clear takes all files away. Nothing is finished any more.
func (s *scratch) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	for path := range s.files {
		os.Remove(path)
	}
}
