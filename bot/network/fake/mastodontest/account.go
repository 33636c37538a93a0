package mastodontest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// account is a person or bot; domain is "" for local ones.
type account struct {
	id, name, domain string
	display, bio     string
	email, password  string
	fields           []Field
	bot, locked      bool
	created          time.Time
	posts            int // not deleted
	lastPost         time.Time

	follows  map[*account]follow
	requests map[*account]bool // whom we asked to follow, unanswered
	mutes    map[*account]mute
	blocks   map[*account]bool

	notifications []*notification // oldest first
	filters       []*filter
	silenced      map[string]bool // muted conversations by root id
}

// follow is how one account follows another.
type follow struct{ reblogs, notify bool }

// mute of an account; until is zero for ever.
type mute struct {
	until         time.Time
	notifications bool
}

// Field is a row of the profile's table.
type Field struct{ Name, Value string }

func (a *account) acct() string {
	if a.domain != "" {
		return a.name + "@" + a.domain
	}
	return a.name
}

func (a *account) url(s *Server) string {
	if a.domain != "" {
		return "https://" + a.domain + "/@" + a.name
	}
	return s.URL + "/@" + a.name
}

// mutesNow says whether a mutes b at this time, and whether notifications are muted too.
func (a *account) mutesNow(b *account, now time.Time) (muted, notifications bool) {
	m, ok := a.mutes[b]
	if !ok || (!m.until.IsZero() && !now.Before(m.until)) {
		return false, false
	}
	return true, m.notifications
}

func (s *Server) accountObject(a *account) object {
	followers := 0
	for _, b := range s.accounts {
		if _, ok := b.follows[a]; ok {
			followers++
		}
	}
	var last any
	if !a.lastPost.IsZero() {
		last = a.lastPost.UTC().Format(time.DateOnly)
	}
	fields := []object{}
	for _, f := range a.fields {
		fields = append(fields, object{"name": f.Name, "value": f.Value, "verified_at": nil})
	}
	out := object{
		"id": a.id, "username": a.name, "acct": a.acct(), "display_name": a.display, "locked": a.locked,
		"bot": a.bot, "discoverable": true, "group": false, "created_at": stamp(a.created),
		"note": s.bioHTML(a.bio), "url": a.url(s), "uri": a.url(s),
		"avatar": s.URL + "/avatar.png", "avatar_static": s.URL + "/avatar.png",
		"header": s.URL + "/header.png", "header_static": s.URL + "/header.png",
		"followers_count": followers, "following_count": len(a.follows), "statuses_count": a.posts,
		"last_status_at": last, "emojis": []object{}, "fields": fields,
	}
	if !s.gts() {
		out["indexable"], out["hide_collections"], out["roles"] = false, nil, []object{}
	}
	return out
}

func (s *Server) bioHTML(bio string) string { return s.understand(bio).html }

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func accountRoutes() []route {
	return []route{
		{"GET /api/v1/accounts/verify_credentials", member, "profile read:accounts", (*call).verifyCredentials, nil},
		{"PATCH /api/v1/accounts/update_credentials", member, "write:accounts", (*call).updateCredentials, nil},
		{"GET /api/v1/accounts/lookup", visitor, "read:accounts", (*call).lookupAccount, nil},
		{"GET /api/v1/accounts/relationships", member, "read:follows", (*call).relationships, nil},
		{"GET /api/v1/accounts/{id}", visitor, "read:accounts", (*call).getAccount, nil},
		{"GET /api/v1/accounts/{id}/statuses", visitor, "read:statuses", (*call).accountStatuses, nil},
		{"POST /api/v1/accounts/{id}/follow", member, "write:follows", (*call).followAccount, nil},
		{"POST /api/v1/accounts/{id}/unfollow", member, "write:follows", (*call).unfollowAccount, nil},
		{"POST /api/v1/accounts/{id}/mute", member, "write:mutes", (*call).muteAccount, nil},
		{"POST /api/v1/accounts/{id}/unmute", member, "write:mutes", (*call).unmuteAccount, nil},
		{"POST /api/v1/accounts/{id}/block", member, "write:blocks", (*call).blockAccount, nil},
		{"POST /api/v1/accounts/{id}/unblock", member, "write:blocks", (*call).unblockAccount, nil},
		{"GET /api/v1/mutes", member, "read:mutes", (*call).listMutes, nil},
		{"GET /api/v2/search", visitor, "read:search", (*call).search, nil},
	}
}

func (c *call) credentialObject() object {
	out := c.s.accountObject(c.user)
	fields := []object{}
	for _, f := range c.user.fields {
		fields = append(fields, object{"name": f.Name, "value": f.Value, "verified_at": nil})
	}
	source := object{
		"privacy": "public", "sensitive": false, "language": "en", "note": c.user.bio,
		"fields": fields, "follow_requests_count": 0,
	}
	if !c.s.gts() {
		source["attribution_domains"], source["hide_collections"] = []string{}, nil
		source["discoverable"], source["indexable"] = true, false
		out["role"] = object{"id": "-99", "name": "", "color": "", "permissions": "0", "highlighted": false} // everybody's
	}
	out["source"] = source
	return out
}

func (c *call) verifyCredentials() (any, error) { return c.credentialObject(), nil }

func (c *call) updateCredentials() (any, error) {
	f, a := c.form, c.user
	if len([]rune(f.get("display_name"))) > 30 && !c.s.gts() {
		return nil, c.s.invalid("Display name is too long (maximum is 30 characters)")
	}
	if len([]rune(f.get("note"))) > 500 && !c.s.gts() {
		return nil, c.s.invalid("Note is too long (maximum is 500 characters)")
	}
	if f.has("display_name") {
		a.display = f.get("display_name")
	}
	if f.has("note") {
		a.bio = f.get("note")
	}
	a.bot, a.locked = f.flag("bot", a.bot), f.flag("locked", a.locked)
	if fields := c.profileFields(); len(fields) > 4 {
		return nil, c.s.invalid("Profile fields is too many (maximum is 4)")
	} else if fields != nil {
		a.fields = fields
	}
	return c.credentialObject(), nil
}

// profileFields reads fields_attributes[0][name] and fields_attributes[][name].
func (c *call) profileFields() []Field {
	var out []Field
	index := map[string]int{}
	for _, kv := range c.form {
		rest, ok := strings.CutPrefix(kv.key, "fields_attributes[")
		i, name, ok2 := strings.Cut(rest, "][")
		if !ok || !ok2 {
			continue
		}
		name = strings.TrimSuffix(name, "]")
		n, seen := index[i]
		if !seen || (i == "" && name == "name") {
			n = len(out)
			index[i] = n
			out = append(out, Field{})
		}
		switch name {
		case "name":
			out[n].Name = kv.value
		case "value":
			out[n].Value = kv.value
		}
	}
	return slices.DeleteFunc(out, func(f Field) bool { return f.Name == "" })
}

// target is the account named in the path.
func (c *call) target() (*account, error) {
	if a := c.s.accountsByID[c.r.PathValue("id")]; a != nil {
		return a, nil
	}
	return nil, c.s.notFound()
}

func (c *call) getAccount() (any, error) {
	a, err := c.target()
	if err != nil {
		return nil, err
	}
	return c.s.accountObject(a), nil
}

func (c *call) lookupAccount() (any, error) {
	if a := c.s.find(strings.TrimPrefix(c.form.get("acct"), "@")); a != nil {
		return c.s.accountObject(a), nil
	}
	return nil, c.s.notFound()
}

func (s *Server) relationship(a, b *account) object {
	f, following := a.follows[b]
	_, followed := b.follows[a]
	muted, quiet := a.mutesNow(b, s.now())
	var expires any
	if m := a.mutes[b]; muted && !m.until.IsZero() {
		expires = stamp(m.until)
	}
	return object{
		"id": b.id, "following": following, "showing_reblogs": following && f.reblogs,
		"notifying": f.notify, "followed_by": followed, "blocking": a.blocks[b], "blocked_by": b.blocks[a],
		"muting": muted, "muting_notifications": quiet, "muting_expires_at": expires,
		"requested": a.requests[b], "requested_by": b.requests[a],
		"domain_blocking": false, "endorsed": false, "note": "", "languages": nil,
	}
}

func (c *call) relationships() (any, error) {
	out := []object{}
	for _, id := range append(c.form.list("id"), c.form.get("id")) {
		if a := c.s.accountsByID[id]; a != nil {
			out = append(out, c.s.relationship(c.user, a))
		}
	}
	return out, nil
}

// withTarget runs a change of the relationship and answers with it.
func (c *call) withTarget(change func(a *account) error) (any, error) {
	a, err := c.target()
	if err != nil {
		return nil, err
	}
	if err := change(a); err != nil {
		return nil, err
	}
	return c.s.relationship(c.user, a), nil
}

func (c *call) followAccount() (any, error) {
	return c.withTarget(func(a *account) error {
		if a == c.user || a.blocks[c.user] {
			return fail(http.StatusForbidden, "This action is not allowed")
		}
		c.s.follow(c.user, a, follow{c.form.flag("reblogs", true), c.form.flag("notify", false)})
		return nil
	})
}

func (c *call) unfollowAccount() (any, error) {
	return c.withTarget(func(a *account) error { c.s.unfollow(c.user, a); return nil })
}

func (c *call) muteAccount() (any, error) {
	return c.withTarget(func(a *account) error {
		if a == c.user {
			return fail(http.StatusForbidden, "This action is not allowed")
		}
		seconds, ok := c.form.number("duration")
		if seconds < 0 || (!ok && c.form.get("duration") != "") {
			return c.s.invalid("Duration is not valid")
		}
		c.s.mute(c.user, a, time.Duration(seconds)*time.Second, c.form.flag("notifications", !c.s.gts()))
		return nil
	})
}

func (c *call) unmuteAccount() (any, error) {
	return c.withTarget(func(a *account) error { delete(c.user.mutes, a); return nil })
}

func (c *call) blockAccount() (any, error) {
	return c.withTarget(func(a *account) error {
		if a == c.user {
			return fail(http.StatusForbidden, "This action is not allowed")
		}
		c.s.block(c.user, a)
		return nil
	})
}

func (c *call) unblockAccount() (any, error) {
	return c.withTarget(func(a *account) error { delete(c.user.blocks, a); return nil })
}

func (c *call) listMutes() (any, error) {
	out := []object{}
	for _, a := range c.s.accounts {
		if muted, _ := c.user.mutesNow(a, c.s.now()); muted {
			o := c.s.accountObject(a)
			o["mute_expires_at"] = nil
			if m := c.user.mutes[a]; !m.until.IsZero() {
				o["mute_expires_at"] = stamp(m.until)
			}
			out = append(out, o)
		}
	}
	return out, nil
}

func (s *Server) follow(a, b *account, f follow) {
	_, already := a.follows[b]
	if b.locked && !already {
		a.requests[b] = true
		s.notify(b, "follow_request", a, nil)
		return
	}
	a.follows[b] = f
	if !already {
		s.notify(b, "follow", a, nil)
	}
}

func (s *Server) unfollow(a, b *account) {
	delete(a.follows, b)
	delete(a.requests, b)
}

func (s *Server) mute(a, b *account, d time.Duration, notifications bool) {
	m := mute{notifications: notifications}
	if d > 0 {
		m.until = s.now().Add(d)
	}
	a.mutes[b] = m
}

func (s *Server) block(a, b *account) {
	s.unfollow(a, b)
	s.unfollow(b, a)
	a.blocks[b] = true
}

func (c *call) search() (any, error) {
	q := strings.TrimSpace(c.form.get("q"))
	if q == "" {
		return nil, c.s.invalid("Query can't be blank")
	}
	if c.form.flag("resolve", false) && c.user == nil {
		return nil, fail(http.StatusUnauthorized, "Search queries that resolve remote resources are not supported without authentication")
	}
	accounts, statuses := []object{}, []object{}
	kind := c.form.get("type")
	for _, a := range c.s.accounts {
		hit := q == a.url(c.s) || strings.EqualFold(strings.TrimPrefix(q, "@"), a.acct()) ||
			c.s.find(strings.TrimPrefix(q, "@")) == a
		if hit && (kind == "" || kind == "accounts") {
			accounts = append(accounts, c.s.accountObject(a))
		}
	}
	for _, st := range c.s.statuses {
		hit := (q == st.url(c.s) || q == st.uri(c.s)) && c.s.visible(st, c.user)
		if hit && (kind == "" || kind == "statuses") {
			statuses = append(statuses, c.s.statusObject(st, c.user, ""))
		}
	}
	return object{"accounts": accounts, "statuses": statuses, "hashtags": []object{}}, nil
}
