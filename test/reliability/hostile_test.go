package reliability

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"slugpuppy/app/apptest"
	"slugpuppy/bot/network/fake/hostile"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/picture"
)

// stranger is a server at a public address, with somebody who looks at a timeline.
type stranger struct {
	*mastodontest.Server
	at             string // its address
	lies           *hostile.Server
	reader, artist *mastodontest.User
	door           handed
}

// outside is the internet as the program finds it behind a proxy: servers at public addresses, and nothing else.
type outside struct {
	t       *testing.T
	proxy   *http.Server
	address string
	roots   string // file of the certificate that all of them have
	servers map[string]*stranger
	mu      sync.Mutex
	asked   []string // hosts that are none of these
}

// newOutside makes servers at addresses.
func newOutside(t *testing.T, addresses ...string) *outside {
	t.Helper()
	o := &outside{t: t, servers: map[string]*stranger{}}
	certificate := o.certify(addresses)
	for _, at := range addresses {
		o.servers[at+":443"] = o.stranger(at, certificate)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.address = "http://" + l.Addr().String()
	o.proxy = &http.Server{Handler: http.HandlerFunc(o.connect), ReadHeaderTimeout: time.Minute}
	go func() { _ = o.proxy.Serve(l) }() // until it is closed
	t.Cleanup(func() { o.proxy.Close() })
	return o
}

// certify makes a certificate for all addresses, which is its own authority.
func (o *outside) certify(addresses []string) tls.Certificate {
	o.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "strangers"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	for _, at := range addresses {
		c.IPAddresses = append(c.IPAddresses, net.ParseIP(at))
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		o.t.Fatal(err)
	}
	o.roots = filepath.Join(o.t.TempDir(), "roots.pem")
	if err := os.WriteFile(o.roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		o.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// stranger makes a server that is honest for now.
func (o *outside) stranger(at string, certificate tls.Certificate) *stranger {
	s := &stranger{Server: mastodontest.New(mastodontest.Options{Domain: at, Address: "https://" + at, Seed: uint64(len(o.servers)) + 1}),
		at: at, door: handed{conns: make(chan net.Conn)}}
	s.door.done, s.door.end = context.WithCancel(context.Background())
	s.URL = "https://" + at
	s.lies = hostile.New(s.Handler(), 0)
	s.reader, s.artist = s.AddUser("reader", mastodontest.UserOptions{}), s.AddUser("artist", mastodontest.UserOptions{})
	s.reader.Follow(s.artist)
	srv := &http.Server{Handler: s.lies, ReadHeaderTimeout: time.Minute}
	l := tls.NewListener(s.door, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	go func() { _ = srv.Serve(l) }() // until the test ends
	o.t.Cleanup(func() { srv.Close(); s.Close() })
	return s
}

// handed is a listener for connections that come from elsewhere.
type handed struct {
	conns chan net.Conn
	done  context.Context
	end   context.CancelFunc
}

// Accept implements net.Listener.
func (h handed) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done.Done():
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (h handed) Close() error { h.end(); return nil }

// Addr implements net.Listener.
func (h handed) Addr() net.Addr { return &net.TCPAddr{} }

// hand passes a connection on, unless nobody accepts any more.
func (h handed) hand(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.done.Done():
		c.Close()
	}
}

// connect is the proxy: it connects to these servers, and writes down who asks for others.
func (o *outside) connect(w http.ResponseWriter, r *http.Request) {
	s := o.servers[r.Host]
	if r.Method != http.MethodConnect || s == nil {
		o.mu.Lock()
		o.asked = append(o.asked, r.Host)
		o.mu.Unlock()
		w.WriteHeader(http.StatusForbidden)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if _, err := fmt.Fprint(conn, "HTTP/1.1 200 Connected\r\n\r\n"); err != nil {
		conn.Close()
		return
	}
	s.door.hand(early{conn, buffered.Reader})
}

// early is a connection of which something was read already.
type early struct {
	net.Conn
	r *bufio.Reader
}

func (e early) Read(p []byte) (int, error) { return e.r.Read(p) }

// private lists hosts that were asked for and are not public.
func (o *outside) private() (hosts []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, host := range o.asked {
		name, _, err := net.SplitHostPort(host)
		if ip, err2 := netip.ParseAddr(name); err != nil || err2 != nil || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
			hosts = append(hosts, host)
		}
	}
	return slices.Compact(hosts)
}

// signIn has everybody sign in on the page, and want their timelines kept.
func (o *outside) signIn(page string) {
	o.t.Helper()
	for _, s := range o.servers {
		b := apptest.NewBrowser(o.t, page, s.Server)
		b.SignIn(s.reader)
		b.Post("/settings", "what", "filter", "value", "on")
		b.Post("/settings", "what", "filter", "value", "on") // at once
	}
}

// lyingTraffic has all servers but one lie, in another way every few seconds, while all artists post.
func (o *outside) lyingTraffic(honest string) traffic {
	return traffic{"servers lie", func(ctx context.Context, w *town) {
		ways := hostile.Mastodons("reader@" + honest)
		tick := time.NewTicker(3 * time.Second)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			png, err := picture.EncodePNG(picture.Landscape(64, 48, uint64(n)), "")
			if err != nil {
				w.t.Error(err)
				return
			}
			turn := n
			for _, at := range sortedKeys(o.servers) {
				s := o.servers[at]
				if _, err := s.artist.Post(mastodontest.PostOptions{Text: "look", Media: []mastodontest.Picture{{Data: png}}}); err != nil {
					w.t.Error(err)
				}
				if s.at != honest {
					s.lies.Behave(ways[turn%len(ways)])
					s.DropStreams()
				}
				turn += len(ways)/len(o.servers) + 1
			}
		}
	}}
}

func sortedKeys(m map[string]*stranger) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// A daemon that meets servers that lie holds no more for it than one that meets honest ones.
//
//	SLUGPUPPY_LONG=1 go test -timeout 1h -run TestASoakAmongLiars -v ./test/reliability
func TestASoakAmongLiarsLeavesNothingBehind(t *testing.T) {
	if !long() {
		t.Skip("SLUGPUPPY_LONG is not set")
	}
	const honest = "198.41.0.4"
	o := newOutside(t, honest, "199.9.14.201", "192.33.4.12", "199.7.91.13", "192.203.230.10")
	page := apptest.FreeAddress(t)
	traffics := []traffic{honestTraffic,
		{"people sign in, and then their servers lie", func(ctx context.Context, w *town) {
			o.signIn("http://" + page)
			o.lyingTraffic(honest).run(ctx, w)
		}}}
	soakWith(t, soakTime(t), []string{fmt.Sprintf("[web]\nlisten = %q\nurl = %q\n[filter]\npoll = \"5s\"", page, "http://"+page)},
		[]string{"HTTPS_PROXY=" + o.address, "SSL_CERT_FILE=" + o.roots, "NO_PROXY=127.0.0.1"}, traffics...)
	for at, s := range o.servers {
		if n := s.Count("GET /api/v1/timelines/home"); n == 0 {
			t.Errorf("%s was asked for no timeline: nobody met it", at)
		}
	}
	if hosts := o.private(); len(hosts) > 0 {
		t.Errorf("private addresses were asked for: %s", strings.Join(hosts, ", "))
	}
}
