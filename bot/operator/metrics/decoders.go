package metrics

import "slugpuppy/picture/child"

// decoders shows where strangers' pictures are decoded, and what becomes of the processes that do it.
func (m *Metrics) decoders(read func() child.Stats) {
	pictures := m.add("slugpuppy_decoded_pictures_total", counter,
		"Pictures of strangers that were decoded: apart, in processes of their own, or here, without protection.")
	pictures.NewGauge(name("slugpuppy_decoded_pictures_total", "where", "apart"), func() float64 { return float64(read().Pictures) })
	pictures.NewGauge(name("slugpuppy_decoded_pictures_total", "where", "here"), func() float64 { return float64(read().Here) })
	m.add("slugpuppy_decoders_started_total", counter, "Processes that were started to decode pictures.").
		NewGauge("slugpuppy_decoders_started_total", func() float64 { return float64(read().Started) })
	m.add("slugpuppy_decoders_lost_total", counter, "Processes that ended, or had to be ended, with the picture they decoded.").
		NewGauge("slugpuppy_decoders_lost_total", func() float64 { return float64(read().Lost) })
}
