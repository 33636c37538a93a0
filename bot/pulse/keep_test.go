package pulse_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/pulse"
)

var silent = slog.New(slog.DiscardHandler)

func TestAPartThatFailsBeginsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m pulse.Monitor
		var log bytes.Buffer
		full, turns := errors.New("full"), 0
		begun := time.Now()
		m.Keep(t.Context(), "intake", slog.New(slog.NewTextHandler(&log, nil)), func(ctx context.Context) error {
			turns++
			switch {
			case turns == 1:
				panic("a mistake")
			case time.Since(begun) < 10*time.Minute:
				return full
			}
			return nil
		})
		if took := time.Since(begun); took > 10*time.Minute+15*time.Second {
			t.Errorf("it paused for so long that it ended after %v", took)
		}
		if turns < 40 || turns > 400 {
			t.Errorf("begun %d times in ten minutes", turns)
		}
		if n := strings.Count(log.String(), "begins again"); n < 2 || n > 5 || !strings.Contains(log.String(), "a mistake") {
			t.Errorf("logged %d times: %s", n, log.String())
		}
		if len(m.Troubles()) != 0 {
			t.Errorf("still in trouble: %v", m.Troubles())
		}
	})
}

func TestTroublesAreNamedUntilThePartTurnsForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m pulse.Monitor
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		first := true
		var of context.Context // of the run before
		go func() {
			defer close(ended)
			m.Keep(ctx, "sender", silent, func(ctx context.Context) error {
				if first {
					first, of = false, ctx
					return errors.New("no room")
				}
				if of.Err() == nil {
					t.Error("what the last run began goes on")
				}
				<-ctx.Done()
				return ctx.Err()
			})
		}()
		synctest.Wait()
		if err := m.Troubles()["sender"]; err == nil || err.Error() != "no room" {
			t.Errorf("in trouble: %v", err)
		}
		time.Sleep(time.Second) // it turns again
		synctest.Wait()
		if len(m.Troubles()) != 1 {
			t.Error("well at once")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(m.Troubles()) != 0 {
			t.Errorf("in trouble: %v", m.Troubles())
		}
		cancel()
		<-ended
	})
}

func TestWithoutAMonitorPartsAreKeptTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m *pulse.Monitor
		turns := 0
		m.Keep(t.Context(), "any", silent, func(context.Context) error {
			if turns++; turns < 3 {
				return errors.New("again")
			}
			return nil
		})
		if turns != 3 || len(m.Troubles()) != 0 {
			t.Errorf("%d turns, %v", turns, m.Troubles())
		}
	})
}
