package words

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/classifier"
	"slugpuppy/dream"
)

// Made is a piece that people get, and what else there is to say of it.
type Made struct {
	dream.Piece
	Without []string      // words held back on request
	Heard   mention.Heard // what was made of the request's words
	Unknown []string      // words of the request that nobody could place
}

// captionRunes is how long the words beside a picture may be.
const captionRunes = 240

// Caption is what stands beside a picture, in room runes: what was seen, what was dreamed, how to go
// on. What matters least goes first when there is no room.
func Caption(m Made, room int) string {
	room = min(room, captionRunes)
	dreamed := 2
	if m.Recipe.Verb == dream.Wander { // its guesses are the stations of the chain
		dreamed = 4
	}
	required := strings.Join(trimmed(Heard(m.Heard, m.Unknown), seen(m.Saw, 2), m.dreamed(dreamed)), " ")
	if required == "" {
		required = "Here you are."
	}
	look := m.Recipe.Preset
	if m.Recipe.Verb == dream.Imagine { // drawn from words, whatever the look
		look = ""
	}
	tail := " " + strings.Join(trimmed(generation(m.Recipe), look, m.Recipe.Token()), " · ")
	text := Cut(required, room-utf8.RuneCountInString(tail)) + tail
	for _, extra := range append(Notes(m.Notes), `"deeper" "info" "delete"`) {
		if longer := text + " · " + extra; utf8.RuneCountInString(longer) <= room {
			text = longer
		}
	}
	return text
}

// Hashtag is what people filter dreams by.
const Hashtag = "#deepdream"

// Tagged is a Caption that ends in the hashtag; where there is no room for both, the caption loses.
func Tagged(m Made, room int) string {
	room = min(room, captionRunes)
	text := Caption(m, room-utf8.RuneCountInString(" "+Hashtag))
	return text + " " + Hashtag
}

func generation(r dream.Recipe) string {
	if r.Verb != dream.Dream {
		return string(r.Verb)
	}
	return fmt.Sprintf("gen %d", r.Reached())
}

// trimmed is the parts that say something.
func trimmed(parts ...string) []string {
	return slices.DeleteFunc(slices.Clone(parts), func(s string) bool { return s == "" })
}

// seen says what was seen, as much as one was sure of; what it may have been is told by up to n names.
func seen(s dream.Sight, n int) string {
	switch {
	case len(s.Guesses) == 0:
		return ""
	case s.Sure.Kind:
		return fmt.Sprintf("I saw some kind of %s, perhaps %s.", s.Sure.What, either(names(s.Guesses, n)))
	case s.Sure.Known():
		return "I saw: " + s.Sure.What + "."
	}
	return "I am not sure what I saw; perhaps " + either(names(s.Guesses, n)) + "."
}

// dreamed says what came out, and what was held back.
func (m Made) dreamed(n int) string {
	if len(m.Dreamed) == 0 {
		return ""
	}
	text := "I dreamed: " + labels(m.Dreamed, n)
	if len(m.Without) > 0 {
		text += " (" + strings.Join(m.Without, ", ") + " held back)"
	}
	return text + "."
}

// labels are the names of the n likeliest guesses.
func labels(g []classifier.Guess, n int) string {
	return strings.Join(names(g, n), ", ")
}

func names(g []classifier.Guess, n int) []string {
	var out []string
	for _, x := range g[:min(n, len(g))] {
		out = append(out, x.Label)
	}
	return out
}

// Alt describes a picture in so many runes for those who do not see it: first the original's own
// words, then what became of it.
func Alt(original string, m Made, runes int) string {
	what := "DeepDream by slugpuppy."
	switch {
	case m.Recipe.Verb == dream.Imagine:
		what = "A picture that slugpuppy's network drew from noise."
	case m.Clip():
		what = "A DeepDream clip by slugpuppy."
	}
	added := strings.Join(trimmed(what, seen(m.Saw, 2), m.dreamed(3)), " ")
	original = strings.TrimSpace(original)
	if original == "" {
		return Cut(added, runes)
	}
	if last := original[len(original)-1]; !strings.ContainsRune(".!?", rune(last)) {
		original += "."
	}
	return Cut(original, runes-utf8.RuneCountInString(added)-1) + " " + Cut(added, runes-1)
}
