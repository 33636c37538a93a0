package cli

import (
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"

	"slugpuppy/dream"
)

// barSteps is the resolution of the progress bar.
const barSteps = 1000

// progress returns a callback that draws a bar on a terminal and is silent elsewhere, and a
// function to call when the work is over.
func progress(w io.Writer, what string) (report func(dream.Progress), done func()) {
	if !onTerminal(w) {
		return func(dream.Progress) {}, func() {}
	}
	bar := progressbar.NewOptions(barSteps,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(what),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetPredictTime(true),
	)
	report = func(p dream.Progress) {
		if p.Octaves > 0 {
			bar.Describe(fmt.Sprintf("%s, octave %d of %d", what, p.Octave, p.Octaves))
		}
		_ = bar.Set(int(p.Fraction * barSteps)) // a bar that cannot be drawn is no failure
	}
	return report, func() { _ = bar.Finish() }
}
