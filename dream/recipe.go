// Package dream makes pictures with a network: gradient ascent on a photograph, on noise,
// or on the dream before. It knows the classifier and pixels; it knows nothing of bots.
package dream

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
	Model       string      // first 8 hex digits of the network's hash
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
}

// LayerTerm raises (or lowers) a layer or one of its channels.
type LayerTerm struct {
	Layer   string
	Channel int // -1: all channels
	Weight  float32
}

// WordTerm raises (or lowers) the evidence for one label of the network.
type WordTerm struct {
	Label  int
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
)

// Progress is one step of a running job.
type Progress struct {
	Frame, Frames   int
	Octave, Octaves int
	Step, Steps     int
	Tile, Tiles     int
	Fraction        float64 // of the whole job, 0..1, never falling
}

/*
The rest of this package's surface (implemented beside this file):

	type Maker struct { ... }
	func New(net *classifier.Network, opts Options) *Maker      // Options{MemoryBytes int64, FFmpeg string, ...}
	func (m *Maker) Dream(ctx, src image.Image, guide image.Image, r Recipe, report func(Progress)) (*Result, error)
	func (m *Maker) Imagine(ctx, r Recipe, report func(Progress)) (*Result, error)
	func (m *Maker) Dive(ctx, src image.Image, r Recipe, report) (*Clip, error)       // Clip{GIF, MP4 []byte; Frames int; ...}
	func (m *Maker) Wander(ctx, src image.Image, r Recipe, report) (*Clip, error)
	func (m *Maker) Estimate(w, h int, r Recipe) Estimate       // tiles, bytes of memory, working size, before anything runs
	func (m *Maker) Complete(r Recipe) (Recipe, error)          // fill from preset, check ranges; errors are *Problem with kind words
	type Result struct { Image *image.NRGBA; Saw, Dreamed []classifier.Guess; Recipe Recipe; Notes []string }
	func (r Recipe) Token() string                              // dd1-..., <= 60 chars of [a-z0-9-], checksummed
	func ParseToken(s string) (Recipe, error)
	type Vocabulary struct { ... }
	func NewVocabulary(labels []classifier.Label) *Vocabulary
	func (v *Vocabulary) Lookup(word string) ([]WordTerm, error) // "birds" -> several labels; *UnknownWord{Word, Nearest [3]string}
	func Presets() []Preset                                     // Preset{Name, Help string, ...}
*/
