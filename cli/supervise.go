package cli

import (
	"context"
	"log/slog"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"slugpuppy/bot/pulse"
)

// supervise tells systemd that the daemon is ready, that it stops when ctx ends, and in between that
// it lives, as long as its loops turn; see sd_notify(3). Without systemd it only waits.
func supervise(ctx context.Context, loops *pulse.Monitor, log *slog.Logger) error {
	tell := func(state string) {
		if _, err := systemd.SdNotify(false, state); err != nil {
			log.Warn("the service manager cannot be told", "state", state, "error", err)
		}
	}
	tell(systemd.SdNotifyReady)
	defer tell(systemd.SdNotifyStopping)
	interval, err := systemd.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("the watchdog's time cannot be read", "error", err)
	}
	if err != nil || interval <= 0 {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(interval / 3)
	defer tick.Stop()
	for {
		if late := loops.Late(); len(late) == 0 {
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
