package detector

import (
	"encoding/binary"
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

// modelOf hashes what makes a head's scores, number by number: how a library encodes them differs from process to process.
func modelOf(h *Head) (string, error) {
	sum := crc32.NewIEEE()
	parts := []any{int64(h.Size), h.Mix, h.Offset, h.Closer}
	for _, e := range h.Experts {
		parts = append(parts, []byte(e.Name), int64(e.From), int64(e.To), e.Mean, e.Scale, e.Middle, e.Weight, e.Bias)
		for _, c := range e.Centres {
			parts = append(parts, c)
		}
	}
	for _, p := range parts {
		if err := binary.Write(sum, binary.LittleEndian, p); err != nil {
			return "", fmt.Errorf("hash head: %w", err)
		}
	}
	return fmt.Sprintf("v%d-%.8s-%08x", Version, h.Model, sum.Sum32()), nil
}
