package mastodontest

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// session is a browser's visit, kept by cookie. GoToSocial's lives 120 s.
type session struct {
	user    *account // nil before signing in
	pending url.Values
	csrf    string // Mastodon's authenticity_token
	expires time.Time
}

const sessionCookie = "_session_id"

// pageRoutes are the pages a person sees while allowing an app in.
func (s *Server) pageRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /oauth/authorize", s.locked(s.authorizePage))
	mux.HandleFunc("POST /oauth/authorize", s.locked(s.authorizeForm))
	mux.HandleFunc("GET /auth/sign_in", s.locked(s.signInPage))
	mux.HandleFunc("POST /auth/sign_in", s.locked(s.signInForm))
	mux.HandleFunc("GET /oauth/authorize/native", showCode)
	mux.HandleFunc("GET /oauth/oob", showCode)
}

func (s *Server) locked(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		h(w, r)
	}
}

// authorization is a checked request for consent.
type authorization struct {
	app       *app
	redirect  string
	scopes    []string
	state     string
	challenge string
}

// errRedirect is a fault of the client that is reported to its redirect URI.
type errRedirect struct{ name, detail string }

func (e errRedirect) Error() string { return e.name + ": " + e.detail }

// checkAuthorization checks the parameters of /oauth/authorize. An unknown client or redirect URI
// must never be redirected to; other faults are errRedirect.
func (s *Server) checkAuthorization(q url.Values) (authorization, error) {
	a := authorization{
		app: s.apps[q.Get("client_id")], redirect: q.Get("redirect_uri"), state: q.Get("state"),
		scopes: strings.Fields(q.Get("scope")), challenge: q.Get("code_challenge"),
	}
	if a.app == nil {
		return a, errors.New("client authentication failed due to unknown client")
	}
	known := false
	for _, u := range a.app.redirects {
		known = known || u == a.redirect
	}
	if !known {
		return a, errors.New("the redirect URI included is not valid")
	}
	if len(a.scopes) == 0 {
		a.scopes = []string{"read"}
	}
	switch {
	case q.Get("response_type") != "code":
		return a, errRedirect{"unsupported_response_type", "The authorization server does not support this response type."}
	case !subset(a.scopes, a.app.scopes):
		return a, errRedirect{"invalid_scope", "The requested scope is invalid, unknown, or malformed."}
	case a.challenge != "" && q.Get("code_challenge_method") != "S256":
		return a, errRedirect{"invalid_code_challenge_method", "The code challenge method must be S256."}
	}
	return a, nil
}

// back is the redirect URI with the outcome added.
func (a authorization) back(s *Server, name, value string) string {
	target := a.redirect
	if target == oob {
		target = s.URL + "/oauth/authorize/native"
		if s.gts() {
			target = s.URL + "/oauth/oob"
		}
	}
	u, err := url.Parse(target)
	if err != nil {
		return target
	}
	q := u.Query()
	q.Set(name, value)
	if a.state != "" {
		q.Set("state", a.state)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// code records the person's consent.
func (a authorization) code(s *Server, user *account) string {
	code := s.secret()
	s.codes[code] = &grant{
		app: a.app, user: user, redirect: a.redirect, scopes: a.scopes, challenge: a.challenge,
		expires: s.now().Add(codeLife),
	}
	return code
}

func (s *Server) session(w http.ResponseWriter, r *http.Request) *session {
	if ck, err := r.Cookie(sessionCookie); err == nil {
		if se := s.sessions[ck.Value]; se != nil && s.now().Before(se.expires) {
			return se
		}
	}
	key := s.secret()
	life := 24 * time.Hour
	if s.gts() {
		life = 120 * time.Second
	}
	se := &session{csrf: s.secret(), expires: s.now().Add(life)}
	s.sessions[key] = se
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: key, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return se
}

func (s *Server) authorizePage(w http.ResponseWriter, r *http.Request) {
	if s.gts() && !strings.Contains(r.Header.Get("Accept"), "text/html") && !strings.Contains(r.Header.Get("Accept"), "*/*") {
		writeProblem(w, fail(http.StatusNotAcceptable, "Not Acceptable: text/html"))
		return
	}
	se := s.session(w, r)
	if len(r.URL.Query()) > 0 {
		se.pending = r.URL.Query()
	}
	a, err := s.checkAuthorization(se.pending)
	if err != nil {
		s.refuse(w, r, a, err)
		return
	}
	if se.user == nil {
		code := http.StatusFound
		if s.gts() {
			code = http.StatusSeeOther
		}
		http.Redirect(w, r, "/auth/sign_in", code)
		return
	}
	page(w, http.StatusOK, "Authorization required", fmt.Sprintf(
		`<p><strong>%s</strong> would like permission to access your account @%s.</p><p>%s</p>
<form method="post" action="/oauth/authorize">%s<button type="submit">Allow</button></form>
<form method="post" action="/oauth/authorize">%s<input type="hidden" name="_method" value="delete"><button type="submit">Deny</button></form>`,
		html.EscapeString(a.app.name), html.EscapeString(se.user.name),
		html.EscapeString(strings.Join(a.scopes, " ")), hidden(se), hidden(se)))
}

// hidden repeats the request in the consent form, with Mastodon's CSRF token.
func hidden(se *session) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<input type="hidden" name="authenticity_token" value="%s">`, se.csrf)
	for _, k := range []string{"client_id", "redirect_uri", "state", "response_type", "scope", "code_challenge", "code_challenge_method"} {
		if v := se.pending.Get(k); v != "" {
			fmt.Fprintf(&b, `<input type="hidden" name="%s" value="%s">`, k, html.EscapeString(v))
		}
	}
	return b.String()
}

func (s *Server) authorizeForm(w http.ResponseWriter, r *http.Request) {
	se := s.session(w, r)
	if se.user == nil {
		http.Redirect(w, r, "/auth/sign_in", http.StatusFound)
		return
	}
	q := se.pending
	if !s.gts() {
		if r.PostForm.Get("authenticity_token") != se.csrf {
			page(w, http.StatusUnprocessableEntity, "Security verification failed", "<p>Are you blocking cookies?</p>")
			return
		}
		q = r.PostForm
	}
	a, err := s.checkAuthorization(q)
	if err != nil {
		s.refuse(w, r, a, err)
		return
	}
	if r.PostForm.Get("_method") == "delete" {
		s.refuse(w, r, a, errRedirect{"access_denied", "The resource owner or authorization server denied the request."})
		return
	}
	http.Redirect(w, r, a.back(s, "code", a.code(s, se.user)), http.StatusFound)
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, a authorization, err error) {
	var e errRedirect
	if errors.As(err, &e) && a.redirect != oob {
		http.Redirect(w, r, a.back(s, "error", e.name), http.StatusFound)
		return
	}
	page(w, http.StatusBadRequest, "An error has occurred", "<p>"+html.EscapeString(err.Error())+"</p>")
}

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request) {
	se := s.session(w, r)
	user, pass := "user[email]", "user[password]"
	if s.gts() {
		user, pass = "username", "password"
	}
	page(w, http.StatusOK, "Sign in", fmt.Sprintf(
		`<form method="post" action="/auth/sign_in"><input type="hidden" name="authenticity_token" value="%s">
<label>E-mail address <input type="email" name="%s" required></label>
<label>Password <input type="password" name="%s" required></label><button type="submit">Sign in</button></form>`,
		se.csrf, user, pass))
}

func (s *Server) signInForm(w http.ResponseWriter, r *http.Request) {
	se := s.session(w, r)
	email, password := r.PostForm.Get("user[email]"), r.PostForm.Get("user[password]")
	if s.gts() {
		email, password = r.PostForm.Get("username"), r.PostForm.Get("password")
	} else if r.PostForm.Get("authenticity_token") != se.csrf {
		page(w, http.StatusUnprocessableEntity, "Security verification failed", "<p>Are you blocking cookies?</p>")
		return
	}
	for _, a := range s.accounts {
		if a.domain == "" && a.email == email && a.password == password {
			se.user = a
			http.Redirect(w, r, "/oauth/authorize?"+se.pending.Encode(), http.StatusFound)
			return
		}
	}
	code := http.StatusUnauthorized
	if !s.gts() {
		code = http.StatusUnprocessableEntity
	}
	page(w, code, "Sign in", "<p>Invalid e-mail address or password.</p>")
}

func showCode(w http.ResponseWriter, r *http.Request) {
	page(w, http.StatusOK, "Authorization code", `<p>Copy this code and paste it to the application.</p>
<input class="oauth-code" readonly value="`+html.EscapeString(r.URL.Query().Get("code"))+`">`)
}

func page(w http.ResponseWriter, code int, title, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s</title></head>\n<body><h1>%s</h1>\n%s</body></html>\n",
		html.EscapeString(title), html.EscapeString(title), body)
}
