package safehttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"slugpuppy/bot/network/safehttp"
)

func TestPrivateAddressesAreRefused(t *testing.T) {
	resolve := func(_ context.Context, host string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr(strings.ReplaceAll(strings.TrimSuffix(host, ".test"), "-", "."))}, nil
	}
	c := safehttp.New(safehttp.Options{Lookup: resolve})
	for _, address := range []string{
		"https://127.0.0.1/", "https://127.0.0.1:8443/", "https://[::1]/", "https://10.1.2.3/", "https://172.16.0.1/",
		"https://192.168.1.1/", "https://169.254.169.254/latest/meta-data", "https://100.64.0.1/", "https://0.0.0.0/",
		"https://[fe80::1]/", "https://[fc00::1]/", "https://[::ffff:127.0.0.1]/", "https://224.0.0.1/", "https://255.255.255.255/",
		"https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://198.18.0.1/",
		"https://[::]/", "https://[fd00::1]/", "https://[fe80::1%25eth0]/", "https://[ff02::1]/", "https://[fec0::1]/",
		"https://[::ffff:169.254.169.254]/", "https://[64:ff9b:1::1]/", "https://[2001:db8::1]/", "https://[2001::1]/",
		"https://[100::1]/", "https://100.127.255.254/", "https://172.31.255.255/", "https://192.0.0.1/", "https://192.0.2.1/",
		"https://198.51.100.1/", "https://203.0.113.1/", "https://240.0.0.1/", "https://239.1.1.1/",
		"https://127-0-0-1.test/", "https://10-0-0-1.test/", "https://169-254-169-254.test/", "https://0-0-0-0.test/",
		"https://8.8.8.8:22/", "https://example.com:6379/", "https://example.com:80/",
		"http://example.com/", "ftp://example.com/", "file:///etc/passwd", "https://user:secret@example.com/",
		"gopher://example.com/", "data:image/png;base64,AAAA", "//example.com/x", "",
	} {
		if _, err := c.Fetch(t.Context(), address, 1000); !errors.Is(err, safehttp.ErrRefused) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// Without a Lookup of their own, names go through the system's resolver and the dialler.
func TestNamesOfThisMachineAreRefused(t *testing.T) {
	if _, err := safehttp.New(safehttp.Options{}).Fetch(t.Context(), "https://localhost/", 1000); !errors.Is(err, safehttp.ErrRefused) {
		t.Errorf("got %v", err)
	}
}

func TestPublicAddressesAreTaken(t *testing.T) {
	for _, ip := range []string{
		"1.1.1.1", "93.184.216.34", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "198.17.255.255",
		"198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1",
	} {
		if !safehttp.Public(netip.MustParseAddr(ip)) {
			t.Errorf("%s is refused", ip)
		}
	}
}

func serve(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/small", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(r.UserAgent())) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 2000)) })
	mux.HandleFunc("/stream", func(w http.ResponseWriter, _ *http.Request) {
		for range 3 {
			w.Write(make([]byte, 600))
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/inside", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://10.0.0.1/secret", http.StatusFound)
	})
	mux.HandleFunc("/plain", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://example.com/picture", http.StatusFound)
	})
	mux.HandleFunc("/hops/{n}", func(w http.ResponseWriter, r *http.Request) {
		if n, _ := strconv.Atoi(r.PathValue("n")); n > 0 {
			http.Redirect(w, r, fmt.Sprint("/hops/", n-1), http.StatusFound)
		}
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/cookie", func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("seen"); err == nil {
			w.WriteHeader(http.StatusTeapot)
		}
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestDownloadsAreBounded(t *testing.T) {
	s := serve(t)
	c := safehttp.New(safehttp.Options{Allow: []string{strings.TrimPrefix(s.URL, "http://")}, UserAgent: "slugpuppy test"})
	if data, err := c.Fetch(t.Context(), s.URL+"/small", 1000); err != nil || string(data) != "slugpuppy test" {
		t.Errorf("%q, %v", data, err)
	}
	for _, path := range []string{"/large", "/stream"} {
		if _, err := c.Fetch(t.Context(), s.URL+path, 1000); !errors.Is(err, safehttp.ErrTooLarge) {
			t.Errorf("%s: %v", path, err)
		}
	}
	var status *safehttp.StatusError
	if _, err := c.Fetch(t.Context(), s.URL+"/none", 1000); !errors.As(err, &status) || status.Code != 404 {
		t.Errorf("missing file: %v", err)
	}
	for path, want := range map[string]error{
		"/inside": safehttp.ErrRefused, "/plain": safehttp.ErrRefused, "/loop": safehttp.ErrRedirects,
		"/hops/3": nil, "/hops/4": safehttp.ErrRedirects,
	} {
		if _, err := c.Fetch(t.Context(), s.URL+path, 1000); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", path, err, want)
		}
	}
	for range 2 {
		if _, err := c.Fetch(t.Context(), s.URL+"/cookie", 1000); err != nil {
			t.Errorf("cookies are kept: %v", err)
		}
	}
}
