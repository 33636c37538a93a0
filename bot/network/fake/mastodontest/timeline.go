package mastodontest

func timelineRoutes() []route {
	return []route{
		{"GET /api/v1/timelines/home", member, "read:statuses", (*call).home, nil},
	}
}

func statusID(st *status) string { return st.id }

// answerPage renders a page of posts with its Link header.
func (c *call) answerPage(page []*status, context string, keep ...string) any {
	out := []object{}
	for _, st := range page {
		out = append(out, c.s.statusObject(st, c.user, context))
	}
	if n := len(page); n > 0 {
		c.link(page[0].id, page[n-1].id, keep...)
	}
	return out
}

func (c *call) home() (any, error) {
	var feed []*status
	for _, st := range c.s.statuses {
		if c.s.inHome(st, c.user) && !c.s.hidden(st, c.user, "home") {
			feed = append(feed, st)
		}
	}
	page := paginate(feed, statusID, c.bounds(20, 40))
	return c.answerPage(page, "home", "limit"), nil
}

// inHome says whether a post belongs into somebody's home timeline, filters apart.
func (s *Server) inHome(st *status, a *account) bool {
	if !s.visible(st, a) {
		return false
	}
	if st.author == a {
		return true
	}
	f, follows := a.follows[st.author]
	if !follows || (st.boostOf != nil && !f.reblogs) || s.mutedFromHome(st, a) {
		return false
	}
	parent := s.statusByID[st.parent]
	if parent == nil || parent.author == st.author || parent.author == a {
		return true
	}
	_, known := a.follows[parent.author] // a reply to a stranger stays out
	return known
}

// mutedFromHome applies account mutes. Mastodon takes a muted account out and brings it back;
// GoToSocial keeps what was in the timeline already, and never adds what was posted meanwhile.
func (s *Server) mutedFromHome(st *status, a *account) bool {
	if s.gts() {
		return st.missedBy[a]
	}
	muted, _ := a.mutesNow(st.author, s.now())
	if !muted && st.boostOf != nil {
		muted, _ = a.mutesNow(st.boostOf.author, s.now())
	}
	return muted
}

func (c *call) accountStatuses() (any, error) {
	a, err := c.target()
	if err != nil {
		return nil, err
	}
	var list []*status
	for _, st := range c.s.statuses {
		if st.author == a && c.s.visible(st, c.user) && c.wanted(st) && !c.s.hidden(st, c.user, "account") {
			list = append(list, st)
		}
	}
	page := paginate(list, statusID, c.bounds(20, 40))
	return c.answerPage(page, "account", "limit", "only_media", "exclude_replies", "exclude_reblogs"), nil
}

// wanted applies the list's own switches.
func (c *call) wanted(st *status) bool {
	f := c.form
	replyToOther := false
	if parent := c.s.statusByID[st.parent]; parent != nil {
		replyToOther = parent.author != st.author
	}
	return !(f.flag("only_media", false) && len(st.media) == 0) &&
		!(f.flag("exclude_reblogs", false) && st.boostOf != nil) &&
		!(f.flag("exclude_replies", false) && replyToOther) &&
		!f.flag("pinned", false)
}
