package mention

import "strings"

// halves are words behind a side that add nothing: the left half.
var halves = words("half side part area corner")

// place reads where the dream is to be: "birds in the background", "on the left", "the top half only",
// "just the middle".
func (p *parser) place(t token) bool {
	at, only := 0, false
	what := t.low
	switch what {
	case "in", "on", "at", "just":
		for fillers[p.peek(at)] && sides[p.peek(at)] == "" {
			at++
		}
		what, at, only = p.peek(at), at+1, true
	}
	if opposite[sides[what]] == "" || what == "me" || what == "main" || at > len(p.tokens) {
		return false
	}
	ended := t.comma
	if at > 0 {
		ended = p.tokens[at-1].comma
	}
	for ; !ended && halves[p.peek(at)]; at++ {
		ended = p.tokens[at].comma
	}
	if !only && (ended || p.peek(at) != "only") {
		return false
	}
	if !only {
		at++
	}
	p.tokens = p.tokens[at:]
	if only && t.low != "just" && p.req.Mask != "" { // leave the person in the middle alone: where they are
		for !ended && asItIs[p.peek(0)] {
			ended = p.next().comma
		}
		return true
	}
	p.req.Mask = "keep-" + opposite[sides[what]]
	p.end()
	return true
}

// justThere says whether "just" stands before a side: just the top half.
func (p *parser) justThere() bool {
	at := 1
	for fillers[p.peek(at)] && sides[p.peek(at)] == "" {
		at++
	}
	return p.peek(0) == "just" && opposite[sides[p.peek(at)]] != "" && p.peek(at) != "me"
}

// spare reads a side that is to stay as it is, after "without" or "except".
func (p *parser) spare() bool {
	at := 0
	for (fillers[p.peek(at)] || people[p.peek(at)]) && sides[p.peek(at)] == "" {
		at++
	}
	if at == 0 || sides[p.peek(at)] == "" || !p.spared(p.peek(at)) { // "the sky" is a place, "sky" may be a thing
		return false
	}
	p.tokens = p.tokens[at+1:]
	p.end()
	return true
}

// affixed reads dog-free and bird-like.
func (p *parser) affixed(t token) bool {
	for affix, sign := range map[string]float32{"-free": -1, "-less": -1, "-like": 1} {
		if thing, ok := strings.CutSuffix(t.low, affix); ok && len(thing) > 1 {
			p.begin(sign)
			p.word(token{text: thing, low: thing})
			if p.end(); t.comma {
				p.pause()
			}
			return true
		}
	}
	return false
}
