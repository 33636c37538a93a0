package dream

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"slugpuppy/classifier"
)

// Ranges of a recipe's fields.
const (
	MaxOctaves   = 8
	MaxSteps     = 100
	MaxStrength  = 10
	MinSize      = 64
	MaxSize      = 8192
	MaxRepeat    = 5
	MaxChain     = 8 // frames of a wander
	MinSeconds   = 2
	MaxSeconds   = 12
	modelDigits  = 8
	defaultChain = 4
	defaultLoop  = 6 // seconds of a dive
)

// Complete fills what a recipe leaves open from its preset and checks the rest. Completing
// twice changes nothing. The error is a *Problem. The result's Token always fits.
func (m *Maker) Complete(r Recipe) (Recipe, error) {
	for _, step := range []func(*Recipe) error{
		m.completeModel, completePreset, m.completeLayers, m.completeWords, completeClip, checkRanges,
	} {
		if err := step(&r); err != nil {
			return Recipe{}, err
		}
	}
	r.Seed = foldSeed(r.Seed)
	r.Generation = max(r.Generation, 1)
	if r.Generation > maxGeneration {
		return Recipe{}, outOfRange("Generation", "generations", r.Generation, 1, maxGeneration)
	}
	if !r.fits() {
		return Recipe{}, &Problem{Field: "Words",
			Words:  "That is more than I can keep in mind at once; a few words fewer will work.",
			Reason: "the recipe does not fit a token"}
	}
	return r, nil
}

func (m *Maker) completeModel(r *Recipe) error {
	have := m.net.Hash()
	have = have[:min(modelDigits, len(have))]
	if r.Model != "" && r.Model != have {
		return &Problem{Field: "Model",
			Words:  "That recipe was made with another network than the one I have now; without the recipe I can dream your picture my way.",
			Reason: fmt.Sprintf("recipe wants network %q, this is %q", r.Model, have)}
	}
	r.Model = have
	return nil
}

func completePreset(r *Recipe) error {
	if r.Verb == "" {
		r.Verb = Dream
	}
	if !slices.Contains(verbCodes, r.Verb) {
		return &Problem{Field: "Verb", Words: "I can dream, imagine, dive and wander.", Reason: fmt.Sprintf("unknown verb %q", r.Verb)}
	}
	if r.Preset == "" {
		r.Preset = DefaultPreset
	}
	p, ok := FindPreset(r.Preset)
	if !ok {
		return &Problem{Field: "Preset",
			Words:  "I do not know that look; I have " + strings.Join(presetNames(), ", ") + ".",
			Reason: fmt.Sprintf("unknown preset %q", r.Preset)}
	}
	if !slices.Contains(maskCodes, r.Mask) {
		return &Problem{Field: "Mask",
			Words:  "I can keep the centre, top, bottom, left, right, subject or background as it is.",
			Reason: fmt.Sprintf("unknown mask %q", r.Mask)}
	}
	if r.Octaves == 0 {
		r.Octaves = p.Octaves
	}
	if r.OctaveScale == 0 {
		r.OctaveScale = p.OctaveScale
	}
	r.OctaveScale = math.Round(r.OctaveScale*scaleUnits) / scaleUnits
	if r.Steps == 0 {
		r.Steps = p.Steps
		if r.Verb == Imagine {
			r.Steps = imagineSteps
		}
	}
	if r.Strength == 0 {
		r.Strength = p.Strength
		if r.Verb == Imagine {
			r.Strength = 5
		}
	}
	return nil
}

func (m *Maker) completeLayers(r *Recipe) error {
	if len(r.Layers) == 0 {
		r.Layers = nil
		return nil
	}
	r.Layers = slices.Clone(r.Layers)
	for i := range r.Layers {
		t := &r.Layers[i]
		layer, err := m.net.Layer(t.Layer)
		if err != nil || layer.Name == "" {
			return m.unknownLayer(t.Layer)
		}
		t.Layer = layer.Name
		if t.Channel < -1 || t.Channel >= layer.Channels || t.Channel > maxChannel {
			return outOfRange("Layers", "channels of layer "+layer.Name, t.Channel, 0, layer.Channels-1)
		}
		if t.Channel < 0 && layer.Name == classifier.Logits {
			return &Problem{Field: "Layers", Words: "For that layer please say a word, such as \"more birds\".", Reason: "whole logits layer"}
		}
		if t.Weight, err = completeWeight("Layers", t.Weight); err != nil {
			return err
		}
	}
	return nil
}

func (m *Maker) unknownLayer(name string) error {
	var have []string
	for _, l := range m.net.Layers() {
		if l.Name != classifier.Logits {
			have = append(have, l.Name)
		}
	}
	const most = 12 // some networks have a hundred
	words := "I do not have that layer; mine are " + strings.Join(have, ", ") + "."
	if n := len(have); n > most {
		some := make([]string, most)
		for i := range some {
			some[i] = have[i*(n-1)/(most-1)]
		}
		words = fmt.Sprintf("I do not have that layer; some of my %d are %s.", n, strings.Join(some, ", "))
	}
	return &Problem{Field: "Layers",
		Words:  words,
		Reason: fmt.Sprintf("unknown layer %q", name)}
}

// completeWords merges terms of the same label and puts them in the token's order.
func (m *Maker) completeWords(r *Recipe) error {
	labels := len(m.net.Labels())
	byLabel := map[int]float32{}
	for _, w := range r.Words {
		if w.Label < 0 || w.Label >= labels || w.Label > maxLabel {
			return outOfRange("Words", "labels", w.Label, 0, labels-1)
		}
		weight, err := completeWeight("Words", w.Weight)
		if err != nil {
			return err
		}
		byLabel[w.Label] += weight
	}
	r.Words = nil
	for label, weight := range byLabel {
		if weightCode(weight) != 0 {
			r.Words = append(r.Words, WordTerm{label, float32(weightCode(weight)) * weightUnit})
		}
	}
	r.Words = sortedWords(r.Words)
	if r.Verb == Imagine && !r.Free && len(r.Layers) == 0 && !slices.ContainsFunc(r.Words, func(w WordTerm) bool { return w.Weight > 0 }) {
		return &Problem{Field: "Words",
			Words:  "Tell me what to imagine, such as \"imagine banana\".",
			Reason: "imagine without a word to raise"}
	}
	return nil
}

// completeWeight reads a weight left out as one and rounds to what a token carries.
func completeWeight(field string, w float32) (float32, error) {
	if w == 0 {
		return 1, nil
	}
	if !(w >= -maxWeight && w <= maxWeight) {
		return 0, outOfRange(field, "weights", w, -maxWeight, maxWeight)
	}
	c := weightCode(w)
	if c == 0 {
		c = 1
		if w < 0 {
			c = -1
		}
	}
	return float32(c) * weightUnit, nil
}

// completeClip fills what only clips use and clears it elsewhere.
func completeClip(r *Recipe) error {
	high := MaxRepeat
	switch r.Verb {
	case Wander:
		high = MaxChain
		if r.Repeat == 0 {
			r.Repeat = defaultChain
		}
		if r.Repeat < 2 {
			return outOfRange("Repeat", "chains", r.Repeat, 2, MaxChain)
		}
	case Dive:
		if r.Seconds == 0 {
			r.Seconds = defaultLoop
		}
		if r.Seconds < MinSeconds || r.Seconds > MaxSeconds {
			return outOfRange("Seconds", "loops in seconds", r.Seconds, MinSeconds, MaxSeconds)
		}
	}
	if r.Verb != Dive {
		r.Seconds = 0
	}
	if r.Verb == Dive || r.Verb == Imagine {
		r.Repeat = 1
	}
	r.Repeat = max(r.Repeat, 1)
	if r.Repeat > high {
		return outOfRange("Repeat", "generations in one go", r.Repeat, 1, high)
	}
	return nil
}

func checkRanges(r *Recipe) error {
	if r.Octaves < 1 || r.Octaves > MaxOctaves {
		return outOfRange("Octaves", "octaves", r.Octaves, 1, MaxOctaves)
	}
	if !(r.OctaveScale >= 1.1 && r.OctaveScale <= 2) {
		return outOfRange("OctaveScale", "octave scales", r.OctaveScale, 1.1, 2)
	}
	if r.Steps < 1 || r.Steps > MaxSteps {
		return outOfRange("Steps", "steps", r.Steps, 1, MaxSteps)
	}
	if r.Strength < 1 || r.Strength > MaxStrength {
		return outOfRange("Strength", "strengths", r.Strength, 1, MaxStrength)
	}
	if r.Size != 0 && (r.Size < MinSize || r.Size > MaxSize) {
		return outOfRange("Size", "sizes in pixels", r.Size, MinSize, MaxSize)
	}
	return nil
}
