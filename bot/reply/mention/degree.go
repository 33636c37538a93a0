package mention

// nudge is how far "stronger" goes, of ten.
const nudge = 2

// degree reads how strong the dream is to be: "stronger", "less intense", "not so strong", "a bit
// weaker". "strong" and "weak" alone are strengths of their own.
func (p *parser) degree() bool {
	at, turn, graded, too := 0, 1, false, false
	for ; at < len(p.tokens) && !p.tokens[at].quoted; at++ {
		w := p.peek(at)
		if how := strengths[w]; how != 0 {
			return p.strong(at, how*turn, graded || comparatives[w])
		}
		switch {
		case p.tokens[at].comma:
			return false
		case w == "not":
			turn, graded, too = -turn, true, true // not too strong: weaker
		case w == "less":
			turn, graded = -turn, true
		case w == "too":
			if !too {
				turn = -turn
			}
			graded = true
		case w == "more" || w == "even" || w == "much":
			graded = graded || w != "much"
		case !intensifiers[w]:
			return false
		}
	}
	return false
}

// tooMuch says whether "too" stands before a strength: too strong, too very weak.
func (p *parser) tooMuch() bool {
	return p.peek(0) == "too" && (strengths[p.peek(1)] != 0 || strengths[p.peek(2)] != 0)
}

// strong takes the words up to a strength at that place.
func (p *parser) strong(at, how int, graded bool) bool {
	if p.words != nil || p.sign != 0 && at == 0 { // into strong coffee; more strong dogs
		if !graded {
			return false
		}
	}
	ended := p.tokens[at].comma
	if p.tokens = p.tokens[at+1:]; !ended && p.peek(0) == "enough" { // not strong enough
		if ended = p.next().comma; !graded { // strong enough: as it should be
			return true
		}
		how = -how
	}
	for !ended && (p.peek(0) == "dream" || p.peek(0) == "effect" || p.peek(0) == "version" || p.peek(0) == "one") { // a stronger dream
		ended = p.next().comma
	}
	switch {
	case graded:
		p.req.Nudge = nudge * how
	case how > 0:
		p.req.Strength = 8
	default:
		p.req.Strength = 3
	}
	if ended {
		p.pause()
	}
	return true
}

var (
	// strengths are the words for how strong a dream is, more than 0 for strong ones.
	strengths = signs(
		"strong strongly stronger strongest intense intensely intensity strength extreme powerful dramatic bolder heavier harder wilder trippier crazier weirder trippy crazy weird psychedelic",
		"weak weakly weaker weakest subtle subtly subtler mildly milder softly softer lightly lighter fainter calmer gentler")
	// comparatives are those that compare.
	comparatives = words("stronger bolder heavier harder wilder trippier crazier weirder weaker subtler milder softer lighter fainter calmer gentler")
	intensifiers = words("a bit little so that as very really quite slightly somewhat lot way be it make far")
)

func signs(up, down string) map[string]int {
	m := map[string]int{}
	for w := range words(up) {
		m[w] = 1
	}
	for w := range words(down) {
		m[w] = -1
	}
	return m
}
