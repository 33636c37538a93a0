package dream

import (
	"fmt"
	"math"
	"slices"
	"strconv"
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
	if r.Old {
		return Recipe{}, &Problem{Kind: OldRecipe}
	}
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
		return Recipe{}, outOfRange(FieldGeneration, r.Generation, 1, maxGeneration)
	}
	if !r.fits() {
		return Recipe{}, &Problem{Kind: TooManyWords, Why: "the recipe does not fit a token"}
	}
	return r, nil
}

func (m *Maker) completeModel(r *Recipe) error {
	have := m.model()
	switch {
	case r.Model == "" || r.Model == have || strings.EqualFold(r.Model, m.net.Name()):
		r.Model = have
		return nil
	case isHash(r.Model):
		return &Problem{Kind: OtherNetwork, Name: r.Model, Why: fmt.Sprintf("this is %q", have)}
	}
	return &Problem{Kind: UnknownNetwork, Name: r.Model, Why: fmt.Sprintf("this is %q", m.net.Name())}
}

// model is the network as recipes name it.
func (m *Maker) model() string {
	hash := m.net.Hash()
	return hash[:min(modelDigits, len(hash))]
}

// isHash says whether a model is named by the beginning of its hash, as in tokens.
func isHash(model string) bool {
	_, err := strconv.ParseUint(model, 16, 32)
	return len(model) == modelDigits && err == nil
}

func completePreset(r *Recipe) error {
	if r.Verb == "" {
		r.Verb = Dream
	}
	if !slices.Contains(verbCodes, r.Verb) {
		return &Problem{Kind: UnknownVerb, Name: string(r.Verb)}
	}
	if r.Preset == "" {
		r.Preset = DefaultPreset
	}
	p, ok := FindPreset(r.Preset)
	if !ok {
		return &Problem{Kind: UnknownPreset, Name: r.Preset, Known: presetNames()}
	}
	if !slices.Contains(maskCodes, r.Mask) {
		return &Problem{Kind: UnknownMask, Name: string(r.Mask)}
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
			p := outOfRange(FieldChannel, t.Channel, 0, layer.Channels-1)
			p.Name = layer.Name
			return p
		}
		if t.Channel < 0 && layer.Name == classifier.Logits {
			return &Problem{Kind: WholeLogits}
		}
		if layer.Name == classifier.Logits && !m.net.Labels()[t.Channel].Thing() {
			return &Problem{Kind: UnknownKind, Name: classifier.Background}
		}
		if t.Weight, err = completeWeight(t.Weight); err != nil {
			return err
		}
	}
	return nil
}

func (m *Maker) unknownLayer(name string) error {
	var have []string
	for _, l := range m.layers() {
		have = append(have, l.Name)
	}
	return &Problem{Kind: UnknownLayer, Name: name, Known: have}
}

// completeWords merges terms of the same label and puts them in the token's order.
func (m *Maker) completeWords(r *Recipe) error {
	merged := map[WordTerm]float32{}
	for _, w := range r.Words {
		if err := m.checkWord(w); err != nil {
			return err
		}
		weight, err := completeWeight(w.Weight)
		if err != nil {
			return err
		}
		if w.Kind != 0 {
			w.Label = 0
		}
		w.Weight = 0
		merged[w] += weight
	}
	r.Words = nil
	for w, weight := range merged {
		if code := weightCode(weight); code != 0 {
			w.Weight = float32(code) * weightUnit
			r.Words = append(r.Words, w)
		}
	}
	r.Words = sortedWords(r.Words)
	if r.Verb == Imagine && !r.Free && len(r.Layers) == 0 && !slices.ContainsFunc(r.Words, func(w WordTerm) bool { return w.Weight > 0 }) {
		return &Problem{Kind: NothingToDraw}
	}
	return nil
}

// checkWord refuses terms about what the network does not have.
func (m *Maker) checkWord(w WordTerm) error {
	all := m.net.Labels()
	labels := len(all)
	switch {
	case w.Kind != 0 && len(m.kinds().below[w.Kind]) == 0:
		return &Problem{Kind: UnknownKind, Name: w.Kind.String()}
	case w.Kind == 0 && (w.Label < 0 || w.Label >= labels || w.Label > maxLabel):
		return outOfRange(FieldLabel, w.Label, 0, labels-1)
	case w.Kind == 0 && !all[w.Label].Thing():
		return &Problem{Kind: UnknownKind, Name: all[w.Label].ID}
	}
	return nil
}

// completeWeight reads a weight left out as one and rounds to what a token carries.
func completeWeight(w float32) (float32, error) {
	if w == 0 {
		return 1, nil
	}
	if !(w >= -maxWeight && w <= maxWeight) {
		return 0, outOfRange(FieldWeight, w, -maxWeight, maxWeight)
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
			return outOfRange(FieldStations, r.Repeat, 2, MaxChain)
		}
	case Dive:
		if r.Seconds == 0 {
			r.Seconds = defaultLoop
		}
		if r.Seconds < MinSeconds || r.Seconds > MaxSeconds {
			return outOfRange(FieldSeconds, r.Seconds, MinSeconds, MaxSeconds)
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
		if r.Verb == Wander {
			return outOfRange(FieldStations, r.Repeat, 2, high)
		}
		return outOfRange(FieldGenerations, r.Repeat, 1, high)
	}
	return nil
}

func checkRanges(r *Recipe) error {
	if r.Octaves < 1 || r.Octaves > MaxOctaves {
		return outOfRange(FieldOctaves, r.Octaves, 1, MaxOctaves)
	}
	if !(r.OctaveScale >= 1.1 && r.OctaveScale <= 2) {
		return outOfRange(FieldOctaveScale, r.OctaveScale, 1.1, 2)
	}
	if r.Steps < 1 || r.Steps > MaxSteps {
		return outOfRange(FieldSteps, r.Steps, 1, MaxSteps)
	}
	if r.Strength < 1 || r.Strength > MaxStrength {
		return outOfRange(FieldStrength, r.Strength, 1, MaxStrength)
	}
	if r.Size != 0 && (r.Size < MinSize || r.Size > MaxSize) {
		return outOfRange(FieldSize, r.Size, MinSize, MaxSize)
	}
	return nil
}
