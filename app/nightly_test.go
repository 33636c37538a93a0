package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/store"
)

// A daemon that begins anew more often than once a day has its copies all the same.
func TestADayOldCopyIsReplacedSoonAfterAStart(t *testing.T) {
	for _, c := range []struct {
		name string
		age  time.Duration // of the copy that is there, 0 for none
		anew bool
	}{{"none", 0, true}, {"old", 25 * time.Hour, true}, {"young", 23 * time.Hour, false}, {"of a time to come", -48 * time.Hour, true}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer st.Close()
				to, before := st.Path()+".nightly", time.Now().Add(-c.age)
				if c.age != 0 {
					if err := os.WriteFile(to, []byte("a copy"), 0o600); err != nil {
						t.Fatal(err)
					}
					if err := os.Chtimes(to, before, before); err != nil {
						t.Fatal(err)
					}
				}
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				if err := nightly(ctx, st, time.Now, slog.New(slog.DiscardHandler)); err != nil {
					t.Fatal(err)
				}
				data, err := os.ReadFile(to)
				if anew := err == nil && string(data) != "a copy"; anew != c.anew {
					t.Errorf("%d bytes, %v", len(data), err)
				}
			})
		})
	}
}
