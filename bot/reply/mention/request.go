// Package mention understands what a person asked for: the grammar, in English and four other
// languages, and the recipe that a request comes to. The offline commands use the same grammar.
package mention

import "slices"

// Verb is what is asked for.
type Verb string

// The verbs of the mention grammar.
const (
	Bare     Verb = "" // only a mention: dream if there is a picture, else help
	Dream    Verb = "dream"
	Deeper   Verb = "deeper"
	Again    Verb = "again"
	Imagine  Verb = "imagine"
	Surprise Verb = "surprise"
	See      Verb = "see"
	Dive     Verb = "dive"
	Wander   Verb = "wander"
	Undream  Verb = "undream"
	Info     Verb = "info"
	Queue    Verb = "queue"
	Cancel   Verb = "cancel"
	Delete   Verb = "delete"
	Stop     Verb = "stop"
	Start    Verb = "start"
	Yes      Verb = "yes"
	No       Verb = "no"
	Help     Verb = "help"
	Presets  Verb = "presets"
	Words    Verb = "words"
	Gallery  Verb = "gallery" // yes or no, in Topic
	Replay   Verb = "replay"  // a recipe token
)

// Word is something to steer towards (+1) or away from (-1), as typed.
type Word struct {
	Text string
	Sign float32
}

// String is the word as somebody would say it.
func (w Word) String() string {
	if w.Sign < 0 {
		return "no " + w.Text
	}
	return "more " + w.Text
}

// Layer is a layer to raise: all of it, or some channels.
type Layer struct {
	Name     string
	Channels []int // none: all
}

// Request is one parsed mention. Zero values mean "not said".
type Request struct {
	Verb        Verb
	Preset      string
	Words       []Word
	Implied     bool     // nobody typed the verb: it follows from the words
	Loose       []string // words that stand alone: the names of things, as in "cats", or talk
	Talk        bool     // somebody is spoken of, so that loose words are talk: "my cat"
	Adrift      bool     // a verb is followed by a little word that makes another of it: "dream on", "see you"
	Topic       string   // help eyes, words dog
	Count       int      // deeper 3, wander 4
	Seconds     int      // dive 8s
	Image       int      // image 2
	All         bool     // all pictures, at most 4
	Guide       bool
	Mask        string // a dream.Mask
	Layers      []Layer
	Channels    []int // named before any layer: of all that have none of their own
	Strength    int
	Nudge       int // stronger (more than 0) or weaker than it would be, or was
	Octaves     int
	Scale       float64 // between octaves
	Steps       int
	Seed        *uint64
	Size        int
	Model       string  // name of a network
	As          string  // gif, mp4, png
	Warning     *string // cw="..."
	Visibility  string  // public, unlisted, private, direct
	KeepColours bool
	NewColours  bool     // do not keep the colours, after all
	Token       string   // dd3-...
	Read        []Read   // words of the grammar that were mistyped
	Unknown     []string // words nobody could place, for a kind error
	Left        []Left   // of which nothing is made, as far as its words alone show it
	Then        *Request // after a comma: "dream, deeper 2"

	text  string            // all of it as typed, of one after a comma
	typed map[string]string // the options that were said, by their names
}

// Changes says whether a request is only about how something is dreamed, "stronger", or what of it, "the other picture", "no dogs": in
// answer to a dream it is for that dream.
func (r Request) Changes() bool {
	if r.Verb != Bare && !r.Implied || r.Preset != "" || r.Token != "" || r.Guide || len(r.Layers)+len(r.Channels) > 0 ||
		slices.ContainsFunc(r.Words, func(w Word) bool { return w.Sign > 0 }) {
		return false
	}
	return r.Nudge != 0 || r.Image != 0 || r.All || r.Mask != "" || r.KeepColours || r.NewColours || len(r.Words) > 0 ||
		r.Strength+r.Octaves+r.Steps+r.Size != 0 || r.Scale != 0 || r.Seed != nil
}
