package answer

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The longest that strings may be, in bytes.
const (
	LongestID     = 256  // of anything that has one
	LongestHandle = 320  // a name of 64 letters and a domain
	LongestURL    = 2048 // of a post, an account or a file
	LongestWord   = 64   // of a closed list, such as a visibility or a language
	LongestLine   = 500  // a name, a title, a reason
	LongestAlt    = 1 << 14
	LongestText   = 1 << 16 // of a post
)

// scalar reads a string, or a number as it is written, of at most most bytes; ok says that there was one
// and, with whole, that nothing of it is missing.
func (v *Value) scalar(most int) (s string, whole, ok bool) {
	if !v.ahead {
		return "", false, false
	}
	switch v.peek() {
	case ofString:
		v.ahead = false
		whole = v.text(most)
	case ofNumber:
		v.ahead = false
		whole = v.word()
	default:
		return "", false, false // left to be skipped
	}
	if v.err != nil {
		return "", false, false
	}
	return string(v.held), whole, true
}

// exact is a string that is nothing when it is longer than most, or has a character that odd objects to:
// what names something is no name any more when it was cut or mended.
func (v *Value) exact(most int, odd func(rune) bool) string {
	s, whole, ok := v.scalar(most)
	if !ok || !whole || len(s) > most || !utf8.ValidString(s) || strings.ContainsFunc(s, odd) {
		return ""
	}
	return s
}

// invisible are the characters of no name: spaces, controls, and those that turn text around.
func invisible(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }

// ID is what something is known by; "" when there is none that can be used.
func (v *Value) ID() string { return v.exact(LongestID, invisible) }

// Handle is what an account is called, in lower case: name@domain, or a bare name. Its characters are those
// of names and of domains with a port, of any alphabet.
func (v *Value) Handle() string {
	s := strings.ToLower(v.exact(LongestHandle, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.N) && !strings.ContainsRune("@._-+~:[]", r)
	}))
	name, domain, foreign := strings.Cut(s, "@")
	if name == "" || strings.ContainsAny(name, ":[]") || foreign && domain == "" || strings.Contains(domain, "@") || len(s) > LongestHandle {
		return ""
	}
	return s
}

// Word is one of a closed list, such as "public".
func (v *Value) Word() string { return v.exact(LongestWord, invisible) }

// Opaque is something to be handed back as it is, such as a token or a cursor.
func (v *Value) Opaque(most int) string { return v.exact(most, invisible) }

// URL is an address on the web.
func (v *Value) URL() string {
	s := v.exact(LongestURL, func(r rune) bool { return !unicode.IsGraphic(r) })
	if s = strings.TrimSpace(s); s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return s
}

// Line is a text of one line, such as a name or a reason: cut to its longest, and what is no letter of it a
// space.
func (v *Value) Line() string {
	s, _, _ := v.scalar(LongestLine)
	return Line(s)
}

// Line makes one line of a text from a server that comes in another way than in JSON, such as in a header.
func Line(s string) string {
	if len(s) > LongestLine {
		s = string(complete([]byte(s[:LongestLine])))
	}
	return strings.TrimSpace(visible(s, func(rune) bool { return false }))
}

// Text is a text of any number of lines, cut to most bytes.
func (v *Value) Text(most int) string {
	s, _, _ := v.scalar(most)
	return visible(s, func(r rune) bool { return r == '\n' || r == '\t' })
}

// visible has a space for every control character but those that are kept. What turns text around is left
// where it is: languages need it, and whatever shows text to people sees to it.
func visible(s string, keep func(rune) bool) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "?")
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !keep(r) {
			return ' '
		}
		return r
	}, s)
}

// Int is a whole number; 0 for one that is none or does not fit.
func (v *Value) Int() int64 {
	s, whole, ok := v.scalar(longestWord)
	if !ok || !whole {
		return 0
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && f > -1<<53 && f < 1<<53 {
		return int64(f)
	}
	return 0
}

// Bool is true or false; false for anything else.
func (v *Value) Bool() bool {
	switch v.peek() {
	case ofTrue, ofFalse:
		v.ahead = false
		v.word()
		return string(v.held) == "true" && v.err == nil
	case ofString:
		return v.Word() == "true"
	}
	return false
}

// Null says that something is null, which for some fields is a word of its own: no end, no language.
func (v *Value) Null() bool {
	if v.peek() != ofNull {
		return false
	}
	v.ahead = false
	v.word()
	return string(v.held) == "null" && v.err == nil
}

// layouts are the forms of times that servers use, beside the one of the internet (RFC 3339).
var layouts = []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.RubyDate, time.DateOnly}

// Time is a time; zero for one that cannot be read, or that no calendar here has.
func (v *Value) Time() time.Time {
	s := v.exact(LongestWord, func(r rune) bool { return !unicode.IsGraphic(r) })
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 && t.UTC().Year() <= 9999 {
			return t
		}
	}
	return time.Time{}
}
