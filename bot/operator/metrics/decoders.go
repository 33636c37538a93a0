package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"slugpuppy/picture/child"
)

// decoders shows where strangers' pictures are decoded, and what becomes of the processes that do it.
func decoders(read func() child.Stats) []prometheus.Collector {
	show := func(o prometheus.CounterOpts, pick func(child.Stats) int) prometheus.Collector {
		return prometheus.NewCounterFunc(o, func() float64 { return float64(pick(read())) })
	}
	pictures := func(where string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "slugpuppy_decoded_pictures_total",
			Help:        "Pictures of strangers that were decoded: apart, in processes of their own, or here, without protection.",
			ConstLabels: prometheus.Labels{"where": where}}
	}
	return []prometheus.Collector{
		show(pictures("apart"), func(s child.Stats) int { return s.Pictures }),
		show(pictures("here"), func(s child.Stats) int { return s.Here }),
		show(prometheus.CounterOpts{Name: "slugpuppy_decoders_started_total",
			Help: "Processes that were started to decode pictures."}, func(s child.Stats) int { return s.Started }),
		show(prometheus.CounterOpts{Name: "slugpuppy_decoders_lost_total",
			Help: "Processes that ended, or had to be ended, with the picture they decoded."}, func(s child.Stats) int { return s.Lost }),
	}
}
