package timeline

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"slugpuppy/bot/rules"
	"slugpuppy/store"
)

// Order is one command of the filter's grammar, as people write it in a private message.
type Order struct {
	Verb string // one of verbs
	Rest string // what follows, as typed
}

// verbs are the commands, longest first where one begins another, with their other spellings.
var verbs = []struct{ typed, verb string }{
	{"this is not a dream", "not"}, {"is not a dream", "not"}, {"not a dream", "not"}, {"no dream", "not"},
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
	line := strings.Join(words, " ")
	for _, v := range verbs {
		if len(line) < len(v.typed) || !strings.EqualFold(line[:len(v.typed)], v.typed) {
			continue
		}
		rest := line[len(v.typed):]
		if rest == "" || rest[0] == ' ' || rest[0] == ':' {
			return Order{v.verb, strings.Trim(rest, " :.!")}, true
		}
	}
	return Order{}, false
}

// Understands says whether a text is a command of the filter's.
func (f *Filter) Understands(text string) bool {
	_, ok := ParseOrder(text)
	return ok
}

// Help is what the filter understands, within a post's length.
const Help = `filter on, shadow, off, pause 2d · how warn, blur, hide · budget 1 in 1000 · why LINK · not a dream LINK · is a dream LINK · allow @artist · deny @bot · except boosts only · digest daily, weekly, off · undo last, all, @artist, since monday · hidden 10 · audit @artist · forget me`

// Command answers a subscriber's private message. handled is false when it is no command of the
// filter's, so that it may be something else's.
func (f *Filter) Command(ctx context.Context, from store.Actor, text string) (reply string, handled bool, err error) {
	o, ok := ParseOrder(text)
	if !ok {
		return "", false, nil
	}
	desk := f.Desk()
	sub, err := desk.By(from)
	if errors.Is(err, store.ErrNoSubscriber) {
		if o.Verb != "filter" && o.Verb != "forget" {
			return "", false, nil
		}
		return "I do not look after your timeline yet: ask the one who runs me to connect your account.", true, nil
	}
	if err != nil {
		return "", true, err
	}
	reply, err = f.obey(ctx, desk, sub, o)
	var typo *misread
	switch {
	case errors.As(err, &typo):
		return typo.Error(), true, nil
	case errors.Is(err, ErrUnseen):
		return "I have not seen that post in your timeline. Copy its link as your own server shows it.", true, nil
	case errors.Is(err, ErrNothing):
		return "There is nothing hidden like that.", true, nil
	}
	return reply, true, err
}

// Desk is where this filter's subscribers are changed.
func (f *Filter) Desk() *Desk { return &Desk{Store: f.Store, Eye: f.Eye, Wake: f.Wake} }

// misread is a command with a word that cannot be read; its text goes to the person.
type misread struct{ text string }

func (m *misread) Error() string { return m.text }

func wrong(format string, args ...any) error { return &misread{fmt.Sprintf(format, args...)} }

// obey does one order.
func (f *Filter) obey(ctx context.Context, d *Desk, sub store.Subscriber, o Order) (string, error) {
	switch o.Verb {
	case "filter":
		return sentence(d.Switch(sub.Actor(), sub, o.Rest))
	case "how", "budget", "except", "digest", "mute":
		return sentence(d.Choose(sub.Actor(), sub, o.Verb, o.Rest))
	case "why":
		return d.Why(sub, o.Rest)
	case "not", "is":
		if o.Rest == "" {
			return "", wrong("Which post? Put its link behind that.")
		}
		return sentence(d.Say(sub, o.Rest, o.Verb == "is"))
	case "allow", "deny":
		return sentence(d.list(sub, rules.Effect(o.Verb), o.Rest))
	case "undo":
		c, err := d.Return(sub.Actor(), sub, o.Rest)
		if err != nil && !errors.Is(err, ErrNothing) {
			err = wrong("%s.", err)
		}
		return sentence(c, err)
	case "hidden":
		return d.list10(sub, o.Rest)
	case "audit":
		return f.auditText(ctx, sub, o.Rest)
	case "refollow":
		return "I cannot read attachments of private messages here: send \"audit @artist\" for each account, or run `slugpuppy audit` on your list.", nil
	case "export":
		return "Ask the one who runs me: `slugpuppy user show " + "@" + sub.Handle + " --json` prints all that is known.", nil
	}
	return sentence(d.Leave(sub.Actor(), sub))
}

func sentence(c Change, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return strings.ToUpper(c.What[:1]) + c.What[1:] + ".", nil
}

// Switch is `filter on|shadow|off|pause 2d`, alone: how things are.
func (d *Desk) Switch(by store.Actor, sub store.Subscriber, rest string) (Change, error) {
	word, span, _ := strings.Cut(strings.ToLower(strings.TrimSpace(rest)), " ")
	switch word {
	case "":
		return Change{What: sub.Describe(time.Now())}, nil
	case "on", "shadow", "off":
		mode := store.Mode(word)
		return d.Set(by, sub, "the filter is "+word, func(s *store.Subscriber) {
			if mode == store.FilterOn && s.Mode == store.FilterOn { // said twice: enough of looking
				s.ShadowUntil = time.Time{}
			}
			s.Mode, s.PausedUntil = mode, time.Time{}
		})
	case "pause":
		rest, err := ParseSpan(or(span, "1d"))
		if err != nil {
			return Change{}, wrong("%s.", err)
		}
		until := time.Now().Add(rest)
		return d.Set(by, sub, "the filter rests until "+until.Format("Monday 2 January 15:04 MST"), func(s *store.Subscriber) { s.PausedUntil = until })
	case "help":
		return Change{What: Help}, nil
	}
	return Change{}, wrong("The filter can be on, shadow, off or pause 2d.")
}

// Choose sets one of a subscriber's choices as people write it: how, budget, except or digest.
func (d *Desk) Choose(by store.Actor, sub store.Subscriber, what, value string) (Change, error) {
	value = strings.ToLower(strings.TrimSpace(value))
	switch what {
	case "how":
		if value != Warn && value != Blur && value != Hide {
			return Change{}, wrong("Posts can be shown with a warning (how warn), blurred (how blur) or hidden (how hide).")
		}
		return d.Set(by, sub, "posts get: "+value, func(s *store.Subscriber) { s.How = value })
	case "budget":
		b, err := ParseBudget(value)
		if err != nil {
			return Change{}, wrong("%s.", err)
		}
		return d.Set(by, sub, "the budget is "+BudgetText(b), func(s *store.Subscriber) { s.Budget = b })
	case "except":
		only := value == "followed" || value == "boosts only"
		if !only && value != "nothing" && value != "nobody" {
			return Change{}, wrong("Write: except followed, except boosts only, or except nothing.")
		}
		text := "posts of people you follow stay, only boosts of others are hidden"
		if !only {
			text = "there are no exceptions"
		}
		return d.Set(by, sub, text, func(s *store.Subscriber) { s.BoostsOnly = only })
	}
	if what == "mute" {
		return d.chooseMute(by, sub, value)
	}
	if _, known := digestSpan[value]; !known && value != "off" {
		return Change{}, wrong("The digest can be daily, weekly or off.")
	}
	return d.Set(by, sub, "digest: "+value, func(s *store.Subscriber) { s.Digest = value })
}

// chooseMute sets the last rung: "off", or "5 in 7d for 2d".
func (d *Desk) chooseMute(by store.Actor, sub store.Subscriber, value string) (Change, error) {
	if value == "off" {
		return d.endMutes(by, sub)
	}
	var n int
	var within, lasting string
	if c, err := fmt.Sscanf(value, "%d in %s for %s", &n, &within, &lasting); err != nil || c != 3 || n < 1 || n > 1000 {
		return Change{}, wrong("Write mute 5 in 7d for 2d, or mute off.")
	}
	in, err := ParseSpan(within)
	if err != nil {
		return Change{}, wrong("%s.", err)
	}
	long, err := ParseSpan(lasting)
	if err != nil {
		return Change{}, wrong("%s.", err)
	}
	rule := store.MuteRule{After: n, Within: in, For: long}
	return d.Set(by, sub, rule.String(), func(s *store.Subscriber) { s.Mute = rule })
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
	return d.Set(by, sub, "nobody is muted any more", func(s *store.Subscriber) { s.Mute = store.MuteRule{} })
}

// Misread says whether an error is a word of a command that cannot be read.
func Misread(err error) bool {
	var m *misread
	return errors.As(err, &m)
}

// Budgets with names, as shares of pictures wrongly hidden.
var budgets = map[string]float64{"strict": 1.0 / 2000, "normal": 1.0 / 1000, "relaxed": 1.0 / 100}

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
		return 0, fmt.Errorf("a budget is like \"1 in 1000\": so many pictures that are no dreams may be hidden; from 1 in 5 to 1 in 100000")
	}
	return b, nil
}

// BudgetText says a budget in words.
func BudgetText(b float64) string {
	if b <= 0 {
		return "no wrong hides"
	}
	return fmt.Sprintf("1 wrong hide in %.0f", 1/b)
}

// Why says what is known of a post.
func (d *Desk) Why(sub store.Subscriber, link string) (string, error) {
	if link == "" {
		return "", wrong("Which post? Put its link behind why.")
	}
	j, err := d.Post(sub, link)
	if err != nil {
		return "", err
	}
	state := map[store.Fate]string{
		store.Kept: "Not hidden", store.Noted: "It would be hidden", store.Wanted: "About to be hidden", store.Filed: "Hidden",
		store.Unwanted: "About to be returned", store.Returned: "Returned", store.TakenOut: "Taken out by you", store.Gone: "Gone",
	}[j.Fate]
	text := fmt.Sprintf("%s: %s. Score %.3f, %s, at %s; network %s", state, j.Why, j.Score, j.Band, BudgetText(sub.Budget), j.Model)
	if j.Rule != "" {
		text += ", rule " + j.Rule
	}
	if j.Said {
		text += ", its words say deep dream"
	}
	return text + ".", nil
}

// list is `allow @artist [boosts]` and `deny @bot [2d]`.
func (d *Desk) list(sub store.Subscriber, effect rules.Effect, rest string) (Change, error) {
	subject, more, _ := strings.Cut(rest, " ")
	if subject == "" {
		return Change{}, wrong("Whom? Write %s @artist@example.social.", effect)
	}
	if name, ok := strings.CutPrefix(subject, "@"); ok && !strings.Contains(name, "@") { // of the subscriber's own server
		_, domain, _ := strings.Cut(sub.Handle, "@")
		subject += "@" + domain
	}
	var until time.Time
	if span, err := ParseSpan(more); err == nil {
		until = time.Now().Add(span)
	}
	c, err := d.Rule(sub, effect, subject, until)
	if err != nil && c.What == "" {
		return c, wrong("I %s.", err)
	}
	return c, err
}

// list10 is `hidden [10]`.
func (d *Desk) list10(sub store.Subscriber, rest string) (string, error) {
	n := 5
	if rest != "" {
		v, err := strconv.Atoi(rest)
		if err != nil || v < 1 {
			return "", wrong("Write hidden 10.")
		}
		n = min(v, 10)
	}
	rows, err := d.Hidden(sub, time.Time{})
	if err != nil {
		return "", err
	}
	if len(rows) == 0 {
		return "Nothing is hidden.", nil
	}
	text := fmt.Sprintf("%s hidden or noted, the latest:", posts(len(rows)))
	for _, j := range rows[:min(n, len(rows))] {
		line := fmt.Sprintf("\n%s (%.2f, %s)", or(j.URL, j.Post), j.Score, j.Kind)
		if len(text)+len(line) > 450 {
			break
		}
		text += line
	}
	return text, nil
}
