package mention

import (
	"context"
	"errors"
	"strings"

	"slugpuppy/dream"
)

// Recipe turns the request into a recipe, words into labels. A recipe token is taken as it is
// and the rest of the request laid over it. Errors are a *dream.UnknownWord, a
// *Problem, or ctx's own, when it ends. Ranges are checked by dream.Maker.Complete.
func (r Request) Recipe(ctx context.Context, v *dream.Vocabulary, seed uint64) (dream.Recipe, error) {
	out := dream.Recipe{Verb: dream.Dream, Seed: seed}
	if r.Token != "" {
		made, err := dream.ParseToken(r.Token)
		if err != nil {
			return out, &Problem{Kind: BadToken, Why: err.Error()}
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
	if err := r.steer(ctx, v, &out); err != nil {
		return out, err
	}
	if err := r.layers(&out); err != nil {
		return out, err
	}
	if r.Seed != nil {
		out.Seed = *r.Seed
	}
	set(&out.Preset, r.Preset)
	set(&out.Mask, dream.Mask(r.Mask))
	set(&out.Octaves, r.Octaves)
	set(&out.Steps, r.Steps)
	set(&out.Strength, r.Strength)
	set(&out.Size, r.Size)
	set(&out.Seconds, r.Seconds)
	set(&out.Repeat, r.Count)
	out.KeepColours = out.KeepColours || r.KeepColours
	out.Guide = out.Guide || r.Guide
	return out, nil
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
	case r.Layer == "" && len(r.Channels) > 0:
		return &Problem{Kind: NoLayer}
	case r.Layer == "":
		return nil
	}
	out.Layers = nil
	for _, name := range strings.FieldsFunc(r.Layer, func(c rune) bool { return c == ',' || c == '+' }) {
		for _, c := range r.Channels {
			out.Layers = append(out.Layers, dream.LayerTerm{Layer: name, Channel: c, Weight: 1})
		}
		if len(r.Channels) == 0 {
			out.Layers = append(out.Layers, dream.LayerTerm{Layer: name, Channel: -1, Weight: 1})
		}
	}
	return nil
}

// steer looks the words up. A look that is made of channels, not labels, is better than any
// label of its name: `more eyes`.
func (r Request) steer(ctx context.Context, v *dream.Vocabulary, out *dream.Recipe) error {
	wanted := r.Words
	if len(wanted) == 0 {
		wanted = r.named(ctx, v)
	}
	if err := checkLength(wanted); err != nil {
		return err
	}
	if len(wanted) > 0 {
		out.Words = nil
	}
	for _, w := range wanted {
		if look, ok := dream.FindPreset(w.Text); ok && len(look.Labels) == 0 && w.Sign > 0 && r.Verb != Imagine && r.Preset == "" {
			out.Preset = look.Name
			continue
		}
		terms, err := lookup(ctx, v, w.Text)
		if err != nil {
			return err
		}
		for _, t := range terms {
			t.Weight *= w.Sign
			out.Words = append(out.Words, t)
		}
	}
	return nil
}

// maxNamed is how many words that stand alone may be a wish; more are talk.
const maxNamed = 4

// named are the words of a request that is nothing but names of things, as in "cats".
func (r Request) named(ctx context.Context, v *dream.Vocabulary) []Word {
	if r.Verb != Bare || len(r.Unknown) == 0 || len(r.Unknown) > maxNamed {
		return nil
	}
	phrase := strings.ToLower(strings.Join(r.Unknown, " "))
	if _, err := lookup(ctx, v, phrase); err != nil {
		return nil
	}
	return []Word{{Text: phrase, Sign: 1}}
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

// vocabulary is what words are looked up in.
type vocabulary interface {
	Find(word string) ([]dream.WordTerm, bool)
	Lookup(word string) ([]dream.WordTerm, error)
}

// lookup finds a phrase, or the words it is made of. A slip of the finger is forgiven.
func lookup(ctx context.Context, v vocabulary, phrase string) ([]dream.WordTerm, error) {
	if terms, ok := v.Find(phrase); ok {
		return terms, nil
	}
	parts := strings.Fields(phrase)
	if len(parts) > 1 {
		return lookupParts(ctx, v, phrase, parts)
	}
	terms, err := v.Lookup(phrase)
	var unknown *dream.UnknownWord
	if errors.As(err, &unknown) {
		if near, ok := unknown.Meant(); ok {
			return v.Lookup(near)
		}
	}
	return terms, err
}

// lookupParts finds the words that a phrase is made of, the longest first.
func lookupParts(ctx context.Context, v vocabulary, phrase string, parts []string) ([]dream.WordTerm, error) {
	var all []dream.WordTerm
	for i := 0; i < len(parts); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, found := longest(v, parts[i:])
		if n == 0 {
			_, err := v.Lookup(phrase)
			return nil, err
		}
		all = append(all, found...)
		i += n
	}
	return all, nil
}

// maxPhrase is the longest name of one thing, in words; "West Highland white terrier" has four.
const maxPhrase = 5

// longest finds the longest run of words at the front that is known.
func longest(v vocabulary, parts []string) (int, []dream.WordTerm) {
	for n := min(len(parts), maxPhrase); n > 0; n-- {
		if terms, ok := v.Find(strings.Join(parts[:n], " ")); ok {
			return n, terms
		}
	}
	return 0, nil
}
