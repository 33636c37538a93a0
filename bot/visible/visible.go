// Package visible makes what strangers wrote safe to look at. Characters that a terminal, a browser or a log
// viewer would obey - escapes, line ends, overrides of the direction of text - are shown as `\u001b` instead, a
// spelling that JSON reads back as the same character. Everything that people read goes through it: what
// commands print, the log, the page, the bot's posts.
package visible

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Line is s for a place within a line: line ends and tabs are shown, too.
func Line(s string) string { return shown(s, false) }

// Text is s for a place that may have several lines.
func Text(s string) string { return shown(s, true) }

func shown(s string, lines bool) string {
	if strings.IndexFunc(s, func(r rune) bool { return obeyed(r, lines) }) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s { // what is no UTF-8 is U+FFFD
		if obeyed(r, lines) {
			b.WriteString(spelled(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// obeyed says whether a character does something instead of being seen: control characters (C0, C1), separators
// of lines and paragraphs, and the marks, embeddings, overrides and isolates of the bidirectional algorithm
// (Unicode TR 9, 2.1 to 2.6; Boucher and Anderson, "Trojan Source", 2021).
func obeyed(r rune, lines bool) bool {
	if r == '\n' || r == '\t' {
		return !lines
	}
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r)
}

func spelled(r rune) string { return fmt.Sprintf(`\u%04x`, r) }

// Writer passes text on to another writer as Text shows it, however it is cut into writes. It is safe for
// concurrent use if that one is.
type Writer struct {
	to   io.Writer
	mu   sync.Mutex
	rest []byte // the beginning of a character
}

// NewWriter returns a writer for text. Close writes what was left half.
func NewWriter(to io.Writer) *Writer { return &Writer{to: to} }

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := p
	if len(w.rest) > 0 {
		all = append(w.rest, p...)
		w.rest = nil
	}
	whole := len(all)
	for i := 1; i < utf8.UTFMax && i <= len(all); i++ {
		if at := len(all) - i; utf8.RuneStart(all[at]) {
			if !utf8.FullRune(all[at:]) {
				whole = at
			}
			break
		}
	}
	w.rest = append(w.rest, all[whole:]...)
	if _, err := io.WriteString(w.to, Text(string(all[:whole]))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes what is left of a character that never came whole.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.rest) == 0 {
		return nil
	}
	_, err := io.WriteString(w.to, Text(string(w.rest)))
	w.rest = nil
	return err
}
