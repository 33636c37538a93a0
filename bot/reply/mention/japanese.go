package mention

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letters are a text's letters: Japanese words have no spaces between them.
func letters(text string) []string {
	return strings.Split(norm.NFKC.String(strings.ReplaceAll(text, " ", "")), "")
}

// behind marks English that stands before what Japanese puts it behind.
const behind = "<"

// japanese takes tokens apart into the longest words that are known, and puts what stands behind a
// thing before it.
func (d *dictionary) japanese(tokens []token) []token {
	var out []token
	for _, t := range tokens {
		if t.quoted || !isJapanese(t.low) {
			out = append(out, t)
			continue
		}
		out = d.segment(out, t)
	}
	return out
}

func isJapanese(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }) >= 0
}

// segment appends the English of one token.
func (d *dictionary) segment(out []token, t token) []token {
	rest := letters(t.low)
	start := len(out)
	var odd strings.Builder
	flush := func() {
		if odd.Len() > 0 {
			out = append(out, token{text: odd.String(), low: odd.String()})
			odd.Reset()
		}
	}
	for len(rest) > 0 {
		found, n := d.longest(rest)
		if n == 0 {
			odd.WriteString(rest[0])
			rest = rest[1:]
			continue
		}
		flush()
		out = place(out, start, found)
		rest = rest[n:]
	}
	flush()
	if len(out) > start && t.comma {
		out[len(out)-1].comma = true
	}
	return out
}

// longest is the longest known word at the front and how many letters it has.
func (d *dictionary) longest(rest []string) ([]string, int) {
	for _, t := range d.turns[rest[0]] {
		if len(t.from) <= len(rest) && slices.Equal(t.from, rest[:len(t.from)]) {
			return t.to, len(t.from)
		}
	}
	return nil, 0
}

// place appends English words. One that Japanese puts behind goes before the things it is about: back
// to the last comma or particle.
func place(out []token, start int, words []string) []token {
	if len(words) == 1 && words[0] == "," {
		if len(out) > 0 {
			out[len(out)-1].comma = true
		}
		return out
	}
	first, postposed := strings.CutPrefix(words[0], behind)
	at := len(out)
	if postposed {
		for at > start && !out[at-1].comma && !fillers[out[at-1].low] || at > start && out[at-1].low == "and" {
			at--
		}
	}
	add := make([]token, 0, len(words))
	for i, w := range words {
		if i == 0 {
			w = first
		}
		add = append(add, token{text: w, low: w})
	}
	return slices.Insert(out, at, add...)
}
