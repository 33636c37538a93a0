package mastodontest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// status is a post or a boost.
type status struct {
	server               *Server
	id                   string
	author               *account
	text, warning        string
	visibility, language string
	sensitive            bool
	created              time.Time
	edited               time.Time // zero for never
	parent               string    // id as posted; stays when the parent is deleted
	quote, boostOf       *status
	media                []*media
	parsed               parsed
	mentions             []*account
	favourites           map[*account]bool
	boosts               map[*account]*status
	app                  string
	deleted              bool
	missedBy             map[*account]bool // GoToSocial: muted the author when this was posted
}

// draft is a post before it is checked.
type draft struct {
	text, warning, visibility, language string
	sensitive                           bool
	parent, quote                       string
	media                               []*media
	app                                 string
}

// replay is the outcome of an Idempotency-Key.
type replay struct {
	id string
	at time.Time
}

// replayLife is how long Mastodon remembers a key (PostStatusService: 3,600 s).
const replayLife = time.Hour

func statusRoutes() []route {
	return []route{
		{"POST /api/v1/statuses", member, "write:statuses", (*call).createStatus, nil},
		{"GET /api/v1/statuses/{id}", visitor, "read:statuses", (*call).getStatus, nil},
		{"DELETE /api/v1/statuses/{id}", member, "write:statuses", (*call).deleteStatus, nil},
		{"GET /api/v1/statuses/{id}/context", visitor, "read:statuses", (*call).context, nil},
		{"POST /api/v1/statuses/{id}/favourite", member, "write:favourites", (*call).favourite, nil},
		{"POST /api/v1/statuses/{id}/unfavourite", member, "write:favourites", (*call).unfavourite, nil},
		{"POST /api/v1/statuses/{id}/reblog", member, "write:statuses", (*call).reblog, nil},
		{"POST /api/v1/statuses/{id}/unreblog", member, "write:statuses", (*call).unreblog, nil},
		{"POST /api/v1/statuses/{id}/mute", member, "write:mutes", (*call).muteThread, nil},
		{"POST /api/v1/statuses/{id}/unmute", member, "write:mutes", (*call).unmuteThread, nil},
	}
}

func (st *status) url(s *Server) string { return st.author.url(s) + "/" + st.id }

func (st *status) uri(s *Server) string {
	return s.URL + "/users/" + st.author.name + "/statuses/" + st.id
}

// visible says whether a viewer (nil for the public) may see a post.
func (s *Server) visible(st *status, viewer *account) bool {
	if st.deleted || (st.boostOf != nil && !s.visible(st.boostOf, viewer)) {
		return false
	}
	if viewer == st.author {
		return true
	}
	if viewer != nil && (st.author.blocks[viewer] || viewer.blocks[st.author]) {
		return false
	}
	switch st.visibility {
	case "public", "unlisted":
		return true
	case "private":
		if viewer == nil {
			return false
		}
		_, follows := viewer.follows[st.author]
		return follows || slices.Contains(st.mentions, viewer)
	}
	return viewer != nil && slices.Contains(st.mentions, viewer)
}

// createStatus posts. In the Mastodon dialect the same key within the hour returns the same post.
func (c *call) createStatus() (any, error) {
	key := c.r.Header.Get("Idempotency-Key")
	if key != "" {
		key = c.user.id + "\x00" + key
	}
	if prior, ok := c.s.replays[key]; ok && key != "" && c.s.now().Sub(prior.at) < replayLife {
		if st := c.s.statusByID[prior.id]; !st.deleted {
			return c.s.statusObject(st, c.user, ""), nil
		}
	}
	d, err := c.readDraft()
	if err != nil {
		return nil, err
	}
	st, err := c.s.publish(c.user, d)
	if err != nil {
		return nil, err
	}
	if key != "" && !c.s.gts() {
		c.s.replays[key] = replay{st.id, c.s.now()}
	}
	return c.s.statusObject(st, c.user, ""), nil
}

func (c *call) readDraft() (draft, error) {
	f := c.form
	d := draft{
		text: f.get("status"), warning: f.get("spoiler_text"), visibility: f.get("visibility"),
		language: f.get("language"), sensitive: f.flag("sensitive", false),
		parent: f.get("in_reply_to_id"), quote: f.get("quoted_status_id"), app: c.token.app.name,
	}
	for _, unsupported := range []string{"scheduled_at", "poll[expires_in]"} {
		if f.get(unsupported) != "" {
			return d, fail(http.StatusNotImplemented, "this fake server does not do "+unsupported)
		}
	}
	for _, id := range f.list("media_ids") {
		m := c.s.media[id]
		if m == nil || m.owner != c.user || m.attached != nil {
			return d, c.s.invalid("Media " + id + " not found or already attached to another post")
		}
		if slices.Contains(d.media, m) {
			return d, c.s.invalid("Media " + id + " is named twice")
		}
		if !m.ready(c.s.now()) {
			return d, fail(http.StatusUnprocessableEntity, "Cannot attach files that have not finished processing. Try again in a moment!")
		}
		d.media = append(d.media, m)
	}
	return d, nil
}

var (
	visibilities = []string{"public", "unlisted", "private", "direct"}
	languageTag  = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
)

// check applies the rules every post must keep.
func (s *Server) check(author *account, d *draft) error {
	if d.visibility == "" {
		d.visibility = "public"
	}
	length := s.understand(d.text).length + len([]rune(d.warning))
	clips := slices.ContainsFunc(d.media, func(m *media) bool { return m.kind != "image" })
	switch {
	case strings.TrimSpace(d.text) == "" && len(d.media) == 0 && d.warning == "":
		return s.invalid("Text can't be blank")
	case length > s.limits.TextRunes:
		return s.invalid(fmt.Sprintf("Text character limit of %d exceeded", s.limits.TextRunes))
	case len(d.media) > s.limits.Attachments:
		return s.invalid(fmt.Sprintf("Cannot attach more than %d files", s.limits.Attachments))
	case !s.gts() && clips && len(d.media) > 1:
		return s.invalid("Cannot attach a video to a post that already contains images")
	case !slices.Contains(visibilities, d.visibility):
		return s.invalid("'" + d.visibility + "' is not a valid visibility")
	case d.language != "" && !languageTag.MatchString(d.language):
		return s.invalid("Language is invalid")
	}
	if d.parent != "" && !s.reaches(d.parent, author) {
		return fail(http.StatusNotFound, "The status you are trying to reply to does not appear to exist.")
	}
	if d.quote != "" && !s.reaches(d.quote, author) {
		return s.notFound()
	}
	return nil
}

func (s *Server) reaches(id string, viewer *account) bool {
	st := s.statusByID[id]
	return st != nil && s.visible(st, viewer)
}

// publish checks a draft and makes it a post, with its notifications and stream events.
func (s *Server) publish(author *account, d draft) (*status, error) {
	if err := s.check(author, &d); err != nil {
		return nil, err
	}
	p := s.understand(d.text)
	st := s.add(&status{
		author: author, text: d.text, warning: d.warning, visibility: d.visibility,
		language: d.language, sensitive: d.sensitive || (d.warning != "" && !s.gts()), parent: d.parent,
		quote: s.statusByID[d.quote], media: d.media, parsed: p, mentions: p.mentions, app: d.app,
	})
	for _, m := range d.media {
		m.attached = st
	}
	if d.parent != "" {
		s.children[d.parent] = append(s.children[d.parent], st)
	}
	for _, a := range st.mentions {
		s.notify(a, "mention", author, st)
	}
	s.streamUpdate(st)
	return st, nil
}

// add files a new status under a new id.
func (s *Server) add(st *status) *status {
	st.server, st.id, st.created = s, s.nextID(), s.now()
	st.favourites, st.boosts, st.missedBy = map[*account]bool{}, map[*account]*status{}, map[*account]bool{}
	for _, a := range s.accounts {
		if muted, _ := a.mutesNow(st.author, st.created); muted {
			st.missedBy[a] = true
		}
	}
	st.author.posts++
	st.author.lastPost = st.created
	s.statuses = append(s.statuses, st)
	s.statusByID[st.id] = st
	return st
}

// remove deletes a post and its boosts; its media may be attached again, as for "delete and redraft".
func (s *Server) remove(st *status) {
	if st.deleted {
		return
	}
	st.deleted = true
	st.author.posts--
	for _, m := range st.media {
		m.attached = nil
	}
	for _, b := range st.boosts {
		s.remove(b)
	}
	if st.boostOf != nil {
		delete(st.boostOf.boosts, st.author)
	}
	for _, a := range s.accounts {
		a.notifications = slices.DeleteFunc(a.notifications, func(n *notification) bool { return n.status == st })
	}
	s.streamDelete(st)
}

// named is the post in the path, if the caller may see it.
func (c *call) named() (*status, error) {
	id := c.r.PathValue("id")
	if !c.s.reaches(id, c.user) {
		return nil, c.s.notFound()
	}
	return c.s.statusByID[id], nil
}

func (c *call) getStatus() (any, error) {
	st, err := c.named()
	if err != nil {
		return nil, err
	}
	return c.s.statusObject(st, c.user, ""), nil
}

func (c *call) deleteStatus() (any, error) {
	st, err := c.named()
	if err != nil {
		return nil, err
	}
	if st.author != c.user {
		return nil, c.s.notFound()
	}
	out := c.s.statusObject(st, c.user, "")
	out["text"] = st.text
	c.s.remove(st)
	return out, nil
}

// context answers with the posts above, root first, and below, leaving out what may not be seen.
func (c *call) context() (any, error) {
	st, err := c.named()
	if err != nil {
		return nil, err
	}
	up, down := []object{}, []object{}
	for at := c.s.statusByID[st.parent]; at != nil; at = c.s.statusByID[at.parent] {
		if at.deleted {
			break // Mastodon forgets the link, GoToSocial cannot follow it
		}
		if c.s.visible(at, c.user) {
			up = append(up, c.s.statusObject(at, c.user, "thread"))
		}
	}
	slices.Reverse(up)
	var below func(id string)
	below = func(id string) {
		for _, child := range c.s.children[id] {
			if c.s.visible(child, c.user) {
				down = append(down, c.s.statusObject(child, c.user, "thread"))
			}
			if !child.deleted {
				below(child.id)
			}
		}
	}
	below(st.id)
	return object{"ancestors": up, "descendants": down}, nil
}
