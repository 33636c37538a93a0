package detector

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
)

// Explanation says why a verdict is what it is.
type Explanation struct {
	// Nearest are the known examples that are most alike in what the head looks at, the nearest
	// of every class first, by distance.
	Nearest []Neighbour `json:"nearest"`
	// Channels are those that spoke loudest, for or against a dream.
	Channels []Voice `json:"channels"`
}

// Neighbour is a known example and how far the picture is from it: 0 is the same, 1 the usual
// distance between two examples.
type Neighbour struct {
	Class    string  `json:"class"`
	Label    string  `json:"label"`
	Distance float64 `json:"distance"`
}

// Voice is what one channel adds to the logit of the score: its weights times its standardised
// statistics. Positive speaks for a dream. The picture's texture speaks by octaves, and as a whole:
// by what it is close to.
type Voice struct {
	Channel string  `json:"channel"` // layer:channel, as recipes spell it, or texture:octave, 0 the finest, or texture
	Says    float64 `json:"says"`
}

// Reference is a known example as heads keep it: where it lies among others, and no picture.
type Reference struct {
	Class string
	Label string // what kind of picture, and a number
	At    []int8 // in units of Head.Unit
}

// How much an explanation tells.
const (
	loud  = 8 // channels
	peers = 2 // examples of each class
)

// directions is how many numbers say where an example lies. By Johnson and Lindenstrauss's lemma
// distances along random directions are about those in the full space.
const directions = 64

// Explain judges a picture and says why, of the part that decided.
func (d *Detector) Explain(ctx context.Context, img image.Image) (Verdict, Explanation, error) {
	s, print, err := d.scan(ctx, img)
	if err != nil {
		return Verdict{}, Explanation{}, err
	}
	parts, err := d.head.contributions(print)
	if err != nil {
		return Verdict{}, Explanation{}, err
	}
	return d.verdict(s), Explanation{Nearest: d.head.nearest(parts), Channels: d.eye.loudest(d.head, parts)}, nil
}

// contributions are what each number of a fingerprint adds to the logit, and then what each
// expert's centres do.
func (h *Head) contributions(f Fingerprint) ([]float32, error) {
	if len(f) != h.Size {
		return nil, fmt.Errorf("fingerprint of %d numbers for a head of %d", len(f), h.Size)
	}
	parts := make([]float32, h.Size+len(h.Experts))
	for k, e := range h.Experts {
		for j, v := range e.inputs(f) {
			at := e.From + j
			if at >= e.To {
				at = h.Size + k
			}
			parts[at] += float32(h.Mix[k]) * e.Weight[j] * v
		}
	}
	return parts, nil
}

// loudest sums contributions by channel and picks the largest.
func (f *Fingerprinter) loudest(h *Head, parts []float32) []Voice {
	sum := map[string]float64{}
	for i, name := range f.voices() {
		sum[name] += float64(parts[i])
	}
	for k, v := range parts[f.Size():] {
		sum[h.Experts[k].Name] += float64(v)
	}
	all := make([]Voice, 0, len(sum))
	for name, v := range sum {
		if v == 0 {
			continue
		}
		all = append(all, Voice{name, v})
	}
	slices.SortFunc(all, func(a, b Voice) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Says), math.Abs(a.Says)), cmp.Compare(a.Channel, b.Channel))
	})
	return all[:min(loud, len(all))]
}

// project places contributions along random directions, the same for everybody: the sums with
// random signs.
func project(parts []float32) [directions]float64 {
	var at [directions]float64
	signs := rand.NewPCG(uint64(Version), 64)
	for _, p := range parts {
		bits := signs.Uint64()
		for k := range at {
			// The sign bit of p is flipped by a random bit.
			at[k] += float64(math.Float32frombits(math.Float32bits(p) ^ uint32(bits>>k)<<31))
		}
	}
	for k := range at {
		at[k] /= math.Sqrt(directions)
	}
	return at
}

// Remember keeps samples as examples for explanations, with the class and a label each.
func (h *Head) Remember(samples []Sample) error {
	at := make([][directions]float64, len(samples))
	largest := 0.0
	for i, s := range samples {
		parts, err := h.contributions(s.Print)
		if err != nil {
			return fmt.Errorf("remember %s: %w", s.File, err)
		}
		at[i] = project(parts)
		for _, v := range at[i] {
			largest = max(largest, math.Abs(v))
		}
	}
	h.Unit = max(largest, 1e-9) / math.MaxInt8
	h.Examples = nil
	numbers := map[string]int{}
	for i, s := range samples {
		kind := cmp.Or(s.Kind, s.Class)
		numbers[kind]++
		r := Reference{Class: s.Class, Label: fmt.Sprintf("%s %d", kind, numbers[kind]), At: make([]int8, directions)}
		for k, v := range at[i] {
			r.At[k] = int8(math.Round(v / h.Unit))
		}
		h.Examples = append(h.Examples, r)
	}
	h.Apart = h.apart()
	return nil
}

// apart is the median distance of two examples.
func (h *Head) apart() float64 {
	var all []float64
	for i, a := range h.Examples {
		for _, b := range h.Examples[:i] {
			sum := 0.0
			for k := range a.At {
				d := float64(a.At[k]) - float64(b.At[k])
				sum += d * d
			}
			all = append(all, h.Unit*math.Sqrt(sum))
		}
	}
	if len(all) == 0 {
		return 1
	}
	slices.Sort(all)
	return max(all[len(all)/2], 1e-9)
}

func (h *Head) nearest(parts []float32) []Neighbour {
	at := project(parts)
	var all []Neighbour
	for _, r := range h.Examples {
		sum := 0.0
		for k, v := range r.At {
			d := at[k] - h.Unit*float64(v)
			sum += d * d
		}
		all = append(all, Neighbour{r.Class, r.Label, math.Sqrt(sum) / h.Apart})
	}
	slices.SortStableFunc(all, func(a, b Neighbour) int { return cmp.Compare(a.Distance, b.Distance) })
	seen := map[string]int{}
	return slices.DeleteFunc(all, func(n Neighbour) bool {
		seen[n.Class]++
		return seen[n.Class] > peers
	})
}
