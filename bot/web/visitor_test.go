package web

import (
	"net/http"
	"testing"
)

func TestWhoAsksIsWhomTheTrustedProxySaw(t *testing.T) {
	for _, c := range []struct {
		what    string
		proxies int
		header  string
		lines   []string
		remote  string
		want    string
	}{
		{"nobody in front: the header is a visitor's word", 0, "X-Forwarded-For", []string{"192.0.2.9"}, "203.0.113.5:4000", "203.0.113.5"},
		{"one proxy", 1, "X-Forwarded-For", []string{"192.0.2.9"}, "127.0.0.1:4000", "192.0.2.9"},
		{"a visitor wrote the first", 1, "X-Forwarded-For", []string{"8.8.8.8, 192.0.2.9"}, "127.0.0.1:4000", "192.0.2.9"},
		{"a visitor wrote a line of their own, the proxy another", 1, "X-Forwarded-For", []string{"8.8.8.8", "192.0.2.9"}, "127.0.0.1:4000", "192.0.2.9"},
		{"two proxies", 2, "X-Forwarded-For", []string{"8.8.8.8, 192.0.2.9", "198.51.100.7"}, "127.0.0.1:4000", "192.0.2.9"},
		{"two proxies, one passed by", 2, "X-Forwarded-For", []string{"192.0.2.9"}, "127.0.0.1:4000", "127.0.0.1"},
		{"no word", 1, "X-Forwarded-For", nil, "127.0.0.1:4000", "127.0.0.1"},
		{"no address", 1, "X-Forwarded-For", []string{"192.0.2.9, unknown"}, "127.0.0.1:4000", "127.0.0.1"},
		{"a household", 1, "X-Forwarded-For", []string{"2001:db8:1:2:3::4"}, "127.0.0.1:4000", "2001:db8:1:2::"},
		{"IPv4 in IPv6", 1, "X-Forwarded-For", []string{"::ffff:192.0.2.9"}, "127.0.0.1:4000", "192.0.2.9"},
		{"with a port", 1, "X-Forwarded-For", []string{"192.0.2.9:5555"}, "127.0.0.1:4000", "192.0.2.9"},
		{"the standard's header", 1, "Forwarded", []string{`for=8.8.8.8, for="[2001:db8:1:2::9]:443";proto=https`}, "127.0.0.1:4000", "2001:db8:1:2::"},
		{"the other header is a visitor's word", 1, "Forwarded", nil, "127.0.0.1:4000", "127.0.0.1"},
		{"a direct visitor over IPv6", 0, "X-Forwarded-For", nil, "[2001:db8:1:2::9%eth0]:4000", "2001:db8:1:2::"},
	} {
		visitor, err := visitors(c.proxies, c.header)
		if err != nil {
			t.Fatal(err)
		}
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{"X-Other": {"1"}}}
		if c.header == "Forwarded" {
			r.Header.Set("X-Forwarded-For", "8.8.4.4")
		}
		for _, line := range c.lines {
			r.Header.Add(c.header, line)
		}
		if got := (&Site{visitor: visitor}).address(r); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}
