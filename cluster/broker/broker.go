// Package broker runs the NATS server of a cluster in the process of a daemon, so that one operator needs no second
// program. Who may use it, and for what, is said by nkeys: one for daemons and one for workers, which it makes
// beside its data when they are missing. The server is large, so only builds with the tag "broker" have it.
package broker

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

// Options of a Broker. Listen and Dir are required.
type Options struct {
	Listen           string // address with a port; 0 for any
	Dir              string // where the data are, and the nkeys
	Certificate, Key string // files; "" for a connection that is not encrypted
	Bytes            int64  // of data on the disk, as buckets reserve them [16 GiB; a daemon's reserve 5]
	Log              *slog.Logger
}

// Broker is a running server.
type Broker struct {
	server *server.Server
	keys   Files
}

// Files are those of the nkeys: whoever has one may use the broker as that.
type Files struct{ Daemon, Worker string }

func keyFiles(dir string) Files {
	return Files{filepath.Join(dir, "cluster-daemon.nk"), filepath.Join(dir, "cluster-worker.nk")}
}

// mostMessage lets nearly every picture of a timeline through in one piece.
const mostMessage = 8 << 20

// patience is how long a server may take to come up.
const patience = 20 * time.Second

// Start runs a broker until it is closed.
func Start(o Options) (*Broker, error) {
	settings, err := o.settings()
	if err != nil {
		return nil, fmt.Errorf("run a broker: %w", err)
	}
	s, err := server.NewServer(settings)
	if err != nil {
		return nil, fmt.Errorf("run a broker: %w", err)
	}
	if o.Log != nil {
		s.SetLogger(logger{o.Log}, false, false)
	}
	go s.Start()
	if !s.ReadyForConnections(patience) || !s.JetStreamEnabled() {
		s.Shutdown()
		return nil, fmt.Errorf("run a broker on %s: it was not ready within %s; is the port free, and the folder %s its own?",
			o.Listen, patience, o.Dir)
	}
	return &Broker{s, keyFiles(o.Dir)}, nil
}

func (o Options) settings() (*server.Options, error) {
	host, port, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("port %q: %w", port, err)
	}
	if number == 0 {
		number = server.RANDOM_PORT
	}
	l, err := net.Listen("tcp", o.Listen) // the server would try for long, and not say why
	if err != nil {
		return nil, err
	}
	l.Close()
	users, err := o.users()
	if err != nil {
		return nil, err
	}
	bytes := o.Bytes
	if bytes == 0 {
		bytes = 16 << 30
	}
	s := &server.Options{ServerName: "slugpuppy", Host: host, Port: number, NoSigs: true, NoLog: o.Log == nil, JetStream: true,
		StoreDir: filepath.Join(o.Dir, "cluster"), MaxPayload: mostMessage, JetStreamMaxMemory: 256 << 20, JetStreamMaxStore: bytes, Nkeys: users,
		PingInterval: 20 * time.Second, MaxPingsOut: 2}
	if o.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(o.Certificate, o.Key)
		if err != nil {
			return nil, fmt.Errorf("read the broker's certificate: %w", err)
		}
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		s.TLS, s.TLSTimeout = true, 5
	}
	return s, nil
}

// users are who may use the broker. A worker makes and removes nothing that is kept; it takes orders, reads and
// writes objects, and says what came of it.
func (o Options) users() ([]*server.NkeyUser, error) {
	files := keyFiles(o.Dir)
	daemon, err := key(files.Daemon)
	if err != nil {
		return nil, err
	}
	worker, err := key(files.Worker)
	if err != nil {
		return nil, err
	}
	return []*server.NkeyUser{
		{Nkey: daemon},
		{Nkey: worker, Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: []string{
				"$JS.API.INFO", "$JS.API.STREAM.INFO.slugpuppy-orders", "$JS.API.STREAM.INFO.slugpuppy-results",
				"$JS.API.STREAM.INFO.OBJ_slugpuppy-pixels", "$JS.API.STREAM.INFO.OBJ_slugpuppy-networks",
				"$JS.API.CONSUMER.CREATE.slugpuppy-orders.>", "$JS.API.CONSUMER.MSG.NEXT.slugpuppy-orders.>",
				"$JS.ACK.slugpuppy-orders.>", "$JS.FC.>",
				"$JS.API.CONSUMER.CREATE.OBJ_slugpuppy-pixels.>", "$JS.API.CONSUMER.DELETE.OBJ_slugpuppy-pixels.>",
				"$JS.API.CONSUMER.CREATE.OBJ_slugpuppy-networks.>", "$JS.API.CONSUMER.DELETE.OBJ_slugpuppy-networks.>",
				"$JS.API.STREAM.MSG.GET.OBJ_slugpuppy-pixels", "$JS.API.STREAM.MSG.GET.OBJ_slugpuppy-networks",
				"$JS.API.DIRECT.GET.OBJ_slugpuppy-pixels.>", "$JS.API.DIRECT.GET.OBJ_slugpuppy-networks.>",
				"$JS.API.STREAM.PURGE.OBJ_slugpuppy-pixels", // of the chunks of a piece that somebody made before
				"$O.slugpuppy-pixels.>",
				"slugpuppy.result.*", "slugpuppy.wanted.*", "slugpuppy.live.*.progress", "slugpuppy.node", "slugpuppy.roll", "_INBOX.>",
			}},
			Subscribe: &server.SubjectPermission{Allow: []string{
				"_INBOX.>", "slugpuppy.live.*.cancel", "slugpuppy.node", "slugpuppy.roll", "slugpuppy.look.>",
			}},
		}},
	}, nil
}

// key is the public half of the nkey in a file, which is made when it is missing.
func key(file string) (string, error) {
	seed, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		seed, err = newKey(file)
	}
	if err != nil {
		return "", fmt.Errorf("read an nkey: %w", err)
	}
	pair, err := nkeys.FromSeed([]byte(strings.TrimSpace(string(seed))))
	if err != nil {
		return "", fmt.Errorf("read the nkey %s: %w", file, err)
	}
	return pair.PublicKey()
}

func newKey(file string) ([]byte, error) {
	pair, err := nkeys.CreatePairWithRand(nkeys.PrefixByteUser, rand.Reader)
	if err != nil {
		return nil, err
	}
	seed, err := pair.Seed()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	return seed, os.WriteFile(file, append(seed, '\n'), 0o600)
}

// InProcessConn is a connection within this process.
func (b *Broker) InProcessConn() (net.Conn, error) { return b.server.InProcessConn() }

// Keys are the files of the nkeys that may use it.
func (b *Broker) Keys() Files { return b.keys }

// Address is where other processes reach it.
func (b *Broker) Address() string { return b.server.ClientURL() }

// Close ends it, and waits until what it keeps is on the disk.
func (b *Broker) Close() {
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

// logger has what the server says among what the daemon says.
type logger struct{ log *slog.Logger }

func (l logger) say(level func(string, ...any), format string, v []any) {
	level("the broker says", "message", fmt.Sprintf(format, v...))
}
func (l logger) Noticef(format string, v ...any) { l.say(l.log.Debug, format, v) }
func (l logger) Warnf(format string, v ...any)   { l.say(l.log.Warn, format, v) }
func (l logger) Fatalf(format string, v ...any)  { l.say(l.log.Error, format, v) }
func (l logger) Errorf(format string, v ...any)  { l.say(l.log.Error, format, v) }
func (l logger) Debugf(format string, v ...any)  { l.say(l.log.Debug, format, v) }
func (l logger) Tracef(format string, v ...any)  { l.say(l.log.Debug, format, v) }
