// Package once remembers what a server says that it will not say differently.
package once

import (
	"context"
	"sync"

	"slugpuppy/bot/network"
)

// Value is an answer that is asked for until it is given, and then never again. The zero value is
// ready; it is safe for concurrent use.
type Value[T any] struct {
	mu     sync.Mutex
	known  bool
	value  T
	asking chan struct{} // closed when somebody has done asking; nil when nobody asks
}

// Get returns the answer, asking for it unless it was given. Others wait meanwhile, as long as their context
// lasts: a server that takes its time holds up nobody who has none.
func (v *Value[T]) Get(ctx context.Context, ask func() (T, error)) (value T, err error) {
	for {
		known, value, others := v.begin()
		switch {
		case known:
			return value, nil
		case others == nil:
			value, err = ask()
			v.end(value, err == nil)
			return value, err
		}
		select {
		case <-others:
		case <-ctx.Done():
			return value, &network.Error{Op: "wait for an answer", Kind: network.Transient, Err: context.Cause(ctx)}
		}
	}
}

// begin is the answer, or says whom to wait for; with neither it is our turn to ask.
func (v *Value[T]) begin() (known bool, value T, others <-chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.known && v.asking == nil {
		v.asking = make(chan struct{})
		return false, value, nil
	}
	return v.known, v.value, v.asking
}

func (v *Value[T]) end(value T, known bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.known = known; known {
		v.value = value
	}
	close(v.asking)
	v.asking = nil
}
