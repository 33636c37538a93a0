package safehttp

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"golang.org/x/net/proxy"
)

// ErrProxy means that a proxy did not connect us.
var ErrProxy = errors.New("the proxy does not connect")

func schemeOf(port string) string {
	if port == "80" {
		return "http"
	}
	return "https"
}

// throughChecked resolves a name here and connects to what it resolves to through a proxy: a name that the proxy
// resolves could lead it into the network that it stands in.
func (c *Client) throughChecked(ctx context.Context, via *url.URL, host, port string) (net.Conn, error) {
	ips, err := c.resolve(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("%w: only what this machine can resolve is fetched through it: %w", ErrProxy, err)
	}
	err = fmt.Errorf("%w: %s", ErrRefused, host)
	for _, ip := range ips {
		if !public(ip) {
			continue
		}
		var conn net.Conn
		if conn, err = c.through(ctx, via, net.JoinHostPort(ip.Unmap().String(), port)); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

func (c *Client) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	if c.opt.Lookup != nil {
		return c.opt.Lookup(ctx, host)
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// through connects to an address through a proxy: by CONNECT (RFC 9110, 9.3.6) or SOCKS 5.
func (c *Client) through(ctx context.Context, via *url.URL, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	at, err := ProxyAddress(via)
	switch {
	case err != nil:
		return nil, err
	case via.Scheme == "http" || via.Scheme == "https":
		return c.tunnel(ctx, via, at, address)
	}
	return c.socks(ctx, via, at, address)
}

// proxyPorts are those of the kinds of proxies that are understood, where their address names none.
var proxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// ProxyAddress is the host and port of a proxy; ErrProxy for one of a kind that is not understood.
func ProxyAddress(via *url.URL) (string, error) {
	port, ok := proxyPorts[via.Scheme]
	if !ok {
		return "", fmt.Errorf("%w: it speaks %q; http, https and socks5 are understood", ErrProxy, via.Scheme)
	}
	if via.Port() != "" {
		port = via.Port()
	}
	return net.JoinHostPort(via.Hostname(), port), nil
}

func (c *Client) socks(ctx context.Context, via *url.URL, at, address string) (net.Conn, error) {
	var auth *proxy.Auth
	if u := via.User; u != nil {
		password, _ := u.Password()
		auth = &proxy.Auth{User: u.Username(), Password: password}
	}
	d, err := proxy.SOCKS5("tcp", at, auth, &c.plain)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProxy, err)
	}
	conn, err := d.(proxy.ContextDialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProxy, err)
	}
	return conn, nil
}

func (c *Client) tunnel(ctx context.Context, via *url.URL, at, address string) (_ net.Conn, err error) {
	conn, err := c.plain.DialContext(ctx, "tcp", at)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProxy, err)
	}
	defer func() {
		if err != nil {
			conn.Close()
		}
	}()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if via.Scheme == "https" {
		conn = tls.Client(conn, &tls.Config{ServerName: via.Hostname(), MinVersion: tls.VersionTLS12})
	}
	ask := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if u := via.User; u != nil {
		password, _ := u.Password()
		secret := base64.StdEncoding.EncodeToString([]byte(u.Username() + ":" + password))
		ask.Header.Set("Proxy-Authorization", "Basic "+secret)
	}
	if err := ask.Write(conn); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProxy, err)
	}
	said := bufio.NewReader(io.LimitReader(conn, headerBytes))
	answer, err := http.ReadResponse(said, ask)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProxy, err)
	}
	if answer.StatusCode != http.StatusOK || said.Buffered() > 0 { // whom it connects us to waits for us to speak
		return nil, fmt.Errorf("%w: it answers HTTP %d", ErrProxy, answer.StatusCode)
	}
	if !stop() {
		return nil, fmt.Errorf("%w: %w", ErrProxy, context.Cause(ctx))
	}
	return conn, nil
}
