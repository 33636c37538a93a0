package safehttp_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"slugpuppy/bot/network/safehttp"
)

// gate is a proxy that connects whatever it is asked for to one server, and notes what that was.
type gate struct {
	asked  chan string
	to     string
	answer string // "" connects
}

func (g gate) serve(t *testing.T) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go g.connect(conn)
		}
	}()
	return l.Addr().String()
}

func (g gate) connect(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	g.asked <- r.Method + " " + r.RequestURI + " " + r.Header.Get("Proxy-Authorization")
	if g.answer != "" {
		io.WriteString(conn, g.answer)
		return
	}
	to, err := net.Dial("tcp", g.to)
	if err != nil {
		return
	}
	defer to.Close()
	io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	go io.Copy(to, in)
	io.Copy(conn, to)
}

func TestPicturesComeThroughTheProxyByCheckedAddresses(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "at "+r.Host) }))
	defer server.Close()
	g := gate{asked: make(chan string, 9), to: server.Listener.Addr().String()}
	at := g.serve(t)
	addresses := map[string]string{"pictures.example": "93.184.215.14", "evil.example": "10.0.0.1", "both.example": "127.0.0.1 93.184.215.15"}
	c := safehttp.New(safehttp.Options{
		Proxy: func(u *url.URL) (*url.URL, error) {
			if strings.HasPrefix(u.Host, "near.example") {
				return nil, nil
			}
			return url.Parse("http://me:secret@" + at)
		},
		Lookup: func(_ context.Context, host string) (ips []netip.Addr, err error) {
			for _, ip := range strings.Fields(addresses[host]) {
				ips = append(ips, netip.MustParseAddr(ip))
			}
			if ips == nil {
				return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
			}
			return ips, nil
		},
	})
	trust(c)
	data, err := c.Fetch(t.Context(), "https://pictures.example/a.png", 1000)
	if err != nil || string(data) != "at pictures.example" {
		t.Fatalf("%q %v", data, err)
	}
	if got := <-g.asked; got != "CONNECT 93.184.215.14:443 Basic bWU6c2VjcmV0" {
		t.Errorf("the proxy is asked %q", got)
	}
	if _, err := c.Fetch(t.Context(), "https://both.example/a.png", 1000); err != nil {
		t.Error(err)
	}
	if got := <-g.asked; !strings.HasPrefix(got, "CONNECT 93.184.215.15:443") {
		t.Errorf("the proxy is asked %q", got)
	}
	for address, want := range map[string]error{
		"https://evil.example/a.png": safehttp.ErrRefused, "https://10.0.0.7/a.png": safehttp.ErrRefused,
		"https://nowhere.example/a.png": safehttp.ErrProxy, "https://169.254.169.254/latest": safehttp.ErrRefused,
	} {
		if _, err := c.Fetch(t.Context(), address, 1000); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", address, err, want)
		}
	}
	if len(g.asked) > 0 {
		t.Errorf("the proxy is asked %q", <-g.asked)
	}
}

func TestAProxyThatDoesNotConnectIsNamed(t *testing.T) {
	for _, answer := range []string{"HTTP/1.1 403 no\r\n\r\n", "HTTP/1.1 407 who?\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nsurprise", "hello\r\n\r\n",
		"HTTP/1.1 200 OK\r\nx: " + strings.Repeat("y", 1<<17)} {
		g := gate{asked: make(chan string, 9), answer: answer}
		via, _ := url.Parse("http://" + g.serve(t))
		c := safehttp.New(safehttp.Options{Proxy: func(*url.URL) (*url.URL, error) { return via, nil }})
		if _, err := c.Fetch(t.Context(), "https://93.184.215.14/", 10); !errors.Is(err, safehttp.ErrProxy) {
			t.Errorf("%.20q: %v", answer, err)
		}
	}
	gone, _ := url.Parse("http://127.0.0.1:1")
	odd, _ := url.Parse("ftp://127.0.0.1:1")
	for _, via := range []*url.URL{gone, odd} {
		c := safehttp.New(safehttp.Options{Proxy: func(*url.URL) (*url.URL, error) { return via, nil }})
		if _, err := c.Fetch(t.Context(), "https://93.184.215.14/", 10); !errors.Is(err, safehttp.ErrProxy) {
			t.Errorf("%s: %v", via, err)
		}
	}
}

// trust lets the client take a test server's certificate for any name.
func trust(c *safehttp.Client) {
	safehttp.TransportOf(c).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
}
