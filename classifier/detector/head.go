package detector

import (
	"bytes"
	"compress/gzip"
	"encoding/gob"
	"fmt"
	"io"
	"math"
	"slices"
)

// Band says in a word how sure a verdict is.
type Band string

// The bands.
const (
	Certain  Band = "certain"
	Likely   Band = "likely"
	Unlikely Band = "unlikely"
)

// Head turns fingerprints into probabilities: experts, each for a part of the fingerprint, and how
// much each of them counts.
type Head struct {
	Version int    // of the fingerprint
	Model   string // hash of the network
	Size    int    // of fingerprints
	Experts []*Expert
	// Mix and Offset turn the experts' margins into the logit of a probability, fitted on pictures
	// left out of training.
	Mix    []float64
	Offset float64
	Closer Closer
	// Ordinary and Hard are pictures that are no dreams, and Dreams clear ones, all left out of training: what
	// promises are made of.
	Ordinary, Hard, Dreams Tail

	// Examples explain scores: their places, in Unit, and the usual distance of two of them.
	Examples    []Reference
	Unit, Apart float64
}

func (h *Head) mixed(margins []float64) float64 {
	sum := h.Offset
	for k, m := range margins {
		sum += h.Mix[k] * m
	}
	return sum
}

// Score is the calibrated probability that a picture with this fingerprint is a dream.
func (h *Head) Score(f Fingerprint) (float64, error) {
	v, err := h.logit(f)
	return sigmoid(v), err
}

// logit is that of the score.
func (h *Head) logit(f Fingerprint) (float64, error) {
	if len(f) != h.Size {
		return 0, fmt.Errorf("fingerprint of %d numbers for a head of %d", len(f), h.Size)
	}
	return h.mixed(judge(h.Experts, f)), nil
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// Write stores the head.
func (h *Head) Write(w io.Writer) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("write head: %w", err)
	}
	if err := gob.NewEncoder(z).Encode(h); err != nil {
		return fmt.Errorf("write head: %w", err)
	}
	return z.Close()
}

// maxHead bounds a stored head.
const maxHead = 16 << 20

// ReadHead reads a stored head.
func ReadHead(data []byte) (*Head, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read head: %w", err)
	}
	var h Head
	if err := gob.NewDecoder(io.LimitReader(z, maxHead)).Decode(&h); err != nil {
		return nil, fmt.Errorf("read head: %w", err)
	}
	if h.Size <= 0 || h.Size > maxHead || len(h.Experts) == 0 || len(h.Mix) != len(h.Experts) {
		return nil, fmt.Errorf("read head: %d experts, %d of them count, for fingerprints of %d numbers", len(h.Experts), len(h.Mix), h.Size)
	}
	for _, e := range h.Experts {
		if err := e.valid(h.Size); err != nil {
			return nil, fmt.Errorf("read head: %w", err)
		}
	}
	for _, t := range []Tail{h.Ordinary, h.Hard, h.Dreams} {
		if t.N < len(t.Top) || t.N > maxHead || !slices.IsSorted(t.Top) {
			return nil, fmt.Errorf("read head: %d scores of %d pictures", len(t.Top), t.N)
		}
	}
	for _, r := range h.Examples {
		if len(r.At) != directions {
			return nil, fmt.Errorf("read head: an example of %d numbers, want %d", len(r.At), directions)
		}
	}
	return &h, nil
}
