package app

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"slugpuppy/bot/pulse"
)

// noted says when something is logged.
type noted chan struct{}

func (n noted) Write(p []byte) (int, error) {
	select {
	case n <- struct{}{}:
	default:
	}
	return len(p), nil
}

func TestTheWatchdogStarvesWhileALoopHangs(t *testing.T) {
	var loops pulse.Monitor
	loop := loops.Loop("hangs")
	loop.Within(-2 * pulse.Slack) // it should have been back long ago
	complained, told := make(noted, 1), make(chan string, 1000)
	manager := serviceManager{watchdog: 30 * time.Millisecond, notify: func(state string) error {
		told <- state
		return nil
	}}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- manager.supervise(ctx, &loops, slog.New(slog.NewTextHandler(complained, nil))) }()
	for range 3 {
		<-complained
	}
	if said := <-told; said != "READY=1" || len(told) != 0 {
		t.Errorf("told %q and %d more things while a loop hangs", said, len(told))
	}
	loop.Within(time.Hour)
	if said := <-told; said != "WATCHDOG=1" {
		t.Errorf("told %q after the loop came back", said)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for said := range told {
		if said == "STOPPING=1" {
			return
		}
	}
}
