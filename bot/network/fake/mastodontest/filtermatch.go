package mastodontest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// matches returns what of a filter speaks about a post: keywords found in text, warning and alt
// texts, and filed ids, where the original's id also catches every boost.
func (f *filter) matches(st *status) (words, ids []string) {
	text := st.proper().searchable()
	for _, k := range f.keywords {
		if k.in(text) {
			words = append(words, k.word)
		}
	}
	for _, fs := range f.statuses {
		if fs.status == st.id || (st.boostOf != nil && fs.status == st.boostOf.id) {
			ids = append(ids, fs.status)
		}
	}
	return words, ids
}

func (st *status) searchable() string {
	parts := []string{st.warning, st.text}
	for _, m := range st.media {
		parts = append(parts, m.alt)
	}
	return strings.Join(parts, "\n\n")
}

// in searches without regard to case; a whole word must not touch other letters or digits.
func (k *filterKeyword) in(text string) bool {
	if !strings.Contains(strings.ToLower(text), strings.ToLower(k.word)) {
		return false // most posts: patterns are slow to compile
	}
	pattern := regexp.QuoteMeta(k.word)
	if k.whole {
		pattern = fmt.Sprintf(`(?:^|[^\pL\pN_])%s(?:$|[^\pL\pN_])`, pattern)
	}
	found, err := regexp.MatchString("(?i)"+pattern, text)
	return err == nil && found
}

// active lists the viewer's filters that apply to a post. Mastodon reports all and leaves contexts
// to the client; GoToSocial reports those of the context. Nobody's own posts are filtered.
func (s *Server) active(st *status, viewer *account, context string) []*filter {
	if viewer == nil || st.author == viewer {
		return nil
	}
	var out []*filter
	for _, f := range viewer.filters {
		expired := !f.expires.IsZero() && !s.now().Before(f.expires)
		if !expired && (!s.gts() || slices.Contains(f.context, context)) {
			out = append(out, f)
		}
	}
	return out
}

// filtered is a post's attribute of that name.
func (s *Server) filtered(st *status, viewer *account, context string) []object {
	out := []object{}
	for _, f := range s.active(st, viewer, context) {
		words, ids := f.matches(st)
		if len(words)+len(ids) == 0 {
			continue
		}
		match := object{"filter": f.brief(), "keyword_matches": words, "status_matches": ids}
		if s.gts() {
			match["keyword_matches"], match["status_matches"] = append([]string{}, words...), append([]string{}, ids...)
		}
		out = append(out, match)
	}
	return out
}

// hidden says whether the server itself withholds a post: GoToSocial does for "hide", Mastodon
// leaves it to the client.
func (s *Server) hidden(st *status, viewer *account, context string) bool {
	if !s.gts() {
		return false
	}
	for _, f := range s.active(st, viewer, context) {
		words, ids := f.matches(st)
		if f.action == "hide" && len(words)+len(ids) > 0 {
			return true
		}
	}
	return false
}
