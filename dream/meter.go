package dream

import "image"

// meter turns steps into Progress. A nil report is fine.
type meter struct {
	report        func(Progress)
	frame, frames int
	octave        int
	octaves       int
	done, total   float64 // work of this frame, in pixels times steps
	last          float64
	look          func() *image.NRGBA
}

// start begins a frame of so much work.
func (m *meter) start(octaves int, total float64) {
	m.octaves, m.done, m.total = octaves, 0, total
}

// tick reports a finished piece of work.
func (m *meter) tick(step, steps, tile, tiles int, work float64) {
	m.done += work
	if m.report == nil {
		return
	}
	f := (float64(m.frame-1) + min(1, m.done/m.total)) / float64(m.frames)
	m.last = max(m.last, min(1, f))
	m.report(Progress{Frame: m.frame, Frames: m.frames, Octave: m.octave, Octaves: m.octaves,
		Step: step, Steps: steps, Tile: tile, Tiles: tiles, Fraction: m.last, Look: m.look})
}
