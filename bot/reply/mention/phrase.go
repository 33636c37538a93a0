package mention

import (
	"slices"
	"strings"

	"slugpuppy/dream"
)

// preset reads a look by its name.
func (p *parser) preset(t token) bool {
	if p.sign != 0 { // into birds, imagine fur: words, not looks
		return false
	}
	name := t.low
	if _, ok := dream.FindPreset(name); !ok {
		if name, ok = slip(name, looks()); !ok {
			return false
		}
		p.req.Read = append(p.req.Read, Read{t.low, name})
	}
	if p.carry < 0 && !manners[name] && p.listed() { // no dogs, birds or cats
		return false
	}
	p.look(name)
	return true
}

// named reads a look that is said to be one: in swirl style, with the swirl look.
func (p *parser) named(t token) bool {
	if _, ok := dream.FindPreset(t.low); !ok || t.comma || !lookWords[p.peek(0)] {
		return false
	}
	p.end()
	p.look(t.low)
	if p.next().comma {
		p.pause()
	}
	return true
}

var lookWords = words("style preset mode")

func looks() []string {
	var names []string
	for _, look := range dream.Presets() {
		names = append(names, look.Name)
	}
	return names
}

// listed says whether a list goes on that "or" or "and" ends.
func (p *parser) listed() bool {
	for _, t := range p.tokens {
		switch {
		case joining[t.low]:
			return true
		case raising[t.low], lowering[t.low], t.low == "not":
			return false
		}
	}
	return false
}

// look takes a look. Of two, as in "gentle birds", the one that is a thing is a word to raise.
func (p *parser) look(name string) {
	had := p.req.Preset
	switch {
	case had == "" || had == name || (manners[had] && manners[name]):
		p.req.Preset = name
		return
	case manners[name]:
		p.req.Preset, name = name, had
	}
	p.req.Words = append(p.req.Words, Word{Text: name, Sign: 1})
}

// phrase reads fixed phrases that begin with t.
func (p *parser) phrase(t token) bool {
	if n := ordinalOf(t.low); n > 0 && pictureNouns[p.peek(0)] {
		p.next()
		if p.peek(0) != "as" && !p.req.Guide { // the second picture as guide, or whose style it is in, is still the guide
			p.req.Image = n
		}
		return true
	}
	switch t.low {
	case "keep", "only":
		return p.keep(t.low)
	case "leave": // leave the background alone, as it is
		return p.leave()
	case "guide", "guided":
		p.req.Guide = true
	case "style": // in the style of this
		p.req.Guide = true
		p.end()
	case "all", "both":
		p.req.All = true
	case "surprise":
		if p.req.Verb == Bare || p.req.Verb == Dream {
			p.req.Verb = Surprise
		}
	case "gif", "mp4", "png":
		p.req.As = t.low
	default:
		a, ok := audiences[t.low]
		behind := p.words != nil && (t.comma || !slices.ContainsFunc(p.tokens, func(t token) bool { return !fillers[t.low] })) // more birds unlisted
		if !ok || !behind && (p.words != nil || p.sign != 0) {
			return false
		}
		p.req.Visibility = a
	}
	return true
}

// leave reads what is to be left as it is.
func (p *parser) leave() bool {
	at := 0
	for (fillers[p.peek(at)] || people[p.peek(at)]) && sides[p.peek(at)] == "" {
		at++
	}
	if what := p.peek(at); !p.spared(what) && !p.mine(what, at) {
		return false
	}
	ended := p.tokens[at].comma
	for p.tokens = p.tokens[at+1:]; !ended && (asItIs[p.peek(0)] || halves[p.peek(0)]); {
		ended = p.next().comma
	}
	p.end()
	return true
}

// mine takes somebody or an animal in the picture that is to stay as they are, who are its subject: the dog, her.
func (p *parser) mine(what string, article int) bool {
	if !creatures[what] || article == 0 && !addressees[what] {
		return false
	}
	p.req.Mask = "keep-subject"
	return true
}

var creatures = words("dog dogs cat cats pet animal bird horse child children kid kids baby man woman guy girl boy him her them")

var asItIs = words("alone untouched as it is are they unchanged intact be")

// keep reads `keep top`, `keep the colours` and `only the background`.
func (p *parser) keep(how string) bool {
	at := 0
	for (fillers[p.peek(at)] || people[p.peek(at)] || p.peek(at) == "original") && sides[p.peek(at)] == "" {
		at++
	}
	what := p.peek(at)
	side := sides[what]
	switch {
	case how == "keep" && (strings.HasPrefix(what, "colour") || strings.HasPrefix(what, "color")):
		p.req.KeepColours = true
	case how == "keep" && side != "":
		p.req.Mask = "keep-" + side
	case how == "keep" && p.mine(what, at):
	case how == "only" && opposite[side] != "":
		p.req.Mask = "keep-" + opposite[side]
	case how == "only" && at < len(p.tokens): // only dogs
		p.begin(1)
		return true
	default:
		return how == "only" // eyes only
	}
	ended := p.tokens[at].comma
	for p.tokens = p.tokens[at+1:]; !ended && (halves[p.peek(0)] || how == "keep" && asItIs[p.peek(0)]); {
		ended = p.next().comma
	}
	p.end()
	if what == "main" && len(p.tokens) > 0 { // the main thing
		p.next()
	}
	return true
}
