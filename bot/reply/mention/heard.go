package mention

import (
	"slices"

	"slugpuppy/dream"
)

// Heard is what was made of a request's words that the recipe does not tell: for the person to be told.
type Heard struct {
	Read    []Read               // words that were taken for others
	Unknown []*dream.UnknownWord // things asked for that the network does not have; others were found
	Passed  []string             // words around a thing of which nothing was made, as typed
	Left    []Left               // parts of the request of which nothing is made, though they were understood
}

// Read is a word that was read as another one: bananna as banana, boxer as boxer dog.
type Read struct{ Typed, As string }

// Add adds what was heard elsewhere in the same post, or in the same place once more: a request is read as often as it is reckoned.
func (h *Heard) Add(other Heard) {
	h.Read = added(h.Read, other.Read)
	h.Passed = added(h.Passed, other.Passed)
	h.Left = added(h.Left, other.Left)
	for _, u := range other.Unknown {
		if !slices.ContainsFunc(h.Unknown, func(v *dream.UnknownWord) bool { return v.Word == u.Word }) {
			h.Unknown = append(h.Unknown, u)
		}
	}
}

// added is all with those that are not among them.
func added[T comparable](all, more []T) []T {
	for _, m := range more {
		if !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}
