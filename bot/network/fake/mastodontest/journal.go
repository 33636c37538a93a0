package mastodontest

import (
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// userHeader carries the name of the token's owner from the endpoint to the journal; a client's
// own header of that name is removed.
const userHeader = "X-Mastodontest-User"

// Request is one line of the journal.
type Request struct {
	At        time.Time
	Method    string
	Path      string
	Query     url.Values
	Route     string // such as "POST /api/v1/statuses/{id}/favourite"
	User      string // local name of the token's owner, "app:NAME" for an app's token, "" for none
	Code      int    // what was answered, or would have been without the fault; 0 when not even that
	Fault     string // the injected fault, "" when none
	Key       string // Idempotency-Key
	UserAgent string
}

type journal struct {
	mu   sync.Mutex
	list []Request
}

func (j *journal) begin(at time.Time, r *http.Request, pattern string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list = append(j.list, Request{
		At: at, Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Route: pattern,
		Key: r.Header.Get("Idempotency-Key"), UserAgent: r.Header.Get("User-Agent"),
	})
	return len(j.list) - 1
}

func (j *journal) finish(i, code int, user, fault string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if i < len(j.list) {
		j.list[i].Code, j.list[i].User, j.list[i].Fault = code, user, fault
	}
}

// Requests returns all requests so far, oldest first.
func (s *Server) Requests() []Request {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return slices.Clone(s.journal.list)
}

// Count returns how many requests came for a route, such as "POST /api/v1/statuses" or
// "POST /api/v1/accounts/{id}/mute", whatever was answered.
func (s *Server) Count(route string) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Route == route {
			n++
		}
	}
	return n
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
	var out []Duplicate
	for _, parent := range s.statuses {
		by := map[string][]string{}
		for _, reply := range s.children[parent.id] {
			by[reply.author.name] = append(by[reply.author.name], reply.id)
		}
		for author, ids := range by {
			if len(ids) > 1 && (len(authors) == 0 || slices.Contains(authors, author)) {
				out = append(out, Duplicate{Parent: parent.id, Author: author, Replies: ids})
			}
		}
	}
	return out
}

// Unanswered returns the posts that mention a user, are not his own and were never answered by
// him, oldest first; deleted posts are left out.
func (s *Server) Unanswered(u *User) []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Status
	for _, st := range s.statuses {
		if st.deleted || st.author == u.a || !slices.Contains(st.mentions, u.a) {
			continue
		}
		answered := slices.ContainsFunc(s.children[st.id], func(r *status) bool { return r.author == u.a })
		if !answered {
			out = append(out, st.snapshot())
		}
	}
	return out
}
