package dream

import (
	"image"
	"time"
)

// meter times the work on a piece, learns from it how fast this machine is, and tells how far the piece is and how long the
// rest will take. A nil report is fine.
type meter struct {
	report   func(Progress)
	now      func() time.Time
	pace     *pace
	progress Progress // but what is reckoned from here on
	done     load
	left     load
	measured load      // of what is done, what is a measure,
	took     float64   // and the seconds that this took
	since    time.Time // when the work began that is told of next
}

// newMeter is for a piece of one frame.
func (m *Maker) newMeter(report func(Progress)) *meter {
	return &meter{report: report, now: m.opt.Now, pace: m.pace, progress: Progress{Frame: 1, Frames: 1}}
}

// expect says what is left to be done.
func (m *meter) expect(l load) {
	m.left = l
	m.begin()
}

// begin says that what was done since the last time is nothing that was expected, or no measure.
func (m *meter) begin() { m.since = m.now() }

// octave says that one of so many begins.
func (m *meter) octave(i, octaves int) {
	m.progress.Octave, m.progress.Octaves, m.progress.Look = i, octaves, nil
}

// did says that this work was done since the last time.
func (m *meter) did(l load) {
	now := m.now()
	took := now.Sub(m.since).Seconds()
	m.since = now
	if m.pace.note(l, took) {
		m.measured = m.measured.plus(l)
		m.took += took
	}
	m.passed(l)
}

// passed says that this work is no longer to be done.
func (m *meter) passed(l load) {
	m.done = m.done.plus(l)
	for k, usual := range l {
		m.left[k] = max(0, m.left[k]-usual)
	}
}

// step tells of a finished step of a tile.
func (m *meter) step(step, steps, tile, tiles int) {
	m.progress.Step, m.progress.Steps, m.progress.Tile, m.progress.Tiles = step, steps, tile, tiles
	m.tell()
}

// tell reports how far the piece is.
func (m *meter) tell() {
	if m.report == nil {
		return
	}
	left, known := m.pace.seconds(m.left)
	done, _ := m.pace.seconds(m.done)
	if share := done / (done + left); done > 0 {
		m.progress.Fraction = max(m.progress.Fraction, share)
	}
	m.progress.Left = 0
	if known {
		m.progress.Left = seconds(left * m.drag())
	}
	m.report(m.progress)
}

// drag is how much slower this piece goes than others did: the machine has other work, or the piece is unlike them.
func (m *meter) drag() float64 {
	const unsure = 0.02 // of the piece: that much of it counts as much as what others took
	measured, _ := m.pace.seconds(m.measured)
	whole, _ := m.pace.seconds(m.done.plus(m.left))
	return (unsure*whole + m.took) / (unsure*whole + measured)
}

// finish tells that the piece is done.
func (m *meter) finish() {
	m.left = load{}
	m.progress.Look = nil
	m.tell()
}

// view shows the picture as it is, until it is another.
func (m *meter) view(look func() *image.NRGBA) { m.progress.Look = look }
