package metrics

import (
	"io"
	"time"

	vm "github.com/VictoriaMetrics/metrics"

	"slugpuppy/store"
)

// snapshot writes what is read of the store at each scrape.
func snapshot(w io.Writer, src Source) {
	counts, err1 := src.Counts()
	waiting, err2 := src.Jobs(store.Filter{States: []store.State{store.Queued}})
	subs, err3 := src.Subscribers()
	readable := err1 == nil && err2 == nil && err3 == nil
	describe(w, "slugpuppy_store_readable", gauge, "1 when the store could be read for this scrape.")
	vm.WriteGaugeFloat64(w, "slugpuppy_store_readable", truth(readable))
	if !readable {
		return
	}
	describe(w, "slugpuppy_jobs", gauge, "Jobs by state.")
	for _, state := range append(store.Unfinished(), store.Posted, store.Skipped, store.Cancelled, store.Dead) {
		vm.WriteGaugeFloat64(w, name("slugpuppy_jobs", "state", string(state)), float64(counts[state]))
	}
	age := 0.0
	for _, j := range waiting {
		age = max(age, time.Since(j.Created).Seconds())
	}
	describe(w, "slugpuppy_queue_age_seconds", gauge, "Age of the oldest job that waits.")
	vm.WriteGaugeFloat64(w, "slugpuppy_queue_age_seconds", age)
	timelines(w, subs)
}

func timelines(w io.Writer, subs []store.Subscriber) {
	modes := map[store.Mode]int{}
	sick := 0
	for _, sub := range subs {
		modes[sub.Acting(time.Now())]++
		if sub.Trouble != "" {
			sick++
		}
	}
	describe(w, "slugpuppy_timelines", gauge, "Timelines looked after, by what is done.")
	for _, mode := range []store.Mode{store.FilterOn, store.FilterShadow, store.FilterOff} {
		vm.WriteGaugeFloat64(w, name("slugpuppy_timelines", "mode", string(mode)), float64(modes[mode]))
	}
	describe(w, "slugpuppy_timelines_in_trouble", gauge, "Timelines whose server does not let us work.")
	vm.WriteGaugeFloat64(w, "slugpuppy_timelines_in_trouble", float64(sick))
}
