package mention

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"slugpuppy/dream"
	"slugpuppy/dream/spelling"
)

// Parse understands a request as it is typed in a mention or on the command line: a verb,
// then presets, words to steer by, settings and recipes in any order. Politeness, emoji,
// links and handles, the bot's own among them, are passed over; what nobody could place ends
// up in Unknown. The error is a *Problem, for a setting whose value cannot be read.
func Parse(text string, self ...string) (Request, error) {
	for _, name := range self { // a handle without @, as some clients type it
		if rest, ok := strings.CutPrefix(strings.TrimSpace(text), name); ok && name != "" {
			text = rest
		}
	}
	p := parser{tokens: scan(text)}
	return p.request()
}

type parser struct {
	tokens []token
	req    Request
	words  *Word   // the objective being spelt, nil between objectives
	sign   float32 // of the next one
	bare   int     // objectives that nothing but the verb made ones
}

// request reads one request; after a comma that a verb follows comes the next.
func (p *parser) request() (Request, error) {
	ended := p.verb()
	for len(p.tokens) > 0 {
		if ended && p.startsAnother() {
			next := parser{tokens: p.tokens}
			then, err := next.request()
			if err != nil {
				return Request{}, err
			}
			p.req.Then = &then
			break
		}
		left := p.tokens
		if err := p.item(); err != nil {
			return Request{}, err
		}
		if ended = left[len(left)-len(p.tokens)-1].comma; ended {
			p.end()
		}
	}
	p.finish()
	return p.req, nil
}

// next takes the first token.
func (p *parser) next() token {
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

// peek is the i-th token to come, in lower case, or "".
func (p *parser) peek(i int) string {
	if i < len(p.tokens) {
		return p.tokens[i].low
	}
	return ""
}

// verb reads the verb that the request begins with, past politeness, and says whether a
// comma ends it.
func (p *parser) verb() (ended bool) {
	for len(p.tokens) > 1 && fillers[p.peek(0)] && !raising[p.peek(0)] {
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
	case first == "never" && second == "mind":
		return Cancel, 2
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
	if len(word) < 5 {
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
		if n, err := strconv.Atoi(p.peek(0)); err == nil && !ended {
			p.req.Count = n
			p.next()
		}
	case Dive:
		if n, ok := duration(p.peek(0)); ok && !ended {
			p.req.Seconds = n
			p.next()
			if strings.HasPrefix(p.peek(0), "sec") {
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

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

// startsAnother says whether what follows a comma is a request of its own.
func (p *parser) startsAnother() bool {
	if len(p.tokens) == 0 {
		return false
	}
	first := p.peek(0)
	if (first == "then" || first == "and") && len(p.tokens) > 1 {
		rest := parser{tokens: p.tokens[1:]}
		if _, n := rest.verbAt(); n > 0 {
			p.tokens = p.tokens[1:]
			return true
		}
		return false
	}
	v, n := p.verbAt()
	return n > 0 && !(v == Deeper && first == "more" && n < len(p.tokens)) && !slices.Contains(alone, v)
}

// item reads one thing after the verb.
func (p *parser) item() error {
	if done, err := p.setting(); done || err != nil {
		return err
	}
	t := p.next()
	switch {
	case strings.HasPrefix(t.low, "dd1-") || strings.HasPrefix(t.low, "dd2-"):
		p.req.Token = t.low
	case !t.quoted && p.phrase(t):
	case !t.quoted && raising[t.low] && !t.comma && len(p.tokens) > 0:
		if t.low == "into" { // dream my cat into dogs: the cat is what it was before
			p.req.Words, p.bare = p.req.Words[p.bare:], 0
		}
		p.begin(1)
	case !t.quoted && lowering[t.low] && !t.comma && len(p.tokens) > 0:
		p.begin(-1)
	case !t.quoted && t.low == "and":
		p.end()
	case !t.quoted && p.signed(t):
	case !t.quoted && p.words == nil && p.preset(t):
	case t.quoted:
		p.end()
		p.word(t)
	case fillers[t.low]:
	default:
		p.word(t)
	}
	return nil
}

// begin starts an objective.
func (p *parser) begin(sign float32) {
	p.end()
	p.sign = sign
}

// end closes the objective being spelt. After `imagine` every word is one to raise.
func (p *parser) end() {
	p.words, p.sign = nil, 0
	if p.req.Verb == Imagine {
		p.sign = 1
	}
}

// word adds a word to the objective being spelt, or begins one, or is at a loss.
func (p *parser) word(t token) {
	switch {
	case p.words != nil:
		p.words.Text += " " + t.low
	case p.sign != 0 || p.req.Verb == Dream || t.quoted:
		sign := p.sign
		if sign == 0 {
			sign = 1
			if len(p.req.Words) == p.bare {
				p.bare++
			}
		}
		p.req.Words = append(p.req.Words, Word{Text: t.low, Sign: sign})
		if p.words = &p.req.Words[len(p.req.Words)-1]; t.quoted {
			p.end()
		}
	case p.req.Verb == See && seeWords[t.low]:
	default:
		p.req.Unknown = append(p.req.Unknown, t.text)
	}
}

// signed reads +birds and -dogs.
func (p *parser) signed(t token) bool {
	if len(t.low) < 3 || (t.low[0] != '+' && t.low[0] != '-') || t.low[1] == '-' {
		return false
	}
	sign := float32(1)
	if t.low[0] == '-' {
		sign = -1
	}
	p.begin(sign)
	t.low = t.low[1:]
	p.word(t)
	return true
}

// preset reads a look by its name, a slip forgiven in long ones.
func (p *parser) preset(t token) bool {
	if p.sign != 0 { // into birds, imagine fur: words, not looks
		return false
	}
	for _, look := range dream.Presets() {
		if t.low == look.Name || (len(t.low) > 4 && spelling.Slip(t.low, look.Name) && t.low != "bird") {
			p.req.Preset = look.Name
			return true
		}
	}
	return false
}

// phrase reads fixed phrases that begin with t.
func (p *parser) phrase(t token) bool {
	switch next := p.peek(0); t.low {
	case "keep", "only":
		return p.keep(t.low, next)
	case "guide", "guided":
		p.req.Guide = true
	case "style": // in the style of this
		p.req.Guide = true
		p.end()
	case "all":
		p.req.All = true
	case "surprise":
		if p.req.Verb == Bare || p.req.Verb == Dream {
			p.req.Verb = Surprise
		}
	case "gif", "mp4", "png":
		p.req.As = t.low
	default:
		a, ok := audiences[t.low]
		if ok && p.words == nil && p.sign == 0 {
			p.req.Visibility = a
		}
		return ok && p.words == nil && p.sign == 0
	}
	return true
}

// keep reads `keep top`, `keep the colours` and `only the background`.
func (p *parser) keep(how, _ string) bool {
	at := 0
	for fillers[p.peek(at)] && sides[p.peek(at)] == "" {
		at++
	}
	what := p.peek(at)
	side := sides[what]
	switch {
	case how == "keep" && (strings.HasPrefix(what, "colour") || strings.HasPrefix(what, "color")):
		p.req.KeepColours = true
	case how == "keep" && side != "":
		p.req.Mask = "keep-" + side
	case how == "only" && opposite[side] != "":
		p.req.Mask = "keep-" + opposite[side]
	default:
		return how == "only" // `eyes only`, `only eyes`: the word says it all
	}
	p.tokens = p.tokens[at+1:]
	p.end()
	return true
}

// finish settles what only the whole request shows.
func (p *parser) finish() {
	r := &p.req
	if r.Token != "" && (r.Verb == Bare || r.Verb == Dream || r.Verb == Again || r.Verb == Info) && r.Verb != Info {
		r.Verb = Replay
	}
	if r.Verb == Bare && len(r.Words) > 0 {
		r.Verb = Dream
	}
}
