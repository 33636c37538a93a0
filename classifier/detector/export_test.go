package detector

import "slugpuppy/classifier"

// What tests of heads see of their inside.
var Sigmoid = sigmoid

var Logit = logit

func (h *Head) Nearest(f Fingerprint) ([]Neighbour, error) {
	parts, err := h.contributions(f)
	if err != nil {
		return nil, err
	}
	return h.nearest(parts), nil
}

// Arithmetic is what the detector looks at pictures in.
func (d *Detector) Arithmetic() string { return d.eye.net.Arithmetic() }

// Exactly has it look in exact arithmetic.
func (d *Detector) Exactly() error {
	all := classifier.Arithmetics()
	net, err := d.eye.net.In(all[len(all)-1])
	d.eye.net = net
	return err
}
