package dream_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"slugpuppy/dream"
	"slugpuppy/dream/lexicon"
)

var shape = regexp.MustCompile(`^dd3-[0-9a-z]+$`)

func drawRecipe(t *rapid.T) dream.Recipe {
	verbs := []dream.Verb{dream.Dream, dream.Imagine, dream.Dive, dream.Wander}
	var presets []string
	for _, p := range dream.Presets() {
		presets = append(presets, p.Name)
	}
	r := dream.Recipe{
		Verb: rapid.SampledFrom(verbs).Draw(t, "verb"), Preset: rapid.SampledFrom(presets).Draw(t, "preset"),
		Octaves: rapid.IntRange(0, 8).Draw(t, "octaves"), Steps: rapid.IntRange(0, 100).Draw(t, "steps"),
		Strength: rapid.IntRange(0, 10).Draw(t, "strength"), Seed: rapid.Uint64().Draw(t, "seed"),
		Size:        rapid.SampledFrom([]int{0, 64, 512, 8192}).Draw(t, "size"),
		Mask:        rapid.SampledFrom([]dream.Mask{dream.MaskNone, dream.KeepCentre, dream.KeepBackground, dream.KeepEdges}).Draw(t, "mask"),
		KeepColours: rapid.Bool().Draw(t, "colours"), Free: rapid.Bool().Draw(t, "free"),
		Generation: rapid.IntRange(0, 1000).Draw(t, "generation"),
	}
	if r.Verb == dream.Imagine {
		r.Words = append(r.Words, dream.WordTerm{Label: 3, Weight: 1})
	}
	for range rapid.IntRange(0, 3).Draw(t, "words") {
		r.Words = append(r.Words, dream.WordTerm{
			Label: rapid.IntRange(0, 199).Draw(t, "label"), Weight: float32(rapid.SampledFrom([]float64{1, -1, 0.5, 2}).Draw(t, "weight"))})
	}
	for range rapid.IntRange(0, 2).Draw(t, "kinds") {
		r.Words = append(r.Words, dream.WordTerm{Kind: rapid.SampledFrom([]lexicon.Synset{2084071, 15388, 1503061}).Draw(t, "kind"),
			Weight: float32(rapid.SampledFrom([]float64{1, -1}).Draw(t, "kind's weight"))})
	}
	for range rapid.IntRange(0, 2).Draw(t, "layers") {
		r.Layers = append(r.Layers, dream.LayerTerm{
			Layer:   rapid.SampledFrom([]string{"3b", "4a", "5a"}).Draw(t, "layer"),
			Channel: rapid.IntRange(-1, 200).Draw(t, "channel"), Weight: 1})
	}
	return r
}

func TestEveryCompletedRecipeSurvivesItsToken(t *testing.T) {
	m := maker(t, dream.Options{})
	rapid.Check(t, func(t *rapid.T) {
		r, err := m.Complete(drawRecipe(t))
		if err != nil {
			t.Skip("not a recipe: " + err.Error())
		}
		token := r.Token()
		if !shape.MatchString(token) || len(token) > dream.MaxToken {
			t.Fatalf("token %q", token)
		}
		back, err := dream.ParseToken(strings.ToUpper(" " + token + " "))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(r, back); d != "" {
			t.Fatalf("%s: %s", token, d)
		}
	})
}

func TestOneWrongCharacterIsNoticed(t *testing.T) {
	token := dream.Recipe{Verb: dream.Dream, Preset: "eyes", Octaves: 5, Seed: 4242}.Token()
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	for i := len("dd3-"); i < len(token); i++ {
		for _, c := range alphabet {
			if byte(c) == token[i] {
				continue
			}
			wrong := token[:i] + string(c) + token[i+1:]
			if _, err := dream.ParseToken(wrong); err == nil {
				t.Fatalf("%s passes for %s", wrong, token)
			}
		}
	}
}

func TestWhatIsNoTokenSaysWhy(t *testing.T) {
	tests := map[string]error{
		"banana": dream.ErrToken, "": dream.ErrToken, "dd3-": dream.ErrToken, "dd4-abcdefg": dream.ErrTokenVersion, "dd2-abcdefg": dream.ErrTokenDamaged,
		"dd3-abcdefg": dream.ErrTokenDamaged, "dd1-abcdefg": dream.ErrTokenDamaged,
		"dd1-00000": dream.ErrTokenDamaged, "dd1-" + strings.Repeat("0", 100): dream.ErrTokenDamaged,
	}
	for token, want := range tests {
		if _, err := dream.ParseToken(token); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", token, err, want)
		}
	}
}

// Tokens that people keep are read for ever, those of older versions as Old: what they make is another picture now.
func TestOldTokensStillMeanTheSame(t *testing.T) {
	plain := dream.Recipe{Verb: dream.Dream, Model: "0011aaff", Preset: "swirl", Octaves: 4, OctaveScale: 1.5, Steps: 10, Strength: 5,
		Seed: 77, Mask: dream.KeepTop, Generation: 1, Repeat: 1,
		Words: []dream.WordTerm{{Label: 188, Weight: 1}, {Label: 20, Weight: -0.5}}}
	kinds := dream.Recipe{Verb: dream.Dream, Model: "0011aaff", Preset: "slug", Octaves: 4, OctaveScale: 1.5, Steps: 10, Strength: 5, Generation: 1, Repeat: 1,
		Words: []dream.WordTerm{{Label: 188, Weight: 1}, {Kind: 2084071, Weight: -1}}}
	for _, tt := range []struct {
		token string
		want  dream.Recipe
		old   bool
	}{
		{"dd1-ygjm94013aqz595gmn9p84pr0qqf058", plain, true},
		{"dd2-8010r4013aqz195gmmg15m05x8fwssxr0", kinds, true},
		{"dd3-3me6f4013aqz595gmn9p84pr0qqf05c", plain, false},
		{"dd3-e1srg4013aqz195gmmg15m05x8fwssxr0", kinds, false},
	} {
		back, err := dream.ParseToken(tt.token)
		if err != nil {
			t.Fatalf("%s: %v", tt.token, err)
		}
		if back.Old != tt.old {
			t.Errorf("%s: old is %t", tt.token, back.Old)
		}
		back.Old = false
		if d := cmp.Diff(tt.want, back); d != "" {
			t.Errorf("%s: %s", tt.token, d)
		}
		if got := back.Token(); !tt.old && got != tt.token {
			t.Errorf("the token is now %s", got)
		}
	}
}

func TestOldRecipesAreNotMadeAgain(t *testing.T) {
	r, err := dream.ParseToken("dd1-ygjm94013aqz595gmn9p84pr0qqf058")
	if err != nil {
		t.Fatal(err)
	}
	var p *dream.Problem
	if _, err := maker(t, dream.Options{}).Complete(r); !errors.As(err, &p) || p.Kind != dream.OldRecipe {
		t.Errorf("got %v", err)
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add("dd1-")
	f.Add(dream.Recipe{Verb: dream.Dive, Preset: "eyes", Seconds: 6, Seed: 1 << 30}.Token())
	f.Add(dream.Recipe{Layers: []dream.LayerTerm{{Layer: "mixed5", Channel: 3, Weight: -1}}}.Token())
	f.Fuzz(func(t *testing.T, s string) {
		r, err := dream.ParseToken(s)
		if err != nil {
			return
		}
		if len(r.Layers) > 255 || len(r.Words) > 255 || r.Size > 1<<14 {
			t.Errorf("%q asks for %+v", s, r)
		}
		again, err := dream.ParseToken(r.Token())
		if err != nil || !slices.Equal(again.Layers, r.Layers) || again.Preset != r.Preset || again.Seed != r.Seed {
			t.Errorf("%q does not survive: %+v, %+v, %v", s, r, again, err)
		}
	})
}
