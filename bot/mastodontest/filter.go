package mastodontest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// filter is a v2 filter group of one account.
type filter struct {
	id, title, action string
	context           []string
	expires           time.Time // zero for never
	keywords          []*filterKeyword
	statuses          []*filterStatus
}

type filterKeyword struct {
	id, word string
	whole    bool
}

type filterStatus struct{ id, status string }

var (
	filterContexts = []string{"home", "notifications", "public", "thread", "account"}
	filterActions  = []string{"warn", "hide", "blur"}
)

const readFilters, writeFilters = "read:filters", "write:filters"

const filterBase = "/api/v2/filters"

// filterEntryRoutes are the routes of single entries, whatever filter they are in.
func filterEntryRoutes() []route {
	return []route{
		{"GET " + filterBase + "/keywords/{id}", member, readFilters, (*call).getKeyword, nil},
		{"PUT " + filterBase + "/keywords/{id}", member, writeFilters, (*call).putKeyword, nil},
		{"DELETE " + filterBase + "/keywords/{id}", member, writeFilters, (*call).deleteKeyword, nil},
		{"GET " + filterBase + "/statuses/{id}", member, readFilters, (*call).getFiled, nil},
		{"DELETE " + filterBase + "/statuses/{id}", member, writeFilters, (*call).unfile, nil},
	}
}

func filterRoutes() []route {
	return []route{
		{"GET " + filterBase, member, readFilters, (*call).listFilters, nil},
		{"POST " + filterBase, member, writeFilters, (*call).createFilter, nil},
		{"GET " + filterBase + "/{id}", member, readFilters, (*call).getFilter, nil},
		{"PUT " + filterBase + "/{id}", member, writeFilters, (*call).putFilter, nil},
		{"DELETE " + filterBase + "/{id}", member, writeFilters, (*call).deleteFilter, nil},
		{"GET " + filterBase + "/{id}/keywords", member, readFilters, (*call).listKeywords, nil},
		{"POST " + filterBase + "/{id}/keywords", member, writeFilters, (*call).addKeyword, nil},
		{"GET " + filterBase + "/{id}/statuses", member, readFilters, (*call).listFiled, nil},
		{"POST " + filterBase + "/{id}/statuses", member, writeFilters, (*call).fileStatus, nil},
	}
}

// brief is a filter as it appears in a post's "filtered".
func (f *filter) brief() object {
	var expires any
	if !f.expires.IsZero() {
		expires = stamp(f.expires)
	}
	return object{
		"id": f.id, "title": f.title, "context": f.context, "expires_at": expires, "filter_action": f.action,
	}
}

func (s *Server) filterObject(f *filter) object {
	out := f.brief()
	out["keywords"], out["statuses"] = keywordObjects(f), s.filedObjects(f)
	return out
}

func (k *filterKeyword) object() object {
	return object{"id": k.id, "keyword": k.word, "whole_word": k.whole}
}

// filedObject names the post "status_id" on Mastodon and "phrase" on GoToSocial.
func (s *Server) filedObject(fs *filterStatus) object {
	if s.gts() {
		return object{"id": fs.id, "phrase": fs.status}
	}
	return object{"id": fs.id, "status_id": fs.status}
}

func keywordObjects(f *filter) []object {
	out := []object{}
	for _, k := range f.keywords {
		out = append(out, k.object())
	}
	return out
}

func (s *Server) filedObjects(f *filter) []object {
	out := []object{}
	for _, fs := range f.statuses {
		out = append(out, s.filedObject(fs))
	}
	return out
}

func (c *call) listFilters() (any, error) {
	out := []object{}
	for _, f := range c.user.filters {
		out = append(out, c.s.filterObject(f))
	}
	return out, nil
}

// ownFilter is the filter in the path.
func (c *call) ownFilter() (*filter, error) {
	id := c.r.PathValue("id")
	i := slices.IndexFunc(c.user.filters, func(f *filter) bool { return f.id == id })
	if i < 0 {
		return nil, c.s.notFound()
	}
	return c.user.filters[i], nil
}

// changedFilters tells the account's streams; clients then reload.
func (c *call) changedFilters() { c.s.emit(c.user, "filters_changed", nil) }

func (c *call) createFilter() (any, error) {
	f := &filter{id: c.s.nextID(), action: "warn"}
	if err := c.fillFilter(f); err != nil {
		return nil, err
	}
	c.user.filters = append(c.user.filters, f)
	c.changedFilters()
	return c.s.filterObject(f), nil
}

func (c *call) getFilter() (any, error) {
	f, err := c.ownFilter()
	if err != nil {
		return nil, err
	}
	return c.s.filterObject(f), nil
}

func (c *call) putFilter() (any, error) {
	f, err := c.ownFilter()
	if err != nil {
		return nil, err
	}
	changed := *f
	changed.keywords = slices.Clone(f.keywords)
	if err := c.fillFilter(&changed); err != nil {
		return nil, err
	}
	*f = changed
	c.changedFilters()
	return c.s.filterObject(f), nil
}

// fillFilter applies the form to a new or existing filter; on failure f is not to be kept.
func (c *call) fillFilter(f *filter) error {
	if c.form.has("title") {
		f.title = strings.TrimSpace(c.form.get("title"))
	}
	if list := c.form.list("context"); len(list) > 0 {
		f.context = list
	}
	if a := c.form.get("filter_action"); a != "" {
		f.action = a
	}
	bad := func(ctx string) bool { return !slices.Contains(filterContexts, ctx) }
	switch {
	case f.title == "":
		return c.s.invalid("Title can't be blank")
	case len(f.context) == 0 || slices.ContainsFunc(f.context, bad):
		return c.s.invalid("Context None or invalid context supplied")
	case !slices.Contains(filterActions, f.action):
		return c.s.invalid("'" + f.action + "' is not a valid action")
	}
	if err := c.fillExpiry(f); err != nil {
		return err
	}
	return c.fillKeywords(f)
}

func (c *call) fillExpiry(f *filter) error {
	if !c.form.has("expires_in") {
		return nil
	}
	seconds, ok := c.form.number("expires_in")
	switch {
	case c.form.get("expires_in") == "":
		f.expires = time.Time{}
	case !ok || seconds < 0:
		return c.s.invalid("Expires in is not a number of seconds")
	default:
		f.expires = c.s.now().Add(time.Duration(seconds) * time.Second)
	}
	return nil
}

// fillKeywords applies keywords_attributes: an id changes or (_destroy) removes one, none adds one.
func (c *call) fillKeywords(f *filter) error {
	for _, in := range c.nested("keywords_attributes") {
		i := slices.IndexFunc(f.keywords, func(k *filterKeyword) bool { return k.id == in["id"] })
		form := params{{key: "whole_word", value: in["whole_word"]}, {key: "_destroy", value: in["_destroy"]}}
		switch {
		case in["id"] != "" && i < 0:
			return c.s.notFound()
		case in["id"] == "" && in["keyword"] == "":
			return c.s.invalid("Keywords keyword can't be blank")
		case in["id"] == "":
			f.keywords = append(f.keywords, &filterKeyword{c.s.nextID(), in["keyword"], form.flag("whole_word", true)})
		case form.flag("_destroy", false):
			f.keywords = slices.Delete(f.keywords, i, i+1)
		default:
			k := *f.keywords[i]
			if in["keyword"] != "" {
				k.word = in["keyword"]
			}
			k.whole = form.flag("whole_word", k.whole)
			f.keywords[i] = &k
		}
	}
	return nil
}

func (c *call) deleteFilter() (any, error) {
	f, err := c.ownFilter()
	if err != nil {
		return nil, err
	}
	c.user.filters = slices.DeleteFunc(c.user.filters, func(g *filter) bool { return g == f })
	c.changedFilters()
	return object{}, nil
}

func (c *call) listKeywords() (any, error) {
	f, err := c.ownFilter()
	if err != nil {
		return nil, err
	}
	return keywordObjects(f), nil
}

func (c *call) addKeyword() (any, error) {
	f, err := c.ownFilter()
	if err != nil {
		return nil, err
	}
	word := strings.TrimSpace(c.form.get("keyword"))
	if word == "" {
		return nil, c.s.invalid("Keyword can't be blank")
	}
	same := func(k *filterKeyword) bool { return strings.EqualFold(k.word, word) }
	if c.s.gts() && slices.ContainsFunc(f.keywords, same) {
		return nil, fail(http.StatusConflict, "Conflict: duplicate keyword")
	}
	k := &filterKeyword{c.s.nextID(), word, c.form.flag("whole_word", true)}
	f.keywords = append(f.keywords, k)
	c.changedFilters()
	return k.object(), nil
}

// ownKeyword is the keyword in the path with its filter.
func (c *call) ownKeyword() (*filter, int, error) {
	for _, f := range c.user.filters {
		for i, k := range f.keywords {
			if k.id == c.r.PathValue("id") {
				return f, i, nil
			}
		}
	}
	return nil, 0, c.s.notFound()
}

func (c *call) getKeyword() (any, error) {
	f, i, err := c.ownKeyword()
	if err != nil {
		return nil, err
	}
	return f.keywords[i].object(), nil
}

func (c *call) putKeyword() (any, error) {
	f, i, err := c.ownKeyword()
	if err != nil {
		return nil, err
	}
	k := f.keywords[i]
	if c.form.has("keyword") {
		if c.form.get("keyword") == "" {
			return nil, c.s.invalid("Keyword can't be blank")
		}
		k.word = c.form.get("keyword")
	}
	k.whole = c.form.flag("whole_word", k.whole)
	c.changedFilters()
	return k.object(), nil
}

func (c *call) deleteKeyword() (any, error) {
	f, i, err := c.ownKeyword()
	if err != nil {
		return nil, err
	}
	f.keywords = slices.Delete(f.keywords, i, i+1)
	c.changedFilters()
	return object{}, nil
}

func (c *call) listFiled() (any, error) {
	f, err := c.ownFilter()
	if err != nil {
		return nil, err
	}
	return c.s.filedObjects(f), nil
}

// fileStatus puts a post into a filter. Mastodon wants a post the user can see and answers a
// duplicate with 422; GoToSocial takes any id and answers a duplicate with 409.
func (c *call) fileStatus() (any, error) {
	f, err := c.ownFilter()
	if err != nil {
		return nil, err
	}
	id := c.form.get("status_id")
	twice := slices.ContainsFunc(f.statuses, func(fs *filterStatus) bool { return fs.status == id })
	switch {
	case id == "":
		return nil, c.s.invalid("Status must exist")
	case twice && c.s.gts():
		return nil, fail(http.StatusConflict, "Conflict: duplicate status")
	case twice:
		return nil, c.s.invalid("Status has already been taken")
	case !c.s.gts() && (c.s.statusByID[id] == nil || c.s.statusByID[id].deleted):
		return nil, c.s.invalid("Status must exist")
	case !c.s.gts() && !c.s.reaches(id, c.user):
		return nil, c.s.invalid("Status is invalid")
	}
	fs := &filterStatus{c.s.nextID(), id}
	f.statuses = append(f.statuses, fs)
	c.changedFilters()
	return c.s.filedObject(fs), nil
}

// ownFiled is the filed post in the path with its filter.
func (c *call) ownFiled() (*filter, int, error) {
	for _, f := range c.user.filters {
		for i, fs := range f.statuses {
			if fs.id == c.r.PathValue("id") {
				return f, i, nil
			}
		}
	}
	return nil, 0, c.s.notFound()
}

func (c *call) getFiled() (any, error) {
	f, i, err := c.ownFiled()
	if err != nil {
		return nil, err
	}
	return c.s.filedObject(f.statuses[i]), nil
}

func (c *call) unfile() (any, error) {
	f, i, err := c.ownFiled()
	if err != nil {
		return nil, err
	}
	f.statuses = slices.Delete(f.statuses, i, i+1)
	c.changedFilters()
	return object{}, nil
}

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
