package mention

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"slugpuppy/dream"
	"slugpuppy/dream/lexicon"
	"slugpuppy/dream/spelling"
)

// verb reads the verb that the request begins with, past politeness, and says whether a
// comma ends it.
func (p *parser) verb() (ended bool) {
	for n := praise(p.tokens); n > 0 && n < len(p.tokens); n = praise(p.tokens) {
		p.tokens = p.tokens[n:]
	}
	for len(p.tokens) > 1 && (fillers[p.peek(0)] || people[p.peek(0)]) && !raising[p.peek(0)] && !p.tooMuch() && !p.justThere() &&
		!obvious(canonical(p.peek(0)), p.peek(1)) {
		spoken := people[p.next().low]
		p.req.Talk = p.req.Talk || spoken
	}
	v, n := p.verbAt()
	if n == 0 || (n < len(p.tokens) && slices.Contains(alone, v) && !p.stands(v, n)) {
		return false
	}
	return p.take(v, n)
}

// take takes a verb of n tokens and what belongs to it.
func (p *parser) take(v Verb, n int) (ended bool) {
	if typed := p.peek(0); verbs[typed] == "" && n == 1 {
		if name, ok := slip(typed, longVerbs); ok {
			p.req.Read = append(p.req.Read, Read{typed, name})
		}
	}
	ended = p.tokens[n-1].comma
	p.tokens = p.tokens[n:]
	p.req.Verb = v
	behind := p.tokens
	p.argument(ended)
	if n := len(behind) - len(p.tokens); n > 0 { // the comma is after the argument: deeper 2, dive
		ended = behind[n-1].comma
	}
	p.fresh = !ended
	return ended
}

// lateVerb reads a verb after settings: strength=8 imagine banana. Only what makes a picture comes
// there; other verbs are ordinary words.
func (p *parser) lateVerb() (ended bool) {
	at := 0
	for at < len(p.tokens) && fillers[p.peek(at)] && !raising[p.peek(at)] {
		at++
	}
	late := parser{tokens: p.tokens[at:]}
	v, n := late.verbAt()
	if n == 0 || !makesPicture[v] || v == Deeper && late.peek(0) == "more" {
		return false
	}
	p.tokens = late.tokens
	return p.take(v, n)
}

// option says whether a setting, a look or a part to keep comes next: what some people type before
// the verb.
func (p *parser) option() bool {
	first := p.peek(0)
	if key, _, ok := strings.Cut(strings.TrimLeft(first, "-"), "="); ok && key != "" {
		return true
	}
	if _, ok := dream.FindPreset(first); ok || audiences[first] != "" || first == "keep" || first == "gif" || first == "mp4" {
		return true
	}
	own := canonical(strings.TrimSuffix(strings.TrimLeft(first, "-"), ":"))
	return isKey(own) && obvious(own, p.peek(1)) || isNumber(first) && units[p.peek(1)] != ""
}

// verbAt recognises a verb at the front and how many tokens it takes.
func (p *parser) verbAt() (Verb, int) {
	first, second := p.peek(0), p.peek(1)
	switch {
	case first == "opt" && second == "out", first == "leave" && second == "me":
		return Stop, 2
	case first == "opt" && second == "in":
		return Start, 2
	case first == "again" && second == "deeper", first == "go" && second == "deeper", first == "even" && second == "deeper":
		return Deeper, 2
	case first == "more" && (second == "" || isNumber(second) || second == "please" || second == "pls"), first == "once" && second == "more":
		if first == "once" {
			return Again, 2
		}
		return Deeper, 1
	case first == "never" && second == "mind", first == "forget" && (second == "it" || second == "that" || second == "this"):
		return Cancel, 2
	case first == "forget" && second == "me":
		return Stop, 2
	case first == "forget" && second == "":
		return Stop, 1
	case first == "seed" && second == "":
		return Info, 1
	case first == "thank" || first == "thanks":
		return Bare, 0
	}
	if v, ok := verbs[first]; ok {
		if v == Gallery && !p.rules() {
			return Bare, 0
		}
		if v == Delete && p.dropsThing() {
			return Bare, 0
		}
		return v, 1
	}
	if v, ok := nearVerb(first); ok {
		return v, 1
	}
	return Bare, 0
}

// rules says whether "gallery" is a word on who may see dreams there, and not a thing to dream.
func (p *parser) rules() bool {
	_, known := showing[p.peek(1)]
	return known && (len(p.tokens) == 2 || p.tokens[1].comma || fillers[p.peek(2)])
}

// showing are the answers to whether dreams may be shown.
var showing = map[string]string{"yes": "yes", "on": "yes", "ok": "yes", "y": "yes", "no": "no", "off": "no", "n": "no"}

// dropsThing says whether a thing is to be left out of a dream, "remove dogs", and not the dream itself.
func (p *parser) dropsThing() bool {
	if !lowering[p.peek(0)] || p.tokens[0].comma {
		return false
	}
	for _, t := range p.tokens[1:] {
		if !fillers[t.low] && !people[t.low] {
			return !deletable[t.low]
		}
	}
	return false
}

// makesPicture are verbs that may come after settings.
var makesPicture = map[Verb]bool{Dream: true, Deeper: true, Again: true, Imagine: true, Surprise: true, Dive: true, Wander: true}

// nearVerb forgives a slip of the finger in a long verb.
func nearVerb(word string) (Verb, bool) {
	name, ok := slip(word, longVerbs)
	return verbs[name], ok
}

// longVerbs are those in which a slip is clear.
var longVerbs = []string{"imagine", "deeper", "surprise", "wander", "dream", "undream", "presets", "reroll", "classify", "describe"}

// slip finds the only name that a word which exists nowhere is a slip of the finger on.
func slip(word string, names []string) (string, bool) {
	if lexicon.Exists(word) || isKey(strings.TrimSuffix(word, ":")) || verbs[word] != "" {
		return "", false
	}
	found := ""
	for _, name := range names {
		if len(name) > 4 && lexicon.IsVouched(name) && spelling.Distance(word, name) == 1 {
			if found != "" {
				return "", false
			}
			found = name
		}
	}
	return found, found != ""
}

// stands says whether a verb that is also an ordinary word is meant as one.
func (p *parser) stands(v Verb, n int) bool {
	if article := p.peek(n); p.peek(0) == "what" && (article == "a" || article == "an") { // what a bird!
		return false
	}
	for _, t := range p.tokens[n:] {
		if v == See && (kinds[t.low] || sides[t.low] != "" || isNumber(t.low) || t.low == "all") {
			continue
		}
		if !fillers[t.low] && !isNumber(t.low) && !seeWords[t.low] {
			return false
		}
	}
	return true
}

var seeWords = words("there here see seeing do did you what's whats")

// kinds are what people ask the kind of: what bird is this?
var kinds = words("animal bird birds breed dog cat fish insect species plant flower tree building")

// argument reads what belongs to the verb: a number, a duration, a topic.
func (p *parser) argument(ended bool) {
	switch p.req.Verb {
	case Help, Words:
		if !ended && len(p.tokens) > 0 {
			p.req.Topic = p.rest()
		}
	case Gallery:
		p.req.Topic = showing[p.next().low]
	case Deeper, Wander:
		if n, ok := count(p.peek(0)); ok && n > 0 && !ended {
			p.req.Count = n
			p.next()
			if units[p.peek(0)] == "generations" {
				p.next()
			}
		}
	case Dive:
		if n, ok := duration(p.peek(0)); ok && n > 0 && !ended {
			p.req.Seconds = n
			p.next()
			if units[p.peek(0)] == "seconds" {
				p.next()
			}
		}
	case Delete: // that post, please
		for !ended && (fillers[p.peek(0)] || deletable[p.peek(0)]) {
			ended = p.next().comma
		}
	case Imagine:
		p.sign = 1
	case Dream, Again, Bare:
		p.sign = 0
	}
}

// rest takes the words to come as one topic.
func (p *parser) rest() string {
	var all []string
	for len(p.tokens) > 0 {
		if t := p.next(); !fillers[t.low] {
			all = append(all, t.low)
		}
	}
	return strings.Join(all, " ")
}

// duration reads 8, 8s and 8sec, but not 2m.
func duration(s string) (int, bool) {
	digits := strings.TrimRightFunc(s, unicode.IsLetter)
	n, err := strconv.Atoi(digits)
	return n, err == nil && (s == digits || units[s[len(digits):]] == "seconds")
}

// count reads 3, x3, 3x and three.
func count(s string) (int, bool) {
	if n := slices.Index(numbers, s); n > 0 {
		return n, true
	}
	n, err := strconv.Atoi(strings.Trim(s, "x×"))
	return n, err == nil && n >= 0
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}
