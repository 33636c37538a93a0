package picture

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"
)

// How long decoding may take: of the processor's time what no good file needs, and of the time on the wall
// so much more that a machine with much else to do calls no good picture anything else. Where a thread's
// processor time is not known there is only the latter.
const (
	workTime  = 2 * time.Second       // for anything
	passTime  = 20 * time.Nanosecond  // more for each pass, which takes one to five
	wallTime  = time.Minute           // for anything
	wallTimes = 10                    // the processor time, more
	workEvery = 20 * time.Millisecond // between two looks at the clock
)

// Work is the processor time that decoding may take of a file of some cost.
func Work(cost int64) time.Duration {
	return workTime + time.Duration(min(cost, math.MaxInt64/4/int64(passTime)))*passTime
}

// errWorked ends a decode that used more processor time than its file may cost.
var errWorked = errors.New("too much processor time")

// within runs a decoder until it has used so much processor time, or ten times as much and a minute have
// passed, or ctx ends. The error is then errWorked, context.DeadlineExceeded, or ctx's.
func within(ctx context.Context, work time.Duration, decode func(context.Context) error) error {
	// What a thread uses is a decoder's own only while nobody else runs on it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limited, stop := context.WithTimeout(limited, wallTime+wallTimes*min(work, time.Hour))
	defer stop()
	tid := thread()
	if begun, ok := worked(tid); ok {
		defer watch(limited, func() bool {
			now, ok := worked(tid)
			return ok && now-begun > work
		}, func() { cancel(errWorked) })()
	}
	err := decode(limited)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return context.Cause(limited)
	}
	return err
}

// watch asks again and again whether it is over, and says so once. end ends it.
func watch(ctx context.Context, over func() bool, say func()) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(workEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if over() {
					say()
					return
				}
			}
		}
	}()
	return func() { cancel(); <-done }
}

// timedOut is the problem of a file whose decoder was ended by within, nil if it was something else.
func timedOut(format string, err error) *Problem {
	switch {
	case errors.Is(err, errWorked):
		return &Problem{Kind: TooCostly, Format: format, Reason: "the decoder used more processor time than its file may cost"}
	case errors.Is(err, context.DeadlineExceeded):
		return &Problem{Kind: TimedOut, Format: format, Reason: fmt.Sprintf("not decoded in time: %v", err)}
	}
	return nil
}
