package detector

import (
	"encoding/gob"
	"fmt"
	"hash/crc32"
)

// Model names what a score depends on: the fingerprint's version, the network and the head.
// Scores of another model are not comparable.
func (d *Detector) Model() string { return d.model }

// Looks names what scans of a head depend on, before it is settled too: all but what is made of closer looks.
func (h *Head) Looks() (string, error) {
	seen := *h
	seen.Closer.Handicap, seen.Closer.Enough = 0, 0
	return modelOf(&seen)
}

// modelOf hashes what makes a head's scores.
func modelOf(h *Head) (string, error) {
	sum := crc32.NewIEEE()
	if err := gob.NewEncoder(sum).Encode(Head{Size: h.Size, Experts: h.Experts, Mix: h.Mix, Offset: h.Offset, Closer: h.Closer}); err != nil {
		return "", fmt.Errorf("hash head: %w", err)
	}
	return fmt.Sprintf("v%d-%.8s-%08x", Version, h.Model, sum.Sum32()), nil
}
