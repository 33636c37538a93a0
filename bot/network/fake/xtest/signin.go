package xtest

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
)

// request is a request token on its way to becoming an access token.
type request struct {
	secret string
	user   *account // who let the app in, nil until then
	pin    string
}

func (s *Server) signinRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /oauth/request_token", s.requestToken)
	mux.HandleFunc("GET /oauth/authorize", s.authorizePage)
	mux.HandleFunc("POST /oauth/authorize", s.authorizeAnswer)
	mux.HandleFunc("POST /oauth/access_token", s.accessToken)
}

// signed verifies a request of the sign-in flow and answers 401 when that fails.
func (s *Server) signed(w http.ResponseWriter, r *http.Request, secretOf func(string) (string, bool)) ([]parameter, bool) {
	list, err := s.verify(r, nil, secretOf)
	if err != nil {
		writeProblem(w, &problem{code: http.StatusUnauthorized, v1: 32, detail: "Could not authenticate you. " + err.Error()})
		return nil, false
	}
	return list, true
}

// requestToken is the first leg: only the flow that shows a PIN is open to this app.
func (s *Server) requestToken(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, ok := s.signed(w, r, func(t string) (string, bool) { return "", t == "" })
	if !ok {
		return
	}
	if c := valueOf(list, "oauth_callback"); c != "oob" {
		writeProblem(w, &problem{code: http.StatusForbidden, v1: 415, detail: "Callback URL not approved for this client application."})
		return
	}
	key, secret := s.random(), s.random()
	s.requests[key] = &request{secret: secret}
	fmt.Fprint(w, url.Values{"oauth_token": {key}, "oauth_token_secret": {secret}, "oauth_callback_confirmed": {"true"}}.Encode())
}

// authorizePage lets whoever opens it in a browser choose who they are: here nobody has a password.
func (s *Server) authorizePage(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := r.URL.Query().Get("oauth_token")
	if s.requests[key] == nil {
		http.Error(w, "The request token for this page is invalid.", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, "<!doctype html><title>Authorize</title><form method=post action=/oauth/authorize><input type=hidden name=oauth_token value=\"", html.EscapeString(key), "\">")
	for _, a := range s.accounts {
		fmt.Fprintf(w, "<button name=user value=%q>Authorize as @%s</button>", a.name, a.name)
	}
	fmt.Fprint(w, "</form>")
}

func (s *Server) authorizeAnswer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pin, err := s.authorize(r.PostFormValue("oauth_token"), s.find(r.PostFormValue("user")))
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	fmt.Fprintf(w, "Your PIN is %s\n", pin)
}

func (s *Server) authorize(key string, a *account) (pin string, err error) {
	req := s.requests[key]
	if req == nil || a == nil || req.pin != "" {
		return "", errors.New("the request token for this page is invalid")
	}
	req.user, req.pin = a, fmt.Sprintf("%07d", s.rand.IntN(1e7))
	return req.pin, nil
}

// accessToken is the last leg. A request token is good once, whatever comes of it.
func (s *Server) accessToken(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, ok := s.signed(w, r, func(t string) (string, bool) {
		if req := s.requests[t]; req != nil {
			return req.secret, true
		}
		return "", false
	})
	if !ok {
		return
	}
	key := valueOf(list, "oauth_token")
	req := s.requests[key]
	delete(s.requests, key)
	if req.pin == "" || valueOf(list, "oauth_verifier") != req.pin {
		http.Error(w, "Error processing your OAuth request: Invalid oauth_verifier parameter", http.StatusUnauthorized)
		return
	}
	token, secret := s.grant(req.user)
	fmt.Fprint(w, url.Values{"oauth_token": {token}, "oauth_token_secret": {secret}, "user_id": {req.user.id}, "screen_name": {req.user.name}}.Encode())
}

// grant issues a token; X's begin with the user's id.
func (s *Server) grant(a *account) (key, secret string) {
	key, secret = a.id+"-"+s.random(), s.random()
	s.tokens[key] = token{secret, a}
	return key, secret
}

// Token issues an access token and its secret, as the developer portal does.
func (u *User) Token() (token, secret string) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return u.s.grant(u.a)
}

// RevokeTokens withdraws all the user's tokens, as the person could in the settings.
func (u *User) RevokeTokens() {
	u.change(func() {
		for key := range u.s.tokens {
			if strings.HasPrefix(key, u.a.id+"-") {
				delete(u.s.tokens, key)
			}
		}
	})
}

// Authorize plays the person in the browser: it opens the address a client printed, lets the app in
// and returns the PIN.
func (u *User) Authorize(address string) (pin string, err error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("parse the address: %w", err)
	}
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return u.s.authorize(parsed.Query().Get("oauth_token"), u.a)
}
