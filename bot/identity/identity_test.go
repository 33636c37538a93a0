package identity_test

import (
	"encoding/json"
	"strings"
	"testing"

	"slugpuppy/bot/identity"
)

func TestAServerHasOneForm(t *testing.T) {
	for in, want := range map[string]string{
		"example.social":                   "example.social",
		"Example.SOCIAL":                   "example.social",
		" example.social ":                 "example.social",
		"example.social.":                  "example.social",
		"https://example.social":           "example.social",
		"HTTPS://example.social/":          "example.social",
		"https://example.social.:443/":     "example.social",
		"example.social:443":               "example.social",
		"example.social:":                  "example.social",
		"http://example.social:80":         "example.social",
		"http://example.social:443":        "example.social:443",
		"example.social:8443":              "example.social:8443",
		"http://127.0.0.1:41235":           "127.0.0.1:41235",
		"bücher.example":                   "xn--bcher-kva.example",
		"BÜCHER.example":                   "xn--bcher-kva.example",
		"xn--bcher-kva.example":            "xn--bcher-kva.example",
		"example\u3002social":              "example.social",
		"ｅｘａｍｐｌｅ.social":                   "example.social",
		"[::1]:3000":                       "[::1]:3000",
		"http://[::1]":                     "[::1]",
		"[0:0:0:0:0:0:0:1]":                "[::1]",
		"https://[2001:DB8::1]:443":        "[2001:db8::1]",
		"https://[::ffff:192.0.2.1]:8443/": "192.0.2.1:8443",
	} {
		got, err := identity.Host(in)
		if err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestWhatNamesMoreThanAServerIsRefused(t *testing.T) {
	for _, in := range []string{
		"", " ", ".", "..", "example..social", "https://", "https:///x", "ftp://example.social",
		"javascript://example.social",
		"evil.example#x", "https://evil.example#x", "evil.example?x", "evil.example/x", "https://evil.example/@name",
		"home.example@evil.example", "https://home.example:443@evil.example", "evil.example\\home.example",
		"example .social",
		"example.social:port", "example.social:8443:1", "[fe80::1%25eth0]", "under_score.example", "-dash.example",
		"exa\x00mple.social", "exa\nmple.social", "https://https://example.social",
		strings.Repeat("a.", 200) + "example",
	} {
		if got, err := identity.Host(in); err == nil {
			t.Errorf("%q was taken for %q", in, got)
		}
	}
}

func FuzzHost(f *testing.F) {
	for _, s := range []string{"example.social", "https://Bücher.example:443/", "[::1]:80", "a.b.", "127.0.0.1:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		host, err := identity.Host(in)
		if err != nil {
			return
		}
		if again, err := identity.Host(host); err != nil || again != host {
			t.Errorf("%q is %q, which is %q, %v", in, host, again, err)
		}
		if strings.ContainsAny(host, "/@#?\\ \x00") || host != strings.ToLower(host) {
			t.Errorf("%q is %q", in, host)
		}
	})
}

func TestAnIdentityIsReadAsItIsWritten(t *testing.T) {
	for _, want := range []identity.Identity{
		{"example.social", "109348"}, {"127.0.0.1:3000", "01HZX"}, {"x.com", "42"}, {"[::1]", "1"},
	} {
		got, err := identity.Parse(want.String())
		if err != nil || got != want {
			t.Errorf("%v was read as %v, %v", want, got, err)
		}
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if got := (identity.Identity{}); json.Unmarshal(data, &got) != nil || got != want {
			t.Errorf("%s was read as %v", data, got)
		}
	}
	for _, s := range []string{"", "ada@example.social", "example.social", "example.social/", "/1",
		"example.social/1/2", "evil.example#x/1"} {
		if got, err := identity.Parse(s); err == nil {
			t.Errorf("%q was read as %v", s, got)
		}
	}
}

func TestIdsAreOneWord(t *testing.T) {
	for _, id := range []string{"", " ", "1 2", "1/2", "1\x002", "\x1b[31m", "1\n", "\xff", "\u202e1",
		strings.Repeat("1", 129)} {
		if got, err := identity.New("https://example.social", id); err == nil {
			t.Errorf("%q made %v", id, got)
		}
	}
	if got, err := identity.New("https://Example.social/", "01HZX-ü:1"); err != nil ||
		got != (identity.Identity{Server: "example.social", ID: "01HZX-ü:1"}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestNobodyIsZero(t *testing.T) {
	if !(identity.Identity{}).IsZero() || (identity.Identity{}).String() != "" ||
		(identity.Identity{Server: "a.example"}).IsZero() {
		t.Error("nobody is not nobody")
	}
}
