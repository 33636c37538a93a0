package app

import (
	"net"
	"strings"
	"testing"

	"slugpuppy/bot/network"
)

func TestTheDoctorKnocksAtProxies(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for proxy, want := range map[string]network.Health{
		"": "", "http://me:secret@" + l.Addr().String(): network.Healthy, l.Addr().String(): network.Healthy,
		"socks5://" + l.Addr().String(): network.Healthy, "http://127.0.0.1:1": network.Sick, "ftp://127.0.0.1:21": network.Sick,
	} {
		t.Setenv("HTTPS_PROXY", proxy)
		for _, name := range []string{"HTTP_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy"} {
			t.Setenv(name, "")
		}
		found := checkProxies(t.Context())
		if want == "" {
			if len(found) > 0 {
				t.Errorf("without a proxy: %+v", found)
			}
			continue
		}
		if len(found) != 1 || found[0].State != want || (want == network.Sick) != (found[0].Remedy != "") ||
			strings.Contains(found[0].Detail, "secret") {
			t.Errorf("%s: %+v", proxy, found)
		}
	}
}
