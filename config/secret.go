package config

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"strings"
)

// maxSecret is far above any token.
const maxSecret = 16 << 10

// readSecrets reads the files that options named *_file point to. The same secret given
// twice is a mistake: nobody could tell which one counts.
func (c *Config) readSecrets() error {
	var errs []error
	all := c.options()
	for _, o := range all {
		if !o.secret {
			continue
		}
		for _, f := range all {
			path := ""
			if f.key() == o.key()+"_file" {
				path = f.text(c)
			}
			if path == "" {
				continue
			}
			from := c.sources[f.key()]
			if o.field(c).Len() > 0 {
				errs = append(errs, fmt.Errorf("%s (%s) and %s (%s) are both set; remove one of them", o.key(),
					c.sources[o.key()], f.key(), from))
				continue
			}
			text, err := secretFile(path)
			if err == nil {
				err = o.set(c, text)
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %s: %w", from, f.key(), err))
				continue
			}
			c.sources[o.key()] = from
		}
	}
	return errors.Join(errs...)
}

// mounted are folders whose access rules are those of the container or service manager that
// fills them, whatever the modes of the files say.
var mounted = []string{"/run/secrets/", "/run/credentials/"}

func secretFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	defer f.Close()
	info, err := f.Stat() // of the open file: nobody can swap it in between
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a file", path)
	}
	open := info.Mode().Perm()&0o007 != 0
	for _, folder := range mounted {
		open = open && !strings.HasPrefix(path, folder)
	}
	if open {
		return "", fmt.Errorf("%s has mode %04o, so everybody on this machine can read it; run `chmod 600 %s`", path,
			info.Mode().Perm(), path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	text := strings.TrimSpace(string(data))
	switch {
	case len(data) > maxSecret:
		return "", fmt.Errorf("%s is larger than %d bytes; is it the right file?", path, maxSecret)
	case text == "":
		return "", fmt.Errorf("%s is empty", path)
	}
	return text, nil
}

// Address reads an address as an option of that key is read, which is like another one; the flag that
// gives it is named in errors.
func Address(key, address, like, flag string) (string, error) {
	return checkAddress(source{env: flag}, key, address, like)
}

// checkAddresses makes sure that tokens travel encrypted. Plain HTTP is for servers on this
// machine, such as the demo's.
func (c *Config) checkAddresses() error {
	var errs []error
	for _, o := range c.options() {
		if o.address == "" {
			continue
		}
		address, err := checkAddress(c.sources[o.key()], o.key(), o.text(c), o.address)
		o.field(c).SetString(address)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func checkAddress(from source, key, text, like string) (string, error) {
	if text == "" {
		return "", nil
	}
	fail := func(why string) (string, error) {
		return text, fmt.Errorf("%s: %s: %q %s; write it as %s", from, key, text, why, like)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return fail("is not an address")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return fail("has more than a scheme and a host name")
	case u.Scheme == "https":
	case u.Scheme == "http" && local(u.Hostname()):
	default:
		return fail("is not encrypted")
	}
	return u.Scheme + "://" + u.Host, nil
}

func local(host string) bool {
	ip, err := netip.ParseAddr(host) // a name such as 127.example.social is somebody else's
	return host == "localhost" || (err == nil && ip.IsLoopback())
}
