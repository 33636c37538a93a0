package words

import (
	"fmt"
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
	passed = append(append(passed, h.Passed...), unknown...)
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
	return strings.Join(said, " ")
}

// listed is parts with commas between and a word before the last.
func listed(parts []string, last string) string {
	n := len(parts) - 1
	if n == 0 {
		return parts[0]
	}
	return strings.Join(parts[:n], ", ") + " " + last + " " + parts[n]
}
