package mastodontest

import (
	"slices"
	"time"
)

// Status is a post as it stood when asked for.
type Status struct {
	ID          string
	URL         string
	Author      string // name, or name@domain for remote users
	Text        string // as typed
	Visibility  string
	Warning     string
	Sensitive   bool
	Language    string
	InReplyTo   string // kept when the parent is deleted
	Quote       string
	Boosts      string // id of the original when this is a boost
	Media       []Attachment
	Mentions    []string
	Favourited  []string // who marked it
	Application string
	Created     time.Time
	Deleted     bool
}

// Attachment of a post. Data is the stored file.
type Attachment struct {
	ID     string
	Kind   string // image, gifv, video
	MIME   string
	Alt    string
	Width  int
	Height int
	Focus  [2]float64
	Data   []byte
}

func (st *status) snapshot() Status {
	out := Status{
		ID: st.id, URL: st.url(st.server), Author: st.author.acct(), Text: st.text,
		Visibility: st.visibility, Warning: st.warning, Sensitive: st.sensitive, Language: st.language,
		InReplyTo: st.parent, Application: st.app, Created: st.created, Deleted: st.deleted,
	}
	if st.quote != nil {
		out.Quote = st.quote.id
	}
	if st.boostOf != nil {
		out.Boosts = st.boostOf.id
	}
	for _, m := range st.media {
		out.Media = append(out.Media, Attachment{
			ID: m.id, Kind: m.kind, MIME: m.mime, Alt: m.alt, Width: m.w, Height: m.h,
			Focus: [2]float64{m.focusX, m.focusY}, Data: m.data,
		})
	}
	for _, a := range st.mentions {
		out.Mentions = append(out.Mentions, a.acct())
	}
	for a := range st.favourites {
		out.Favourited = append(out.Favourited, a.acct())
	}
	slices.Sort(out.Favourited)
	return out
}

func (s *Server) snapshots(keep func(*status) bool) []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Status
	for _, st := range s.statuses {
		if keep(st) {
			out = append(out, st.snapshot())
		}
	}
	return out
}

// Statuses returns everything ever posted, oldest first, boosts and deleted posts included.
func (s *Server) Statuses() []Status { return s.snapshots(func(*status) bool { return true }) }

// RepliesTo returns the answers to a post, oldest first, deleted ones included.
func (s *Server) RepliesTo(id string) []Status {
	return s.snapshots(func(st *status) bool { return st.parent == id })
}

// Status returns one post.
func (s *Server) Status(id string) (Status, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.statusByID[id]
	if st == nil {
		return Status{}, false
	}
	return st.snapshot(), true
}

// Statuses returns what the user posted, oldest first.
func (u *User) Statuses() []Status {
	return u.s.snapshots(func(st *status) bool { return st.author == u.a })
}
