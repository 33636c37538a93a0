package metrics

import "math"

// bills shows money. An error makes both figures NaN.
func (m *Metrics) bills(read Money) {
	show := func(name, help string, pick func(spent, left float64) float64) {
		m.add(name, gauge, help).NewGauge(name, func() float64 {
			spent, left, err := read()
			if err != nil {
				return math.NaN()
			}
			return pick(spent, left)
		})
	}
	show("slugpuppy_api_spent_dollars", "What networks' APIs cost this month, all accounts together.",
		func(spent, _ float64) float64 { return spent })
	show("slugpuppy_api_budget_left_dollars", "What is left of the month's cap for the account that has the least.",
		func(_, left float64) float64 { return left })
}
