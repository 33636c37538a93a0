package classifier

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"slugpuppy/picture"
)

// sights are the short sides, in pixels, at which See looks at a picture. The network was last
// trained on views of 96 pixels with the thing filling the frame; a larger copy shows it things
// that fill a part. A third look at 64 pixels costs nearly three points of top-1.
var sights = []int{96, 128}

// longest bounds the long side of what See looks at: a panorama is squeezed, not refused.
const longest = 512

// See says what is in a picture of any size: the k most likely labels, most likely first,
// with probabilities averaged over a few scales and the mirror image. More labels than there are is all.
func (n *Network) See(ctx context.Context, in *picture.Planar, k int) ([]Guess, error) {
	return n.look(ctx, in, k, n.sights)
}

// closeups are the short sides at which Details looks.
var closeups = []int{192, 256, 320}

// Details says what is in the parts of a picture rather than what the whole shows: looked at
// closely, many small dogs are dogs, where from afar they are a herd. It is how dreams, which
// are full of small things, are read.
func (n *Network) Details(ctx context.Context, in *picture.Planar, k int) ([]Guess, error) {
	return n.look(ctx, in, k, n.closeups())
}

// closeups are those of our network, or twice as close as another one is used to.
func (n *Network) closeups() []int {
	if slices.Equal(n.sights, sights) {
		return closeups
	}
	var all []int
	for _, side := range n.sights {
		all = append(all, 2*side)
	}
	return all
}

func (n *Network) look(ctx context.Context, in *picture.Planar, k int, sides []int) ([]Guess, error) {
	sum := make([]float64, len(n.labels))
	views := 0
	for _, side := range sides {
		small := n.scaled(in, side)
		for _, view := range []*picture.Planar{small, mirrored(small)} {
			p, err := n.probabilities(ctx, view)
			if err != nil {
				return nil, err
			}
			for i := range p {
				sum[i] += p[i]
			}
			views++
		}
	}
	for i := range sum {
		sum[i] /= float64(views)
	}
	return n.top(sum, k), nil
}

// Guesses says what one look at a picture of at least MinSide, as it is, gives: the k most
// likely labels. See looks more often and is right more often.
func (n *Network) Guesses(ctx context.Context, in *picture.Planar, k int) ([]Guess, error) {
	p, err := n.probabilities(ctx, in)
	if err != nil {
		return nil, err
	}
	return n.top(p, k), nil
}

func (n *Network) probabilities(ctx context.Context, in *picture.Planar) ([]float64, error) {
	f, err := n.Activations(ctx, in, Logits)
	if err != nil {
		return nil, fmt.Errorf("look at picture: %w", err)
	}
	return n.softmax(f[Logits].Data), nil
}

// Views are the sizes at which See looks at a picture of w by h, or Details where closely.
func (n *Network) Views(w, h int, closely bool) (all []image.Point) {
	sides := n.sights
	if closely {
		sides = n.closeups()
	}
	for _, side := range sides {
		v := image.Pt(n.viewed(w, h, side))
		all = append(all, v, v) // and its mirror image
	}
	return all
}

// scaled resizes so that the short side is side, if the network can take that.
func (n *Network) scaled(in *picture.Planar, side int) *picture.Planar {
	return in.Resize(n.viewed(in.W, in.H, side))
}

// viewed is the size at which a picture of w by h is seen.
func (n *Network) viewed(w, h, side int) (int, int) {
	side = max(side, n.MinSide())
	f := float64(side) / float64(min(w, h))
	w, h = int(math.Round(f*float64(w))), int(math.Round(f*float64(h)))
	return max(side, min(w, longest)), max(side, min(h, longest))
}

func mirrored(in *picture.Planar) *picture.Planar {
	out := in.Clone()
	for row := range slices.Chunk(out.Pix, out.W) {
		slices.Reverse(row)
	}
	return out
}

// softmax turns logits into probabilities that sum to 1; what is no thing has none.
func (n *Network) softmax(logits []float32) []float64 {
	p := make([]float64, len(logits))
	top := math.Inf(-1)
	for i, v := range logits {
		if n.labels[i].Thing() {
			top = max(top, float64(v))
		}
	}
	sum := 0.0
	for i, v := range logits {
		if n.labels[i].Thing() {
			p[i] = math.Exp((float64(v) - top) / n.heat)
			sum += p[i]
		}
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// top lists the k likeliest things; ties keep the order of the labels.
func (n *Network) top(p []float64, k int) []Guess {
	var guesses []Guess
	for i, l := range n.labels {
		if l.Thing() {
			guesses = append(guesses, Guess{Index: i, Label: l.Names[0], P: p[i]})
		}
	}
	slices.SortStableFunc(guesses, func(a, b Guess) int { return cmp.Compare(b.P, a.P) })
	return guesses[:max(0, min(k, len(guesses)))]
}
