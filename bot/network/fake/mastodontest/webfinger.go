package mastodontest

import (
	"net/http"
	"strings"
)

// home is the address that other servers know the server by.
func (s *Server) home() string {
	if s.opt.Address != "" {
		return s.opt.Address
	}
	return s.URL
}

// webfinger says where a local account lives (RFC 7033). Both dialects know accounts by the domain of
// handles and by the server's own host, want a resource, and know nobody else's.
func (s *Server) webfinger(w http.ResponseWriter, r *http.Request) {
	resource := r.URL.Query().Get("resource")
	name, domain, ok := strings.Cut(strings.TrimPrefix(resource, "acct:"), "@")
	if !strings.HasPrefix(resource, "acct:") || !ok {
		writeProblem(w, s.invalid("resource is missing or no account"))
		return
	}
	_, host, _ := strings.Cut(s.home(), "://")
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.find(name)
	if a == nil || domain != s.domain() && domain != host {
		writeProblem(w, s.notFound())
		return
	}
	actor, profile := s.home()+"/users/"+a.name, s.home()+"/@"+a.name
	w.Header().Set("Content-Type", "application/jrd+json; charset=utf-8")
	writeJSON(w, http.StatusOK, object{
		"subject": "acct:" + a.name + "@" + s.domain(), "aliases": []string{profile, actor},
		"links": []object{
			{"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": profile},
			{"rel": "self", "type": "application/activity+json", "href": actor},
			{"rel": "http://ostatus.org/schema/1.0/subscribe", "template": s.home() + "/authorize_interaction?uri={uri}"},
		},
	})
}
