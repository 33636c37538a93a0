package mastodontest

import (
	"slices"

	"slugpuppy/bot/network/fake/host"
)

// DuplicateReplies returns the posts that one of these authors (everybody when none is named)
// answered more than once, deleted answers included. A bot that answers once leaves none.
func (s *Server) DuplicateReplies(authors ...string) []host.Duplicate {
	s.mu.Lock()
	defer s.mu.Unlock()
	var answers host.Answers
	for _, st := range s.statuses {
		answers.Add(st.parent, st.author.name, st.id)
	}
	return answers.Duplicates(authors...)
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
