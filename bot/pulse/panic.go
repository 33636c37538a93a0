package pulse

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// Panic is a bug met by what Safely runs.
type Panic struct {
	Value any
	Stack []byte // where it happened
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// Safely turns a panic of what it runs into a *Panic: a bug met in one place may end nothing else.
func Safely(run func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Panic{v, debug.Stack()}
		}
	}()
	return run()
}

// StackOf is where an error that was a panic happened, "" for any other.
func StackOf(err error) string {
	var p *Panic
	if errors.As(err, &p) {
		return string(p.Stack)
	}
	return ""
}
