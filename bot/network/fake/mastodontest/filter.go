package mastodontest

import (
	"net/http"
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
	if err := c.titled(f); err != nil {
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
	if err := c.titled(&changed); err != nil {
		return nil, err
	}
	*f = changed
	c.changedFilters()
	return c.s.filterObject(f), nil
}

// titled refuses a title that another filter has where titles are unique: on GoToSocial.
func (c *call) titled(f *filter) error {
	same := func(g *filter) bool { return g.title == f.title && g.id != f.id }
	if c.s.gts() && slices.ContainsFunc(c.user.filters, same) {
		return fail(http.StatusConflict, "Conflict: you already have a filter with this title")
	}
	return nil
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
