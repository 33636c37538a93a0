package mention

import (
	"slices"
	"strings"
)

// MaxWishes is how many wishes one request may hold, as in "dream, deeper 2, dive".
const MaxWishes = 3

// Left is a part of a request of which nothing is made. Whatever is left out, for whatever reason, is one of these, and the person
// is told of it.
type Left struct {
	What string // as it was typed; "" where Why says what it is
	Why  Why
	Than string // see the reasons
	N    int    // how many; see the reasons
}

// Why is why nothing is made of a part of a request.
type Why string

// The reasons.
const (
	TooManyWishes  Why = "too many wishes"   // N may be at once
	OnItsOwn       Why = "on its own"        // it has to be the only wish of a post
	Overridden     Why = "overridden"        // by Than, which was said as well
	NoUse          Why = "no use"            // Than, a verb, makes nothing of it
	AsFarAsItGoes  Why = "as far as it goes" // Than is the end of the scale
	LongText       Why = "long text"         // what comes after so much of it
	OtherPictures  Why = "other pictures"    // N of them, which nobody asked for by number
	ManyPictures   Why = "many pictures"     // N of them, more than are dreamed at once
	FullPost       Why = "full post"         // N pictures more than the server takes in a post
	OnlyStill      Why = "only still"        // what moves: of a clip its first picture alone was taken
	UnreadableClip Why = "unreadable clip"   // what moves: the clip could not be read
	Narrower       Why = "narrower"          // Than is who sees the answer
	OtherFile      Why = "other file"        // Than is what the file is instead
	SmallerFile    Why = "smaller file"      // N is its longer side in pixels
	PageLimit      Why = "page limit"        // Than is the most on the page
)

// option is something that can be said beside a verb.
type option struct {
	name  string
	value func(r *Request) any // what was said, its zero value for nothing; lists are added to and never overridden
	verbs []Verb               // that make something of it
}

// Verbs by what they make.
var (
	stills  = []Verb{Bare, Dream, Surprise, Deeper, Again}
	clips   = []Verb{Dive, Wander}
	drawn   = []Verb{Imagine}
	sources = slices.Concat(stills, clips)
	made    = slices.Concat(sources, drawn)
	spoken  = []Verb{See, Undream, Info, Queue, Cancel, Delete, Stop, Start, Yes, No, Help, Presets, Words, Gallery}
)

// options are all there are: a test finds every field of a request here.
var options = []option{
	{"preset", func(r *Request) any { return r.Preset }, sources},
	{"mask", func(r *Request) any { return r.Mask }, stills},
	{"layers", func(r *Request) any { return len(r.Layers) > 0 }, slices.Concat(stills, drawn, []Verb{Dive})},
	{"channels", func(r *Request) any { return len(r.Channels) > 0 }, slices.Concat(stills, drawn, []Verb{Dive})},
	{"strength", func(r *Request) any { return r.Strength }, sources},
	{"nudge", func(r *Request) any { return r.Nudge }, sources},
	{"octaves", func(r *Request) any { return r.Octaves }, sources},
	{"scale", func(r *Request) any { return r.Scale }, sources},
	{"steps", func(r *Request) any { return r.Steps }, made},
	{"seed", func(r *Request) any { return value(r.Seed) }, made},
	{"size", func(r *Request) any { return r.Size }, made},
	{"model", func(r *Request) any { return r.Model }, made},
	{"words", func(r *Request) any { return len(r.Words) > 0 }, made},
	{"guide", func(r *Request) any { return r.Guide }, slices.Concat([]Verb{Bare, Dream, Surprise, Deeper}, clips)},
	{"count", func(r *Request) any { return r.Count }, []Verb{Bare, Dream, Surprise, Deeper, Wander}},
	{"seconds", func(r *Request) any { return r.Seconds }, []Verb{Dive}},
	{"image", func(r *Request) any { return r.Image }, slices.Concat([]Verb{Bare, Dream, Surprise, Deeper, See}, clips)},
	{"all", func(r *Request) any { return r.All }, slices.Concat([]Verb{Bare, Dream, Surprise, Cancel}, clips)},
	{"colours", func(r *Request) any { return r.KeepColours }, sources},
	{"new colours", func(r *Request) any { return r.NewColours }, sources},
	{"token", func(r *Request) any { return r.Token }, append([]Verb{Info}, made...)},
	{"as", func(r *Request) any { return r.As }, made},
	{"cw", func(r *Request) any { return value(r.Warning) }, append(made, spoken...)},
	{"visibility", func(r *Request) any { return r.Visibility }, append(made, spoken...)},
}

// value is what a pointer points at, nil for none.
func value[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// said says whether an option was.
func (o option) said(r *Request) bool {
	switch v := o.value(r).(type) {
	case nil:
		return false
	case string:
		return v != "" || o.name == "cw"
	case int:
		return v != 0
	case float64:
		return v != 0
	case bool:
		return v
	}
	return true
}

// note writes down which options an item said, as it was typed, and which of those before it overrode.
func (p *parser) note(before *Request, item []token) {
	text := typed(item)
	for _, o := range options {
		was, is := o.value(before), o.value(&p.req)
		if was == is || !o.said(&p.req) {
			continue
		}
		if former := p.req.typed[o.name]; o.said(before) && former != text && !p.becameWord(o, was) {
			p.req.Left = append(p.req.Left, Left{What: former, Why: Overridden, Than: text})
		}
		if p.req.typed == nil {
			p.req.typed = map[string]string{}
		}
		p.req.typed[o.name] = text
	}
}

// becameWord says whether a look that was said before is a word to steer by now: birds, gently.
func (p *parser) becameWord(o option, was any) bool {
	return o.name == "preset" && slices.ContainsFunc(p.req.Words, func(w Word) bool { return w.Text == was })
}

// typed is a part of a text.
func typed(tokens []token) string {
	var all []string
	for _, t := range tokens {
		all = append(all, t.text)
	}
	return strings.Join(all, " ")
}

// Unused are the options of which a verb makes nothing.
func (r Request) Unused(v Verb) (left []Left) {
	for _, o := range options {
		if o.said(&r) && !slices.Contains(o.verbs, v) {
			left = append(left, Left{What: r.as(o.name), Why: NoUse, Than: string(v)})
		}
	}
	return left
}

// as is an option as it was typed.
func (r Request) as(name string) string {
	if text := r.typed[name]; text != "" {
		return text
	}
	return name
}

// Without says of an option why nothing is made of it; none if it was not said.
func (r Request) Without(name string, why Why, than string) (left []Left) {
	for _, o := range options {
		if o.name == name && o.said(&r) {
			left = append(left, Left{What: r.as(name), Why: why, Than: than})
		}
	}
	return left
}

// Shrunk says that the result is not as large as was asked for, but has so many pixels on its longer side.
func (r Request) Shrunk(side int) []Left {
	left := r.Without("size", SmallerFile, "")
	for i := range left {
		left[i].N = side
	}
	return left
}

// Wishes are this request and those after its commas, as far as they can be granted together, most at once; and what is left of them.
// What makes no picture, or makes one from nothing, can only stand first.
func (r Request) Wishes(most int) (wishes []Request, left []Left) {
	wishes = []Request{r}
	for next := r.Then; next != nil; next = next.Then {
		switch {
		case !r.picture() || !next.picture() || next.Verb == Imagine:
			left = append(left, Left{What: next.text, Why: OnItsOwn})
		case len(wishes) == most:
			left = append(left, Left{What: next.text, Why: TooManyWishes, N: most})
		default:
			wishes = append(wishes, *next)
		}
	}
	return wishes, left
}

// picture says whether a request is for one.
func (r Request) picture() bool { return r.Verb == Replay || slices.Contains(made, r.Verb) }
