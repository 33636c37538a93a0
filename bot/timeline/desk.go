package timeline

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/rules"
	"slugpuppy/store"
)

// Desk is where people and operators change what the filter does for a subscriber. It works on
// the store alone; the server follows at the next pass.
type Desk struct {
	Store *store.Store
	Eye   *Eye                    // nil without a network
	Wake  func(identity.Identity) // nil without a daemon
}

// Errors of a desk.
var (
	ErrUnseen  = errors.New("the filter has not seen that post")
	ErrNothing = errors.New("there is nothing to return")
)

func (d *Desk) wake(who identity.Identity) {
	if d.Wake != nil {
		d.Wake(who)
	}
}

// ErrAmbiguous means that several subscribers are called so.
var ErrAmbiguous = errors.New("several accounts are called so")

// Find returns the subscriber that an operator names by handle, with or without @, or by identity,
// such as example.social/109348.
func (d *Desk) Find(name string) (store.Subscriber, error) { return Find(d.Store, name) }

// Find is Desk.Find without a filter.
func Find(st *store.Store, name string) (store.Subscriber, error) {
	subs, err := st.Operator().Subscribers()
	if err != nil {
		return store.Subscriber{}, err
	}
	name = strings.TrimPrefix(name, "@")
	var found []store.Subscriber
	for _, s := range subs {
		if s.Identity.String() == name {
			return s, nil
		}
		if strings.EqualFold(s.Handle, name) {
			found = append(found, s)
		}
	}
	switch len(found) {
	case 0:
		return store.Subscriber{}, fmt.Errorf("%w: @%s", store.ErrNoSubscriber, name)
	case 1:
		return found[0], nil
	}
	return store.Subscriber{}, fmt.Errorf("%w, say which: %s or %s", ErrAmbiguous, found[0].Identity, found[1].Identity)
}

// By returns the subscriber who wrote to the bot. On the bot's own server that is the account itself. Of
// another server's account the bot's server knows the handle, which it has from the server that the
// handle's domain belongs to; a subscriber's handle was verified there, too.
func (d *Desk) By(from store.Actor) (store.Subscriber, error) {
	subs, err := d.Store.Operator().Subscribers()
	if err != nil {
		return store.Subscriber{}, err
	}
	var found []store.Subscriber
	for _, s := range subs {
		if s.Identity == from.Identity {
			return s, nil
		}
		if s.Identity.Server != from.Identity.Server && strings.Contains(s.Handle, "@") &&
			strings.EqualFold(s.Handle, from.Name) {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return store.Subscriber{}, fmt.Errorf("%w: %s", store.ErrNoSubscriber, from)
	}
	return found[0], nil
}

// Set changes a subscriber's choices. What was done is remembered as the order that does it.
func (d *Desk) Set(by store.Actor, sub store.Subscriber, did Did, what string,
	change func(*store.Subscriber)) (Change, error) {
	now, undo, err := d.Store.For(sub.Identity).Subscription().Choose(by, what, change)
	if err != nil {
		return Change{}, err
	}
	d.wake(sub.Identity)
	return Change{Did: did, Sub: now, Undo: undo}, nil
}

// Leave ends the filter for a subscriber: every filter made is removed, then the data.
func (d *Desk) Leave(by store.Actor, sub store.Subscriber) (Change, error) {
	now, _, err := d.Store.For(sub.Identity).Subscription().Choose(by, "forget me",
		func(s *store.Subscriber) { s.Leaving = true })
	d.wake(sub.Identity)
	return Change{Did: Left, Sub: now}, err
}

// Return takes hidden posts out again: last, all, @artist, or since a time.
func (d *Desk) Return(by store.Actor, sub store.Subscriber, which string) (Change, error) {
	pick, since, err := d.selection(sub, which)
	if err != nil {
		return Change{}, err
	}
	rows, undo, err := d.Store.For(sub.Identity).Timeline().Return(by, since, "undo "+which, pick)
	if err != nil {
		return Change{}, err
	}
	if len(rows) == 0 {
		return Change{}, ErrNothing
	}
	d.wake(sub.Identity)
	return Change{Did: Returned, Sub: sub, Posts: len(rows), Undo: undo}, nil
}

// Meant is how many posts Return would take out.
func (d *Desk) Meant(sub store.Subscriber, which string) (int, error) {
	pick, since, err := d.selection(sub, which)
	if err != nil {
		return 0, err
	}
	rows, err := d.Store.For(sub.Identity).Timeline().Since(since, hidden...)
	if pick != nil {
		rows = slices.DeleteFunc(rows, func(j store.Judged) bool { return !pick(j) })
	}
	return len(rows), err
}

// selection finds which posts are meant: those since a time that pick takes, which are all when it is nil.
func (d *Desk) selection(sub store.Subscriber, which string,
) (pick func(store.Judged) bool, since time.Time, err error) {
	which, since, err = readSelection(which)
	switch {
	case err != nil || which == "all" || which == "since":
		return nil, since, err
	case which == "last":
		rows, err := d.Store.For(sub.Identity).Timeline().Since(since, hidden...)
		if err != nil || len(rows) == 0 {
			return func(store.Judged) bool { return false }, since, err
		}
		last := slices.MaxFunc(rows, func(a, b store.Judged) int { return a.Changed.Compare(b.Changed) }).Post
		return func(j store.Judged) bool { return j.Post == last }, since, nil
	}
	handle := strings.TrimPrefix(which, "@")
	return func(j store.Judged) bool {
		name, _, _ := strings.Cut(j.Author, "@")
		return j.Author == handle || name == handle
	}, since, nil
}

// readSelection reads which posts are meant: last, all, an artist with an @ before, or since and the time.
func readSelection(which string) (what string, since time.Time, err error) {
	which = strings.ToLower(strings.TrimSpace(which))
	word, rest, _ := strings.Cut(which, " ")
	switch {
	case which == "all", which == "last":
		return which, since, nil
	case which == "":
		return "last", since, nil
	case word == "since":
		since, err = ParseSince(rest, time.Now())
		return word, since, err
	case len(word) > 1 && word[0] == '@':
		return word, since, nil
	}
	return "", since, wrong(NoSelection, which)
}

// hidden are the fates of what is hidden, about to be, or noted.
var hidden = []store.Fate{store.Filed, store.Wanted, store.Noted}

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// ParseSince reads a time in the past: a weekday, yesterday, today, 24h, 3d, or 2026-11-01.
func ParseSince(s string, now time.Time) (time.Time, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch i := slices.Index(weekdays, s); {
	case s == "today":
		return today, nil
	case s == "yesterday":
		return today.AddDate(0, 0, -1), nil
	case i >= 0:
		return today.AddDate(0, 0, -((int(now.Weekday()) - i + 7) % 7)), nil
	}
	if t, err := time.ParseInLocation("2006-01-02", s, now.Location()); err == nil && t.Before(now) {
		return t, nil
	}
	if d, err := ParseSpan(s); err == nil {
		return now.Add(-d), nil
	}
	return time.Time{}, wrong(NoTime, s)
}

// longestSpan bounds spans people give.
const longestSpan = 366 * 24 * time.Hour

// ParseSpan reads 30m, 12h, 2d or 1w, also as people write it: for 2 days.
func ParseSpan(s string) (time.Duration, error) {
	units := map[string]time.Duration{"m": time.Minute, "min": time.Minute, "minute": time.Minute, "h": time.Hour, "hour": time.Hour,
		"d": 24 * time.Hour, "day": 24 * time.Hour, "w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour}
	said := strings.Join(strings.Fields(strings.TrimPrefix(strings.ToLower(s), "for ")), "")
	name := strings.TrimLeft(said, "0123456789")
	unit := units[name]
	if len(name) > 3 && unit == 0 {
		unit = units[strings.TrimSuffix(name, "s")]
	}
	n, err := strconv.Atoi(strings.TrimSuffix(said, name))
	if err != nil || unit == 0 || n <= 0 || n > 1<<20 || time.Duration(n) > longestSpan/unit {
		return 0, wrong(NoSpan, s)
	}
	return time.Duration(n) * unit, nil
}

// Post finds a judged post by its id or address.
func (d *Desk) Post(sub store.Subscriber, link string) (store.Judged, error) {
	link = strings.TrimSpace(link)
	judged := d.Store.For(sub.Identity).Timeline()
	for _, find := range []func(string) (store.Judged, error){judged.Judged, judged.ByURL} {
		if j, err := find(link); !errors.Is(err, store.ErrNoPost) {
			return j, err
		}
	}
	if id := idOn(sub.Server, link); id != "" {
		j, err := judged.Judged(id)
		if errors.Is(err, store.ErrNoPost) {
			return store.Judged{Post: id, URL: link}, ErrUnseen
		}
		return j, err
	}
	return store.Judged{}, ErrUnseen
}

// idOn reads the post's id out of its address on the subscriber's own server, "" when it is
// elsewhere.
func idOn(server, link string) string {
	u, err := url.Parse(link)
	s, serr := url.Parse(server)
	if err != nil || serr != nil || u.Host == "" || !strings.EqualFold(u.Host, s.Host) {
		return ""
	}
	id := path.Base(u.Path)
	if sub, err := rules.ParseSubject("post:" + id); err != nil || sub.Kind != rules.Post {
		return ""
	}
	return id
}

// Say takes the subscriber's word on posts: hides them, or returns them, and remembers the pictures.
func (d *Desk) Say(by store.Actor, sub store.Subscriber, dream bool, links ...string) (Change, error) {
	var said []store.Word
	rows := map[string]store.Judged{}
	for _, link := range links {
		row, err := d.Post(sub, link)
		if err != nil && (!dream || row.Post == "" || !errors.Is(err, ErrUnseen)) {
			return Change{}, err
		}
		if _, twice := rows[row.Post]; twice {
			continue
		}
		rows[row.Post] = row
		lessons, err := lessonsOf(d.Eye, row, dream)
		if err != nil {
			return Change{}, err
		}
		said = append(said, store.Word{Post: row.Post, URL: row.URL, Dream: dream, Lessons: lessons})
	}
	if len(said) == 0 {
		return Change{}, ErrNothing
	}
	did := CalledNoDream
	if dream {
		did = CalledDream
	}
	undo, err := d.Store.For(sub.Identity).Timeline().Say(by, string(did), said, func(j *store.Judged, w store.Word) {
		spoken(j, rows[w.Post], sub, w.Dream)
	})
	if err != nil {
		return Change{}, err
	}
	d.wake(sub.Identity)
	return Change{Did: did, Sub: sub, Posts: len(said), Undo: undo}, nil
}

// Undo takes back what was changed of the subscriber's own under a token.
func (d *Desk) Undo(by store.Actor, sub store.Subscriber, token string) (did store.Entry, undo string, err error) {
	did, undo, err = d.Store.For(sub.Identity).Undo(by, token)
	if err == nil {
		d.wake(sub.Identity)
	}
	return did, undo, err
}

// spoken is what a word on a post does to it.
func spoken(j *store.Judged, row store.Judged, sub store.Subscriber, dream bool) {
	j.URL = cmp.Or(j.URL, row.URL)
	acting := sub.Acting(time.Now()) == store.FilterOn
	switch {
	case dream && j.Fate != store.Filed && j.Fate != store.Wanted:
		j.Kind, j.Why = youSaid, WhyCalled
		if j.Fate == store.Unwanted || acting || j.Fate != "" && j.Fate != store.Kept {
			j.Fate = store.Wanted
		} else {
			j.Fate = store.Noted
		}
	case dream:
		j.Kind, j.Why = youSaid, WhyCalled
	default:
		j.Why = WhyUncalled
		switch j.Fate {
		case store.Filed, store.Wanted:
			j.Fate = store.Unwanted
		case store.Noted, store.Kept:
			j.Fate = store.Returned
		}
	}
}

// Rule adds a rule of the subscriber's own.
func (d *Desk) Rule(by store.Actor, sub store.Subscriber, effect rules.Effect, subject string, until time.Time,
) (Change, error) {
	s, err := rules.ParseSubject(subject)
	if err != nil {
		return Change{}, err
	}
	r, undo, err := d.Store.For(sub.Identity).Rules().Add(by, store.Rule{
		Kind: string(s.Kind), Value: s.Value, Effect: string(effect),
		Scope: string(rules.Filter), Until: until})
	if err != nil {
		return Change{}, err
	}
	d.wake(sub.Identity)
	return Change{Did: Ruled, Sub: sub, Rule: r, Undo: undo}, nil
}

// Hidden lists what is hidden or noted since a time, newest first.
func (d *Desk) Hidden(sub store.Subscriber, since time.Time) ([]store.Judged, error) {
	return d.Store.For(sub.Identity).Timeline().Since(since, hidden...)
}
