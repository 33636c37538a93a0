package app

import (
	"log/slog"
	"net/url"
	"regexp"
)

// address is an address up to its host, and the rest, which may be a picture's in a private post or
// carry a secret.
var address = regexp.MustCompile(`\b((?:https?|wss?)://)(?:[^\s/?#"'<>]*@)?([^\s/?#"'<>]+)([/?#][^\s"'<>]*)?`)

// redact leaves of every address in an attribute only whose it is. Errors are made without addresses
// already, see safehttp; this is for those that libraries make.
func redact(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case string:
		a.Value = slog.StringValue(withoutPaths(v))
	case error:
		a.Value = slog.StringValue(withoutPaths(v.Error()))
	case *url.URL:
		a.Value = slog.StringValue(withoutPaths(v.String()))
	}
	return a
}

func withoutPaths(s string) string {
	return address.ReplaceAllStringFunc(s, func(found string) string {
		m := address.FindStringSubmatch(found)
		if len(m[3]) > 1 {
			return m[1] + m[2] + "/..."
		}
		return m[1] + m[2]
	})
}
