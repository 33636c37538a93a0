package mention

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"slugpuppy/dream/spelling"
)

// verb reads the verb that the request begins with, past politeness, and says whether a
// comma ends it.
func (p *parser) verb() (ended bool) {
	for len(p.tokens) > 1 && fillers[p.peek(0)] && !raising[p.peek(0)] && !obvious(canonical(p.peek(0)), p.peek(1)) {
		p.next()
	}
	v, n := p.verbAt()
	if n == 0 || (n < len(p.tokens) && slices.Contains(alone, v) && !p.stands(v, n)) {
		return false
	}
	ended = p.tokens[n-1].comma
	p.tokens = p.tokens[n:]
	p.req.Verb = v
	p.argument(ended)
	return ended
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
		return v, 1
	}
	if v, ok := nearVerb(first); ok {
		return v, 1
	}
	return Bare, 0
}

// nearVerb forgives a slip of the finger in a long verb.
func nearVerb(word string) (Verb, bool) {
	if len(word) < 4 || isKey(word) || word == "wonder" { // preset=eyes; I wonder
		return Bare, false
	}
	for _, name := range []string{"imagine", "deeper", "surprise", "wander", "dream", "undream", "presets", "reroll"} {
		if spelling.Slip(word, name) {
			return verbs[name], true
		}
	}
	return Bare, false
}

// stands says whether a verb that is also an ordinary word is meant as one.
func (p *parser) stands(v Verb, n int) bool {
	for _, t := range p.tokens[n:] {
		if v == See && (sides[t.low] != "" || isNumber(t.low) || t.low == "all") {
			continue
		}
		if !fillers[t.low] && !isNumber(t.low) && !seeWords[t.low] {
			return false
		}
	}
	return true
}

var seeWords = words("there here see seeing do you what's whats")

// argument reads what belongs to the verb: a number, a duration, a topic.
func (p *parser) argument(ended bool) {
	switch p.req.Verb {
	case Help, Words:
		if !ended && len(p.tokens) > 0 {
			p.req.Topic = p.rest()
		}
	case Deeper, Wander:
		if n, ok := count(p.peek(0)); ok && !ended {
			p.req.Count = n
			p.next()
			if units[p.peek(0)] == "generations" {
				p.next()
			}
		}
	case Dive:
		if n, ok := duration(p.peek(0)); ok && !ended {
			p.req.Seconds = n
			p.next()
			if units[p.peek(0)] == "seconds" {
				p.next()
			}
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

// duration reads 8, 8s and 8sec.
func duration(s string) (int, bool) {
	s = strings.TrimRightFunc(s, unicode.IsLetter)
	n, err := strconv.Atoi(s)
	return n, err == nil
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
