package timeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/rules"
	"slugpuppy/classifier/detector"
	"slugpuppy/store"
)

// Order is one command of the filter's grammar, as people write it in a private message.
type Order struct {
	Verb string // one of verbs
	Rest string // what follows, as typed
}

// verbs are the commands, longest first where one begins another, with their other spellings.
var verbs = []struct{ typed, verb string }{
	{"this is not a dream", "not"}, {"that is not a dream", "not"}, {"that's not a dream", "not"}, {"it's not a dream", "not"},
	{"this isn't a dream", "not"}, {"isn't a dream", "not"}, {"is not a dream", "not"}, {"not a dream", "not"}, {"no dream", "not"},
	{"this is a dream", "is"}, {"is a dream", "is"}, {"a dream", "is"},
	{"forget me", "forget"}, {"forgetme", "forget"},
	{"filter", "filter"}, {"how", "how"}, {"budget", "budget"}, {"why", "why"}, {"allow", "allow"}, {"deny", "deny"},
	{"except", "except"}, {"digest", "digest"}, {"mute", "mute"}, {"undo", "undo"}, {"hidden", "hidden"}, {"audit", "audit"},
	{"refollow", "refollow"}, {"export", "export"},
}

// ParseOrder reads a command; ok is false when the text is none.
func ParseOrder(text string) (o Order, ok bool) {
	words := strings.Fields(text)
	for len(words) > 0 && strings.HasPrefix(words[0], "@") {
		words = words[1:] // the bot's own handle
	}
	for len(words) > 1 && polite(words[0]) {
		words = words[1:]
	}
	for len(words) > 1 && polite(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	if len(words) > 1 && strings.Contains(words[0], "://") { // https://example.social/@ada/1 is not a dream
		words = append(words[1:], words[0])
	}
	line := strings.ReplaceAll(strings.Join(words, " "), "’", "'")
	for _, v := range verbs {
		if len(line) < len(v.typed) || !strings.EqualFold(line[:len(v.typed)], v.typed) {
			continue
		}
		rest := line[len(v.typed):]
		if rest == "" || rest[0] == ' ' || rest[0] == ':' {
			return Order{v.verb, strings.Trim(rest, " :.,;!")}, true
		}
	}
	return Order{}, false
}

// polite says whether a word before or behind an order adds nothing to it.
func polite(word string) bool {
	return slices.Contains([]string{"please", "pls", "plz", "thanks", "thank", "you", "thx", "ty", "hi", "hey", "hello", "ok", ":)", "🙏"},
		strings.TrimRight(strings.ToLower(word), ".,;!"))
}

// certain says whether an order can be nothing else: "how blur" can, "how are you" cannot.
func (o Order) certain() bool {
	rest := strings.ToLower(o.Rest)
	first, _, _ := strings.Cut(rest, " ")
	switch o.Verb {
	case "filter":
		return slices.Contains([]string{"", "on", "off", "shadow", "pause", "help"}, first)
	case "how":
		return rest == "warn" || rest == "blur" || rest == "hide"
	case "budget":
		return first == "1" || rest == "strict" || rest == "relaxed"
	case "except":
		return first == "boosts" || first == "nothing"
	case "why", "not", "is":
		return strings.Contains(rest, "://")
	case "allow", "deny":
		return strings.HasPrefix(rest, "@") || strings.HasPrefix(rest, "#")
	case "undo":
		return first == "last" || first == "all" || first == "since" || strings.HasPrefix(first, "@")
	case "digest":
		return rest == "daily" || rest == "weekly" || rest == "off"
	case "audit":
		return strings.HasPrefix(rest, "@")
	case "mute", "hidden":
		_, err := strconv.Atoi(first)
		return err == nil || rest == "off" || rest == ""
	}
	return o.Verb == "forget" || o.Verb == "export" || o.Verb == "refollow"
}

// Certain says whether a text can be nothing but a command of the filter's, whoever it is from.
func (f *Filter) Certain(text string) bool {
	o, ok := ParseOrder(text)
	return ok && o.certain()
}

// Understands says whether a text is a command of the filter's.
func (f *Filter) Understands(text string) bool {
	_, ok := ParseOrder(text)
	return ok
}

// Command obeys a subscriber's private message. handled is false when it is no command of the
// filter's, so that it may be something else's.
func (f *Filter) Command(ctx context.Context, from store.Actor, text string) (a Answer, handled bool, err error) {
	o, ok := ParseOrder(text)
	if !ok {
		return nil, false, nil
	}
	desk := f.Desk()
	sub, err := desk.By(from)
	if errors.Is(err, store.ErrNoSubscriber) {
		if !o.certain() {
			return nil, false, nil
		}
		return wrong(NoFilter), true, nil
	}
	if err != nil {
		return nil, true, err
	}
	a, err = f.obey(ctx, desk, sub, o)
	if theirs(err) {
		return err, true, nil
	}
	return a, true, err
}

// theirs says whether an error is an answer: what was asked for cannot be had.
func theirs(err error) bool {
	var subject *rules.BadSubject
	return Misread(err) || errors.As(err, &subject) || errors.Is(err, ErrUnseen) || errors.Is(err, ErrNothing)
}

// Desk is where this filter's subscribers are changed.
func (f *Filter) Desk() *Desk { return &Desk{Store: f.Store, Eye: f.Eye, Wake: f.Wake} }

// obey does one order.
func (f *Filter) obey(ctx context.Context, d *Desk, sub store.Subscriber, o Order) (Answer, error) {
	switch o.Verb {
	case "filter":
		if strings.EqualFold(o.Rest, "help") {
			return Usage{}, nil
		}
		return d.Switch(sub.Actor(), sub, o.Rest)
	case "how", "budget", "except", "digest", "mute":
		return d.Choose(sub.Actor(), sub, o.Verb, o.Rest)
	case "why":
		return d.Why(sub, linkIn(o.Rest))
	case "not", "is":
		if o.Rest == "" {
			return nil, wrong(NoPost, "that")
		}
		return d.Say(sub.Actor(), sub, o.Verb == "is", linkIn(o.Rest))
	case "allow", "deny":
		return d.list(sub, rules.Effect(o.Verb), o.Rest)
	case "undo":
		return d.Return(sub.Actor(), sub, o.Rest)
	case "hidden":
		return d.listing(sub, o.Rest)
	case "audit":
		return f.ordered(ctx, sub, o.Rest)
	case "refollow", "export":
		return Referral{Verb: o.Verb, Handle: sub.Handle}, nil
	}
	return d.Leave(sub.Actor(), sub)
}

// linkIn is the address in what somebody says of a post: "why is https://example.social/@ada/1 hidden?"
func linkIn(text string) string {
	for word := range strings.FieldsSeq(text) {
		if strings.Contains(word, "://") {
			return strings.Trim(word, "<>().,;:!?\"'")
		}
	}
	return text
}

// Switch is `filter on|shadow|off|pause 2d`, and restore or learn after many posts changed at once; alone: how
// things are.
func (d *Desk) Switch(by store.Actor, sub store.Subscriber, rest string) (Change, error) {
	word, lasting, err := readSwitch(rest)
	if err != nil {
		return Change{}, err
	}
	switch word {
	case "on", "shadow", "off":
		mode := store.Mode(word)
		return d.Set(by, sub, Switched, "filter "+word, func(s *store.Subscriber) {
			if mode == store.FilterOn && s.Mode == store.FilterOn { // said twice: enough of looking
				s.ShadowUntil = time.Time{}
			}
			s.Mode, s.PausedUntil = mode, time.Time{}
			for _, n := range []NoticeKind{Refused, Dismissed, Mended} { // it is tried again, and said again
				delete(s.Notices, string(n))
			}
		})
	case "pause":
		until := time.Now().Add(lasting)
		return d.Set(by, sub, Paused, "filter pause until "+until.Format(time.RFC3339), func(s *store.Subscriber) { s.PausedUntil = until })
	case "restore", "learn":
		return d.settle(by, sub, word == "learn")
	}
	return Change{Did: Told, Sub: sub}, nil
}

// readSwitch reads what the filter is to do, and for how long it is to pause.
func readSwitch(rest string) (word string, lasting time.Duration, err error) {
	word, span, _ := strings.Cut(strings.ToLower(strings.TrimSpace(rest)), " ")
	switch word {
	case "", "on", "shadow", "off", "restore", "learn":
	case "pause":
		lasting, err = ParseSpan(cmp.Or(span, "1d"))
	default:
		err = wrong(NoMode)
	}
	return word, lasting, err
}

// Choose sets one of a subscriber's choices as people write it: how, budget, except, digest or mute.
func (d *Desk) Choose(by store.Actor, sub store.Subscriber, what, value string) (Change, error) {
	value = strings.ToLower(strings.TrimSpace(value))
	if what == "mute" && value == "off" {
		return d.endMutes(by, sub)
	}
	if what == "mute" && slices.Contains(sub.Lacks, network.Mutes) {
		return Change{}, wrong(NoLeave, sub.Server)
	}
	c, err := readChoice(what, value)
	if err != nil {
		return Change{}, err
	}
	return d.Set(by, sub, c.did, c.what, c.change)
}

// choice is what the words of a choice mean.
type choice struct {
	did    Did
	what   string // the order that makes it
	change func(*store.Subscriber)
}

// readChoice reads what Choose sets.
func readChoice(what, value string) (choice, error) {
	switch what {
	case "how":
		if value != Warn && value != Blur && value != Hide {
			return choice{}, wrong(NoHow)
		}
		return choice{ChoseHow, "how " + value, func(s *store.Subscriber) { s.How = value }}, nil
	case "budget":
		b, err := ParseBudget(value)
		return choice{ChoseBudget, fmt.Sprintf("budget 1 in %.0f", 1/b), func(s *store.Subscriber) {
			s.Budget, s.Tightened, s.Counted = b, 0, time.Now()
		}}, err
	case "except":
		only := value == "followed" || value == "boosts only"
		if !only && value != "nothing" && value != "nobody" {
			return choice{}, wrong(NoException)
		}
		return choice{ChoseExcept, "except " + value, func(s *store.Subscriber) { s.BoostsOnly = only }}, nil
	case "mute":
		rule, err := readMute(value)
		return choice{ChoseMute, "mute " + value, func(s *store.Subscriber) { s.Mute = rule }}, err
	}
	if _, known := digestSpan[value]; !known && value != "off" {
		return choice{}, wrong(NoDigest)
	}
	return choice{ChoseDigest, "digest " + value, func(s *store.Subscriber) { s.Digest = value }}, nil
}

// readMute reads when accounts are muted, such as "5 in 7d for 2d".
func readMute(value string) (store.MuteRule, error) {
	var n int
	var within, lasting string
	if c, err := fmt.Sscanf(value, "%d in %s for %s", &n, &within, &lasting); err != nil || c != 3 || n < 1 || n > 1000 {
		return store.MuteRule{}, wrong(NoMuteRule)
	}
	in, err := ParseSpan(within)
	if err != nil {
		return store.MuteRule{}, err
	}
	long, err := ParseSpan(lasting)
	return store.MuteRule{After: n, Within: in, For: long}, err
}

// Check reads what an order is given as the desk reads it, and does nothing: what cannot be read is a *Problem.
func Check(verb, given string) (err error) {
	given = strings.ToLower(strings.TrimSpace(given))
	switch verb {
	case "filter":
		_, _, err = readSwitch(given)
	case "undo":
		_, _, err = readSelection(given)
	case "mute":
		if given != "off" {
			_, err = readMute(given)
		}
	case "how", "budget", "except", "digest":
		_, err = readChoice(verb, given)
	}
	return err
}

// endMutes takes the rule away and has the mutes that were made by it ended at the next pass.
func (d *Desk) endMutes(by store.Actor, sub store.Subscriber) (Change, error) {
	mutes, err := d.Store.For(sub.Identity).Timeline().Mutes()
	if err != nil {
		return Change{}, err
	}
	for _, m := range mutes {
		if m.Ours() && time.Now().Before(m.Until) {
			m.Until = time.Now()
			if err := d.Store.For(sub.Identity).Timeline().PutMute(m); err != nil {
				return Change{}, err
			}
		}
	}
	return d.Set(by, sub, Unmuted, "mute off", func(s *store.Subscriber) { s.Mute = store.MuteRule{} })
}

// Budgets with names, as shares of pictures wrongly hidden.
var budgets = map[string]float64{"strict": 1.0 / 2000, "normal": detector.Usual, "relaxed": 1.0 / 100}

// ParseBudget reads "1 in 1000", "0.1%", strict, normal or relaxed.
func ParseBudget(s string) (float64, error) {
	if b, ok := budgets[s]; ok {
		return b, nil
	}
	var b float64
	if one, n, ok := strings.Cut(strings.ReplaceAll(s, ",", ""), " in "); ok {
		x, err1 := strconv.ParseFloat(strings.TrimSpace(one), 64)
		y, err2 := strconv.ParseFloat(strings.TrimSpace(n), 64)
		if err1 == nil && err2 == nil && y > 0 {
			b = x / y
		}
	} else if p, ok := strings.CutSuffix(s, "%"); ok {
		if x, err := strconv.ParseFloat(strings.TrimSpace(p), 64); err == nil {
			b = x / 100
		}
	}
	if !(b >= 1e-5 && b <= 0.2) {
		return 0, wrong(NoBudget)
	}
	return b, nil
}

// Why says what is known of a post.
func (d *Desk) Why(sub store.Subscriber, link string) (Reasons, error) {
	if link == "" {
		return Reasons{}, wrong(NoPost, "why")
	}
	j, err := d.Post(sub, link)
	return Reasons{Post: j, Budget: sub.Allowed(), Tightened: sub.Tightened > 0}, err
}

// list is `allow @artist [boosts]` and `deny @bot [2d]`.
func (d *Desk) list(sub store.Subscriber, effect rules.Effect, rest string) (Change, error) {
	subject, more, _ := strings.Cut(rest, " ")
	if subject == "" {
		return Change{}, wrong(NoSubject, string(effect))
	}
	if name, ok := strings.CutPrefix(subject, "@"); ok && !strings.Contains(name, "@") { // of the subscriber's own server
		_, domain, _ := strings.Cut(sub.Handle, "@")
		subject += "@" + domain
	}
	var until time.Time
	if span, err := ParseSpan(more); err == nil {
		until = time.Now().Add(span)
	}
	return d.Rule(sub.Actor(), sub, effect, subject, until)
}

// mostListed is how many posts one answer lists.
const mostListed = 10

// listing is `hidden [10]`.
func (d *Desk) listing(sub store.Subscriber, rest string) (Listing, error) {
	n := 5
	if rest != "" {
		v, err := strconv.Atoi(rest)
		if err != nil || v < 1 {
			return Listing{}, wrong(NoCount)
		}
		n = min(v, mostListed)
	}
	rows, err := d.Hidden(sub, time.Time{})
	return Listing{All: len(rows), Rows: rows[:min(n, len(rows))]}, err
}
