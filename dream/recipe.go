// Package dream makes pictures with a network: gradient ascent on a photograph, on noise,
// or on the dream before. It knows the classifier and pixels; it knows nothing of bots.
package dream

import (
	"cmp"
	"fmt"
	"image"
	"strings"
	"time"

	"slugpuppy/dream/lexicon"
)

// Verb is what kind of picture a recipe makes.
type Verb string

// The verbs that make pictures.
const (
	Dream   Verb = "dream"   // gradient ascent on a picture, by octaves
	Imagine Verb = "imagine" // from noise under a constraint
	Dive    Verb = "dive"    // a zoom loop
	Wander  Verb = "wander"  // each frame dreams what the last one was seen as
)

// Recipe is everything needed to make a picture again: same recipe, same source picture,
// same binary, same bytes. The zero value of a field means "the preset's own".
type Recipe struct {
	Verb        Verb
	Model       string      // first 8 hex digits of the network's hash; its name until it is completed
	Preset      string      // house name, see Presets
	Layers      []LayerTerm // overrides the preset's
	Words       []WordTerm  // label objectives, positive and negative
	Octaves     int         // pyramid levels, 1..8
	OctaveScale float64     // ratio between octaves, 1.1..2
	Steps       int         // ascent steps per octave, 1..100
	Strength    int         // 1..10, 5 is the house's usual
	Seed        uint64
	Size        int // longest side of the result in pixels; 0: the source's own
	Mask        Mask
	KeepColours bool
	Guide       bool // a second picture guides the first
	Free        bool // "surprise": let the network decide what it sees
	Generation  int  // 1 for a first dream; n+1 for `deeper` on generation n
	Repeat      int  // `deeper n`: generations in one go, 1..5; wander: frames 2..8
	Seconds     int  // dive: loop length, 2..12
	Old         bool // read from a token of a version whose dreams looked otherwise: it cannot be made again
}

// LayerTerm raises (or lowers) a layer or one of its channels.
type LayerTerm struct {
	Layer   string
	Channel int // -1: all channels
	Weight  float32
}

// WordTerm raises (or lowers) the evidence for one label of the network, or for a kind of thing.
type WordTerm struct {
	Label  int            // of no account with a Kind
	Kind   lexicon.Synset // all labels of that kind, such as every dog; 0 for the one label
	Weight float32
}

// Mask says which part of the picture dreams.
type Mask string

// The masks. Alpha is used by itself when the source has a transparent part.
const (
	MaskNone       Mask = ""
	KeepCentre     Mask = "keep-centre" // the centre stays as it is, the rest dreams
	KeepTop        Mask = "keep-top"
	KeepBottom     Mask = "keep-bottom"
	KeepLeft       Mask = "keep-left"
	KeepRight      Mask = "keep-right"
	KeepSubject    Mask = "keep-subject"    // what the network looks at stays
	KeepBackground Mask = "keep-background" // only what the network looks at dreams
	KeepEdges      Mask = "keep-edges"      // only the centre dreams
)

// Progress is one step of a running job.
type Progress struct {
	Ahead           int // who waits for a Maker: how many are served first; 0 once it is made
	Frame, Frames   int
	Octave, Octaves int
	Step, Steps     int
	Tile, Tiles     int
	Fraction        float64       // of the time that the whole job takes, 0..1, never falling
	Left            time.Duration // until the job is done, those ahead too; 0 where nobody can say

	// Look draws the picture as it is now, at the size of its octave and without its mask. It may be called
	// within the report alone; nil where there is nothing to see.
	Look func() *image.NRGBA `json:"-"`
}

// Reached is the generation of the picture this recipe makes: `deeper 3` on a first dream
// starts at generation 2 and reaches 4.
func (r Recipe) Reached() int { return max(r.Generation, 1) + max(r.Repeat, 1) - 1 }

// Makes is the size of the still that it makes of a picture of a size.
func (r Recipe) Makes(of image.Point) image.Point {
	if r.Verb.FromNoise() {
		return image.Pt(imaginedSide(r), imaginedSide(r))
	}
	return image.Pt(longSide(of.X, of.Y, r.Size))
}

// String says in words what the recipe does, its labels by their numbers.
func (r Recipe) String() string { return r.Say(nil) }

// Say says in words what the recipe does, for people. Labels are called as name says, nil for by their numbers.
func (r Recipe) Say(name func(label int) string) string {
	parts := []string{string(r.Verb)}
	add := func(yes bool, format string, args ...any) {
		if yes {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(r.Preset != "", "%s", r.Preset)
	for _, l := range r.Layers {
		add(true, "%s", l)
	}
	for _, w := range r.Words {
		add(true, "%s", w.say(name))
	}
	add(r.Octaves > 0, "octaves=%d", r.Octaves)
	add(r.OctaveScale > 0, "scale=%g", r.OctaveScale)
	add(r.Steps > 0, "steps=%d", r.Steps)
	add(r.Strength > 0, "strength=%d", r.Strength)
	add(true, "seed=%d", r.Seed)
	add(r.Size > 0, "size=%d", r.Size)
	add(r.Mask != MaskNone, "%s", r.Mask)
	add(r.KeepColours, "keep-colours")
	add(r.Guide, "guide")
	add(r.Free, "surprise")
	add(r.Generation > 1, "generation=%d", r.Generation)
	add(r.Repeat > 1, "repeat=%d", r.Repeat)
	add(r.Seconds > 0, "%ds", r.Seconds)
	add(r.Model != "", "model=%s", r.Model)
	add(r.Old, "(the way before)")
	return strings.Join(parts, " ")
}

// say is the term as somebody might say it: no dogs, more eyes x1.5.
func (w WordTerm) say(name func(label int) string) string {
	what := fmt.Sprintf("label %d", w.Label)
	switch {
	case w.Kind != 0:
		what = cmp.Or(w.Kind.Noun(), w.Kind.String())
	case name != nil:
		what = cmp.Or(name(w.Label), what)
	}
	how, weight := "more ", w.Weight
	if weight < 0 {
		how, weight = "no ", -weight
	}
	if weight != 1 {
		return fmt.Sprintf("%s%s x%g", how, what, weight)
	}
	return how + what
}

// String is the term as typed: layer=4c, or layer=4c:66 for one channel.
func (t LayerTerm) String() string {
	s := "layer=" + t.Layer
	if t.Channel >= 0 {
		s += fmt.Sprintf(":%d", t.Channel)
	}
	if t.Weight != 1 {
		s += fmt.Sprintf(" x%g", t.Weight)
	}
	return s
}
