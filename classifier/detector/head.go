package detector

import (
	"bytes"
	"compress/gzip"
	"encoding/gob"
	"fmt"
	"io"
	"math"
)

// Band says in a word how sure a verdict is.
type Band string

// The bands.
const (
	Certain  Band = "certain"
	Likely   Band = "likely"
	Unlikely Band = "unlikely"
)

// Head turns fingerprints into probabilities: logistic regression on standardised features.
type Head struct {
	Version int       // of the fingerprint
	Model   string    // hash of the network
	Mean    []float32 // of each feature in training
	Scale   []float32 // its standard deviation
	Weight  []float32
	Bias    float64
	// Slope and Offset calibrate the score (Platt, "Probabilistic outputs for support vector
	// machines", 1999), fitted on pictures left out of training.
	Slope, Offset float64
	// ROC has points of the left-out pictures, by rising score; of the numbers of pictures below.
	ROC                 []Point
	Others, Photographs int

	// Examples explain scores: their places, in Unit, and the usual distance of two of them.
	Examples    []Reference
	Unit, Apart float64
}

// Point is what a threshold means: what share of pictures that are no dreams, of photographs and
// of clear dreams scores at least so much.
type Point struct {
	Score            float64
	WrongHides       float64
	WrongPhotographs float64
	Found            float64
}

// clip bounds a standardised feature: one channel gone wild does not decide.
const clip = 4

// Margin is the head's raw score, in logits before calibration.
func (h *Head) Margin(f Fingerprint) (float64, error) {
	if len(f) != len(h.Weight) {
		return 0, fmt.Errorf("fingerprint of %d numbers for a head of %d", len(f), len(h.Weight))
	}
	sum := h.Bias
	for i, v := range f {
		sum += float64(h.Weight[i]) * float64(standard(v, h.Mean[i], h.Scale[i]))
	}
	return sum, nil
}

func standard(v, mean, scale float32) float32 {
	return min(clip, max(-clip, (v-mean)/scale))
}

// Score is the calibrated probability that a picture with this fingerprint is a dream.
func (h *Head) Score(f Fingerprint) (float64, error) {
	m, err := h.Margin(f)
	if err != nil {
		return 0, err
	}
	return sigmoid(h.Slope*m + h.Offset), nil
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// Write stores the head.
func (h *Head) Write(w io.Writer) error {
	z := gzip.NewWriter(w)
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
	if len(h.Mean) != len(h.Weight) || len(h.Scale) != len(h.Weight) || len(h.Weight) == 0 {
		return nil, fmt.Errorf("read head: %d weights, %d means, %d scales", len(h.Weight), len(h.Mean), len(h.Scale))
	}
	if h.Others < 0 || h.Photographs < 0 || max(h.Others, h.Photographs) > maxHead {
		return nil, fmt.Errorf("read head: calibrated on %d pictures, %d photographs", h.Others, h.Photographs)
	}
	for _, r := range h.Examples {
		if len(r.At) != directions {
			return nil, fmt.Errorf("read head: an example of %d numbers, want %d", len(r.At), directions)
		}
	}
	return &h, nil
}
