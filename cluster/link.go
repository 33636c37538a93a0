package cluster

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Options of a Link. Broker or InProcess is required; a zero value of another field means the default in brackets.
type Options struct {
	Broker    string                     // addresses with commas between, as in nats://broker.example:4222
	InProcess nats.InProcessConnProvider // the server in this process, instead of an address
	// Credentials and NKey are files that say who this is, CA one with the certificates that the broker's is
	// checked with [the system's], Certificate and Key files with this node's own. All may be "".
	Credentials, NKey, CA, Certificate, Key string

	Name    string // of this node, for people [the host's]
	Version string // of the program
	Keeper  bool   // makes what is kept on the broker; others wait until it is there
	Queue   int    // orders that may wait [1000]
	Log     *slog.Logger
	Times   Times
}

// Times are how long things take that tests have no time for.
type Times struct {
	Ack   time.Duration // an order whose worker is silent for so long goes to another [40 s]
	Beat  time.Duration // between what a node says of itself [5 s]
	Away  time.Duration // how long a broker may be gone, or all workers, before others do the work [10 s]
	Reply time.Duration // how long the broker may take to answer [5 s]
	Claim time.Duration // how long who looks at a file has it for themselves [30 s]
}

func (o Options) withDefaults() Options {
	if o.Name == "" {
		o.Name, _ = os.Hostname()
	}
	o.Queue = cmp.Or(o.Queue, 1000)
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	o.Times.Ack = cmp.Or(o.Times.Ack, 40*time.Second)
	o.Times.Beat = cmp.Or(o.Times.Beat, 5*time.Second)
	o.Times.Away = cmp.Or(o.Times.Away, 10*time.Second)
	o.Times.Reply = cmp.Or(o.Times.Reply, 5*time.Second)
	o.Times.Claim = cmp.Or(o.Times.Claim, 30*time.Second)
	return o
}

// Link is this process's way to the broker. It is safe for concurrent use.
type Link struct {
	opt   Options
	id    string // of this node
	conn  *nats.Conn
	js    jetstream.JetStream
	nodes *nodes

	making sync.Mutex // one at a time looks for what is kept, or makes it
	mu     sync.Mutex
	kept   *kept     // nil while it is not known to be there
	gone   time.Time // since when there is no connection; zero while there is one
}

// Open returns a link. The broker need not be there: the link looks for it until it is closed. The error is one
// of the options.
func Open(o Options) (*Link, error) {
	o = o.withDefaults()
	l := &Link{opt: o, id: newID(), nodes: &nodes{}, gone: time.Now()}
	settings, err := l.settings()
	if err != nil {
		return nil, err
	}
	if l.conn, err = nats.Connect(o.Broker, settings...); err != nil {
		return nil, fmt.Errorf("connect to the broker: %w", err)
	}
	if l.conn.IsConnected() {
		l.mu.Lock()
		l.gone = time.Time{}
		l.mu.Unlock()
	}
	if l.js, err = jetstream.New(l.conn, jetstream.WithDefaultTimeout(o.Times.Reply)); err != nil {
		l.conn.Close()
		return nil, fmt.Errorf("use the broker: %w", err)
	}
	if err := l.listen(); err != nil {
		l.conn.Close()
		return nil, err
	}
	return l, nil
}

// settings are those of the connection: it never gives up.
func (l *Link) settings() ([]nats.Option, error) {
	o := l.opt
	all := []nats.Option{
		nats.Name("slugpuppy " + o.Name), nats.Timeout(o.Times.Reply), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true),
		nats.ReconnectWait(min(time.Second, o.Times.Away/4)), nats.ReconnectJitter(o.Times.Away/20, o.Times.Away/20),
		nats.PingInterval(20 * time.Second), nats.MaxPingsOutstanding(2),
		nats.ReconnectBufSize(-1), // what cannot leave now is an error, for somebody waits
		nats.ConnectHandler(func(*nats.Conn) { l.back() }),
		nats.ReconnectHandler(func(*nats.Conn) { l.back() }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { l.lost(err) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			o.Log.Warn("the broker says something is wrong", "error", err)
		}),
	}
	if o.InProcess != nil {
		all = append(all, nats.InProcessServer(o.InProcess))
	}
	if o.Credentials != "" {
		all = append(all, nats.UserCredentials(o.Credentials))
	}
	if o.NKey != "" {
		key, err := nats.NkeyOptionFromSeed(o.NKey)
		if err != nil {
			return nil, fmt.Errorf("read the nkey %s: %w", o.NKey, err)
		}
		all = append(all, key)
	}
	if o.CA != "" {
		all = append(all, nats.RootCAs(o.CA))
	}
	if o.Certificate != "" {
		all = append(all, nats.ClientCert(o.Certificate, o.Key))
	}
	return all, nil
}

// Close ends the link.
func (l *Link) Close() { l.conn.Close() }

func (l *Link) back() {
	l.mu.Lock()
	l.gone, l.kept = time.Time{}, nil // it may be another one, or one whose disk is new
	l.mu.Unlock()
	l.opt.Log.Info("connected to the broker", "broker", l.Broker())
}

func (l *Link) lost(err error) {
	l.mu.Lock()
	if l.gone.IsZero() {
		l.gone = time.Now()
	}
	l.mu.Unlock()
	if err != nil {
		l.opt.Log.Warn("the broker is gone", "broker", l.Broker(), "error", err)
	}
}

// away is how long there has been no connection; 0 while there is one.
func (l *Link) away() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone.IsZero() {
		return 0
	}
	return max(time.Since(l.gone), 1)
}

// Broker is where it is, for people.
func (l *Link) Broker() string {
	if l.opt.InProcess != nil {
		return "in this process"
	}
	return l.opt.Broker
}

// JetStream is what else may be kept on the broker.
func (l *Link) JetStream() jetstream.JetStream { return l.js }

// ErrNoKeeper is the error while nothing is kept on the broker yet: a daemon has to come and make it.
var ErrNoKeeper = errors.New("nothing is kept on the broker yet; a daemon that uses it makes what is needed")

// kept is what the broker keeps.
type kept struct {
	orders, results  jetstream.Stream
	pixels, networks jetstream.ObjectStore
	verdicts, claims jetstream.KeyValue
}

// Names of what is kept, and how.
const (
	ordersName   = "slugpuppy-orders"
	resultsName  = "slugpuppy-results"
	pixelsName   = "slugpuppy-pixels"
	networksName = "slugpuppy-networks"
	verdictsName = "slugpuppy-verdicts"
	claimsName   = "slugpuppy-claims"

	expiry        = time.Hour          // of orders, pieces and what came of them
	verdictExpiry = 3 * 24 * time.Hour // by then nearly nobody shows a post any more
	pixelBytes    = 2 << 30
	networkBytes  = 1 << 30
	verdictBytes  = 1 << 30
	mostTicket    = 64 << 10
)

// keep finds what the broker keeps; a Keeper makes what is missing.
func (l *Link) keep(ctx context.Context) (*kept, error) {
	if k := l.known(); k != nil {
		return k, nil
	}
	l.making.Lock()
	defer l.making.Unlock()
	if k := l.known(); k != nil {
		return k, nil
	}
	ctx, cancel := l.brief(ctx)
	defer cancel()
	k, look := &kept{}, l.find
	if l.opt.Keeper {
		look = l.make
	}
	if err := look(ctx, k); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone.IsZero() {
		l.kept = k
	}
	return k, nil
}

func (l *Link) known() *kept {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.kept
}

// forget looks for everything again: something was gone that had been there.
func (l *Link) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = nil
}

func (l *Link) find(ctx context.Context, k *kept) (err error) {
	step := func(find func() error) {
		if err == nil {
			err = find()
		}
	}
	step(func() (err error) { k.orders, err = l.js.Stream(ctx, ordersName); return err })
	step(func() (err error) { k.results, err = l.js.Stream(ctx, resultsName); return err })
	step(func() (err error) { k.pixels, err = l.js.ObjectStore(ctx, pixelsName); return err })
	step(func() (err error) { k.networks, err = l.js.ObjectStore(ctx, networksName); return err })
	if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrBucketNotFound) {
		return ErrNoKeeper
	}
	return err
}

func (l *Link) make(ctx context.Context, k *kept) (err error) {
	step := func(what string, make func() error) {
		if err != nil {
			return
		}
		if err = make(); err != nil {
			err = fmt.Errorf("keep %s on the broker: %w", what, err)
		}
	}
	step("orders", func() (err error) {
		k.orders, err = l.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: ordersName, Subjects: []string{orderSubject("*")},
			Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew, MaxMsgs: int64(l.opt.Queue), MaxMsgSize: mostTicket,
			MaxAge: expiry, Duplicates: 10 * time.Minute})
		return err
	})
	step("results", func() (err error) {
		k.results, err = l.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: resultsName, Subjects: []string{resultSubject("*")},
			MaxMsgsPerSubject: 1, MaxMsgSize: mostTicket, MaxBytes: 64 << 20, MaxAge: expiry, Duplicates: 10 * time.Minute, AllowDirect: true})
		return err
	})
	step("pixels", func() (err error) {
		k.pixels, err = l.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: pixelsName, TTL: expiry, MaxBytes: pixelBytes})
		return err
	})
	step("networks", func() (err error) {
		k.networks, err = l.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: networksName, MaxBytes: networkBytes})
		return err
	})
	step("verdicts", func() (err error) {
		k.verdicts, err = l.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: verdictsName, TTL: verdictExpiry,
			MaxBytes: verdictBytes, MaxValueSize: mostVerdict})
		return err
	})
	step("claims", func() (err error) {
		k.claims, err = l.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: claimsName, TTL: l.opt.Times.Claim,
			MaxBytes: 64 << 20, MaxValueSize: mostVerdict, Storage: jetstream.MemoryStorage})
		return err
	})
	return err
}

// brief is a context for one question to the broker, and lengthy one for an object on its way, which ends when the
// broker is gone for too long: the library would wait until the end.
func (l *Link) brief(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, l.opt.Times.Reply)
}

func (l *Link) lengthy(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, 24*l.opt.Times.Reply)
	go func() {
		for sleep(ctx, l.opt.Times.Away/4) {
			if l.away() > l.opt.Times.Away {
				cancel()
			}
		}
	}()
	return ctx, cancel
}

// Subjects. A token in one is an id, or a processor family.
func orderSubject(family string) string  { return "slugpuppy.order." + family }
func resultSubject(id string) string     { return "slugpuppy.result." + id }
func wantedSubject(id string) string     { return "slugpuppy.wanted." + id }
func liveSubject(id, what string) string { return "slugpuppy.live." + id + "." + what }

const (
	progressed  = "progress"
	cancelled   = "cancel"
	nodeSubject = "slugpuppy.node"
	rollSubject = "slugpuppy.roll"
)

// family is a processor family as a token of a subject; anyFamily takes all.
func family(arithmetic string) string {
	if arithmetic == "" {
		return anyFamily
	}
	return strings.NewReplacer("/", "-", ".", "-", " ", "-", "*", "-", ">", "-").Replace(arithmetic)
}

const anyFamily = "any"

// newID is a name that nobody else has.
func newID() string {
	id := make([]byte, 16)
	rand.Read(id) // never fails
	return hex.EncodeToString(id)
}

// validID says whether a text can be an id; others would be odd subjects.
func validID(id string) bool {
	raw, err := hex.DecodeString(id)
	return err == nil && len(raw) == 16
}
