package app

import (
	"context"
	"log/slog"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"slugpuppy/bot/pulse"
)

// serviceManager is who started the daemon, and starts it again when it hangs; see sd_notify(3).
type serviceManager struct {
	notify   func(state string) error
	watchdog time.Duration // how long it waits for a sign of life; 0: it does not wait for any
	// excuse is why loops may hang that another start would not cure, such as a disk that is slow; nil: none.
	excuse func() error
}

// underSystemd is the manager that this process runs under; without one nobody is told.
func underSystemd(log *slog.Logger) serviceManager {
	interval, err := systemd.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("the watchdog's time cannot be read", "error", err)
		interval = 0
	}
	return serviceManager{watchdog: interval, notify: func(state string) error {
		_, err := systemd.SdNotify(false, state)
		return err
	}}
}

// supervise tells the manager that the daemon is ready, that it stops when ctx ends, and in between that
// it lives, as long as its loops turn.
func (m serviceManager) supervise(ctx context.Context, loops *pulse.Monitor, log *slog.Logger) error {
	tell := func(state string) {
		if err := m.notify(state); err != nil {
			log.Warn("the service manager cannot be told", "state", state, "error", err)
		}
	}
	tell(systemd.SdNotifyReady)
	defer tell(systemd.SdNotifyStopping)
	if m.watchdog <= 0 {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(m.watchdog / 3)
	defer tick.Stop()
	for {
		if late := loops.Late(); len(late) == 0 || m.excuse != nil && m.excuse() != nil {
			tell(systemd.SdNotifyWatchdog)
		} else {
			log.Error("something hangs; the service manager will end this process and start it again", "loops", late)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
