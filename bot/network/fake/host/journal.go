package host

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Request is one line of the journal.
type Request struct {
	At        time.Time
	Method    string
	Path      string
	Query     url.Values
	Route     string // such as "POST /api/v1/statuses/{id}/favourite"
	User      string // name of the token's owner, "app:NAME" for an app's token, "" for none
	Code      int    // what was answered, or would have been without the fault; 0 when not even that
	Fault     string // the injected fault, "" when none
	Key       string // Idempotency-Key
	UserAgent string
}

type journal struct {
	mu   sync.Mutex
	list []Request
}

func (j *journal) begin(at time.Time, r *http.Request, route string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list = append(j.list, Request{
		At: at, Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Route: route,
		Key: r.Header.Get("Idempotency-Key"), UserAgent: r.Header.Get("User-Agent"),
	})
	return len(j.list) - 1
}

func (j *journal) finish(i, code int, user, fault string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list[i].Code, j.list[i].User, j.list[i].Fault = code, user, fault
}

// Duplicate is a post that one author answered more than once.
type Duplicate struct {
	Parent  string
	Author  string
	Replies []string // ids, oldest first
}

// Answers counts who answered what, to find those who did so twice. The zero value is ready.
type Answers struct{ by map[[2]string][]string }

// Add notes that a post of an author's answers parent, "" for none. Posts come oldest first.
func (a *Answers) Add(parent, author, id string) {
	if parent == "" {
		return
	}
	if a.by == nil {
		a.by = map[[2]string][]string{}
	}
	k := [2]string{parent, author}
	a.by[k] = append(a.by[k], id)
}

// Duplicates are the posts that one of these authors, everybody when none is named, answered more than
// once, in the order of the first answer.
func (a *Answers) Duplicates(authors ...string) (out []Duplicate) {
	for k, ids := range maps.All(a.by) {
		if len(ids) > 1 && (len(authors) == 0 || slices.Contains(authors, k[1])) {
			out = append(out, Duplicate{Parent: k[0], Author: k[1], Replies: ids})
		}
	}
	slices.SortFunc(out, func(a, b Duplicate) int {
		x, y := a.Replies[0], b.Replies[0]
		return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
	})
	return out
}
