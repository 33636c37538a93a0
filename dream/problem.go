package dream

import "fmt"

// Problem is a recipe or a picture that nothing can be made of as asked. It is data: package words
// of the bot says it to people.
type Problem struct {
	Kind ProblemKind
	// Of OutOfRange: which field, what it was and what it may be.
	Field           Field
	Value, Min, Max float64
	// Name is what was asked for and is not known; of a channel its layer.
	Name  string
	Known []string // what there is instead
	Why   string   // more, for the log
}

// ProblemKind is what is wrong.
type ProblemKind string

// The kinds of problems.
const (
	OutOfRange     ProblemKind = "out of range"
	UnknownVerb    ProblemKind = "unknown verb"
	UnknownPreset  ProblemKind = "unknown preset" // Known are the presets
	UnknownMask    ProblemKind = "unknown mask"
	UnknownLayer   ProblemKind = "unknown layer"     // Known are the network's layers but the logits
	OtherNetwork   ProblemKind = "another network"   // the recipe was made with one
	OldRecipe      ProblemKind = "old recipe"        // dreams looked otherwise when it was written
	UnknownNetwork ProblemKind = "unknown network"   // none of that name is at hand
	UnknownKind    ProblemKind = "unknown kind"      // of things: the network has no label of it
	TooManyWords   ProblemKind = "too many words"    // or layers, for a token
	WholeLogits    ProblemKind = "whole logits"      // raising all labels at once means nothing
	NothingToDraw  ProblemKind = "nothing to draw"   // imagine without a word to raise
	NoGuide        ProblemKind = "no guide"          // a guided recipe without a second picture
	EmptySource    ProblemKind = "empty source"      // a picture without pixels, or none
	TooLarge       ProblemKind = "too large"         // more than fits the memory even at the smallest working size
	HeavyClip      ProblemKind = "clip is too heavy" // no size and number of frames of it is accepted
)

// Field names what of a recipe is out of range.
type Field string

// The fields that have ranges.
const (
	FieldOctaves     Field = "octaves"
	FieldOctaveScale Field = "octave scale"
	FieldSteps       Field = "steps"
	FieldStrength    Field = "strength"
	FieldSize        Field = "size"        // pixels
	FieldSeconds     Field = "seconds"     // of a dive
	FieldStations    Field = "stations"    // of a wander
	FieldGenerations Field = "generations" // in one go
	FieldGeneration  Field = "generation"  // that the dream begins with
	FieldChannel     Field = "channel"
	FieldLabel       Field = "label"
	FieldWeight      Field = "weight"
)

// Error says everything, for logs.
func (p *Problem) Error() string {
	text := "recipe: " + string(p.Kind)
	switch p.Kind {
	case OutOfRange:
		text = fmt.Sprintf("recipe: %s %.6g is outside %.6g..%.6g", p.Field, p.Value, p.Min, p.Max)
	case UnknownVerb, UnknownPreset, UnknownMask, UnknownLayer, OtherNetwork, UnknownNetwork, UnknownKind:
		text += fmt.Sprintf(" %q", p.Name)
	}
	if p.Why != "" {
		text += ": " + p.Why
	}
	return text
}

// number is what ranges are of.
type number interface{ ~int | ~float32 | ~float64 }

func outOfRange[T number](field Field, got, low, high T) *Problem {
	return &Problem{Kind: OutOfRange, Field: field, Value: float64(got), Min: float64(low), Max: float64(high)}
}
