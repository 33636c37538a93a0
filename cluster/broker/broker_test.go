package broker_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slugpuppy/cluster"
	"slugpuppy/cluster/broker"
)

// certificate makes one for this machine, and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	signed, err := x509.CreateCertificate(rand.Reader, about, about, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for file, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: signed}, key: {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestABrokerWithACertificateIsReachedByThoseWhoTrustIt(t *testing.T) {
	cert, key := certificate(t)
	b, err := broker.Start(broker.Options{Listen: "127.0.0.1:0", Dir: t.TempDir(), Certificate: cert, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	times := cluster.Times{Reply: time.Second, Beat: 100 * time.Millisecond}
	for name, c := range map[string]struct {
		o  cluster.Options
		ok bool
	}{
		"who trusts it":   {cluster.Options{Broker: b.Address(), CA: cert}, true},
		"who does not":    {cluster.Options{Broker: b.Address()}, false},
		"in this process": {cluster.Options{InProcess: b}, true},
	} {
		c.o.NKey, c.o.Keeper, c.o.Times = b.Keys().Daemon, true, times
		l, err := cluster.Open(c.o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if s, err := l.Await(t.Context()); (err == nil) != c.ok || s.Connected != c.ok {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
		l.Close()
	}
}

func TestKeysAreMadeOnceAndForNobodyElse(t *testing.T) {
	dir := t.TempDir()
	start := func() *broker.Broker {
		b, err := broker.Start(broker.Options{Listen: "127.0.0.1:0", Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := start()
	before, err := os.ReadFile(first.Keys().Worker)
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	second := start()
	defer second.Close()
	after, err := os.ReadFile(second.Keys().Worker)
	if err != nil || string(before) != string(after) {
		t.Errorf("another key after a restart, %v", err)
	}
	info, err := os.Stat(second.Keys().Daemon)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestWhatIsWrongWithABrokerIsSaid(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "cluster-worker.nk"), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]broker.Options{
		"address already in use": {Listen: taken.Addr().String(), Dir: t.TempDir()},
		"cluster-worker.nk":      {Listen: "127.0.0.1:0", Dir: damaged},
		"certificate":            {Listen: "127.0.0.1:0", Dir: t.TempDir(), Certificate: "/nowhere.pem", Key: "/nowhere.pem"},
	} {
		if b, err := broker.Start(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
			if b != nil {
				b.Close()
			}
		}
	}
}
