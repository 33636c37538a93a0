// Package plain reads the posts that networks send as HTML. Everything in them is hostile: nothing is
// loaded, and no more is looked at than a post can hold.
package plain

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// maxHTML bounds how much of a post is read; the largest servers allow a few thousand letters.
const maxHTML = 1 << 16

// blocks are elements that stand in lines of their own. Servers with Markdown have more of them than Mastodon.
var blocks = map[string]bool{"br": true, "p": true, "div": true, "ul": true, "ol": true, "li": true, "blockquote": true, "pre": true, "hr": true, "tr": true,
	"h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true}

// Text is the plain text of a status' HTML: paragraphs and line breaks become newlines, links
// and handles their text, everything else goes.
func Text(source string) string {
	if len(source) > maxHTML {
		source = source[:maxHTML]
	}
	text := make([]byte, 0, len(source)) // next to nothing becomes longer
	z := html.NewTokenizer(strings.NewReader(source))
	hidden := 0    // depth of script and style
	quote := false // in the line that stands for a quoted post where quotes are not shown
	for {
		switch z.Next() {
		case html.ErrorToken: // the end, or as far as it can be read
			return tidy(text)
		case html.TextToken:
			if hidden == 0 && !quote {
				text = append(text, z.Text()...)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, attributes := z.TagName()
			if blocks[string(name)] {
				text = append(text, '\n')
			}
			switch string(name) {
			case "p":
				quote = attributes && quoteLine(z)
			case "script", "style":
				hidden++
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if blocks[string(name)] {
				text = append(text, '\n')
				quote = false
			}
			if string(name) == "script" || string(name) == "style" {
				hidden = max(0, hidden-1)
			}
		}
	}
}

// quoteLine says whether the tag just read opens the "RE: link" that Mastodon (4.4) puts before
// a post that quotes another. It is not the author's words.
func quoteLine(z *html.Tokenizer) bool {
	for {
		key, value, more := z.TagAttr()
		if string(key) == "class" && slices.Contains(strings.Fields(string(value)), "quote-inline") {
			return true
		}
		if !more {
			return false
		}
	}
}

// quoting is the same line as others have it: Misskey and its forks, Pleroma and Akkoma put it at the end, in a span,
// and servers before Mastodon 4.4 leave no class on it. The lock stands for a post that may not be seen.
var quoting = regexp.MustCompile(`^(RE|RT|QT): (https?://\S+|🔒)$`)

// tidy joins spaces within lines and drops empty lines, and those that stand for a quoted post. It writes over what it has read.
func tidy(text []byte) string {
	out := text[:0]
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		before := len(out)
		for word := range bytes.FieldsSeq(line) {
			switch {
			case len(out) > before:
				out = append(out, ' ')
			case before > 0:
				out = append(out, '\n')
			}
			out = append(out, word...)
		}
		if quoting.Match(bytes.TrimPrefix(out[before:], []byte("\n"))) {
			out = out[:before]
		}
	}
	return string(out)
}
