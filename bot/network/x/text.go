package x

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// textWeight is how much a post holds.
const textWeight = 280

// weigh counts characters as X does: most alphabets count one, everything else and emoji two
// (github.com/twitter/twitter-text, configuration 3).
func weigh(r rune) int {
	if r <= 4351 || r >= 8192 && r <= 8205 || r >= 8208 && r <= 8223 || r >= 8242 && r <= 8247 {
		return 1
	}
	return 2
}

func weight(text string) (n int) {
	for _, r := range text {
		n += weigh(r)
	}
	return n
}

var (
	scheme = regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*)?://`)
	domain = regexp.MustCompile(`[\pL\pN_-]+(\.[\pL\pN_-]+)*\.\pL{2,}`)
	name   = regexp.MustCompile(`[@＠]+(\w)`)
)

// wording is a reply as X may have it: no links, which it makes of every name of a site and which
// cost twenty times as much; nobody mentioned but who is answered; a content warning in words, since
// X has none; not longer than a post.
func wording(text, warning, handle, mark string) string {
	to := ""
	if first, rest, _ := strings.Cut(text, " "); strings.EqualFold(first, "@"+handle) {
		to, text = first+" ", rest
	}
	if warning != "" {
		text = "CW " + warning + ": " + text
	}
	for before := ""; text != before; { // what is left of an address may be a name, and of a name an address
		before, text = text, unlinked(name.ReplaceAllString(text, "$1"))
	}
	if mark != "" {
		mark = " · " + mark
	}
	return to + cut(text, textWeight-weight(to+mark)) + mark
}

// unlinked spells out the dots of addresses.
func unlinked(text string) string {
	for scheme.MatchString(text) { // what is left may make another one
		text = scheme.ReplaceAllString(text, "")
	}
	return domain.ReplaceAllStringFunc(text, func(site string) string { return strings.ReplaceAll(site, ".", " dot ") })
}

// cut shortens a text to a weight.
func cut(text string, most int) string {
	if weight(text) <= most {
		return text
	}
	n := weigh('…')
	for i, r := range text {
		if n += weigh(r); n > most {
			return strings.TrimRight(text[:i], " ,;") + "…"
		}
	}
	return text
}

// shorten cuts a text to so many characters.
func shorten(text string, runes int) string {
	if utf8.RuneCountInString(text) <= runes {
		return text
	}
	return string([]rune(text)[:runes-1]) + "…"
}
