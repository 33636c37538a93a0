package mention

import "slugpuppy/dream"

// Heard is what was made of a request's words that the recipe does not tell: for the person to be told.
type Heard struct {
	Read    []Read               // words that were taken for others
	Unknown []*dream.UnknownWord // things asked for that the network does not have; others were found
	Passed  []string             // words around a thing of which nothing was made, as typed
}

// Read is a word that was read as another one: bananna as banana, boxer as boxer dog.
type Read struct{ Typed, As string }

// Add appends what was heard elsewhere in the same post.
func (h *Heard) Add(other Heard) {
	h.Read = append(h.Read, other.Read...)
	h.Unknown = append(h.Unknown, other.Unknown...)
	h.Passed = append(h.Passed, other.Passed...)
}
