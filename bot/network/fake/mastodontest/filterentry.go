package mastodontest

import (
	"net/http"
	"slices"
	"strings"
)

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
