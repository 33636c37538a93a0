package dream_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/dream/lexicon"
)

// fewestNouns is how many nouns the list has at least.
const fewestNouns = 600

// Nothing that people type is silently taken for something else, whether a network knows much or little.
func TestCommonNounsAreReadAsTheyAreMeant(t *testing.T) {
	t.Run("385 labels", func(t *testing.T) { readNouns(t, "testdata/nouns.txt", labels(t)) })
	t.Run("1000 labels", func(t *testing.T) { readNouns(t, "testdata/nouns1000.txt", thousand(t)) })
}

func readNouns(t *testing.T, file string, all []classifier.Label) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	v := dream.NewVocabulary(all)
	seen, unknown := map[string]bool{}, 0
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		nouns, want := line, ""
		if rest, ok := strings.CutSuffix(line, " -"); ok {
			nouns = rest
		} else if i := strings.IndexAny(line, ":="); i > 0 {
			nouns, want = line[:i], line[i:]
		} else {
			t.Fatalf("what is %q read as?", line)
		}
		for noun := range strings.SplitSeq(nouns, ",") {
			noun = strings.TrimSpace(noun)
			if seen[noun] = true; want == "" {
				unknown++
			}
			if why := misread(v, all, noun, want); why != "" {
				t.Errorf("%s %s", noun, why)
			}
		}
	}
	if len(seen) < fewestNouns {
		t.Errorf("%d nouns, want %d", len(seen), fewestNouns)
	}
	t.Logf("%d of %d nouns are unknown", unknown, len(seen))
}

// misread says what is wrong with how a noun is read, "" when nothing is.
func misread(v *dream.Vocabulary, all []classifier.Label, noun, want string) string {
	m, err := v.Lookup(noun)
	var unknown *dream.UnknownWord
	if errors.As(err, &unknown) {
		if want != "" {
			return "is unknown, want " + want
		}
		return ""
	}
	var got []string
	for _, l := range v.Labels(m.Terms) {
		got = append(got, all[l].Names[0])
	}
	what := strings.Join(got, ", ")
	things := strings.TrimSpace(strings.TrimLeft(want, ":="))
	kind, ofKind := strings.CutPrefix(things, "< ")
	switch {
	case want == "":
		return "is read as " + what + " (" + m.As + "), want nothing"
	case want[0] == '=':
		if m.As == "" || m.As != things && what != things {
			return "is read as " + what + " and told as " + m.As + ", want " + things + " told"
		}
	case m.As != "":
		return "is told as " + m.As + ", want " + things + " itself"
	case ofKind:
		return notAll(v, all, m, lexicon.Meaning(kind))
	case things == "@":
		return notAll(v, all, m, lexicon.Meaning("dog"))
	default:
		list := strings.Split(things, ", ")
		slices.Sort(list)
		slices.Sort(got)
		if !slices.Equal(got, list) {
			return "is read as " + what + ", want " + things
		}
	}
	return ""
}

// notAll says which label is not of a kind, or that there are too few to be all.
func notAll(v *dream.Vocabulary, all []classifier.Label, m dream.Meaning, kind lexicon.Synset) string {
	found := v.Labels(m.Terms)
	for _, l := range found {
		if s, ok := lexicon.ParseSynset(all[l].ID); !ok || !s.Is(kind) {
			return "is read as " + all[l].Names[0] + ", too"
		}
	}
	if len(found) < 2 {
		return "is one label only"
	}
	return ""
}
