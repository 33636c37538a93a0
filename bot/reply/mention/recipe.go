package mention

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"slugpuppy/dream"
)

// Recipe turns the request into a recipe, words into labels, and tells what was made of them. A
// recipe token is taken as it is and the rest of the request laid over it. Recipe.Model is the name
// that was asked for, if any. Errors are a *dream.UnknownWord, a *Problem, or ctx's own, when it
// ends. Ranges are checked by dream.Maker.Complete.
func (r Request) Recipe(ctx context.Context, v *dream.Vocabulary, seed uint64) (dream.Recipe, Heard, error) {
	out := dream.Recipe{Verb: dream.Dream, Seed: seed}
	if r.Token != "" {
		made, err := dream.ParseToken(r.Token)
		if err != nil {
			return out, Heard{}, &Problem{Kind: BadToken, Why: err.Error()}
		}
		out = made
	}
	switch r.Verb {
	case Imagine:
		out.Verb = dream.Imagine
	case Dive:
		out.Verb = dream.Dive
	case Wander:
		out.Verb = dream.Wander
	case Surprise:
		out.Free = true
	}
	heard, err := r.steer(ctx, v, &out)
	if err != nil {
		return out, heard, err
	}
	heard.Add(Heard{Read: r.Read, Left: r.leaves(out)})
	if err := r.layers(&out); err != nil {
		return out, heard, err
	}
	if r.Seed != nil {
		out.Seed = *r.Seed
	}
	set(&out.Preset, r.Preset)
	set(&out.Model, r.Model)
	set(&out.OctaveScale, r.Scale)
	set(&out.Mask, dream.Mask(r.Mask))
	set(&out.Octaves, r.Octaves)
	set(&out.Steps, r.Steps)
	set(&out.Strength, r.Strength)
	set(&out.Size, r.Size)
	set(&out.Seconds, r.Seconds)
	set(&out.Repeat, r.Count)
	out.KeepColours = out.KeepColours || r.KeepColours
	out.Guide = (out.Guide || r.Guide) && !out.Verb.FromNoise()
	if r.Verb != Again && r.Verb != Deeper { // those go on from another dream's strength
		var left []Left
		out, left = r.Nudged(out)
		heard.Add(Heard{Left: left})
	}
	return out, heard, nil
}

// leaves are the parts of a request of which a recipe of its verb makes nothing. What "again" makes nothing of depends on the dream.
func (r Request) leaves(out dream.Recipe) []Left {
	left := slices.Clone(r.Left)
	if r.All {
		left = append(left, r.Without("image", Overridden, r.as("all"))...)
	}
	switch r.Verb {
	case Again:
		return left
	case Bare, Replay:
		return append(left, r.Unused(Verb(out.Verb))...)
	}
	return append(left, r.Unused(r.Verb)...)
}

// Nudged is a recipe made stronger or weaker, if the request says so and there is room for it.
func (r Request) Nudged(to dream.Recipe) (dream.Recipe, []Left) {
	if r.Nudge == 0 {
		return to, nil
	}
	if to.Strength == 0 {
		look, _ := dream.FindPreset(cmp.Or(to.Preset, dream.DefaultPreset))
		to.Strength = look.Strength
	}
	was := to.Strength
	if to.Strength = min(max(to.Strength+r.Nudge, 1), dream.MaxStrength); to.Strength == was {
		return to, r.Without("nudge", AsFarAsItGoes, fmt.Sprintf("strength=%d", was))
	}
	return to, nil
}

// set overwrites what the request says something about.
func set[T comparable](field *T, value T) {
	var zero T
	if value != zero {
		*field = value
	}
}

func (r Request) layers(out *dream.Recipe) error {
	switch {
	case len(r.Layers) == 0 && len(r.Channels) > 0:
		return &Problem{Kind: NoLayer}
	case len(r.Layers) == 0:
		return nil
	}
	out.Layers = nil
	for _, l := range r.Layers {
		channels := l.Channels
		if len(channels) == 0 {
			channels = r.Channels
		}
		for _, c := range channels {
			out.Layers = append(out.Layers, dream.LayerTerm{Layer: l.Name, Channel: c, Weight: 1})
		}
		if len(channels) == 0 {
			out.Layers = append(out.Layers, dream.LayerTerm{Layer: l.Name, Channel: -1, Weight: 1})
		}
	}
	return nil
}

// steer looks the words up. A look that is made of channels, not labels, is better than any
// label of its name: `more eyes`; and one that the network has no labels for is better than none.
func (r Request) steer(ctx context.Context, v *dream.Vocabulary, out *dream.Recipe) (Heard, error) {
	wishes := r.wishes(v)
	if err := checkLength(wishes); err != nil {
		return Heard{}, err
	}
	var all Heard
	var terms []dream.WordTerm
	of := map[dream.WordTerm]Word{} // what each term was said as
	raised, wanted := 0, 0
	read := reader{v: v}
	for _, w := range wishes {
		if before := out.Preset; r.takesLook(v, w, out) {
			if before != "" && before != out.Preset && r.Token == "" {
				all.Left = append(all.Left, Left{What: "more " + before, Why: Overridden, Than: w.String()})
			}
			continue
		}
		if w.Sign > 0 {
			wanted++
		}
		found, heard, err := read.phrase(ctx, w.Text)
		all.Add(heard)
		var unknown *dream.UnknownWord
		if errors.As(err, &unknown) {
			if len(heard.Unknown) == 0 {
				all.Unknown = append(all.Unknown, unknown)
			}
			continue
		}
		if err != nil {
			return all, err
		}
		if r.Verb == Wander && (w.Sign < 0 || raised > 0) { // it begins with one thing
			all.Left = append(all.Left, Left{What: w.String(), Why: NoUse, Than: string(Wander)})
			continue
		}
		for _, t := range found {
			t.Weight *= w.Sign
			against := t
			against.Weight = -t.Weight
			if at := slices.Index(terms, against); at >= 0 {
				all.Left = added(all.Left, []Left{{What: of[against].String(), Why: Overridden, Than: w.String()}})
				terms = slices.Delete(terms, at, at+1)
			}
			terms, of[t] = append(terms, t), w
		}
		if w.Sign > 0 {
			raised++
		}
	}
	if nothing := len(terms) == 0 || wanted > 0 && raised == 0; nothing && len(all.Unknown) > 0 {
		if r.Implied && r.Talk { // "I love that sound" asks for nothing
			return Heard{}, nil
		}
		return all, all.Unknown[0]
	}
	if len(terms) > 0 {
		out.Words = terms
	}
	return all, nil
}

// takesLook says whether a thing to raise is a look rather, and takes it.
func (r Request) takesLook(v *dream.Vocabulary, w Word, out *dream.Recipe) bool {
	look, ok := dream.FindPreset(w.Text)
	if !ok || w.Sign < 0 || r.Verb == Imagine || r.Preset != "" {
		return false
	}
	if _, known := v.Find(w.Text); known && len(look.Labels) > 0 {
		return false
	}
	out.Preset = look.Name
	return true
}

// maxLoose is how many words that stand alone may be a wish; more are talk.
const maxLoose = 4

// wishes are the words to steer by: those that were asked for, and before them the names of things
// that a request begins with, as in "cats, no dogs", if it is nothing else.
func (r Request) wishes(v *dream.Vocabulary) []Word {
	if r.Verb != Bare && !r.Implied || r.Talk || len(r.Loose) == 0 || len(r.Loose) > maxLoose {
		return r.Words
	}
	phrase := strings.Join(r.Loose, " ")
	read := reader{v: v}
	if terms, heard, err := read.phrase(context.Background(), phrase); err != nil || len(terms) == 0 || len(heard.Unknown)+len(heard.Passed) > 0 {
		return r.Words
	}
	return append([]Word{{Text: phrase, Sign: 1}}, r.Words...)
}

// maxWords is how many words one request may steer by, over all its objectives. More are no wish,
// and no recipe holds them.
const maxWords = 64

func checkLength(wanted []Word) error {
	n := 0
	for _, w := range wanted {
		n += len(strings.Fields(w.Text))
	}
	if n <= maxWords {
		return nil
	}
	return &Problem{Kind: TooLong, Got: n, Max: maxWords}
}
