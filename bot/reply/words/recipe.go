package words

import (
	"fmt"
	"strings"

	"slugpuppy/dream"
)

// Recipe says why nothing can be made of a recipe, and what works instead.
func Recipe(p *dream.Problem) string {
	switch p.Kind {
	case dream.OutOfRange:
		return fmt.Sprintf("I can do %s from %.6g to %.6g; please pick one of those.", ranged(p), p.Min, p.Max)
	case dream.UnknownVerb:
		return "I can dream, imagine, dive and wander."
	case dream.UnknownPreset:
		return "I do not know that look; I have " + strings.Join(p.Known, ", ") + "."
	case dream.UnknownMask:
		return "I can keep the centre, edges, top, bottom, left, right, subject or background as it is."
	case dream.UnknownLayer:
		return unknownLayer(p.Known)
	case dream.OtherNetwork:
		return "That recipe was made with another network than the one I have now; without the recipe I can dream your picture my way."
	case dream.OldRecipe:
		return "That recipe is of a time when I dreamed otherwise, and would not come out the same; \"info\" with it tells its words, which I can dream anew."
	case dream.UnknownNetwork:
		return fmt.Sprintf("I have no network called %q to dream with; %s.", Cut(p.Name, mostTopic), otherNetworks(p.Known))
	case dream.UnknownKind:
		return "That recipe is about something I have never learnt to see; one of my own words will work."
	case dream.TooManyWords:
		return "That is more than I can keep in mind at once; a few words fewer will work."
	case dream.WholeLogits:
		return `For that layer please say a word, such as "more birds".`
	case dream.NothingToDraw:
		return `Tell me what to imagine, such as "imagine banana".`
	case dream.NoGuide:
		return NoGuide
	case dream.EmptySource:
		return "That picture is empty; please send another one."
	case dream.HeavyClip:
		return `That clip became too big for this server, sorry; a smaller or shorter one works, such as "size=480" or "4s".`
	case dream.TooLarge:
		return "That picture is larger than I can hold; half its width and height will work."
	}
	return ""
}

// ranged is what of a recipe has a range, as people are told of it.
func ranged(p *dream.Problem) string {
	switch p.Field {
	case dream.FieldOctaveScale:
		return "octave scales"
	case dream.FieldStrength:
		return "strengths"
	case dream.FieldSize:
		return "sizes in pixels"
	case dream.FieldSeconds:
		return "loops in seconds"
	case dream.FieldStations:
		return "chains"
	case dream.FieldGenerations:
		return "generations in one go"
	case dream.FieldGeneration:
		return "generations"
	case dream.FieldChannel:
		return "channels of layer " + Cut(p.Name, mostName)
	case dream.FieldLabel:
		return "labels"
	case dream.FieldWeight:
		return "weights"
	}
	return string(p.Field)
}

const (
	mostLayers = 12 // that people are told of; some networks have a hundred
	mostName   = 15 // runes of a layer's name, as long as a recipe can carry
)

func unknownLayer(have []string) string {
	some := make([]string, min(len(have), mostLayers))
	for i := range some {
		some[i] = Cut(have[i*(len(have)-1)/max(1, len(some)-1)], mostName)
	}
	if len(some) == len(have) {
		return "I do not have that layer; mine are " + strings.Join(some, ", ") + "."
	}
	return fmt.Sprintf("I do not have that layer; some of my %d are %s.", len(have), strings.Join(some, ", "))
}

// UnknownWord says which words come near one that the network does not know.
func UnknownWord(w *dream.UnknownWord) string {
	if len(w.Nearest) == 0 {
		return fmt.Sprintf("I do not know %q, sorry; things that I know are %s.", w.Word, Cut(strings.Join(w.Known, ", "), mostExamples))
	}
	return fmt.Sprintf("I do not know %q, sorry; what comes nearest of what I know: %s.", w.Word, Cut(strings.Join(w.Nearest, ", "), mostExamples))
}

// Preset says in one line what a look makes.
func Preset(name string) string { return looks[name] }

var looks = map[string]string{
	"slug":      "the classic: puppies with too many eyes, and slugs between them",
	"eyes":      "eyes that look back at you",
	"birds":     "feathers, beaks and penguins",
	"temple":    "arches, towers and windows",
	"swirl":     "whorls and waves, like a painter's sky",
	"fur":       "soft hair on everything",
	"fractal":   "corals within corals",
	"gentle":    "only a hint of a dream",
	"nightmare": "spiders, and a little too much of them",
}

// mostNetworks is how many networks are named.
const mostNetworks = 6

func otherNetworks(known []string) string {
	if len(known) == 0 {
		return "without model= I dream with the one I have"
	}
	return "there is " + Cut(listed(known[:min(len(known), mostNetworks)], "and"), 200)
}
