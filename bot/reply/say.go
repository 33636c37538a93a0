package reply

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"slugpuppy/bot/network"
	"slugpuppy/classifier"
	"slugpuppy/dream"
)

// visibilities from the widest to the narrowest.
var visibilities = []network.Visibility{network.Public, network.Unlisted, network.Followers, network.Direct}

// narrower is the less visible of two; what is unknown is direct.
func narrower(a, b network.Visibility) network.Visibility {
	ia, ib := slices.Index(visibilities, a), slices.Index(visibilities, b)
	if ia < 0 || ib < 0 {
		return network.Direct
	}
	return visibilities[max(ia, ib)]
}

// say is a reply in words.
func (t *task) say(text string) outcome {
	r := t.envelope(t.post)
	r.Text = t.fit(text, r)
	return outcome{reply: &r}
}

// envelope is a reply without its contents: to the requester, no wider than unlisted or than
// any post it is about, with their content warning and language.
func (t *task) envelope(about ...network.Post) reply {
	r := reply{To: t.post, Visibility: narrower(network.Unlisted, t.post.Visibility), Language: t.post.Language}
	if t.req.Visibility != "" {
		r.Visibility = narrower(r.Visibility, network.Visibility(t.req.Visibility))
	}
	warning := t.post.Warning
	for _, p := range about {
		r.Visibility = narrower(r.Visibility, p.Visibility)
		r.Sensitive = r.Sensitive || p.Sensitive
		warning = or(warning, p.Warning)
	}
	switch {
	case t.req.Warning != nil:
		r.Warning = *t.req.Warning
	case warning != "" && !strings.HasPrefix(strings.ToLower(warning), "re:"):
		r.Warning = "re: " + warning
	default:
		r.Warning = warning
	}
	r.Sensitive = r.Sensitive || r.Warning != ""
	return r
}

// fit cuts a text to what the server takes beside the requester's handle and the warning.
func (t *task) fit(text string, r reply) string {
	return cut(text, t.limits.TextRunes-utf8.RuneCountInString(r.Warning+r.To.Author.Handle)-len("@ "))
}

// cut shortens a text to so many runes, at a space if there is one near.
func cut(text string, runes int) string {
	if utf8.RuneCountInString(text) <= runes {
		return text
	}
	if runes < 1 {
		return ""
	}
	short := string([]rune(text)[:runes-1])
	if i := strings.LastIndexByte(short, ' '); i > len(short)*3/4 {
		short = short[:i]
	}
	return strings.TrimRight(short, " ,;") + "…"
}

// bodyRunes is how long the words beside a picture may be.
const bodyRunes = 240

// caption is the reply beside a picture: what was seen, what was dreamed, how to go on. What
// matters least goes first when there is no room.
func (t *task) caption(res result, room int) string {
	recipe := res.Recipe.Token()
	dreamed := 2
	if res.Recipe.Verb == dream.Wander { // its guesses are the stations of the chain
		dreamed = 4
	}
	required := strings.Join(trimmed(seenWords(res.Saw, 2), res.dreamedWords(dreamed)), " ")
	if required == "" {
		required = "Here you are."
	}
	look := res.Recipe.Preset
	if res.Recipe.Verb == dream.Imagine { // drawn from words, whatever the look
		look = ""
	}
	tail := " " + strings.Join(trimmed(generation(res.Recipe), look, recipe), " · ")
	text := cut(required, min(room, bodyRunes)-utf8.RuneCountInString(tail)) + tail
	extras := append(slices.Clone(res.notes), `"deeper" "info" "delete"`)
	for _, extra := range extras {
		if longer := text + " · " + extra; utf8.RuneCountInString(longer) <= min(room, bodyRunes) {
			text = longer
		}
	}
	return text
}

func generation(r dream.Recipe) string {
	if r.Verb != dream.Dream {
		return string(r.Verb)
	}
	return fmt.Sprintf("gen %d", r.Reached())
}

// trimmed is the parts that say something.
func trimmed(parts ...string) []string {
	return slices.DeleteFunc(parts, func(s string) bool { return s == "" })
}

func seenWords(saw []classifier.Guess, n int) string {
	if len(saw) == 0 {
		return ""
	}
	return "I saw: " + labels(saw, n) + "."
}

// dreamedWords says what came out, and what was held back on request.
func (r result) dreamedWords(n int) string {
	if len(r.Dreamed) == 0 {
		return ""
	}
	text := "I dreamed: " + labels(r.Dreamed, n)
	if len(r.without) > 0 {
		text += " (" + strings.Join(r.without, ", ") + " held back)"
	}
	return text + "."
}

// labels are the names of the n likeliest guesses.
func labels(g []classifier.Guess, n int) string {
	var names []string
	for _, x := range g[:min(n, len(g))] {
		names = append(names, x.Label)
	}
	return strings.Join(names, ", ")
}

// altText describes a picture for those who do not see it: first the original's own words,
// then what became of it.
func altText(original string, res result, runes int) string {
	what := "DeepDream by slugpuppy."
	switch {
	case res.Recipe.Verb == dream.Imagine:
		what = "A picture that slugpuppy's network drew from noise."
	case res.Clip():
		what = "A DeepDream clip by slugpuppy."
	}
	added := strings.Join(trimmed(what, seenWords(res.Saw, 3), res.dreamedWords(3)), " ")
	original = strings.TrimSpace(original)
	if original == "" {
		return cut(added, runes)
	}
	if last := original[len(original)-1]; !strings.ContainsRune(".!?", rune(last)) {
		original += "."
	}
	return cut(original, runes-utf8.RuneCountInString(added)-1) + " " + cut(added, runes-1)
}
