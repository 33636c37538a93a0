package graph

import (
	G "gorgonia.org/gorgonia"

	"slugpuppy/classifier/kernel"
)

// share has convolutions that multiply the same columns of one value, as the branches of an inception block do that begin with
// one pixel, computed by the first of them, so that the columns are packed once. The others keep their places in the order
// and do nothing there: what they read lives until then, and their results from the first on.
func share(order []*operator) {
	first := map[*operator][]*operator{} // by what they read
	for _, o := range order {
		if o.conv == nil || o.inputs[0] == nil {
			continue
		}
		of := first[o.inputs[0]]
		alike := false
		for _, f := range of {
			if alike = f.conv.plan.Alike(o.conv.plan); alike {
				f.joined = append(f.joined, o)
				break
			}
		}
		if !alike {
			first[o.inputs[0]] = append(of, o)
		}
	}
	for _, o := range order {
		if len(o.joined) > 0 {
			o.lead()
		}
	}
}

// lead has the operator compute those that are joined to it.
func (o *operator) lead() {
	all := append([]*operator{o}, o.joined...)
	plans, relu, out := make([]*kernel.ConvPlan, len(all)), make([]bool, len(all)), make([][]float32, len(all))
	for i, q := range all {
		plans[i], relu[i] = q.conv.plan, q.conv.relu
		if i > 0 {
			q.run = func(*kernel.Team, *operator, []G.Value) error { return nil }
			o.cost.Operations += q.cost.Operations
			o.cost.Bytes += q.cost.Bytes - 4*float64(o.inputs[0].size()) // which is read once
			q.cost = Cost{}
		}
	}
	o.run = func(t *kernel.Team, o *operator, _ []G.Value) error {
		for i, q := range all {
			out[i] = q.buf
		}
		kernel.Together(t, plans, out, o.inputs[0].buf, relu)
		clear(out) // the memory is lent
		return nil
	}
}
