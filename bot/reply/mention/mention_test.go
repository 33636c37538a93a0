package mention_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/classifier"
	"slugpuppy/dream"
)

var update = flag.Bool("update", false, "rewrite golden files")

// said is a request without what was not said.
func said(r mention.Request) string {
	b, _ := json.Marshal(r)
	var m map[string]any
	_ = json.Unmarshal(b, &m)
	return compact(m)
}

func compact(m map[string]any) string {
	for k, v := range m {
		switch x := v.(type) {
		case nil:
			delete(m, k)
		case string:
			if x == "" && k != "Warning" {
				delete(m, k)
			}
		case float64:
			if x == 0 && k != "Seed" {
				delete(m, k)
			}
		case bool:
			if !x {
				delete(m, k)
			}
		case map[string]any:
			compact(x)
		}
	}
	b, _ := json.Marshal(m)
	return string(b)
}

func TestMentionsAreUnderstood(t *testing.T) {
	file := filepath.Join("testdata", "requests.txt")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var now []string
	for line := range strings.SplitSeq(strings.TrimRight(string(data), "\n"), "\n") {
		text, want, _ := strings.Cut(line, "\t")
		if text == "" || strings.HasPrefix(text, "# ") {
			now = append(now, line)
			continue
		}
		got := ""
		r, err := mention.Parse(text, "", "dreambot@dreams.example")
		if err != nil {
			got = "error: " + err.Error()
		} else {
			got = said(r)
		}
		now = append(now, text+"\t"+got)
		if !*update && got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(now, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestValuesThatCannotBeReadAreAProblem(t *testing.T) {
	for text, want := range map[string]string{
		"strength=lots": "strength=5", "seed=-1": "seed=42", "mask=hat": "background", "channels=a layer=4c": "66,12",
		"as=tiff": "gif", "octaves=-2": "octaves=5", "size=1024x768": "size=800", "image=last": "image=2",
	} {
		var p *mention.Problem
		if _, err := mention.Parse(text, ""); !errors.As(err, &p) || !strings.Contains(words.Of(err), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

var vocabulary = sync.OnceValue(func() *dream.Vocabulary {
	n, err := classifier.Default()
	if err != nil {
		panic(err)
	}
	return dream.NewVocabulary(n.Labels())
})

func TestRequestsBecomeRecipes(t *testing.T) {
	one := func(word string) int {
		terms, err := vocabulary().Lookup(word)
		if err != nil {
			t.Fatal(err)
		}
		return terms.Terms[0].Label
	}
	banana, retriever := one("banana"), one("golden retriever")
	eyes, err := vocabulary().Lookup("eyes")
	if err != nil {
		t.Fatal(err)
	}
	whole := []dream.LayerTerm{{Layer: "4c", Channel: -1, Weight: 1}}
	tests := map[string]dream.Recipe{
		"":                           {Verb: dream.Dream, Seed: 9},
		"swirl strength=7 octaves=6": {Verb: dream.Dream, Preset: "swirl", Strength: 7, Octaves: 6, Seed: 9},
		"more eyes layer=4c":         {Verb: dream.Dream, Preset: "eyes", Layers: whole, Seed: 9},
		"imagine banana":             {Verb: dream.Imagine, Words: []dream.WordTerm{{Label: banana, Weight: 1}}, Seed: 9},
		"into bananna seed=3":        {Verb: dream.Dream, Words: []dream.WordTerm{{Label: banana, Weight: 1}}, Seed: 3},
		"no banana":                  {Verb: dream.Dream, Words: []dream.WordTerm{{Label: banana, Weight: -1}}, Seed: 9},
		"into golden retriever banana": {Verb: dream.Dream, Seed: 9,
			Words: []dream.WordTerm{{Label: retriever, Weight: 1}, {Label: banana, Weight: 1}}},
		"layer=4c channels=1,2": {Verb: dream.Dream, Seed: 9,
			Layers: []dream.LayerTerm{{Layer: "4c", Channel: 1, Weight: 1}, {Layer: "4c", Channel: 2, Weight: 1}}},
		"surprise":              {Verb: dream.Dream, Free: true, Seed: 9},
		"dive 8s":               {Verb: dream.Dive, Seconds: 8, Seed: 9},
		"wander 4":              {Verb: dream.Wander, Repeat: 4, Seed: 9},
		"deeper 3":              {Verb: dream.Dream, Repeat: 3, Seed: 9},
		"keep top keep colours": {Verb: dream.Dream, Mask: dream.KeepTop, KeepColours: true, Seed: 9},
		"guide":                 {Verb: dream.Dream, Guide: true, Seed: 9},
		"imagine banana, guide": {Verb: dream.Imagine, Words: []dream.WordTerm{{Label: banana, Weight: 1}}, Seed: 9},
		"banana":                {Verb: dream.Dream, Words: []dream.WordTerm{{Label: banana, Weight: 1}}, Seed: 9},
		"my holiday banana":     {Verb: dream.Dream, Seed: 9}, // talk, not a wish
		"gentle banana":         {Verb: dream.Dream, Preset: "gentle", Words: []dream.WordTerm{{Label: banana, Weight: 1}}, Seed: 9},
		"layer=4c,4d": {Verb: dream.Dream, Seed: 9,
			Layers: []dream.LayerTerm{{Layer: "4c", Channel: -1, Weight: 1}, {Layer: "4d", Channel: -1, Weight: 1}}},
		"fractal eyes": {Verb: dream.Dream, Preset: "fractal", Seed: 9, Words: eyes.Terms},
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			r, err := mention.Parse(text, "")
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := r.Recipe(t.Context(), vocabulary(), 9)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReplayingATokenKeepsItsRecipe(t *testing.T) {
	old := dream.Recipe{Verb: dream.Dream, Preset: "eyes", Octaves: 3, OctaveScale: 1.5, Steps: 4, Strength: 5, Seed: 11}
	r, err := mention.Parse("dream "+old.Token()+" strength=9", "")
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := r.Recipe(t.Context(), vocabulary(), 1)
	if err != nil {
		t.Fatal(err)
	}
	old.Strength = 9
	if d := cmp.Diff(old, got); d != "" {
		t.Error(d)
	}
}

func TestUnknownWordsGetTheThreeNearest(t *testing.T) {
	r, err := mention.Parse("into helicopters", "")
	if err != nil {
		t.Fatal(err)
	}
	var unknown *dream.UnknownWord
	if _, _, err := r.Recipe(t.Context(), vocabulary(), 1); !errors.As(err, &unknown) || len(unknown.Nearest) != 3 {
		t.Errorf("got %v", err)
	}
}

func TestChannelsNeedALayer(t *testing.T) {
	r, err := mention.Parse("channels=3", "")
	if err != nil {
		t.Fatal(err)
	}
	var p *mention.Problem
	if _, _, err := r.Recipe(t.Context(), vocabulary(), 1); !errors.As(err, &p) || p.Kind != mention.NoLayer {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "@dreambot deeper 3", `cw="a, b" into "school bus", dive 8s`, "—layer 4c:66", "..", "dd3-", "keep", "only", "channels=1,2,", "\xff=\xfe", "imagine ,,,, and and"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := mention.Parse(s, "", "dreambot@dreams.example")
		if err != nil {
			var p *mention.Problem
			if !errors.As(err, &p) || words.Of(err) == "" {
				t.Fatalf("%q: error without kind words: %v", s, err)
			}
			return
		}
		depth := 0
		for next := &r; next != nil; next = next.Then {
			if depth++; depth > 4096 {
				t.Fatalf("%q: requests without end", s)
			}
			if len(next.Channels) > 16+len(s) {
				t.Fatalf("%q: %d channels", s, len(next.Channels))
			}
			if _, _, err := next.Recipe(t.Context(), vocabulary(), 1); err != nil {
				if words.Of(err) == "" {
					t.Fatalf("%q: recipe error without kind words: %v", s, err)
				}
			}
		}
	})
}
