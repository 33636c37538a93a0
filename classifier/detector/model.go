package detector

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
)

// Model names what a score depends on: the fingerprint's version, the network and the head.
// Scores of another model are not comparable.
func (d *Detector) Model() string {
	sum := crc32.NewIEEE()
	for _, w := range d.head.Weight {
		_ = binary.Write(sum, binary.LittleEndian, math.Float32bits(w)) // a hash takes everything
	}
	return fmt.Sprintf("v%d-%.8s-%08x", Version, d.head.Model, sum.Sum32())
}
