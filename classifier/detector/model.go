package detector

import (
	"encoding/gob"
	"fmt"
	"hash/crc32"
)

// Model names what a score depends on: the fingerprint's version, the network and the head.
// Scores of another model are not comparable.
func (d *Detector) Model() string { return d.model }

// modelOf hashes what makes a head's scores.
func modelOf(h *Head) (string, error) {
	sum := crc32.NewIEEE()
	if err := gob.NewEncoder(sum).Encode(Head{Size: h.Size, Experts: h.Experts, Mix: h.Mix, Offset: h.Offset}); err != nil {
		return "", fmt.Errorf("hash head: %w", err)
	}
	return fmt.Sprintf("v%d-%.8s-%08x", Version, h.Model, sum.Sum32()), nil
}
