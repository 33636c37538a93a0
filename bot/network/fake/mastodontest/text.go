package mastodontest

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// entity finds links, mentions and hashtags in the text of a post.
var entity = regexp.MustCompile(`https?://[^\s<>"]+` +
	`|@[A-Za-z0-9_]+(?:@[A-Za-z0-9.-]*[A-Za-z0-9](?::\d+)?)?` +
	`|#[\pL\pN_]*[\pL_][\pL\pN_]*`)

// parsed is the text of a post as the server understands it.
type parsed struct {
	html     string
	mentions []*account
	tags     []string
	length   int // as counted against the limit
}

// understand resolves a post's text. The length counts a link as reserved runes and a remote
// handle without its host, as Mastodon does; GoToSocial counts every rune.
func (s *Server) understand(text string) parsed {
	var out parsed
	var b strings.Builder
	out.length = utf8.RuneCountInString(text)
	at := 0
	for _, m := range entity.FindAllStringIndex(text, -1) {
		word := text[m[0]:m[1]]
		if m[0] > 0 && word[0] != 'h' && joined(text[m[0]-1]) {
			continue
		}
		markup, saved := s.markup(word, &out)
		if markup == "" {
			continue
		}
		b.WriteString(escape(text[at:m[0]]))
		b.WriteString(markup)
		at = m[1]
		if !s.gts() {
			out.length -= saved
		}
	}
	b.WriteString(escape(text[at:]))
	if text != "" {
		out.html = "<p>" + b.String() + "</p>"
	}
	return out
}

// joined says whether a character in front of @ or # makes it part of a word or a path.
func joined(c byte) bool {
	return c == '/' || c == '_' || c == '@' || c == '#' || c == '&' || c >= 0x80 ||
		'0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// markup turns a link, mention or hashtag into HTML, "" for plain text, and says how many runes
// the word does not count.
func (s *Server) markup(word string, out *parsed) (string, int) {
	switch word[0] {
	case '@':
		a := s.find(word[1:])
		if a == nil {
			return "", 0
		}
		if !slices.Contains(out.mentions, a) {
			out.mentions = append(out.mentions, a)
		}
		name, host, _ := strings.Cut(word[1:], "@")
		saved := 0
		if host != "" {
			saved = len(host) + 1
		}
		return `<span class="h-card" translate="no"><a href="` + a.url(s) + `" class="u-url mention">@<span>` +
			html.EscapeString(name) + `</span></a></span>`, saved
	case '#':
		tag := strings.ToLower(word[1:])
		if !slices.Contains(out.tags, tag) {
			out.tags = append(out.tags, tag)
		}
		return `<a href="` + s.URL + `/tags/` + tag + `" class="mention hashtag" rel="tag">#<span>` +
			html.EscapeString(word[1:]) + `</span></a>`, 0
	}
	scheme, rest, _ := strings.Cut(word, "://")
	return `<a href="` + html.EscapeString(word) + `" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">` +
			scheme + `://</span><span class="">` + html.EscapeString(rest) + `</span></a>`,
		utf8.RuneCountInString(word) - s.limits.ReservedURL
}

var paragraphs = regexp.MustCompile(`\n{2,}`)

func escape(text string) string {
	text = html.EscapeString(text)
	text = paragraphs.ReplaceAllString(text, "</p><p>")
	return strings.ReplaceAll(text, "\n", "<br />")
}

// find resolves name, name@host and name@our-domain, in any case; nil when unknown.
func (s *Server) find(acct string) *account {
	name, host, _ := strings.Cut(acct, "@")
	if strings.EqualFold(host, s.domain()) {
		host = ""
	}
	for _, a := range s.accounts {
		if strings.EqualFold(a.name, name) && strings.EqualFold(a.domain, host) {
			return a
		}
	}
	return nil
}
