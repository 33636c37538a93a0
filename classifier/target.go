// Package classifier holds the convolutional network: it says what is in a picture, hands
// out activations, and computes the gradient of an objective with respect to the picture.
// It knows nothing of servers, bots or dreams.
package classifier

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"slugpuppy/classifier/graph"
	"slugpuppy/classifier/kernel"
)

// Arithmetic names what computes gradients here, as in "amd64/amx_bf16": machines of one name get the
// same bits from the same network and picture.
func Arithmetic() string { return Arithmetics()[0] }

// Arithmetics names all that can compute gradients here, the quickest first and the exact one last. The names of rough ones end
// in _bf16: they round what is multiplied to bfloat16, 8 binary digits, where the processor does that in half of the time or less.
func Arithmetics() []string {
	var all []string
	for _, name := range kernel.Names() {
		all = append(all, runtime.GOARCH+"/"+name)
	}
	return all
}

// Arithmetic names what the network's gradients are computed in, and what Read shows.
func (n *Network) Arithmetic() string {
	all := Arithmetics()
	return all[(n.rough+len(all)-1)%len(all)]
}

// In returns the network with gradients, and what Read shows, in one of Arithmetics; "" is the quickest. All else that it
// computes is exact, and so is everything of what Default and Open return.
func (n *Network) In(arithmetic string) (*Network, error) {
	all := Arithmetics()
	if arithmetic == "" {
		arithmetic = all[0]
	}
	i := slices.Index(all, arithmetic)
	if i < 0 {
		return nil, fmt.Errorf("no arithmetic %.40q, only %s", arithmetic, strings.Join(all, ", "))
	}
	r := *n
	r.rough = (i + 1) % len(all)
	return &r, nil
}

// Logits is the name of the layer before softmax, one channel per label.
const Logits = graph.Logits

// Target says what to raise, or with a negative weight to lower, at one layer.
//
// With neither Channels nor Guide the objective is the whole layer, mean(a^2), the
// objective of Mordvintsev et al., "Inceptionism" (2015). With Channels it is the weighted
// sum of each channel's mean activation (for Logits: of the logits themselves). With Guide
// it is, averaged over positions, the largest dot product with any of the guide's features.
type Target struct {
	Layer    string
	Weight   float32
	Channels []ChannelWeight
	Guide    *Features
}

// ChannelWeight picks one channel of a layer; for Logits the channel is the label's index.
type ChannelWeight struct {
	Channel int
	Weight  float32
}

// Features are the activations of one layer: shape [C][H][W], row major, after ReLU.
type Features struct {
	Layer   string
	C, H, W int
	Data    []float32

	guide atomic.Pointer[graph.Guide] // Data packed for comparison, made when first needed
}

// Guess is one label with its probability in [0,1].
type Guess struct {
	Index int     `json:"-"`
	Label string  `json:"label"`
	P     float64 `json:"p"`
}

// Label is one class the network knows.
type Label struct {
	ID    string   // WordNet id, such as n07753592
	Names []string // most usual first, such as "banana"
}

// Background is the number of the class that some networks have beside the thousand: nothing that has
// a name. It is never said to be in a picture, and nobody can ask for it.
const Background = "n00000000"

// Thing says whether the class is something that pictures show.
func (l Label) Thing() bool { return l.ID != Background }

// Things are the labels of things.
func Things(labels []Label) []Label {
	return slices.DeleteFunc(slices.Clone(labels), func(l Label) bool { return !l.Thing() })
}

// Layer describes a named layer whose activations can be read or raised.
type Layer struct {
	Name     string
	Channels int
	Stride   int // input pixels per output pixel
}
