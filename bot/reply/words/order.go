package words

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"slugpuppy/bot/rules"
	"slugpuppy/bot/timeline"
	"slugpuppy/classifier/detector"
	"slugpuppy/store"
)

// usage lists the timeline's orders.
const usage = "filter on, shadow, off, pause 2d · how warn, blur, hide · budget 1 in 1000 · why LINK · not a dream LINK · " +
	"is a dream LINK · allow @artist · deny @bot · except boosts only · digest daily, weekly, off · " +
	"undo last, all, @artist, since monday · hidden 10 · audit @artist · forget me"

// Answer says what came of an order.
func Answer(a timeline.Answer) string {
	switch a := a.(type) {
	case timeline.Change:
		text := Done(a)
		return strings.ToUpper(text[:1]) + text[1:] + "."
	case timeline.Reasons:
		return Reasons(a)
	case timeline.Listing:
		return listing(a)
	case timeline.Audit:
		return Audit(a)
	case timeline.Referral:
		return referral(a)
	case timeline.Digest:
		return Digest(a)
	case timeline.Notice:
		return Notice(a)
	case error:
		return Of(a)
	}
	return usage
}

// Done says what was done, without a capital and a full stop.
func Done(c timeline.Change) string {
	switch c.Did {
	case timeline.Switched:
		return modes[c.Sub.Mode]
	case timeline.Paused:
		return "the filter rests until " + minute(c.Sub.PausedUntil)
	case timeline.ChoseHow:
		return "posts with dreams " + hows[c.Sub.How]
	case timeline.ChoseBudget:
		return "the budget is " + Budget(c.Sub.Budget)
	case timeline.ChoseExcept:
		if c.Sub.BoostsOnly {
			return "posts of people you follow stay, only boosts of others are hidden"
		}
		return "there are no exceptions"
	case timeline.ChoseDigest:
		return "digest: " + c.Sub.Digest
	case timeline.ChoseMute:
		return MuteRule(c.Sub.Mute)
	case timeline.Unmuted:
		return "nobody is muted any more"
	case timeline.Left:
		return "all filters made for @" + c.Sub.Handle + " are being removed, then everything known about them"
	case timeline.Returned:
		return "returned " + posts(c.Posts)
	case timeline.Restored:
		return posts(c.Posts) + " will be as before"
	case timeline.Learned:
		return "noted, of " + posts(c.Posts) + ": you meant that"
	case timeline.CalledDream:
		if c.Posts > 1 {
			return "noted: " + posts(c.Posts) + " are dreams; they are hidden, and so are the pictures wherever they come back"
		}
		return "noted: a dream; it is hidden, and so is the picture wherever it comes back"
	case timeline.CalledNoDream:
		if c.Posts > 1 {
			return "noted: " + posts(c.Posts) + " are no dreams; those pictures are never hidden from you again"
		}
		return "noted: not a dream; that picture is never hidden from you again"
	case timeline.Ruled:
		return fmt.Sprintf("%s %s %s, in your timeline", c.Rule.Effect, c.Rule.Kind, Cut(c.Rule.Value, mostLink))
	}
	return Filter(c.Sub, time.Now())
}

// hows are what can happen to a post with a dream.
var hows = map[string]string{
	timeline.Warn: "stand behind a warning", timeline.Blur: "have their pictures blurred", timeline.Hide: "are not shown at all",
}

// Filter says what somebody's filter does at a time, without a capital and a full stop.
func Filter(s store.Subscriber, now time.Time) string {
	switch {
	case s.Leaving:
		return "the filter is leaving"
	case s.Away():
		return "the filter rests while it moves to another machine"
	case now.Before(s.PausedUntil):
		return "the filter rests until " + minute(s.PausedUntil)
	case s.Mode == store.FilterOn && now.Before(s.ShadowUntil):
		return "the filter only looks until " + minute(s.ShadowUntil) + ", then it hides: " + s.How
	case s.Mode == store.FilterOn && s.Tightened > 0:
		return "the filter is on: " + s.How + ", and keeps " + Budget(s.Allowed()) + " since you corrected it"
	case s.Mode == store.FilterOn:
		return "the filter is on: " + s.How
	}
	return modes[s.Mode]
}

// modes are what a filter does that nothing else is to be said of.
var modes = map[store.Mode]string{
	store.FilterOn: "the filter is on", store.FilterShadow: "the filter only notes what it would hide", store.FilterOff: "the filter is off",
}

func minute(t time.Time) string { return t.Format("Monday 2 January 15:04 MST") }

// Budget says how many pictures that are no dreams may be hidden.
func Budget(b float64) string {
	if b <= 0 {
		return "no wrong hides"
	}
	return fmt.Sprintf("1 wrong hide in %.0f", 1/b)
}

// Promise says what a budget comes to.
func Promise(budget float64, p detector.Promise) string {
	text := fmt.Sprintf("%s: from a score of %.3f about %.0f %% of clear dreams are found, and %.1f %% of the pictures that look like dreams and are none",
		Budget(budget), p.Score, 100*p.Found, 100*p.Hard)
	if !p.Measured {
		text += "; that is an estimate"
	}
	return text
}

// MuteRule says what a rule that mutes does, "" when it is off.
func MuteRule(r store.MuteRule) string {
	if r.After <= 0 {
		return ""
	}
	return fmt.Sprintf("who has %s hidden within %s is muted for %s", posts(r.After), days(r.Within), days(r.For))
}

// days is a span as people write it: 7d, 36h, 90m.
func days(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}

func posts(n int) string { return Count(n, "1 post", "posts") }

// Reasons says why a post is where it is.
func Reasons(r timeline.Reasons) string {
	j := r.Post
	text := fmt.Sprintf("%s: %s. Score %.3f, %s, at %s; network %s", standing(j.Fate), Cut(Why(j), mostWhy), j.Score, j.Band, Budget(r.Budget), j.Model)
	if j.Rule != "" {
		text += ", rule " + j.Rule
	}
	if r.Tightened {
		text += ", kept smaller than you chose since you corrected me"
	}
	if j.Said {
		text += ", its words say deep dream"
	}
	return text + "."
}

// mostWhy is how much there is room for of why a rule won, in runes.
const mostWhy = 200

// Fate says where a post is for a subscriber.
func Fate(f store.Fate) string { return fates[f] }

var fates = map[store.Fate]string{
	store.Noted: "Would be hidden", store.Wanted: "About to be hidden", store.Filed: "Hidden",
	store.Unwanted: "About to be returned", store.Returned: "Returned", store.TakenOut: "Taken out by you",
}

// standing is Fate at the beginning of an answer, for every fate.
func standing(f store.Fate) string {
	switch f {
	case store.Kept:
		return "Not hidden"
	case store.Noted:
		return "It would be hidden"
	case store.Gone:
		return "Gone"
	}
	return fates[f]
}

// Why says why a post was judged as it was. What older versions wrote down is a sentence already, and
// so is which of the lists' rules won.
func Why(j store.Judged) string {
	switch j.Why {
	case timeline.WhyNoDream:
		return "you said that this picture is not a dream"
	case timeline.WhyDream:
		return "you said that this picture is a dream"
	case timeline.WhyOthers:
		return "others said that this picture is not a dream"
	case timeline.WhyFollowed:
		return "you keep posts of the people you follow"
	case timeline.WhyPut:
		return "you put it into the filter"
	case timeline.WhyCalled:
		return "you said that it is a dream"
	case timeline.WhyUncalled:
		return "you said that it is not a dream"
	case timeline.WhyFound:
		return "it was hidden when I came"
	case timeline.WhyVanished:
		return "it was shown again together with many others, and not by me"
	case timeline.WhyRestored:
		return "you had me hide it again"
	case timeline.WhyAppeared:
		return "it was hidden together with many others, and not by me"
	case timeline.WhyListed:
		return "it is a copy of a dream on the list " + Cut(j.List, mostLink) + fmt.Sprintf("; the picture scores %.3f", j.Score)
	case timeline.WhyScore:
		if j.Score >= j.Limit && j.Kind != "" {
			return fmt.Sprintf("the picture scores %.3f; from %.3f on it is hidden", j.Score, j.Limit)
		}
		return fmt.Sprintf("the picture scores %.3f; it would be hidden from %.3f on", j.Score, j.Limit)
	}
	return j.Why
}

const (
	listRoom = 380 // runes of a list of posts
	mostLink = 150 // runes of an address or of what a rule is about
)

func listing(l timeline.Listing) string {
	if l.All == 0 {
		return "Nothing is hidden."
	}
	text := fmt.Sprintf("%s hidden or noted, the latest:", posts(l.All))
	for _, j := range l.Rows {
		at := j.URL
		if at == "" {
			at = j.Post
		}
		line := fmt.Sprintf("\n%s (%.2f, %s)", at, j.Score, j.Kind)
		if utf8.RuneCountInString(text+line) > listRoom {
			break
		}
		text += line
	}
	return text
}

// Audit says how many of an artist's pictures are dreams.
func Audit(a timeline.Audit) string {
	name := strings.ReplaceAll(a.Account, "@", " at ") // mentions nobody
	switch {
	case a.Posts == 0:
		return name + " has no public pictures."
	case a.Safe && a.Dreams == 0:
		return fmt.Sprintf("None of the last %s with pictures by %s is a dream. It is safe to follow them.", posts(a.Posts), name)
	case a.Safe:
		return fmt.Sprintf("%d of the last %s with pictures by %s %s, the latest of %s. It is safe to follow them: I hide those.",
			a.Dreams, posts(a.Posts), name, are(a.Dreams), a.Latest.Format("2 January 2006"))
	}
	return fmt.Sprintf("%d of the last %s with pictures by %s %s, %d of them within 30 days. I can hide those if you follow them.",
		a.Dreams, posts(a.Posts), name, are(a.Dreams), a.Recent)
}

func referral(r timeline.Referral) string {
	if r.Verb == "export" {
		return "Ask the one who runs me: `slugpuppy user show @" + r.Handle + " --json` prints all that is known."
	}
	return "I cannot read attachments of private messages here: send \"audit @artist\" for each account, or run `slugpuppy audit` on your list."
}

// Report says what the filter did for somebody in a time.
func Report(r timeline.Report) string {
	if r.Hidden+r.Noted == 0 {
		return fmt.Sprintf("Nothing to hide since %s: I looked at %s with pictures.", day(r.Since), posts(r.Judged))
	}
	var parts []string
	if r.Hidden > 0 {
		parts = append(parts, "I hid "+posts(r.Hidden))
	}
	if r.Noted > 0 {
		parts = append(parts, "I would have hidden "+posts(r.Noted))
	}
	by := ""
	if n := len(r.Artists); n > 0 {
		by = " by " + Count(n, "1 account", "accounts")
	}
	mistakes := Count(r.Mistakes, "1 mistake", "mistakes")
	text := fmt.Sprintf("Since %s %s%s, of %d with pictures; %s you told me of.",
		day(r.Since), strings.Join(parts, " and "), by, r.Judged, mistakes)
	for _, a := range r.Artists[:min(len(r.Artists), 3)] {
		text += fmt.Sprintf("\n%s: %d", Cut(strings.ReplaceAll(a.Handle, "@", " at "), mostArtist), a.Dreams) // mentions nobody
	}
	return text
}

// mostArtist is how much of an artist's handle there is room for in a report, in runes.
const mostArtist = 40

func day(t time.Time) string { return t.Format("Monday 2 January") }

// Digest is a report that somebody gets without asking.
func Digest(d timeline.Digest) string {
	text := Report(d.Report)
	switch {
	case !d.HidesFrom.IsZero():
		text += "\nSo far I only look. From " + day(d.HidesFrom) + " on I hide; say \"filter shadow\" if you do not want that."
	case d.HidesNow:
		text += "\nFrom now on I hide such posts; \"filter shadow\" stops that, \"hidden\" lists them."
	}
	return text
}

// order says why an order cannot be obeyed, "" if err is of another kind.
func order(err error) string {
	var (
		misread *timeline.Problem
		subject *rules.BadSubject
	)
	switch {
	case errors.As(err, &misread):
		return Order(misread)
	case errors.As(err, &subject):
		return fmt.Sprintf("I cannot tell what %q is: write @name@example.social, example.social, #hashtag, word:something, post:ID or image:HASH.",
			Cut(subject.Text, mostLink))
	case errors.Is(err, timeline.ErrUnseen):
		return "I have not seen that post in your timeline. Copy its link as your own server shows it."
	case errors.Is(err, timeline.ErrNothing):
		return "There is nothing hidden like that."
	}
	return ""
}

// Order says why an order cannot be obeyed as it is written, and what works.
func Order(p *timeline.Problem) string {
	name := Cut(p.Name, mostLink)
	switch p.Kind {
	case timeline.NoPost:
		return "Which post? Put its link behind " + name + "."
	case timeline.NoMode:
		return "The filter can be on, shadow, off or pause 2d."
	case timeline.NoHow:
		return "Posts can be shown with a warning (how warn), blurred (how blur) or hidden (how hide)."
	case timeline.NoException:
		return "Write: except followed, except boosts only, or except nothing."
	case timeline.NoDigest:
		return "The digest can be daily, weekly or off."
	case timeline.NoMuteRule:
		return "Write mute 5 in 7d for 2d, or mute off."
	case timeline.NoSpan:
		return fmt.Sprintf("I cannot read %q as a span of time: write 12h, 2d or 1w.", name)
	case timeline.NoTime:
		return fmt.Sprintf("I cannot read %q as a time: write a weekday, yesterday, 24h, 3d or 2026-11-01.", name)
	case timeline.NoBudget:
		return "A budget is like \"1 in 1000\": so many pictures that are no dreams may be hidden; from 1 in 5 to 1 in 100000."
	case timeline.NoSelection:
		return fmt.Sprintf("I cannot tell which posts %q are: last, all, @artist or since monday.", name)
	case timeline.NoSubject:
		return "Whom? Write " + name + " @artist@example.social."
	case timeline.NoCount:
		return "Write hidden 10."
	case timeline.NoAccount:
		return "Your server knows no account " + name + "."
	case timeline.NoLeave:
		return "Your server does not let me mute anybody for you: I have not asked it to. On my page there is a button for that; " +
			"or whoever runs me connects your account again with `--mutes`. All else goes on."
	case timeline.NoFilter:
		return "I do not look after your timeline yet: ask the one who runs me to connect your account."
	}
	return ""
}
