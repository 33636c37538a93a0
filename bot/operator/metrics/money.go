package metrics

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"
)

// Money shows what networks cost this month in US dollars, all accounts together, and what the account
// with the least left may still cost. An error makes both NaN; without a cap the latter is +Inf.
func (m *Metrics) Money(read func() (spent, left float64, err error)) {
	show := func(name, help string, pick func(spent, left float64) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			spent, left, err := read()
			if err != nil {
				return math.NaN()
			}
			return pick(spent, left)
		})
	}
	m.registry.MustRegister(
		show("slugpuppy_api_spent_dollars", "What X's API cost this month, all accounts together.", func(spent, _ float64) float64 { return spent }),
		show("slugpuppy_api_budget_left_dollars", "What is left of the month's cap for the account that has the least.", func(_, left float64) float64 { return left }),
	)
}
