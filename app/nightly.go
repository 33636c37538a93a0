package app

import (
	"context"
	"log/slog"
	"os"
	"time"

	"slugpuppy/bot/network/backoff"
	"slugpuppy/store"
)

// nightly writes a copy of the database beside it once a day, however often the daemon begins anew; the last one is
// replaced.
func nightly(ctx context.Context, st *store.Store, now func() time.Time, log *slog.Logger) error {
	to := st.Path() + ".nightly"
	for wait := time.Minute; backoff.Sleep(ctx, wait); wait = time.Hour {
		if !outdated(to, now()) {
			continue
		}
		if err := roomForCopy(st.Path()); err != nil {
			log.Error("there is no room for the nightly backup", "file", to, "error", err, "remedy",
				"make room, or take backups elsewhere: `slugpuppy db backup FILE`")
			continue
		}
		if err := st.BackupFile(to); err != nil {
			log.Error("the nightly backup failed; is the disk full?", "file", to, "error", err)
			continue
		}
		log.Info("nightly backup written", "file", to)
	}
	return nil
}

// outdated says whether a copy is a day old, by the file's own time, or not there, or of a time that is to come.
func outdated(copied string, now time.Time) bool {
	info, err := os.Stat(copied)
	if err != nil {
		return true
	}
	age := now.Sub(info.ModTime())
	return age < 0 || age >= 24*time.Hour
}
