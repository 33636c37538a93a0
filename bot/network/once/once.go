// Package once remembers what a server says that it will not say differently.
package once

import "sync"

// Value is an answer that is asked for until it is given, and then never again. The zero value is
// ready; it is safe for concurrent use.
type Value[T any] struct {
	mu    sync.Mutex
	known bool
	value T
}

// Get returns the answer, asking for it unless it was given. Others wait meanwhile.
func (v *Value[T]) Get(ask func() (T, error)) (T, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.known {
		return v.value, nil
	}
	value, err := ask()
	if err == nil {
		v.value, v.known = value, true
	}
	return value, err
}
