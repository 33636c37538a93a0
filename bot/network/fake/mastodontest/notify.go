package mastodontest

import (
	"slices"
	"strconv"
	"time"
)

// notification tells an account that something happened.
type notification struct {
	id, kind string
	at       time.Time
	from     *account
	status   *status // nil for follows
}

func notificationRoutes() []route {
	return []route{
		{"GET /api/v1/notifications", member, "read:notifications", (*call).notifications, nil},
		{"GET /api/v1/notifications/{id}", member, "read:notifications", (*call).notification, nil},
		{"POST /api/v1/notifications/clear", member, "write:notifications", (*call).clearNotifications, nil},
		{"POST /api/v1/notifications/{id}/dismiss", member, "write:notifications", (*call).dismissNotification, nil},
	}
}

// noteID numbers notifications: small numbers on Mastodon, ULIDs on GoToSocial.
func (s *Server) noteID() string {
	if s.gts() {
		return s.nextID()
	}
	s.lastNote++
	return strconv.Itoa(s.lastNote)
}

// notify files a notification and streams it, unless the receiver wants none of this sender,
// conversation or (GoToSocial) filtered post.
func (s *Server) notify(to *account, kind string, from *account, st *status) {
	if to == from || to.blocks[from] || from.blocks[to] || to.domain != "" {
		return
	}
	if _, quiet := to.mutesNow(from, s.now()); quiet {
		return
	}
	if st != nil && (!s.visible(st, to) || to.silenced[s.root(st)]) {
		return
	}
	n := &notification{id: s.noteID(), kind: kind, at: s.now(), from: from, status: st}
	to.notifications = append(to.notifications, n)
	if st == nil || !s.hidden(st, to, "notifications") {
		s.emit(to, "notification", func() any { return s.notificationObject(n, to) })
	}
}

func (s *Server) notificationObject(n *notification, viewer *account) object {
	out := object{
		"id": n.id, "type": n.kind, "created_at": stamp(n.at), "account": s.accountObject(n.from),
		"group_key": "ungrouped-" + n.id,
	}
	if n.status != nil {
		out["status"] = s.statusObject(n.status, viewer, "notifications")
	}
	if s.gts() {
		delete(out, "group_key")
	}
	return out
}

func (c *call) notifications() (any, error) {
	types, without := c.form.list("types"), c.form.list("exclude_types")
	only := c.form.get("account_id")
	var list []*notification
	for _, n := range c.user.notifications {
		switch {
		case len(types) > 0 && !slices.Contains(types, n.kind):
		case slices.Contains(without, n.kind):
		case only != "" && n.from.id != only:
		case n.status != nil && (!c.s.visible(n.status, c.user) || c.s.hidden(n.status, c.user, "notifications")):
		default:
			list = append(list, n)
		}
	}
	page := paginate(list, func(n *notification) string { return n.id }, c.bounds(40, 80))
	out := []object{}
	for _, n := range page {
		out = append(out, c.s.notificationObject(n, c.user))
	}
	if len(page) > 0 {
		c.link(page[0].id, page[len(page)-1].id, "limit", "types", "exclude_types", "account_id")
	}
	return out, nil
}

func (c *call) notification() (any, error) {
	for _, n := range c.user.notifications {
		if n.id == c.r.PathValue("id") {
			return c.s.notificationObject(n, c.user), nil
		}
	}
	return nil, c.s.notFound()
}

func (c *call) clearNotifications() (any, error) {
	c.user.notifications = nil
	return object{}, nil
}

// dismissNotification removes one; GoToSocial does not know it.
func (c *call) dismissNotification() (any, error) {
	id := c.r.PathValue("id")
	i := slices.IndexFunc(c.user.notifications, func(n *notification) bool { return n.id == id })
	if c.s.gts() || i < 0 {
		return nil, c.s.notFound()
	}
	c.user.notifications = slices.Delete(c.user.notifications, i, i+1)
	return object{}, nil
}
