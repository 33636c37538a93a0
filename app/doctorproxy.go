package app

import (
	"context"
	"net"
	"net/url"
	"slices"

	"golang.org/x/net/http/httpproxy"

	"slugpuppy/bot/network"
)

// checkProxies knocks at the proxies that the environment names; without any it finds nothing.
func checkProxies(ctx context.Context) (found []network.Finding) {
	env := httpproxy.FromEnvironment()
	ports := map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}
	var seen []string
	for _, scheme := range []string{"https", "http"} {
		via, err := env.ProxyFunc()(&url.URL{Scheme: scheme, Host: "example.org"})
		switch {
		case err != nil:
			found = append(found, sick("proxy", err.Error(), "write it like http://proxy.example:3128"))
			continue
		case via == nil || slices.Contains(seen, via.String()):
			continue
		}
		seen = append(seen, via.String())
		port, known := ports[via.Scheme]
		if !known {
			found = append(found, sick("proxy", "nothing here speaks "+via.Scheme, "use a proxy that speaks http, https or socks5"))
			continue
		}
		if via.Port() != "" {
			port = via.Port()
		}
		found = append(found, knock(ctx, via, net.JoinHostPort(via.Hostname(), port)))
	}
	return found
}

func knock(ctx context.Context, via *url.URL, address string) network.Finding {
	ctx, cancel := context.WithTimeout(ctx, doctorTime)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return sick("proxy", via.Redacted()+": "+err.Error(), "correct HTTPS_PROXY, or name what needs none in NO_PROXY")
	}
	conn.Close()
	return well("proxy", via.Redacted()+"; pictures of strangers come through it from addresses that names resolve to here")
}
