package xtest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The verification of OAuth 1.0a signatures, written from RFC 5849 and from nothing else, so that a
// mistake of the client's library is not repeated here.

// token is what a user's client signs with.
type token struct {
	secret string
	user   *account
}

// clockSkew is how far a timestamp may be from the server's clock.
const clockSkew = 5 * time.Minute

// parameter is a decoded name and value.
type parameter struct{ name, value string }

// protocol are the oauth_ parameters of the Authorization header (section 3.5.1).
func protocol(header string) ([]parameter, error) {
	rest, ok := strings.CutPrefix(header, "OAuth ")
	if !ok {
		return nil, fmt.Errorf("the Authorization header is not OAuth's")
	}
	var out []parameter
	for part := range strings.SplitSeq(rest, ",") {
		name, quoted, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || len(quoted) < 2 || quoted[0] != '"' || quoted[len(quoted)-1] != '"' {
			return nil, fmt.Errorf("the header's part %q is no parameter", part)
		}
		n, err := url.PathUnescape(name) // percent-decoding only: a plus is a plus
		v, err2 := url.PathUnescape(quoted[1 : len(quoted)-1])
		if err != nil || err2 != nil {
			return nil, fmt.Errorf("the header's part %q is badly encoded", part)
		}
		if n == "realm" {
			continue
		}
		if slices.ContainsFunc(out, func(p parameter) bool { return p.name == n }) {
			return nil, fmt.Errorf("the header has %s twice", n)
		}
		out = append(out, parameter{n, v})
	}
	return out, nil
}

func valueOf(list []parameter, name string) string {
	for _, p := range list {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// form decodes a query or a body of the type application/x-www-form-urlencoded.
func form(text string) ([]parameter, error) {
	var out []parameter
	for part := range strings.SplitSeq(text, "&") {
		if part == "" {
			continue
		}
		n, v, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(n)
		value, err2 := url.QueryUnescape(v)
		if err != nil || err2 != nil {
			return nil, fmt.Errorf("%q is badly encoded", part)
		}
		out = append(out, parameter{name, value})
	}
	return out, nil
}

// escape is section 3.6: everything but the unreserved characters, upper-case hex.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// baseString is section 3.4.1, from the request as it arrived.
func baseString(r *http.Request, body []byte, header []parameter) (string, error) {
	all, err := form(r.URL.RawQuery)
	if err != nil {
		return "", err
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" {
		inBody, err := form(string(body))
		if err != nil {
			return "", err
		}
		all = append(all, inBody...)
	}
	for _, p := range header {
		if p.name != "oauth_signature" {
			all = append(all, p)
		}
	}
	for i := range all {
		all[i] = parameter{escape(all[i].name), escape(all[i].value)}
	}
	slices.SortFunc(all, func(a, b parameter) int {
		if a.name != b.name {
			return strings.Compare(a.name, b.name)
		}
		return strings.Compare(a.value, b.value)
	})
	pairs := make([]string, len(all))
	for i, p := range all {
		pairs[i] = p.name + "=" + p.value
	}
	scheme, host := "http", strings.ToLower(r.Host)
	port := ":80"
	if r.TLS != nil {
		scheme, port = "https", ":443"
	}
	uri := scheme + "://" + strings.TrimSuffix(host, port) + r.URL.EscapedPath()
	return r.Method + "&" + escape(uri) + "&" + escape(strings.Join(pairs, "&")), nil
}

// signature is section 3.4.2.
func signature(base, consumerSecret, tokenSecret string) string {
	mac := hmac.New(sha1.New, []byte(escape(consumerSecret)+"&"+escape(tokenSecret)))
	mac.Write([]byte(base))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// verify checks a signed request; secretOf finds the secret that belongs to oauth_token.
func (s *Server) verify(r *http.Request, body []byte, secretOf func(token string) (string, bool)) ([]parameter, error) {
	list, err := protocol(r.Header.Get("Authorization"))
	if err != nil {
		return nil, err
	}
	if v := valueOf(list, "oauth_version"); v != "" && v != "1.0" {
		return nil, fmt.Errorf("oauth_version is %q", v)
	}
	if m := valueOf(list, "oauth_signature_method"); m != "HMAC-SHA1" {
		return nil, fmt.Errorf("oauth_signature_method is %q", m)
	}
	if k := valueOf(list, "oauth_consumer_key"); k != s.key {
		return nil, fmt.Errorf("no app has the key %q", k)
	}
	at, err := strconv.ParseInt(valueOf(list, "oauth_timestamp"), 10, 64)
	if err != nil || s.now().Sub(time.Unix(at, 0)).Abs() > clockSkew {
		return nil, fmt.Errorf("timestamp %q is out of bounds", valueOf(list, "oauth_timestamp"))
	}
	secret, ok := secretOf(valueOf(list, "oauth_token"))
	if !ok {
		return nil, errors.New("nobody has the token")
	}
	base, err := baseString(r, body, list)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal([]byte(signature(base, s.secret, secret)), []byte(valueOf(list, "oauth_signature"))) {
		return nil, fmt.Errorf("the signature does not fit %s", base)
	}
	nonce := valueOf(list, "oauth_nonce")
	once := fmt.Sprint(at, " ", valueOf(list, "oauth_token"), " ", nonce)
	if nonce == "" || s.nonces[once] {
		return nil, fmt.Errorf("nonce %q was used before", nonce)
	}
	s.nonces[once] = true
	return list, nil
}
