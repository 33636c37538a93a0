package mention

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"slugpuppy/dream"
)

// Parse understands a request as it is typed in a mention or on the command line: a verb,
// then presets, words to steer by, settings and recipes in any order. Politeness, emoji,
// links and handles, the bot's own among them, are passed over; what nobody could place ends
// up in Unknown, or in Loose where nothing was asked for. Language is the post's, such as "de";
// English is understood whatever it is. The error is a *Problem, for a setting whose value cannot be read.
func Parse(text, language string, self ...string) (Request, error) {
	for _, name := range self { // a handle without @, as some clients type it
		if rest, ok := strings.CutPrefix(strings.TrimSpace(text), name); ok && name != "" {
			text = rest
		}
	}
	if said, ok := afterHandle(text, language, self); ok {
		return parse(said, language)
	}
	return parse(text, language)
}

func parse(text, language string) (Request, error) {
	p := parser{tokens: rewrite(translate(scan(text), language))}
	req, err := p.request()
	if len(text) > maxText && !reflect.ValueOf(req).IsZero() {
		req.Left = append(req.Left, Left{Why: LongText, N: maxText})
	}
	return req, err
}

// afterHandle finds a request that is said to us at the end of talk with others: "look at my
// cat! @dreambot more eyes". What stands before our handle counts only if all of it is a wish
// or politeness.
func afterHandle(text, language string, self []string) (said string, ok bool) {
	at := ownHandle(text, self)
	if at == nil {
		return "", false
	}
	if before, err := parse(text[:at[0]], language); err == nil && len(before.Unknown)+len(before.Loose) == 0 {
		return "", false
	}
	said = text[at[1]:]
	after, err := parse(said, language)
	return said, err != nil || !reflect.ValueOf(after).IsZero()
}

// handleEnds is what may follow the name of a handle in a text: a domain, and what ends either.
var handleEnds = regexp.MustCompile(`^(@[\pL\pN.:-]+)?([^\pL\pN_@.-]|[.:,;!?)]|$)`)

// ownHandle is where the first of our handles stands, with or without a domain.
func ownHandle(text string, self []string) []int {
	for _, own := range self {
		name, _, _ := strings.Cut(own, "@")
		if name == "" || !utf8.ValidString(name) {
			continue
		}
		for at := range text {
			if text[at] != '@' {
				continue
			}
			rest, ok := cutFold(text[at+1:], name)
			if !ok {
				continue
			}
			if end := handleEnds.FindStringIndex(rest); end != nil {
				return []int{at, len(text) - len(rest) + end[1]}
			}
		}
	}
	return nil
}

// cutFold is what follows a name, in letters of either case, that a text begins with.
func cutFold(text, name string) (rest string, ok bool) {
	n := 0
	for range utf8.RuneCountInString(name) {
		_, size := utf8.DecodeRuneInString(text[n:])
		n += size
	}
	return text[n:], strings.EqualFold(text[:n], name)
}

type parser struct {
	tokens []token
	after  []token // this request: the next one's, if there is one
	req    Request
	words  *Word   // the objective being spelt, nil between objectives
	sign   float32 // of the next one
	carry  float32 // sign of the one before a comma, which a list goes on with
	bare   int     // objectives that nothing but the verb made ones
	fresh  bool    // nothing was read after the verb
}

// request reads one request; after a comma that a verb follows comes the next.
func (p *parser) request() (Request, error) {
	ended, err := p.opening()
	if err != nil {
		return Request{}, err
	}
	for len(p.tokens) > 0 {
		p.after = p.tokens
		if (ended || p.peek(0) == "then") && p.startsAnother() {
			next := parser{tokens: p.tokens}
			then, err := next.request()
			if err != nil {
				return Request{}, err
			}
			then.text = typed(p.tokens[:len(p.tokens)-len(next.after)])
			p.req.Then = &then
			break
		}
		if ended, err = p.takeItem(); err != nil {
			return Request{}, err
		}
		p.after = nil
	}
	p.finish()
	return p.req, nil
}

// opening reads the verb, and the settings that some people type before it.
func (p *parser) opening() (ended bool, err error) {
	before, all := p.req, p.tokens
	ended = p.verb()
	p.note(&before, all[:len(all)-len(p.tokens)])
	for p.req.Verb == Bare && !ended && len(p.tokens) > 0 && p.option() {
		if ended, err = p.takeItem(); err != nil || ended {
			return ended, err
		}
		before, all = p.req, p.tokens
		ended = p.lateVerb()
		p.note(&before, all[:len(all)-len(p.tokens)])
	}
	return ended, nil
}

// takeItem reads one thing after the verb and says whether a comma follows it.
func (p *parser) takeItem() (ended bool, err error) {
	left, before := p.tokens, p.req
	if err := p.item(); err != nil {
		return false, err
	}
	p.note(&before, left[:len(left)-len(p.tokens)])
	p.fresh = false
	if ended = left[len(left)-len(p.tokens)-1].comma; ended {
		p.pause()
	}
	return ended, nil
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

// startsAnother says whether what follows a comma is a request of its own.
func (p *parser) startsAnother() bool {
	if len(p.tokens) == 0 {
		return false
	}
	first := p.peek(0)
	if (first == "then" || first == "and") && len(p.tokens) > 1 {
		rest := parser{tokens: p.tokens[1:]}
		if v, n := rest.verbAt(); n > 0 && !(v == Deeper && rest.peek(0) == "more" && n < len(rest.tokens)) && !slices.Contains(alone, v) {
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
	if done, err := p.amount(); done || err != nil {
		return err
	}
	if p.degree() {
		return nil
	}
	t := p.next()
	switch {
	case dream.LooksLikeToken(t.low):
		p.req.Token = t.low
	case !t.quoted && p.req.Verb == See && kinds[t.low]: // what bird is this
	case !t.quoted && t.low == "not":
		p.not(t)
	case !t.quoted && p.named(t):
	case !t.quoted && p.phrase(t):
	case !t.quoted && p.place(t):
	case !t.quoted && p.affixed(t):
	case t.low == "of" && (p.req.Verb == Dream || p.req.Verb == Bare) && possessive[p.peek(0)]: // the photo of my cat is what is dreamed
	case !t.quoted && raising[t.low] && !t.comma && len(p.tokens) > 0:
		if t.low == "into" { // dream my cat into dogs: the cat is what it was before
			p.req.Words, p.bare = p.req.Words[p.bare:], 0
			p.req.Loose = nil
		}
		p.begin(1)
	case t.low == "put" && !t.quoted && p.puts():
		p.begin(1)
	case !t.quoted && t.low == "without" && !t.comma && p.spare():
	case !t.quoted && lowering[t.low] && !t.comma && len(p.tokens) > 0 && (t.low != "than" || p.words != nil):
		p.begin(-1)
	case !t.quoted && t.low == "except" && len(p.tokens) > 0: // no dogs except poodles, all but cats
		if !p.spare() {
			p.begin(-p.latest())
		}
	case !t.quoted && (t.low == "gone" || t.low == "away" || t.low == "begone") && p.banish():
	case !t.quoted && t.low == "more" && p.words != nil && p.sign < 0 && len(p.tokens) == 0: // no dogs any more
	case !t.quoted && joining[t.low]:
		p.words = nil // no dogs and cats: neither of them
	case !t.quoted && p.signed(t):
	case !t.quoted && p.words == nil && p.preset(t):
	case t.quoted:
		p.end()
		p.word(t)
	case !t.quoted && people[t.low]:
		p.req.Talk = true
	case fillers[t.low]:
		p.req.Adrift = p.req.Adrift || p.fresh && particles[t.low]
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

// puts says whether "put" is followed by a thing and the picture it is to be in: put dogs in it.
func (p *parser) puts() bool {
	into := slices.IndexFunc(p.tokens, func(t token) bool { return t.low == "in" || t.low == "into" || t.low == "on" })
	return into > 0 && !fillers[p.peek(0)] && !people[p.peek(0)] && into+1 < len(p.tokens)
}

// banish reads a word that sends away what stands before it: dogs away.
func (p *parser) banish() bool {
	switch {
	case p.words != nil && p.sign < 0:
	case p.req.Verb == Bare && len(p.req.Loose) > 0 && len(p.tokens) == 0:
		p.req.Words = append(p.req.Words, Word{Text: strings.Join(p.req.Loose, " "), Sign: -1})
		p.req.Loose = nil
	default:
		return false
	}
	return true
}

// latest is the sign of the last objective, 1 without one.
func (p *parser) latest() float32 {
	if n := len(p.req.Words); n > 0 {
		return p.req.Words[n-1].Sign
	}
	return 1
}

// end closes the objective being spelt. After `imagine` every word is one to raise.
func (p *parser) end() {
	p.words, p.sign, p.carry = nil, 0, 0
	if p.req.Verb == Imagine {
		p.sign = 1
	}
}

// pause closes it at a comma, after which a list may go on: no dogs, cats or birds.
func (p *parser) pause() {
	sign := p.sign
	p.end()
	p.carry = sign
}

// word adds a word to the objective being spelt, or begins one, or is at a loss.
func (p *parser) word(t token) {
	switch {
	case isNumber(t.low) && !t.quoted:
		p.req.Unknown = append(p.req.Unknown, t.text)
	case !t.quoted && slices.Index(numbers, t.low) > 0 && p.words == nil && p.sign != 0 && len(p.tokens) > 0: // two bananas
	case p.words != nil:
		p.words.Text += " " + t.low
	case p.sign != 0 || p.carry != 0 || p.req.Verb == Dream || t.quoted:
		sign := p.sign
		if p.carry != 0 {
			sign = p.carry
			p.sign, p.carry = p.carry, 0
		}
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
	case p.req.Verb == Bare:
		p.req.Loose = append(p.req.Loose, t.low)
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

// finish settles what only the whole request shows.
func (p *parser) finish() {
	r := &p.req
	if r.Verb == Dream && r.Talk { // my dog is what is dreamed, not what of
		r.Words = r.Words[p.bare:]
	}
	if r.Token != "" && (r.Verb == Bare || r.Verb == Dream || r.Verb == Again) {
		r.Verb = Replay
	}
	if r.Verb == Bare && len(r.Words) > 0 {
		r.Verb, r.Implied = Dream, true
	}
}
