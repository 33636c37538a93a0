package object

import (
	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/dream"
	"slugpuppy/training"
)

// Guess is a label with its probability.
type Guess struct {
	Label string  `json:"label"`
	P     float64 `json:"p"`
}

// OfGuesses are guesses as printed, most likely first.
func OfGuesses(all []classifier.Guess) []Guess {
	var out []Guess
	for _, g := range all {
		out = append(out, Guess{Label: g.Label, P: g.P})
	}
	return out
}

// Sure is the most special thing that a picture likely shows: a label, or a kind of things.
type Sure struct {
	What string  `json:"what"`
	P    float64 `json:"p"`
	Kind bool    `json:"kind,omitempty"`
}

// OfCertainty is what the network is sure of as printed, nil when it is sure of nothing.
func OfCertainty(c dream.Certainty) *Sure {
	if !c.Known() {
		return nil
	}
	return (*Sure)(&c)
}

// Layer is a layer of a network.
type Layer struct {
	Name     string `json:"name"`
	Channels int    `json:"channels"`
	Stride   int    `json:"stride"` // pixels of the picture a step
}

// OfLayers are a network's layers as printed.
func OfLayers(all []classifier.Layer) []Layer {
	var out []Layer
	for _, l := range all {
		out = append(out, Layer(l))
	}
	return out
}

// Verdict is how dreamlike a picture is; Explanation is set when it was asked for.
type Verdict struct {
	File  string   `json:"file"`
	Dream *bool    `json:"dream,omitempty"`
	Score *float64 `json:"score,omitempty"`
	Band  string   `json:"band,omitempty"`
	Model string   `json:"model,omitempty"`
	*Explanation
	Error string `json:"error,omitempty"`
}

// Explanation is why a verdict is what it is.
type Explanation struct {
	Nearest  []Neighbour `json:"nearest"`
	Channels []Voice     `json:"channels"`
}

// Neighbour is a known example and how far it is.
type Neighbour struct {
	Class    string  `json:"class"`
	Label    string  `json:"label"`
	Distance float64 `json:"distance"`
}

// Voice is what a channel says for a dream, or below zero against it.
type Voice struct {
	Channel string  `json:"channel"`
	Says    float64 `json:"says"`
}

// OfVerdict is a verdict as printed; why may be nil.
func OfVerdict(file string, v detector.Verdict, why *detector.Explanation) Verdict {
	out := Verdict{File: file, Dream: &v.Dream, Score: &v.Score, Band: string(v.Band), Model: v.Model}
	if why == nil {
		return out
	}
	out.Explanation = &Explanation{}
	for _, n := range why.Nearest {
		out.Nearest = append(out.Nearest, Neighbour(n))
	}
	for _, c := range why.Channels {
		out.Channels = append(out.Channels, Voice(c))
	}
	return out
}

// Recipe is what makes a picture again.
type Recipe struct {
	Token       string      `json:"token"`
	Verb        string      `json:"verb"`
	Model       string      `json:"model,omitempty"` // first digits of the network's hash
	Preset      string      `json:"preset,omitempty"`
	Layers      []LayerTerm `json:"layers,omitempty"`
	Words       []WordTerm  `json:"words,omitempty"`
	Octaves     int         `json:"octaves,omitempty"`
	OctaveScale float64     `json:"octave_scale,omitempty"`
	Steps       int         `json:"steps,omitempty"`
	Strength    int         `json:"strength,omitempty"`
	Seed        uint64      `json:"seed"`
	Size        int         `json:"size,omitempty"`
	Mask        string      `json:"mask,omitempty"`
	KeepColours bool        `json:"keep_colours,omitempty"`
	Guide       bool        `json:"guide,omitempty"`
	Surprise    bool        `json:"surprise,omitempty"`
	Generation  int         `json:"generation,omitempty"`
	Repeat      int         `json:"repeat,omitempty"`
	Seconds     int         `json:"seconds,omitempty"`
}

// LayerTerm raises a layer or one of its channels, or with a negative weight lowers it.
type LayerTerm struct {
	Layer   string  `json:"layer"`
	Channel *int    `json:"channel,omitempty"` // none: all of them
	Weight  float32 `json:"weight"`
}

// WordTerm raises the evidence for a label, or lowers it.
type WordTerm struct {
	Label  int     `json:"label"`          // its number in the network
	Name   string  `json:"name,omitempty"` // where the network is at hand
	Weight float32 `json:"weight"`
}

// NameOf is the first name of a label, "" where there is none of that number.
func NameOf(labels []classifier.Label, n int) string {
	if n < 0 || n >= len(labels) || len(labels[n].Names) == 0 {
		return ""
	}
	return labels[n].Names[0]
}

// OfRecipe is a recipe as printed; labels are its network's, nil when that is not at hand.
func OfRecipe(token string, r dream.Recipe, labels []classifier.Label) Recipe {
	out := Recipe{Token: token, Verb: string(r.Verb), Model: r.Model, Preset: r.Preset, Octaves: r.Octaves,
		OctaveScale: r.OctaveScale,
		Steps:       r.Steps, Strength: r.Strength, Seed: r.Seed, Size: r.Size, Mask: string(r.Mask),
		KeepColours: r.KeepColours,
		Guide:       r.Guide, Surprise: r.Free, Generation: r.Generation, Repeat: r.Repeat, Seconds: r.Seconds}
	for _, l := range r.Layers {
		t := LayerTerm{Layer: l.Layer, Weight: l.Weight}
		if l.Channel >= 0 {
			t.Channel = &l.Channel
		}
		out.Layers = append(out.Layers, t)
	}
	for _, w := range r.Words {
		out.Words = append(out.Words, WordTerm{Label: w.Label, Weight: w.Weight, Name: NameOf(labels, w.Label)})
	}
	return out
}

// Evaluation is how well a detector tells dreams of a class from other pictures.
type Evaluation struct {
	Class   string  `json:"class"`
	Against string  `json:"against"`
	Dreams  int     `json:"dreams"`
	Others  int     `json:"others"`
	AUC     float64 `json:"auc"` // chance that a dream scores higher than another picture
	Found   []Found `json:"found"`
}

// Found is the share of dreams that are found where a share of other pictures is called dreams.
type Found struct {
	Wrong float64 `json:"wrong"`
	Share float64 `json:"share"`
}

// OfReport is a detector's evaluation as printed.
func OfReport(r detector.Report) Evaluation {
	out := Evaluation{Class: r.Class, Against: r.Against, Dreams: r.Dreams, Others: r.Others, AUC: r.AUC}
	for i, wrong := range detector.Budgets {
		out.Found = append(out.Found, Found{Wrong: wrong, Share: r.Found[i]})
	}
	return out
}

// Imagined is a word drawn from noise and how sure the network is of it.
type Imagined struct {
	Word  string  `json:"word"`
	Drawn float64 `json:"drawn"`
	Least float64 `json:"least"` // in the worst of its changed copies
}

// OfImagined is a drawn word as printed.
func OfImagined(i training.Imagined) Imagined {
	return Imagined{Word: i.Word, Drawn: i.Drawn, Least: i.Least}
}
