package xtest

import (
	"maps"
	"slugpuppy/bot/network/fake/host"
)

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

// DuplicateReplies returns the posts that one of these authors (everybody when none is named)
// answered more than once, deleted answers included. A bot that answers once leaves none.
func (s *Server) DuplicateReplies(authors ...string) []host.Duplicate {
	s.mu.Lock()
	defer s.mu.Unlock()
	var answers host.Answers
	for _, p := range s.posts {
		answers.Add(p.parent, p.author.name, p.id)
	}
	return answers.Duplicates(authors...)
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
