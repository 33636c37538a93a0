package mention_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/dream"
)

// fewestPhrases is how many phrases the list has at least.
const fewestPhrases = 200

func TestPhrasesAreReadAsTheyAreMeant(t *testing.T) {
	readings(t, "testdata/phrases.txt", "en", fewestPhrases)
}

// readings compares what phrases of a file come to with what the file says they mean.
func readings(t *testing.T, file, language string, fewest int) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		phrase, want, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		n++
		if got := reading(phrase, language); got != sorted(want) {
			t.Errorf("%s\n got %s\nwant %s", phrase, got, sorted(want))
		}
	}
	if n < fewest {
		t.Errorf("%d phrases, want %d", n, fewest)
	}
}

// sorted is a reading with its parts in one order, and its things as what they stand for.
func sorted(reading string) string {
	verb, rest, _ := strings.Cut(reading, "; ")
	var parts []string
	for part := range strings.SplitSeq(rest, "; ") {
		if part != "" && (part[0] == '+' || part[0] == '-') {
			m, err := vocabulary().Lookup(part[1:])
			if err != nil {
				return err.Error()
			}
			parts = append(parts, named(m.Terms, float32(44-int(part[0])))...) // '+' is one less than a comma
			continue
		}
		if part != "" {
			parts = append(parts, part)
		}
	}
	slices.Sort(parts)
	return strings.Join(append([]string{verb}, parts...), "; ")
}

func named(terms []dream.WordTerm, sign float32) (out []string) {
	for _, t := range terms {
		out = append(out, fmt.Sprintf("%v %d %v", t.Weight*sign, t.Label, t.Kind))
	}
	return out
}

// reading is what a phrase comes to, in the words of the list.
func reading(phrase, language string) string {
	r, err := mention.Parse("@dreambot "+phrase, language, "dreambot@dreams.example")
	if err != nil {
		return err.Error()
	}
	parts := read(r)
	slices.Sort(parts[1:])
	return strings.Join(parts, "; ")
}

// read has the verb first.
func read(r mention.Request) []string {
	recipe, heard, err := r.Recipe(context.Background(), vocabulary(), 0)
	verb := cmp.Or(string(r.Verb), "dream")
	parts := []string{verb}
	add := func(yes bool, format string, args ...any) {
		if yes {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	var unknown *dream.UnknownWord
	if errors.As(err, &unknown) {
		parts[0] = "nothing"
		heard.Unknown = append([]*dream.UnknownWord{unknown}, heard.Unknown...)
	}
	parts = append(parts, named(recipe.Words, 1)...)
	add(recipe.Preset != "", "look %s", recipe.Preset)
	add(r.Strength != 0, "strength %d", r.Strength)
	add(r.Nudge > 0, "stronger")
	add(r.Nudge < 0, "weaker")
	add(r.Octaves != 0, "octaves %d", r.Octaves)
	add(r.Scale != 0, "scale %v", r.Scale)
	add(r.Size != 0, "size %d", r.Size)
	add(r.Count != 0, "count %d", r.Count)
	add(r.Seconds != 0, "seconds %d", r.Seconds)
	add(r.KeepColours, "colours")
	add(r.Mask != "", "keep %s", strings.TrimPrefix(r.Mask, "keep-"))
	add(r.Guide, "guide")
	add(r.Topic != "", "topic %s", r.Topic)
	var told []string
	for _, h := range heard.Read {
		add(true, "read %s as %s", h.Typed, h.As)
	}
	for _, u := range heard.Unknown {
		told = append(told, u.Word)
	}
	for _, w := range slices.Compact(append(told, append(heard.Passed, r.Unknown...)...)) {
		add(true, "unknown %s", w)
	}
	if r.Verb == mention.Bare && len(parts) == 1 {
		parts[0] = "nothing"
	}
	if r.Then != nil {
		for _, p := range read(*r.Then) {
			add(true, "then %s", p)
		}
	}
	return parts
}
