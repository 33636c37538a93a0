package app

import (
	"context"
	"net"
	"net/url"
	"slices"

	"golang.org/x/net/http/httpproxy"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/safehttp"
)

// checkProxies knocks at the proxies that the environment names; without any it finds nothing.
func checkProxies(ctx context.Context) (found []network.Finding) {
	env := httpproxy.FromEnvironment()
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
		address, err := safehttp.ProxyAddress(via)
		if err != nil {
			found = append(found, sick("proxy", err.Error(), "use a proxy that speaks http, https or socks5"))
			continue
		}
		found = append(found, knock(ctx, via, address))
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
