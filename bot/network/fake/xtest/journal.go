package xtest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Request is one line of the journal.
type Request struct {
	At     time.Time
	Method string
	Path   string
	Query  url.Values
	Route  string // such as "POST /2/users/{id}/muting"
	User   string // name of the token's owner, "" for none
	Code   int    // what was answered, or would have been without the fault; 0 when not even that
	Fault  string // the injected fault, "" when none
}

type journal struct {
	mu   sync.Mutex
	list []Request
}

func (j *journal) begin(at time.Time, r *http.Request, pattern string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list = append(j.list, Request{At: at, Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Route: pattern})
	return len(j.list) - 1
}

func (j *journal) finish(i, code int, user, fault string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list[i].Code, j.list[i].User, j.list[i].Fault = code, user, fault
}

// Requests returns all requests so far, oldest first.
func (s *Server) Requests() []Request {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return slices.Clone(s.journal.list)
}

// Count returns how many requests came for a route, such as "POST /2/tweets", whatever was answered.
func (s *Server) Count(route string) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Route == route {
			n++
		}
	}
	return n
}

// What Usage counts: resources that were handed out and things that were done, as X bills them.
// What came along with a post by an expansion is counted apart, because nobody has said whether it
// is billed.
const (
	PostRead     = "post read"
	OwnedRead    = "owned read" // of the app owner's own posts, mentions and mutes
	UserRead     = "user read"
	ExtraPost    = "post by expansion"
	ExtraUser    = "user by expansion"
	Posted       = "post"
	PostedURL    = "post with a link"
	Summoned     = "summoned reply"
	MediaUpload  = "upload"
	MediaAltText = "media metadata"
	MuteMade     = "mute"
	MuteEnded    = "unmute"
	MuteRead     = "mute read"
	PostDeleted  = "delete"
)

// Usage returns what was used so far.
func (s *Server) Usage() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.usage)
}

// Duplicate is a post that one author answered more than once.
type Duplicate struct {
	Parent  string
	Author  string
	Replies []string // ids, oldest first
}

// DuplicateReplies returns the posts that one of these authors (everybody when none is named)
// answered more than once, deleted answers included. A bot that answers once leaves none.
func (s *Server) DuplicateReplies(authors ...string) []Duplicate {
	s.mu.Lock()
	defer s.mu.Unlock()
	by := map[[2]string][]string{}
	for _, p := range s.posts {
		if p.parent != "" && (len(authors) == 0 || slices.Contains(authors, p.author.name)) {
			k := [2]string{p.parent, p.author.name}
			by[k] = append(by[k], p.id)
		}
	}
	var out []Duplicate
	for k, ids := range by {
		if len(ids) > 1 {
			out = append(out, Duplicate{Parent: k[0], Author: k[1], Replies: ids})
		}
	}
	return out
}

// Unanswered returns the posts that mention a user, are not his own and were never answered by
// him, oldest first; deleted posts are left out.
func (s *Server) Unanswered(u *User) []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	answered := map[string]bool{}
	for _, p := range s.posts {
		if p.author == u.a {
			answered[p.parent] = true
		}
	}
	var out []Post
	for _, p := range s.posts {
		if !p.deleted && p.author != u.a && p.names(u.a) && !answered[p.id] {
			out = append(out, p.snapshot())
		}
	}
	return out
}
