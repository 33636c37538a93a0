package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slugpuppy/dream"
	"slugpuppy/picture"
)

// Maker makes pieces: dream.Maker, dream.Queue, or a Dreamer.
type Maker interface {
	Make(ctx context.Context, o dream.Order, report func(dream.Progress)) (dream.Piece, error)
}

// Networks are those that orders can be for.
type Networks interface {
	// Hash is that of the network that a recipe names, "" the usual one's.
	Hash(model string) (string, error)
	// Bundle is what a worker can make the network of; nil where every worker has it.
	Bundle(model string) ([]byte, error)
}

// DreamerOptions are what a Dreamer is made of. Link and Networks are required.
type DreamerOptions struct {
	Link     *Link
	Networks Networks
	Here     Maker // makes pieces while no worker can be had; nil: nobody does, and orders are refused with dream.ErrNotNow
	Looks    bool  // reports come with previews
}

// Dreamer has pieces made by workers. It is safe for concurrent use.
type Dreamer struct {
	DreamerOptions

	mu      sync.Mutex
	bundles map[string]string // names of the objects that networks can be made of, by their hashes
	away    bool              // as the log was told last

	remote, here atomic.Int64
}

// NewDreamer returns a Dreamer.
func NewDreamer(o DreamerOptions) *Dreamer {
	return &Dreamer{DreamerOptions: o, bundles: map[string]string{}}
}

// Made are how many pieces workers made, and how many were made here.
func (d *Dreamer) Made() (remote, here int) { return int(d.remote.Load()), int(d.here.Load()) }

// away is the error while no worker can be had; whose fault that is, is never the order's.
type away struct{ why error }

func (a *away) Error() string { return a.why.Error() }
func (a *away) Unwrap() error { return a.why }

func awayFor(format string, args ...any) error { return &away{fmt.Errorf(format, args...)} }

// Make has a piece made. It returns the cause of ctx when that ends the wait; the worker is told, and ends within a step.
func (d *Dreamer) Make(ctx context.Context, o dream.Order, report func(dream.Progress)) (dream.Piece, error) {
	hash, err := d.Networks.Hash(o.Recipe.Model)
	if err != nil {
		return dream.Piece{}, err
	}
	if o.Network != "" && o.Network != hash {
		return dream.Piece{}, fmt.Errorf("%w: it wants network %.12q, the recipe names %.12q", dream.ErrElsewhere, o.Network, hash)
	}
	piece, err := d.elsewhere(ctx, o, hash, report)
	var gone *away
	if !errors.As(err, &gone) {
		d.tell(nil)
		d.remote.Add(1)
		return piece, err
	}
	d.tell(err)
	if d.Here == nil || ctx.Err() != nil { // there is no time left to make it here
		return dream.Piece{}, fmt.Errorf("%w: %w", dream.ErrNotNow, err)
	}
	d.here.Add(1)
	return d.Here.Make(ctx, o, report)
}

// tell says once when work is done here or waits, and once when workers have it again.
func (d *Dreamer) tell(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if (err != nil) == d.away {
		return
	}
	d.away = err != nil
	log := d.Link.opt.Log
	switch {
	case err == nil:
		log.Info("workers dream again")
	case d.Here != nil:
		log.Warn("no worker can be had, so dreams are made here", "error", err)
	default:
		log.Warn("no worker can be had, so requests wait", "error", err, "remedy",
			"start the broker and a worker, or let this process dream with cluster.fallback")
	}
}

// mostRounds is how often an order is given anew after a worker took it for one that nobody waits for.
const mostRounds = 5

func (d *Dreamer) elsewhere(ctx context.Context, o dream.Order, hash string, report func(dream.Progress)) (dream.Piece, error) {
	bundle, err := d.bundle(ctx, o.Recipe.Model, hash)
	if err != nil {
		return dream.Piece{}, err
	}
	o.Network, o.Recipe.Model = hash, hash[:8]
	body, err := o.MarshalBinary()
	if err != nil {
		return dream.Piece{}, err
	}
	steady := steadily(report)
	for range mostRounds {
		c := &call{Dreamer: d, id: newID(), key: make([]byte, keySize), hash: hash, bundle: bundle, body: body, isa: o.ISA,
			until: time.Now().Add(expiry - 5*time.Minute)}
		rand.Read(c.key) // never fails
		piece, err := c.make(ctx, steady)
		if !errors.Is(err, errDropped) {
			return piece, err
		}
	}
	return dream.Piece{}, awayFor("workers took the order for one that nobody waits for, %d times", mostRounds)
}

// steadily reports progress whose fraction never falls: another worker begins anew.
func steadily(report func(dream.Progress)) func(dream.Progress) {
	most := 0.0
	return func(p dream.Progress) {
		most = max(most, p.Fraction)
		p.Fraction = most
		if report != nil {
			report(p)
		}
	}
}

// bundle makes sure that workers can have a network, and names its object.
func (d *Dreamer) bundle(ctx context.Context, model, hash string) (string, error) {
	d.mu.Lock()
	name, known := d.bundles[hash]
	d.mu.Unlock()
	if known {
		return name, nil
	}
	data, err := d.Networks.Bundle(model)
	if err != nil {
		return "", fmt.Errorf("pack network %.8s for workers: %w", hash, err)
	}
	if data != nil {
		sum := sha256.Sum256(data)
		name = hex.EncodeToString(sum[:])
		k, err := d.Link.reach(ctx)
		if err != nil {
			return "", err
		}
		ctx, cancel := d.Link.lengthy(ctx)
		defer cancel()
		if _, err := k.networks.GetInfo(ctx, name); errors.Is(err, jetstream.ErrObjectNotFound) {
			_, err = k.networks.PutBytes(ctx, name, data)
			if err != nil {
				return "", awayFor("give workers network %.8s: %w", hash, err)
			}
		} else if err != nil {
			return "", awayFor("look for network %.8s: %w", hash, err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bundles[hash] = name
	return name, nil
}

// reach is what the broker keeps; the error is an away.
func (l *Link) reach(ctx context.Context) (*kept, error) {
	if l.away() > 0 {
		return nil, awayFor("the broker %s does not answer", l.Broker())
	}
	ctx, cancel := l.brief(ctx)
	defer cancel()
	k, err := l.keep(ctx)
	if err != nil {
		return nil, awayFor("the broker %s: %w", l.Broker(), err)
	}
	return k, nil
}

// errDropped is the error for an order that a worker gave up because nobody seemed to wait for it.
var errDropped = errors.New("dropped")

// call is one order on its way.
type call struct {
	*Dreamer
	id     string
	key    []byte
	hash   string
	bundle string
	body   []byte
	isa    string
	until  time.Time

	kept    *kept
	seq     uint64 // of the ticket in the queue
	results chan []byte
	news    chan struct{} // holds one signal that there is progress

	mu     sync.Mutex
	latest []byte // progress, as it came
}

func (c *call) make(ctx context.Context, report func(dream.Progress)) (p dream.Piece, err error) {
	if c.kept, err = c.Link.reach(ctx); err != nil {
		return p, err
	}
	if err := c.workers(ctx); err != nil {
		return p, err
	}
	hangUp, err := c.listen()
	if err != nil {
		return p, awayFor("listen for what comes of an order: %w", err)
	}
	defer hangUp()
	if err := c.send(ctx); err != nil {
		c.withdraw(ctx)
		return p, err
	}
	r, err := c.wait(ctx, report)
	if err != nil {
		c.withdraw(ctx)
		return p, err
	}
	defer c.clear(ctx)
	return c.take(ctx, r)
}

// workers is an error when there is nobody who could take the order.
func (c *call) workers(ctx context.Context) error {
	if len(c.Link.workers("")) == 0 {
		c.Link.Roll(ctx)
	}
	switch {
	case len(c.Link.workers("")) == 0:
		return awayFor("no worker is there")
	case len(c.Link.workers(c.isa)) == 0:
		return awayFor("%w: no worker computes with %.20q", dream.ErrElsewhere, c.isa)
	}
	return nil
}

// listen begins to hear what the worker says, and to tell it that somebody waits.
func (c *call) listen() (hangUp func(), err error) {
	c.results, c.news = make(chan []byte, 4), make(chan struct{}, 1)
	var subs []*nats.Subscription
	hangUp = func() {
		for _, s := range subs {
			s.Unsubscribe()
		}
	}
	hear := func(subject string, then func(*nats.Msg)) {
		if err != nil {
			return
		}
		var s *nats.Subscription
		if s, err = c.Link.conn.Subscribe(subject, then); err == nil {
			subs = append(subs, s)
		}
	}
	hear(wantedSubject(c.id), func(m *nats.Msg) { m.Respond(nil) })
	hear(resultSubject(c.id), func(m *nats.Msg) {
		select {
		case c.results <- m.Data:
		default: // more than one worker has done it
		}
	})
	hear(liveSubject(c.id, progressed), func(m *nats.Msg) {
		c.mu.Lock()
		c.latest = m.Data
		c.mu.Unlock()
		select {
		case c.news <- struct{}{}:
		default:
		}
	})
	if err != nil {
		hangUp()
	}
	return hangUp, err
}

// send gives the order to the broker.
func (c *call) send(ctx context.Context) error {
	within, cancel := c.Link.lengthy(ctx)
	defer cancel()
	t := ticket{V: wireVersion, ID: c.id, Key: c.key, Network: c.hash, Bundle: c.bundle, Look: c.Looks, Until: c.until}
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("write an order: %w", err)
	}
	if err := c.kept.put(within, c.key, orderObject(c.id), c.body); err != nil {
		c.Link.forget()
		return c.failed(ctx, "give an order's pictures to the broker", err)
	}
	ack, err := c.Link.js.Publish(within, orderSubject(family(c.isa)), data, jetstream.WithMsgID(c.id))
	var api *jetstream.APIError
	if errors.As(err, &api) && api.ErrorCode == notStored {
		return awayFor("the broker takes no more orders, %d may wait: %w", c.Link.opt.Queue, err)
	}
	if err != nil {
		c.Link.forget()
		return c.failed(ctx, "give an order to the broker", err)
	}
	c.seq = ack.Sequence
	return nil
}

// notStored is the broker's code for a stream that takes no more (JSStreamStoreFailedF of nats-server's errors.json).
const notStored = 10077

// failed is the cause of ctx if that has ended, else an away.
func (c *call) failed(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return awayFor("%s: %w", doing, err)
}

// wait returns what came of the order.
func (c *call) wait(ctx context.Context, report func(dream.Progress)) (result, error) {
	times := c.Link.opt.Times
	tick := time.NewTicker(min(times.Away/4, time.Second))
	defer tick.Stop()
	heard, asked, begun := time.Now(), time.Now(), false
	for {
		select {
		case data := <-c.results:
			if r, ok := c.read(data); ok {
				return r, nil
			}
		case <-c.news:
			if heard = time.Now(); c.report(report) {
				begun = true
			}
		case <-ctx.Done():
			if cause := context.Cause(ctx); begun || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return result{}, cause
			}
			return result{}, awayFor("no worker was free in time")
		case <-tick.C:
			if err := c.hopeless(time.Since(heard)); err != nil {
				return result{}, err
			}
			if time.Since(asked) < times.Beat { // its message may have been lost
				continue
			}
			asked = time.Now()
			if r, ok, err := c.ask(ctx); ok || err != nil {
				return r, err
			}
		}
	}
}

// hopeless is an error when nothing can be expected any more; silent is how long the worker has said nothing.
func (c *call) hopeless(silent time.Duration) error {
	times := c.Link.opt.Times
	switch {
	case c.Link.away() > times.Away:
		return awayFor("the broker %s has been gone for %s", c.Link.Broker(), times.Away)
	case c.Link.away() == 0 && silent > times.Away+c.Link.stale() && len(c.Link.workers("")) == 0:
		return awayFor("all workers are gone")
	case time.Now().After(c.until):
		return awayFor("no worker made it within the hour that its pictures are kept")
	}
	return nil
}

// ask looks what became of the order: the message that told of it may have been lost, or the order itself with
// all that the broker had.
func (c *call) ask(ctx context.Context) (r result, ok bool, err error) {
	if c.Link.away() > 0 {
		return r, false, nil
	}
	ctx, cancel := c.Link.brief(ctx)
	defer cancel()
	k, err := c.Link.keep(ctx)
	if err != nil {
		return r, false, nil // it is asked again
	}
	c.kept = k
	there, err := c.waits(ctx)
	if err != nil {
		c.Link.forget()
		return r, false, nil
	}
	m, err := c.kept.results.GetLastMsgForSubject(ctx, resultSubject(c.id)) // it came before the order was done with
	switch {
	case err == nil:
		r, ok = c.read(m.Data)
		return r, ok, nil
	case errors.Is(err, jetstream.ErrMsgNotFound) && !there:
		return r, false, errDropped
	}
	return r, false, nil
}

// waits says whether the order is in the queue, or with a worker. Another broker counts from one again.
func (c *call) waits(ctx context.Context) (bool, error) {
	m, err := c.kept.orders.GetMsg(ctx, c.seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	t, err := readTicket(m.Data)
	return err == nil && t.ID == c.id, nil
}

func (c *call) read(data []byte) (result, bool) {
	r, err := readResult(data)
	if err != nil || r.ID != c.id {
		c.Link.opt.Log.Warn("somebody says something odd of an order", "order", c.id, "error", err)
		return r, false
	}
	return r, true
}

// report tells of the latest progress.
func (c *call) report(to func(dream.Progress)) bool {
	c.mu.Lock()
	data := c.latest
	c.latest = nil
	c.mu.Unlock()
	p, err := readProgress(data)
	if err != nil {
		return false
	}
	if p.JPEG != nil {
		if img := preview(p.JPEG); img != nil {
			p.Look = func() *image.NRGBA { return img }
		}
	}
	to(p.Progress)
	return true
}

// previewSide bounds what a preview may show, in pixels.
const previewSide = 512

// preview decodes one; nil for what is none.
func preview(data []byte) *image.NRGBA {
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width > previewSide || c.Height > previewSide {
		return nil
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	return picture.ToNRGBA(img)
}

// take turns what came of the order into what Make returns.
func (c *call) take(ctx context.Context, r result) (p dream.Piece, err error) {
	switch r.Verb {
	case refused:
		return p, r.Problem
	case poisonous:
		return p, fmt.Errorf("%w: %s", dream.ErrPoison, r.Why)
	case elsewhere:
		return p, awayFor("%w: worker %s: %s", dream.ErrElsewhere, r.Node, r.Why)
	case dropped:
		return p, errDropped
	case failed:
		return p, fmt.Errorf("worker %s: %s", r.Node, r.Why)
	}
	within, cancel := c.Link.lengthy(ctx)
	defer cancel()
	data, err := c.kept.get(within, c.key, pieceObject(c.id))
	if err != nil {
		return p, c.failed(ctx, "fetch a piece", err)
	}
	if err := p.UnmarshalBinary(data); err != nil {
		return p, fmt.Errorf("worker %s: %w", r.Node, err)
	}
	return p, nil
}

// withdraw tells whoever works at the order that nobody waits any more, and takes it out of the queue.
func (c *call) withdraw(ctx context.Context) {
	c.Link.conn.Publish(liveSubject(c.id, cancelled), nil)
	if c.Link.away() > 0 {
		return // it expires, and workers ask before they begin
	}
	within, cancel := c.Link.brief(context.WithoutCancel(ctx))
	defer cancel()
	if there, err := c.waits(within); err == nil && there {
		c.kept.orders.DeleteMsg(within, c.seq) // a worker that has it is done with it all the same
	}
	c.clear(ctx)
}

// clear takes away what is kept of the order; what is left expires.
func (c *call) clear(ctx context.Context) {
	ctx, cancel := c.Link.brief(context.WithoutCancel(ctx))
	defer cancel()
	for _, name := range []string{orderObject(c.id), pieceObject(c.id)} {
		c.kept.pixels.Delete(ctx, name)
	}
}
