package detector

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
