// Package identity says whose something is: the server that verified an account's token, and the
// account's id there. What an account calls itself is a handle, which any server can claim for
// anybody; a handle is shown or looked up and never decides what anybody may do.
package identity

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Identity is one account. Two are the same account exactly when they are equal.
type Identity struct {
	Server string `json:"server"` // host or host:port in the form of Host, such as example.social
	ID     string `json:"id"`     // the server's own, opaque
}

// longestID is more than any network's ids have.
const longestID = 128

// New is the account of an id that a server named when it verified a token. What no server means is
// refused: an id that is empty, endless, or not one word.
func New(server, id string) (Identity, error) {
	host, err := Host(server)
	if err != nil {
		return Identity{}, err
	}
	odd := func(r rune) bool {
		return r == '/' || r == utf8.RuneError || !unicode.IsGraphic(r) || unicode.IsSpace(r)
	}
	if id == "" || len(id) > longestID || strings.ContainsFunc(id, odd) {
		return Identity{}, fmt.Errorf("%s names an account by the id %.40q", host, id)
	}
	return Identity{host, id}, nil
}

// IsZero says that it is nobody's.
func (i Identity) IsZero() bool { return i == Identity{} }

// String is example.social/109348, for logs and commands: no handle looks like that.
func (i Identity) String() string {
	if i.IsZero() {
		return ""
	}
	return i.Server + "/" + i.ID
}

// Parse reads what String writes.
func Parse(s string) (Identity, error) {
	server, id, ok := strings.Cut(s, "/")
	if !ok {
		return Identity{}, fmt.Errorf("%q is no account such as example.social/109348", s)
	}
	return New(server, id)
}

// longestHost is the longest name that DNS knows (RFC 1035, 2.3.4), with a port.
const longestHost = 253 + len(":65535")

// Host is the one form in which a server is compared and stored: lower case, in ASCII, without
// scheme, default port or trailing dot. It reads a bare host, with or without a port, and an address
// such as https://Example.Social/. Whatever names more than a server is refused.
func Host(address string) (string, error) {
	scheme, rest := "https", strings.TrimSpace(address)
	if before, after, ok := strings.Cut(rest, "://"); ok {
		scheme, rest = strings.ToLower(before), after
	}
	rest = strings.TrimSuffix(rest, "/")
	u, err := url.Parse(scheme + "://" + rest)
	switch {
	case err != nil, rest == "", scheme != "https" && scheme != "http", u.Host != rest:
		return "", fmt.Errorf("%q is no server such as example.social", address)
	}
	name, err := hostname(u.Hostname())
	if err != nil {
		return "", fmt.Errorf("%q is no server such as example.social: %w", address, err)
	}
	port := u.Port()
	if port == "" && strings.HasSuffix(u.Host, ":") || port == defaultPort[scheme] {
		port = ""
	}
	host := name
	switch {
	case port != "":
		host = net.JoinHostPort(name, port)
	case strings.Contains(name, ":"):
		host = "[" + name + "]"
	}
	if len(host) > longestHost {
		return "", fmt.Errorf("%q is no server: too long a name", address[:longestHost])
	}
	return host, nil
}

var defaultPort = map[string]string{"https": "443", "http": "80"}

// hostname is a name or an address of the internet in its normal form.
func hostname(name string) (string, error) {
	if ip, err := netip.ParseAddr(name); err == nil {
		if ip.Zone() != "" {
			return "", errors.New("an address within one network")
		}
		return ip.Unmap().String(), nil
	}
	ascii, err := names.ToASCII(name)
	if err != nil {
		return "", err
	}
	ascii = strings.TrimSuffix(ascii, ".") // after the conversion: it knows other full stops
	if again, err := names.ToASCII(ascii); err != nil || again != ascii || strings.HasSuffix(ascii, ".") {
		return "", errors.New("a name with two forms")
	}
	return ascii, nil
}

// names converts names as a resolver looks them up, and refuses those that none could.
var names = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))
