package mention

import (
	"regexp"
	"slices"
	"strings"

	"slugpuppy/dream"
)

// Command reads a text that stands where people talk with each other and our handle may only have been
// carried along. It is a request if it begins, handles and politeness aside, with words of the grammar
// and is nothing but a wish; else it is talk, and false: "what a nightmare", "see you", "I dream of this".
// Whether things that it names exist is not looked at. Alone is whether it is for us and nobody else: "with a boat" may answer others.
func Command(text, language string, alone bool, self ...string) (Request, bool) {
	if said, ok := addressedAnew(text, self); ok {
		text = said
	}
	tokens := translate(scan(text), language)
	if talks(tokens, alone) {
		return Request{}, false
	}
	tokens = rewrite(tokens)
	tokens = tokens[courtesies(tokens):]
	if len(tokens) > 1 && tokens[0].low == "no" && tokens[0].comma { // no, the second picture
		req, err := (&parser{tokens: tokens[1:]}).request()
		return req, err == nil && req.Image != 0 && req.asks(text)
	}
	if !opens(tokens) {
		return Request{}, false
	}
	p := parser{tokens: tokens}
	req, err := p.request()
	if req.Verb == Stop && !onlyPolite(tokens[1:]) { // "stop showing off"
		return req, false
	}
	return req, err != nil || req.asks(text) // a value that cannot be read is told
}

// onlyPolite says whether words add nothing to "stop" or "opt out".
func onlyPolite(tokens []token) bool {
	return !slices.ContainsFunc(tokens, func(t token) bool { return !courteous[t.low] && t.low != "out" && t.low != "bot" })
}

// anew is where a sentence ends and our handle, which the capture is to be, begins another.
var anew = regexp.MustCompile(`(?s)^.*\S.*?[.!?…\n]\s*(@[\pL\pN_.@-]+)[,:]?\s+(\S.*)$`)

// addressedAnew finds what is said to us after other sentences: "lovely! @dreambot deeper".
func addressedAnew(text string, self []string) (said string, ok bool) {
	m := anew.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	name, _, _ := strings.Cut(m[1][1:], "@")
	return m[2], slices.ContainsFunc(self, func(own string) bool {
		own, _, _ = strings.Cut(own, "@")
		return own != "" && strings.EqualFold(own, name)
	})
}

// talks says whether a text begins as talk does: with somebody, or with what another said or made.
func talks(tokens []token, alone bool) bool {
	at := courtesies(tokens)
	if at == len(tokens) {
		return false
	}
	first := tokens[at].low
	if first == "what" || first == "what's" || first == "whats" || first == "which" { // "what do you see" is asked of us
		return !slices.ContainsFunc(tokens[at+1:], func(t token) bool { return t.low == "see" })
	}
	second := ""
	if at+1 < len(tokens) {
		second = tokens[at+1].low
	}
	switch first {
	case "with", "without":
		return !alone
	case "..": // with nothing behind, for want of words
		return second == ""
	case "guide":
		return addressees[second]
	case "see": // "can you see it"
		return at > 0 && tokens[at-1].low == "you"
	case "all", "both": // "all of you", "thanks, both", but "all"
		return second == "of" || at > 0 && !courteous[tokens[at-1].low]
	case "one": // more time
		return second != "more" || at+2 < len(tokens) && tokens[at+2].low != "time" && !courteous[tokens[at+2].low]
	case "the": // second picture, same but stronger
		if third := tokens[min(at+2, len(tokens)-1)].low; (second == "other" || ordinalOf(second) > 0) && pictureNouns[third] || second == "same" && sameAgain[third] {
			return false
		}
		fallthrough
	case "a", "an": // "a nightmare", but "a bit stronger", "a version without dogs"
		return !intensifiers[second] && second != "version" && strengths[second] == 0 && second != "lot" && second != "few"
	}
	return talkative[first] || people[first]
}

var sameAgain = words("but with again")

var addressees = words("me us you him her them")

// talkative are words that begin talk, though the grammar has many of them.
var talkative = words("you it it's its that that's this these those there they is are was were am like likes looks looking looked of on in at up " +
	"out off over to as while than nvm nevermind never forget forgot leave free loop reverse thanks thank thx ty " +
	"full minus plus one two for me my us y'all i'd i'll " +
	"we'd we'll we're we've you'd you'll you're you've they'd they'll they're he's she's there's gif mp4 png style public private direct unlisted followers dm quiet")

// courtesies is how many words of politeness stand first.
func courtesies(tokens []token) int {
	at := 0
	for at < len(tokens)-1 {
		n := praise(tokens[at:])
		if courteous[tokens[at].low] {
			n = 1
			if tokens[at].low != "you" && tokens[at+1].low == "you" { // could you; see you is another matter
				n = 2
			}
		}
		if n == 0 {
			break
		}
		at = min(at+n, len(tokens)-1)
	}
	return at
}

// praise is how many words at the front are a sentence of it: "wow! more", "I love it, now deeper".
func praise(tokens []token) int {
	at := 0
	if len(tokens) > 1 && tokens[0].low == "i" {
		at++
	}
	switch {
	case len(tokens) > at+1 && (tokens[at].low == "love" || tokens[at].low == "like") && fillers[tokens[at+1].low]:
		at++
	case len(tokens) > 1 && tokens[0].low == "good" && tokens[1].low == "bot":
		at = 1
	case len(tokens) == 0 || at > 0 || !praising[tokens[0].low]:
		return 0
	}
	if !tokens[at].ends && !tokens[at].comma {
		return 0
	}
	return at + 1
}

var praising = words("wow nice lovely cool amazing great beautiful awesome haha thanks perfect fantastic wonderful lol omg yay brilliant gorgeous")

var courteous = words("please pls plz hey hi hello ok okay now just can could would will kindly and then oh well yes sure but")

// opens says whether a word of the grammar stands first.
func opens(tokens []token) bool {
	p := parser{tokens: tokens}
	if len(p.tokens) == 0 {
		return false
	}
	if _, n := p.verbAt(); n > 0 || p.option() {
		return true
	}
	first := p.tokens[0]
	switch _, look := dream.FindPreset(p.peek(1)); {
	case first.quoted:
		return false
	case first.low == "try": // again, fractal, but not harder
		return look || p.peek(1) == "again"
	case raising[first.low], lowering[first.low], wishful[first.low], strengths[first.low] != 0, ordinalOf(first.low) > 0:
		return true
	case dream.LooksLikeToken(first.low):
		return true
	case len(first.low) > 2 && (first.low[0] == '+' || first.low[0] == '-'):
		return true
	}
	_, ok := slip(first.low, looks())
	return ok
}

// wishful are words that begin a wish and are no verbs of ours.
var wishful = words("make turn give show put not only keep guide guided all both surprise much even way bit little so do a an the one")

func ordinalOf(word string) int {
	return max(slices.Index(ordinals, word), slices.Index(numerals, word))
}

// asks says whether a request asks for something, and is nothing else.
func (r Request) asks(text string) bool {
	for at := &r; at != nil; at = at.Then {
		if at.Talk || at.Adrift || len(at.Unknown)+len(at.Loose) > 0 || at.Verb == Imagine && len(at.Words) == 0 {
			return false
		}
		if at.Verb == Help && !at.knownTopic() {
			return false
		}
	}
	if r.Verb != Bare || r.Image != 0 || r.All || r.Preset != "" || r.Token != "" || r.Mask != "" || r.KeepColours || r.NewColours || r.Nudge != 0 || r.Guide ||
		len(r.Words)+len(r.Layers)+len(r.Channels) > 0 {
		return true
	}
	// "intense!" is praise, strength=8 is none.
	return strings.ContainsAny(text, "=0123456789") && (r.Strength != 0 || r.Octaves != 0 || r.Scale != 0 || r.Steps != 0 || r.Seed != nil ||
		r.Size != 0 || r.Model != "" || r.Count != 0 || r.Seconds != 0)
}

// knownTopic says whether help is wanted with something of the grammar.
func (r Request) knownTopic() bool {
	if r.Topic == "" || verbs[r.Topic] != "" || isKey(canonical(r.Topic)) {
		return true
	}
	_, ok := dream.FindPreset(r.Topic)
	return ok
}
