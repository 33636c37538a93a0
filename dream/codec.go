package dream

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/dream/lexicon"
	"slugpuppy/picture"
)

// An order or a piece as bytes is a mark that says which and of what version, and parts, each after
// its length in four bytes, most significant first: what can be said in JSON, then files. Pictures
// are PNG, which loses nothing, also not the colours of what is transparent. Whoever sends them is
// not trusted.
const (
	orderMark = "dreamorder1\n"
	clipMark  = "dreamorder2\n" // an order with a clip, which is its third file
	pieceMark = "dreampiece1\n"
)

// Limits of what is read.
const (
	maxPixels = MaxSize * MaxSize
	maxJSON   = 64 << 10
	maxFrames = 1 << 16
)

// ErrMalformed is the error for bytes that are no order or piece of a version this program knows.
var ErrMalformed = errors.New("malformed order or piece")

// wireRecipe spells a recipe.
type wireRecipe struct {
	Verb        Verb        `json:"verb,omitempty"`
	Model       string      `json:"model,omitempty"`
	Preset      string      `json:"preset,omitempty"`
	Layers      []wireLayer `json:"layers,omitempty"`
	Words       []wireWord  `json:"words,omitempty"`
	Octaves     int         `json:"octaves,omitempty"`
	OctaveScale float64     `json:"octave_scale,omitempty"`
	Steps       int         `json:"steps,omitempty"`
	Strength    int         `json:"strength,omitempty"`
	Seed        uint64      `json:"seed,string,omitempty"`
	Size        int         `json:"size,omitempty"`
	Mask        Mask        `json:"mask,omitempty"`
	KeepColours bool        `json:"keep_colours,omitempty"`
	Guide       bool        `json:"guide,omitempty"`
	Free        bool        `json:"free,omitempty"`
	Generation  int         `json:"generation,omitempty"`
	Repeat      int         `json:"repeat,omitempty"`
	Seconds     int         `json:"seconds,omitempty"`
	Old         bool        `json:"old,omitempty"`
}

type wireLayer struct {
	Layer   string  `json:"layer"`
	Channel int     `json:"channel"`
	Weight  float32 `json:"weight"`
}

type wireWord struct {
	Label  int            `json:"label"`
	Kind   lexicon.Synset `json:"kind,omitempty"`
	Weight float32        `json:"weight"`
}

func spell(r Recipe) wireRecipe {
	w := wireRecipe{Verb: r.Verb, Model: r.Model, Preset: r.Preset, Octaves: r.Octaves, OctaveScale: r.OctaveScale,
		Steps: r.Steps, Strength: r.Strength, Seed: r.Seed, Size: r.Size, Mask: r.Mask, KeepColours: r.KeepColours,
		Guide: r.Guide, Free: r.Free, Generation: r.Generation, Repeat: r.Repeat, Seconds: r.Seconds, Old: r.Old}
	for _, l := range r.Layers {
		w.Layers = append(w.Layers, wireLayer(l))
	}
	for _, t := range r.Words {
		w.Words = append(w.Words, wireWord(t))
	}
	return w
}

func (w wireRecipe) recipe() Recipe {
	r := Recipe{Verb: w.Verb, Model: w.Model, Preset: w.Preset, Octaves: w.Octaves, OctaveScale: w.OctaveScale,
		Steps: w.Steps, Strength: w.Strength, Seed: w.Seed, Size: w.Size, Mask: w.Mask, KeepColours: w.KeepColours,
		Guide: w.Guide, Free: w.Free, Generation: w.Generation, Repeat: w.Repeat, Seconds: w.Seconds, Old: w.Old}
	for _, l := range w.Layers {
		r.Layers = append(r.Layers, LayerTerm(l))
	}
	for _, t := range w.Words {
		r.Words = append(r.Words, WordTerm(t))
	}
	return r
}

type wireOrder struct {
	Recipe  wireRecipe   `json:"recipe"`
	Network string       `json:"network,omitempty"`
	ISA     string       `json:"isa,omitempty"`
	Accept  []wireFormat `json:"accept,omitempty"`
	EachNS  int64        `json:"each_ns,omitempty"` // of a clip's frames
}

type wireFormat struct {
	MIME   string `json:"mime"`
	Bytes  int64  `json:"bytes,omitempty"`
	Pixels int64  `json:"pixels,omitempty"`
}

// MarshalBinary writes the order down for another machine.
func (o Order) MarshalBinary() ([]byte, error) {
	w := wireOrder{Recipe: spell(o.Recipe), Network: o.Network, ISA: o.ISA}
	for _, f := range o.Accept {
		w.Accept = append(w.Accept, wireFormat(f))
	}
	if o.Clip == nil {
		return writeParts(orderMark, w, pixels(o.Source), pixels(o.Guide))
	}
	w.EachNS = int64(o.Clip.Each)
	return writeParts(clipMark, w, pixels(o.Source), pixels(o.Guide), o.Clip.pack)
}

// UnmarshalBinary reads an order. The ranges of its recipe are unchecked: Make does that. The error
// is an ErrMalformed.
func (o *Order) UnmarshalBinary(data []byte) error {
	var w wireOrder
	mark, files := orderMark, 2
	if bytes.HasPrefix(data, []byte(clipMark)) {
		mark, files = clipMark, 3
	}
	parts, err := readParts(data, mark, &w, files)
	if err != nil {
		return err
	}
	got := Order{Recipe: w.Recipe.recipe(), Network: w.Network, ISA: w.ISA}
	for _, f := range w.Accept {
		if f.Bytes < 0 || f.Pixels < 0 {
			return fmt.Errorf("%w: a limit below zero", ErrMalformed)
		}
		got.Accept = append(got.Accept, Format(f))
	}
	if got.Source, err = readPixels(parts[0]); err != nil {
		return fmt.Errorf("source: %w", err)
	}
	if got.Guide, err = readPixels(parts[1]); err != nil {
		return fmt.Errorf("guide: %w", err)
	}
	if mark == clipMark {
		if got.Clip, err = unpackClip(time.Duration(w.EachNS), bytes.Clone(parts[2])); err != nil {
			return err
		}
	}
	*o = got
	return nil
}

type wirePiece struct {
	Recipe  wireRecipe  `json:"recipe"`
	File    *wireFile   `json:"file,omitempty"`
	Shown   bool        `json:"shown,omitempty"` // the picture is the file's
	Saw     []wireGuess `json:"saw,omitempty"`
	Sure    *wireSure   `json:"sure,omitempty"`
	Dreamed []wireGuess `json:"dreamed,omitempty"`
	Notes   []wireNote  `json:"notes,omitempty"`
}

type wireFile struct {
	MIME   string `json:"mime"`
	W      int    `json:"width"`
	H      int    `json:"height"`
	Frames int    `json:"frames"`
	EachNS int64  `json:"each_ns,omitempty"`
}

type wireGuess struct {
	Index int     `json:"index"`
	Label string  `json:"label"`
	P     float64 `json:"p"`
}

type wireSure struct {
	What string  `json:"what"`
	P    float64 `json:"p"`
	Kind bool    `json:"kind,omitempty"`
}

type wireNote struct {
	Kind NoteKind `json:"kind"`
	W    int      `json:"width,omitempty"`
	H    int      `json:"height,omitempty"`
	Why  string   `json:"why,omitempty"`
}

// MarshalBinary writes the piece down for another machine.
func (p Piece) MarshalBinary() ([]byte, error) {
	w := wirePiece{Recipe: spell(p.Recipe)}
	if f := p.File; len(f.Data) > 0 {
		w.File = &wireFile{f.MIME, f.W, f.H, f.Frames, int64(f.Each)}
	}
	img := p.Image
	if img != nil && p.File.MIME == PNG && img.Rect.Dx() == p.File.W && img.Rect.Dy() == p.File.H {
		w.Shown, img = true, nil
	}
	if sure := p.Saw.Sure; sure.Known() {
		w.Sure = (*wireSure)(&sure)
	}
	for _, g := range p.Saw.Guesses {
		w.Saw = append(w.Saw, wireGuess(g))
	}
	for _, g := range p.Dreamed {
		w.Dreamed = append(w.Dreamed, wireGuess(g))
	}
	for _, n := range p.Notes {
		w.Notes = append(w.Notes, wireNote(n))
	}
	return writeParts(pieceMark, w, func() ([]byte, error) { return p.File.Data, nil }, pixels(img), pixels(p.Poster))
}

// UnmarshalBinary reads a piece. The error is an ErrMalformed.
func (p *Piece) UnmarshalBinary(data []byte) error {
	var w wirePiece
	parts, err := readParts(data, pieceMark, &w, 3)
	if err != nil {
		return err
	}
	got := Piece{Recipe: w.Recipe.recipe()}
	if got.File, err = w.File.file(parts[0]); err != nil {
		return err
	}
	if w.Shown {
		parts[1] = parts[0]
	}
	if got.Image, err = readPixels(parts[1]); err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	if got.Poster, err = readPixels(parts[2]); err != nil {
		return fmt.Errorf("poster: %w", err)
	}
	if w.Sure != nil {
		got.Saw.Sure = Certainty(*w.Sure)
	}
	for _, g := range w.Saw {
		got.Saw.Guesses = append(got.Saw.Guesses, classifier.Guess(g))
	}
	for _, g := range w.Dreamed {
		got.Dreamed = append(got.Dreamed, classifier.Guess(g))
	}
	for _, n := range w.Notes {
		got.Notes = append(got.Notes, Note(n))
	}
	*p = got
	return nil
}

// file is what the JSON says of the data, nil if there is none.
func (w *wireFile) file(data []byte) (File, error) {
	switch {
	case w == nil && len(data) == 0:
		return File{}, nil
	case w == nil || len(data) == 0:
		return File{}, fmt.Errorf("%w: a file without a description, or the other way round", ErrMalformed)
	case !slices.Contains([]string{PNG, JPEG, WebP, GIF, MP4}, w.MIME):
		return File{}, fmt.Errorf("%w: a file of type %.30q", ErrMalformed, w.MIME)
	case w.W < 1 || w.H < 1 || w.W > maxPixels/w.H || w.Frames < 1 || w.Frames > maxFrames || w.EachNS < 0:
		return File{}, fmt.Errorf("%w: a file of %d frames of %dx%d", ErrMalformed, w.Frames, w.W, w.H)
	}
	return File{Data: bytes.Clone(data), MIME: w.MIME, W: w.W, H: w.H, Frames: w.Frames, Each: time.Duration(w.EachNS)}, nil
}

// writeParts puts together a mark, what can be said in JSON, and files.
func writeParts(mark string, v any, files ...func() ([]byte, error)) ([]byte, error) {
	head, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write an order or piece: %w", err)
	}
	out := binary.BigEndian.AppendUint32([]byte(mark), uint32(len(head)))
	out = append(out, head...)
	for _, file := range files {
		data, err := file()
		if err != nil {
			return nil, fmt.Errorf("write an order or piece: %w", err)
		}
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		out = append(out, data...)
	}
	return out, nil
}

// readParts takes apart what writeParts put together: so many files.
func readParts(data []byte, mark string, v any, files int) ([][]byte, error) {
	rest, ok := bytes.CutPrefix(data, []byte(mark))
	if !ok {
		return nil, fmt.Errorf("%w: it does not begin with %q", ErrMalformed, mark)
	}
	var parts [][]byte
	for range 1 + files {
		if len(rest) < 4 || uint64(len(rest)-4) < uint64(binary.BigEndian.Uint32(rest)) {
			return nil, fmt.Errorf("%w: it ends early", ErrMalformed)
		}
		n := 4 + int(binary.BigEndian.Uint32(rest))
		parts, rest = append(parts, rest[4:n]), rest[n:]
	}
	if len(rest) > 0 || len(parts[0]) > maxJSON {
		return nil, fmt.Errorf("%w: it is longer than it says", ErrMalformed)
	}
	dec := json.NewDecoder(bytes.NewReader(parts[0]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if dec.More() {
		return nil, fmt.Errorf("%w: it says more than one thing", ErrMalformed)
	}
	return parts[1:], nil
}

// pixels is a picture's file, empty without one. It is packed quickly rather than tightly: somebody waits for it.
func pixels(img *image.NRGBA) func() ([]byte, error) {
	return func() ([]byte, error) {
		if img == nil {
			return nil, nil
		}
		var file bytes.Buffer
		enc := png.Encoder{CompressionLevel: png.BestSpeed}
		err := enc.Encode(&file, img)
		return file.Bytes(), err
	}
}

// packedAtMost is how many pixels of three bytes a byte of a PNG can hold: deflate packs 1032 to one.
const packedAtMost = 1032 / 3

// readPixels is the way back: nothing is decoded that could not have been written by pixels.
func readPixels(data []byte) (*image.NRGBA, error) {
	if len(data) == 0 {
		return nil, nil
	}
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if c.Width > maxPixels/c.Height || c.Width*c.Height/packedAtMost > len(data) {
		return nil, fmt.Errorf("%w: a picture of %dx%d in %d bytes", ErrMalformed, c.Width, c.Height, len(data))
	}
	if c.ColorModel != color.RGBAModel && c.ColorModel != color.NRGBAModel {
		return nil, fmt.Errorf("%w: a picture that is not of three or four times eight bits", ErrMalformed)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return picture.ToNRGBA(img), nil
}
