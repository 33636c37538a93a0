package words

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"slugpuppy/bot/reply/mention"
)

// Heard says what was made of a request's words, when that is not all that was typed: what was read as
// something else, and what nothing came of. Unknown are words that the grammar could not place.
func Heard(h mention.Heard, unknown []string) string {
	var read, passed []string
	for _, r := range h.Read {
		read = append(read, fmt.Sprintf("%s as %s", Cut(r.Typed, mostTopic), Cut(r.As, mostTopic)))
	}
	for _, u := range h.Unknown {
		passed = append(passed, u.Word)
	}
	for _, p := range append(slices.Clone(h.Passed), unknown...) {
		if !slices.Contains(passed, p) {
			passed = append(passed, p)
		}
	}
	var said []string
	if len(read) > 0 {
		said = append(said, "I read "+listed(read, "and")+".")
	}
	if len(passed) > 0 {
		for i, p := range passed {
			passed[i] = fmt.Sprintf("%q", Cut(p, mostTopic))
		}
		said = append(said, "I do not know "+listed(passed, "or")+".")
	}
	return strings.Join(append(said, trimmed(left(h.Left))...), " ")
}

// mostLeft is how many parts of a request are named of which nothing was made.
const mostLeft = 3

// left says of which parts of a request nothing was made, and why, in one sentence.
func left(all []mention.Left) string {
	var parts []string
	for _, l := range all[:min(len(all), mostLeft)] {
		parts = append(parts, fmt.Sprintf("%s (%s)", leftOut(l), because(l)))
	}
	if more := len(all) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	if len(parts) == 0 {
		return ""
	}
	return "I left out " + listed(parts, "and") + "."
}

// leftOut is a part of a request.
func leftOut(l mention.Left) string {
	switch l.Why {
	case mention.LongText:
		return "the end of your post"
	case mention.OtherPictures, mention.ManyPictures, mention.FullPost:
		return Count(l.N, "a picture", "pictures")
	case mention.OnlyStill, mention.UnreadableClip:
		return "what moves in your clip"
	}
	return fmt.Sprintf("%q", Cut(l.What, mostTopic))
}

// because is why nothing was made of it, and what works instead.
func because(l mention.Left) string {
	than := fmt.Sprintf("%q", Cut(cmp.Or(l.Than, string(mention.Dream)), mostTopic))
	switch l.Why {
	case mention.TooManyWishes:
		return "I grant " + Count(l.N, "one wish", "wishes") + " at a time"
	case mention.OnItsOwn:
		return "it wants a post of its own"
	case mention.Overridden:
		return "you said " + than + " as well"
	case mention.NoUse:
		return than + " has no use for it"
	case mention.AsFarAsItGoes:
		return than + " is as far as it goes"
	case mention.LongText:
		return fmt.Sprintf("I read %d bytes", l.N)
	case mention.OtherPictures:
		if l.N == 1 {
			return "say " + than + " for it"
		}
		return "say " + than + " for them"
	case mention.ManyPictures:
		return "I dream " + l.Than + " at a time"
	case mention.FullPost:
		return "this server takes " + l.Than + " in a post"
	case mention.OnlyStill:
		return "that is for a dream of it and nothing more"
	case mention.UnreadableClip:
		return "I cannot read films like this one"
	case mention.Narrower:
		return "this answer is " + l.Than
	case mention.OtherFile:
		return "this is " + l.Than
	case mention.SmallerFile:
		return "it came out at " + Count(l.N, "one pixel", "pixels")
	case mention.PageLimit:
		return l.Than + " at most on this page"
	}
	return string(l.Why)
}

// listed is parts with commas between and a word before the last.
func listed(parts []string, last string) string {
	n := len(parts) - 1
	if n == 0 {
		return parts[0]
	}
	return strings.Join(parts[:n], ", ") + " " + last + " " + parts[n]
}
