package mastodontest

import (
	"encoding/json"
	"errors"
	"net/http"
	"slugpuppy/bot/network/fake/host"
	"strings"
)

// object is a JSON object on its way out.
type object = map[string]any

// access says who may call a route.
type access int

const (
	anyone  access = iota // no token looked at
	visitor               // a token is optional on Mastodon, required on GoToSocial
	client                // any token, also an app's own
	member                // a token of a user
)

// route is one endpoint. prepare runs without the server's lock, for slow work on the request.
type route struct {
	pattern string
	access  access
	scopes  string // space separated; one of them is needed
	handle  func(*call) (any, error)
	prepare func(*call) error
}

// routes builds the mux of everything that speaks JSON, and the pages and streams beside it.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	s.entries = http.NewServeMux()
	for _, rt := range filterEntryRoutes() {
		s.entries.HandleFunc(rt.pattern, s.endpoint(rt))
	}
	for _, table := range [][]route{
		oauthRoutes(), instanceRoutes(), accountRoutes(), statusRoutes(),
		mediaRoutes(), notificationRoutes(), timelineRoutes(), filterRoutes(),
	} {
		for _, rt := range table {
			mux.HandleFunc(rt.pattern, s.endpoint(rt))
		}
	}
	s.pageRoutes(mux)
	s.streamRoutes(mux)
	mux.HandleFunc("GET /media/{file}", s.serveMedia)
	mux.HandleFunc("GET /.well-known/webfinger", s.webfinger)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, s.notFound())
	})
	return mux
}

// route finds the mux and pattern of a request. Paths such as /filters/statuses/{id} overlap with
// /filters/{id}/statuses, which one mux does not allow, so they have a mux of their own.
func (s *Server) route(r *http.Request) (*http.ServeMux, string) {
	if _, pattern := s.entries.Handler(r); pattern != "" {
		return s.entries, pattern
	}
	_, pattern := s.mux.Handler(r)
	return s.mux, pattern
}

// endpoint wraps a route with parsing, authentication, limits and encoding.
func (s *Server) endpoint(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, w: w, r: r, code: http.StatusOK}
		body, err := c.answer(rt)
		if err != nil {
			var p *problem
			if !errors.As(err, &p) {
				p = &problem{code: http.StatusInternalServerError, message: err.Error()}
			}
			writeProblem(w, p)
			return
		}
		writeJSON(w, c.code, body)
	}
}

// answer runs one call to its end; the lock is held from authentication on, so that an answer
// is one consistent view.
func (c *call) answer(rt route) (any, error) {
	if err := c.parse(); err != nil {
		return nil, err
	}
	if err := c.enter(rt); err != nil {
		return nil, err
	}
	if rt.prepare != nil {
		if err := rt.prepare(c); err != nil {
			return nil, err
		}
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	body, err := rt.handle(c)
	if err != nil {
		return nil, err
	}
	// Encoded under the lock: an entity may share memory with the server's state.
	raw, err := json.Marshal(body)
	return json.RawMessage(raw), err
}

// enter counts the call against the limits and checks its token.
func (c *call) enter(rt route) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.token = c.s.tokens[c.bearer()]
	if c.token != nil {
		c.user = c.token.user
		host.Owner(c.r, c.userName())
	}
	if err := c.s.throttle(c); err != nil {
		return err
	}
	return c.authorise(rt)
}

func (c *call) authorise(rt route) error {
	if rt.access == anyone {
		return nil
	}
	required := rt.access != visitor || c.s.gts()
	if c.token == nil {
		if !required && c.bearer() == "" {
			return nil
		}
		return c.s.unauthorised()
	}
	if rt.access == member && c.user == nil {
		if c.s.gts() {
			return c.s.unauthorised()
		}
		return fail(http.StatusUnprocessableEntity, "This method requires an authenticated user")
	}
	if rt.scopes != "" && !c.token.allows(strings.Fields(rt.scopes)...) {
		return c.s.outsideScopes()
	}
	return nil
}

// problem is an answer that is not a success.
type problem struct {
	code    int
	message string
	detail  string // OAuth's error_description
	html    string // replaces the JSON body
}

// Error makes a problem an error.
func (p *problem) Error() string { return p.message }

func fail(code int, message string) *problem { return &problem{code: code, message: message} }

// invalid is a request that makes no sense: Mastodon answers 422, GoToSocial 400.
func (s *Server) invalid(message string) *problem {
	if s.gts() {
		return fail(http.StatusBadRequest, "Bad Request: "+message)
	}
	return fail(http.StatusUnprocessableEntity, "Validation failed: "+message)
}

func (s *Server) notFound() *problem {
	if s.gts() {
		return fail(http.StatusNotFound, "Not Found")
	}
	return fail(http.StatusNotFound, "Record not found")
}

func (s *Server) unauthorised() *problem {
	if s.gts() {
		return fail(http.StatusUnauthorized, "Unauthorized: token not supplied or invalid")
	}
	return fail(http.StatusUnauthorized, "The access token is invalid")
}

func (s *Server) outsideScopes() *problem {
	if s.gts() {
		return fail(http.StatusForbidden, "Forbidden: token has insufficient scope permission")
	}
	return fail(http.StatusForbidden, "This action is outside the authorized scopes")
}

func writeProblem(w http.ResponseWriter, p *problem) {
	if p.html != "" {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(p.code)
		_, _ = w.Write([]byte(p.html))
		return
	}
	body := object{"error": p.message}
	if p.detail != "" {
		body["error_description"] = p.detail
	}
	writeJSON(w, p.code, body)
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "private, no-store")
	w.WriteHeader(code)
	_, _ = w.Write(raw)
}
