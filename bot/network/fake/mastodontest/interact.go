package mastodontest

import "net/http"

// proper is the original of a boost, or the post itself.
func (st *status) proper() *status {
	if st.boostOf != nil {
		return st.boostOf
	}
	return st
}

func (c *call) onStatus(change func(*status) (*status, error)) (any, error) {
	st, err := c.named()
	if err != nil {
		return nil, err
	}
	out, err := change(st.proper())
	if err != nil {
		return nil, err
	}
	return c.s.statusObject(out, c.user, ""), nil
}

func (c *call) favourite() (any, error) {
	return c.onStatus(func(st *status) (*status, error) { c.s.favourite(c.user, st); return st, nil })
}

func (s *Server) favourite(a *account, st *status) {
	if !st.favourites[a] {
		st.favourites[a] = true
		s.notify(st.author, "favourite", a, st)
	}
}

func (c *call) unfavourite() (any, error) {
	return c.onStatus(func(st *status) (*status, error) { delete(st.favourites, c.user); return st, nil })
}

func (c *call) reblog() (any, error) {
	return c.onStatus(func(st *status) (*status, error) { return c.s.boost(c.user, st) })
}

// boost shares a post; doing it twice returns the first boost.
func (s *Server) boost(a *account, st *status) (*status, error) {
	own := st.author == a && st.visibility == "private"
	if st.visibility == "direct" || (st.visibility == "private" && !own) {
		if s.gts() {
			return nil, fail(http.StatusForbidden, "Forbidden: status cannot be boosted")
		}
		return nil, s.notFound()
	}
	if b := st.boosts[a]; b != nil {
		return b, nil
	}
	b := s.add(&status{author: a, boostOf: st, visibility: st.visibility, language: st.language})
	st.boosts[a] = b
	s.notify(st.author, "reblog", a, st)
	s.streamUpdate(b)
	return b, nil
}

func (c *call) unreblog() (any, error) {
	return c.onStatus(func(st *status) (*status, error) {
		if b := st.boosts[c.user]; b != nil {
			c.s.remove(b)
		}
		return st, nil
	})
}

// root is the id at the top of a post's thread.
func (s *Server) root(st *status) string {
	for st.parent != "" && s.statusByID[st.parent] != nil {
		st = s.statusByID[st.parent]
	}
	return st.id
}

func (c *call) muteThread() (any, error) {
	return c.onStatus(func(st *status) (*status, error) { c.user.silenced[c.s.root(st)] = true; return st, nil })
}

func (c *call) unmuteThread() (any, error) {
	return c.onStatus(func(st *status) (*status, error) { delete(c.user.silenced, c.s.root(st)); return st, nil })
}
