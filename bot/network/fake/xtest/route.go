package xtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slugpuppy/bot/network/fake/host"
	"strings"
)

// object is a JSON object on its way out.
type object = map[string]any

// route is one endpoint. All but the pages of the sign-in flow want a signature of a user.
type route struct {
	pattern string
	handle  func(*call) (any, error)
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, table := range [][]route{userRoutes(), postRoutes(), mediaRoutes(), v1Routes()} {
		for _, rt := range table {
			mux.HandleFunc(rt.pattern, s.endpoint(rt))
		}
	}
	s.signinRoutes(mux)
	mux.HandleFunc("GET /media/{file}", s.serveMedia)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, &problem{code: http.StatusNotFound, v1: 34, legacy: legacy(r), detail: "Not Found"})
	})
	return mux
}

func legacy(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/1.1/") }

// call is one request being answered.
type call struct {
	s     *Server
	w     http.ResponseWriter
	r     *http.Request
	route string
	user  *account
	query url.Values
	form  url.Values // of a form or multipart body
	file  []byte     // the part called media
	body  []byte     // any other body
	code  int        // of a successful answer
	asked *asked     // which fields the answer has
}

// endpoint wraps a route with parsing, the signature, limits and encoding.
func (s *Server) endpoint(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, w: w, r: r, route: rt.pattern, query: r.URL.Query(), code: http.StatusOK}
		body, err := c.answer(rt)
		if err != nil {
			var p *problem
			if !errors.As(err, &p) {
				p = &problem{code: http.StatusInternalServerError, detail: err.Error()}
			}
			p.legacy = legacy(r)
			writeProblem(w, p)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(c.code)
		_, _ = w.Write(body)
	}
}

// answer runs one call to its end under the server's lock, so that an answer is one consistent view.
func (c *call) answer(rt route) ([]byte, error) {
	raw, err := c.read()
	if err != nil {
		return nil, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	list, err := c.s.verify(c.r, raw, func(t string) (string, bool) {
		known, ok := c.s.tokens[t]
		return known.secret, ok
	})
	if err != nil {
		return nil, &problem{code: http.StatusUnauthorized, v1: 32, detail: "Could not authenticate you: " + err.Error()}
	}
	c.user = c.s.tokens[valueOf(list, "oauth_token")].user
	host.Owner(c.r, c.user.name)
	if c.user.suspended {
		return nil, &problem{code: http.StatusForbidden, v1: 64, detail: "Your account is suspended and is not permitted to access this feature."}
	}
	if legacy(c.r) && !c.s.opt.V1 {
		return nil, &problem{code: http.StatusForbidden, v1: 453, detail: "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints only. If you need access to this endpoint, you may need a different access level."}
	}
	if err := c.throttle(); err != nil {
		return nil, err
	}
	if id := c.r.PathValue("id"); strings.HasPrefix(c.r.URL.Path, "/2/users/") && c.r.PathValue("id") != "" && private(rt.pattern) && id != c.user.id {
		return nil, fail(http.StatusForbidden, "The `id` path parameter must be the authenticating user's")
	}
	body, err := rt.handle(c)
	if err != nil || body == nil {
		return nil, err
	}
	return json.Marshal(body)
}

// private says whether an endpoint is only for the account it is about.
func private(pattern string) bool {
	return strings.Contains(pattern, "/muting") || strings.Contains(pattern, "/timelines/")
}

const bodyBytes = 20 << 20

// read reads the body; raw is what counts for the signature.
func (c *call) read() (raw []byte, err error) {
	raw, err = io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, bodyBytes))
	if err != nil {
		return nil, fail(http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	}
	kind, attrs, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	switch kind {
	case "application/x-www-form-urlencoded":
		c.form, err = url.ParseQuery(string(raw))
	case "multipart/form-data":
		c.form = url.Values{}
		err = c.parts(multipart.NewReader(strings.NewReader(string(raw)), attrs["boundary"]))
	default:
		c.body = raw
	}
	if err != nil {
		return nil, fail(http.StatusBadRequest, "The body cannot be read: "+err.Error())
	}
	return raw, nil
}

func (c *call) parts(reader *multipart.Reader) error {
	for {
		part, err := reader.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if part.FormName() == "media" {
			c.file = data
		} else {
			c.form.Add(part.FormName(), string(data))
		}
	}
}

// into decodes a JSON body; what is not known is refused.
func (c *call) into(v any) error {
	if !strings.HasPrefix(c.r.Header.Get("Content-Type"), "application/json") {
		return fail(http.StatusBadRequest, "The Content-Type must be application/json")
	}
	dec := json.NewDecoder(strings.NewReader(string(c.body)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return invalid("body", "", err.Error())
	}
	return nil
}

// problem is an answer that is an error.
type problem struct {
	code      int
	v1        int    // code in v1.1
	detail    string // message in v1.1
	kind      string // last part of the type in v2; about:blank when empty
	parameter string // what was invalid
	value     string
	legacy    bool
	silent    bool // without a body
}

func (p *problem) Error() string { return p.detail }

func fail(code int, detail string) *problem { return &problem{code: code, detail: detail} }

func invalid(parameter, value, why string) *problem {
	return &problem{code: http.StatusBadRequest, v1: 25, kind: "invalid-request", parameter: parameter, value: value, detail: why}
}

// titles of v2's problems.
func (p *problem) title() string {
	if p.kind == "invalid-request" {
		return "Invalid Request"
	}
	return http.StatusText(p.code)
}

func writeProblem(w http.ResponseWriter, p *problem) {
	if p.silent {
		w.WriteHeader(p.code)
		return
	}
	kind := "about:blank"
	if p.kind != "" {
		kind = "https://api.twitter.com/2/problems/" + p.kind
	}
	body := object{"title": p.title(), "detail": p.detail, "type": kind, "status": p.code}
	switch {
	case p.legacy:
		body = object{"errors": []object{{"code": p.v1, "message": p.detail}}}
	case p.kind == "invalid-request":
		body["detail"] = "One or more parameters to your request was invalid."
		body["errors"] = []object{{"parameters": object{p.parameter: []string{p.value}}, "message": p.detail}}
		delete(body, "status")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.code)
	_ = json.NewEncoder(w).Encode(body)
}

// writeHTML is the page of the proxy in front.
func writeHTML(w http.ResponseWriter, code int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(code)
	fmt.Fprintf(w, "<!DOCTYPE html>\n<html><head><title>X / ?</title></head><body><h1>%s</h1></body></html>\n", http.StatusText(code))
}
