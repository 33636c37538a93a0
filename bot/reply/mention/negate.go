package mention

import "strings"

// not reads what is wanted less, or not at all: "don't add dogs", "not so strong", "not public".
// What follows the word "not" is read as if the other were asked for, and turned around.
func (p *parser) not(t token) {
	if (p.req.Verb == Bare || p.req.Verb == Dream) && len(p.req.Words) == 0 && ofMine(p.tokens, p.req.Verb == Dream) { // never dream my pictures again
		p.req.Verb, p.tokens = Stop, nil
		return
	}
	helpers, verb, touch := 0, false, false
	if !t.comma {
		for helpers < len(p.tokens) && (helping[p.peek(helpers)] || fillers[p.peek(helpers)] || people[p.peek(helpers)] || makes[p.peek(helpers)]) {
			verb, touch = verb || makes[p.peek(helpers)], touch || touches[p.peek(helpers)]
			if helpers++; p.tokens[helpers-1].comma {
				break
			}
		}
	}
	ended := t.comma || helpers > 0 && p.tokens[helpers-1].comma
	what := p.peek(helpers)
	switch {
	case (what == "" || ended) && verb: // don't dream this
		p.tokens = p.tokens[helpers:]
		if p.req.Verb == Bare {
			p.req.Verb = No
		}
	case what == "" || ended:
		p.word(t)
	case p.spared(what) || touch && p.mine(what, helpers): // don't touch the background, not my face, don't change the dog
		p.tokens = p.tokens[helpers+1:]
	case what == "keep" || what == "only":
		p.tokens = p.tokens[helpers:]
		p.notKept()
	case audiences[what] != "":
		p.tokens = p.tokens[helpers+1:]
		if what == "public" {
			p.req.Visibility = "unlisted"
		}
	case what == "guide" || what == "guided":
		p.tokens, p.req.Guide = p.tokens[helpers+1:], false
	case what == "all" || what == "both":
		p.tokens, p.req.All = p.tokens[helpers+1:], false
	case manners[what] && p.req.Preset == what:
		p.tokens, p.req.Preset = p.tokens[helpers+1:], ""
	case verbs[what] != "" && !makes[what]: // don't stop, don't delete it: nothing is asked for
		p.word(t)
	default:
		p.tokens = p.tokens[helpers:]
		p.begin(-1)
	}
}

// ofMine says whether what is not to be done is to be done to none of somebody's pictures.
func ofMine(tokens []token, made bool) bool { // "these are not my photos" forbids nothing
	whose, all := false, false
	for _, t := range tokens {
		if !helping[t.low] && !fillers[t.low] && !people[t.low] && !makes[t.low] && t.low != "again" {
			return false
		}
		made = made || touches[t.low] || t.low == "dream" || t.low == "use"
		whose = whose || t.low == "my" || t.low == "our"
		all = all || made && whose && (t.low == "pictures" || t.low == "photos" || t.low == "images" || t.low == "pics")
	}
	return all
}

// spared takes what is to stay as it is.
func (p *parser) spared(what string) bool {
	switch {
	case strings.HasPrefix(what, "colour") || strings.HasPrefix(what, "color"):
		p.req.KeepColours = true
	case sides[what] != "":
		p.req.Mask = "keep-" + sides[what]
	default:
		return false
	}
	return true
}

// notKept reads what is not to stay as it is.
func (p *parser) notKept() {
	kept := parser{tokens: p.tokens[1:]}
	before := p.tokens[0]
	kept.keep(before.low)
	p.tokens = kept.tokens
	if kept.req.KeepColours {
		p.req.KeepColours, p.req.NewColours = false, true
	}
	if p.req.Mask == kept.req.Mask {
		p.req.Mask = ""
	}
}

// Words between "not" and what is not wanted.
var (
	helping = words("any more many much so too that as very even anymore ever add adding include including use using have having put want see seeing like insert show showing need give")
	// makes are verbs that stand for all that we do: alone after "not" they are a refusal.
	makes   = words("dream dreaming imagine imagining draw drawing paint make making do touch turn create change alter modify mess")
	touches = words("touch change alter modify mess")
)
