package pulse_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"slugpuppy/bot/pulse"
)

func TestALoopIsLateWhenItBreaksItsPromise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m pulse.Monitor
		hangs, turns, rests, ends := m.Loop("hangs"), m.Loop("turns"), m.Loop("rests"), m.Loop("ends")
		m.Loop("new")
		hangs.Within(time.Minute)
		ends.Within(time.Minute)
		ends.End()
		rests.Within(time.Minute)
		rests.Rest()
		for range 10 {
			turns.Within(time.Minute)
			time.Sleep(time.Minute)
		}
		if late := m.Late(); !slices.Equal(late, []string{"hangs"}) {
			t.Errorf("late: %v", late)
		}
		hangs.Within(0)
		time.Sleep(pulse.Slack)
		if late := m.Late(); len(late) != 0 {
			t.Errorf("late within the slack: %v", late)
		}
	})
}

func TestWithoutAMonitorNothingIsWatched(t *testing.T) {
	var m *pulse.Monitor
	l := m.Loop("any")
	l.Within(time.Second)
	l.Rest()
	l.End()
	if m.Late() != nil {
		t.Error("late")
	}
}
