package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slugpuppy/bot/pulse"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// task is one order at a worker.
type task struct {
	*Worker
	msg      jetstream.Msg
	delivery int
	ticket   ticket

	shown, told time.Time // when the last preview and the last progress were sent
}

// run does the order, tells what came of it, and takes it out of the queue. An order that was delivered too often
// ended those who had it: it is not even read. Here, and not by the broker, whose count would leave it in the queue.
func (t *task) run(work context.Context) {
	log := t.Link.opt.Log
	meta, err := t.msg.Metadata()
	if err != nil {
		log.Error("a message that is no order", "error", err)
		return
	}
	t.delivery = int(min(meta.NumDelivered, 1<<20))
	if t.ticket, err = readTicket(t.msg.Data()); err != nil {
		log.Error("an order that cannot be read is thrown away", "error", err)
		t.msg.Term()
		return
	}
	log = log.With("order", t.ticket.ID)
	if t.delivery > 1 {
		t.mu.Lock()
		t.again++
		t.mu.Unlock()
	}
	r, err := t.outcome(work)
	switch {
	case errors.Is(err, errDraining):
		log.Warn("the order is given back: this worker ends")
		t.msg.Nak()
		return
	case errors.Is(err, errCancelled), errors.Is(err, errUnwanted):
		log.Info("the order was given up", "reason", err)
	case err != nil:
		log.Error("the order failed", "error", err, "stack", pulse.StackOf(err))
	case r.Verb == made:
		log.Info("the order is done", "delivery", t.delivery)
	}
	if err := t.say(work, r); err != nil {
		log.Error("nobody can be told what came of an order; another worker gets it", "error", err)
	}
}

// outcome is what comes of the order. The error says the same to the log.
func (t *task) outcome(work context.Context) (result, error) {
	r := result{V: wireVersion, ID: t.ticket.ID, Node: t.Link.opt.Name, Delivery: t.delivery}
	if t.delivery > mostDeliveries {
		r.Verb, r.Why = poisonous, fmt.Sprintf("%d workers that had it ended", mostDeliveries)
		return r, errors.New(r.Why)
	}
	ctx, cancel := context.WithCancelCause(work)
	defer cancel(nil)
	stop, err := t.attend(ctx, cancel)
	if err != nil {
		r.Verb, r.Why = failed, err.Error()
		return r, err
	}
	defer stop()
	if time.Now().After(t.ticket.Until) || !t.wanted(ctx) {
		r.Verb = dropped
		return r, errUnwanted
	}
	if t.delivery == mostDeliveries {
		t.alone.Lock()
		defer t.alone.Unlock()
	} else {
		t.alone.RLock()
		defer t.alone.RUnlock()
	}
	err = pulse.Safely(func() error { return t.make(ctx) })
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	var p *dream.Problem
	switch {
	case err == nil:
		r.Verb = made
	case errors.As(err, &p):
		r.Verb, r.Problem, err = refused, p, nil
	case errors.Is(err, errUnwanted), errors.Is(err, errCancelled), errors.Is(err, jetstream.ErrObjectNotFound):
		r.Verb = dropped
	case errors.Is(err, dream.ErrElsewhere):
		r.Verb, r.Why = elsewhere, err.Error()
	default:
		r.Verb, r.Why = failed, err.Error()
	}
	return r, err
}

// make makes the piece and keeps it for whoever ordered it.
func (t *task) make(ctx context.Context) error {
	k, err := t.Link.keep(ctx)
	if err != nil {
		return err
	}
	within, cancel := t.Link.lengthy(ctx)
	defer cancel()
	body, err := k.get(within, t.ticket.Key, orderObject(t.ticket.ID))
	if err != nil {
		return err
	}
	var o dream.Order
	if err := o.UnmarshalBinary(body); err != nil {
		return err
	}
	maker, err := t.maker(ctx, k)
	if err != nil {
		return err
	}
	piece, err := maker.Make(ctx, o, t.report)
	if err != nil {
		return err
	}
	data, err := piece.MarshalBinary()
	if err != nil {
		return err
	}
	return t.insist(ctx, func(ctx context.Context, k *kept) error {
		return k.put(ctx, t.ticket.Key, pieceObject(t.ticket.ID), data)
	})
}

// maker is what works with the order's network.
func (t *task) maker(ctx context.Context, k *kept) (Maker, error) {
	var fetchBundle func(context.Context) ([]byte, error)
	if name := t.ticket.Bundle; name != "" {
		fetchBundle = func(ctx context.Context) ([]byte, error) {
			ctx, cancel := t.Link.lengthy(ctx)
			defer cancel()
			data, err := fetch(ctx, k.networks, name, networkBytes)
			if err == nil {
				err = named(data, name)
			}
			if err != nil {
				return nil, fmt.Errorf("fetch network %.8s: %w", t.ticket.Network, err)
			}
			return data, nil
		}
	}
	return t.Maker(ctx, t.ticket.Network, fetchBundle)
}

// insist does something at the broker, which may be away for a while: whoever made a piece does not throw it away
// for that.
func (t *task) insist(ctx context.Context, do func(context.Context, *kept) error) error {
	end := time.Now().Add(3 * t.Link.opt.Times.Ack)
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, t.Link.opt.Times.Reply) {
		within, cancel := t.Link.lengthy(ctx)
		k, err := t.Link.keep(within)
		if err == nil {
			err = do(within, k)
		}
		cancel()
		if err == nil || time.Now().After(end) || !sleep(ctx, pause) {
			return err
		}
		t.Link.forget()
	}
}

// say publishes the result, and then takes the order out of the queue.
func (t *task) say(ctx context.Context, r result) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write a result: %w", err)
	}
	if len(data) > mostTicket { // a reason without end
		r.Why, r.Problem, r.Verb = "the reason is too long to be told", nil, failed
		if data, err = json.Marshal(r); err != nil {
			return fmt.Errorf("write a result: %w", err)
		}
	}
	err = t.insist(ctx, func(ctx context.Context, _ *kept) error {
		_, err := t.Link.js.Publish(ctx, resultSubject(r.ID), data, jetstream.WithMsgID(fmt.Sprintf("%s:%d", r.ID, t.delivery)))
		return err
	})
	if err != nil {
		return err
	}
	within, cancel := t.Link.brief(ctx)
	defer cancel()
	return t.msg.DoubleAck(within)
}

// attend keeps the order, hears whether it is cancelled, and asks now and then whether anybody waits for it.
func (t *task) attend(ctx context.Context, cancel context.CancelCauseFunc) (stop func(), err error) {
	sub, err := t.Link.conn.Subscribe(liveSubject(t.ticket.ID, cancelled), func(*nats.Msg) { cancel(errCancelled) })
	if err != nil {
		return nil, fmt.Errorf("listen for a cancellation: %w", err)
	}
	ctx, end := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for missed := 0; sleep(ctx, t.Link.opt.Times.Ack/3); {
			t.msg.InProgress() // the next one may come through
			if missed++; t.asks(ctx) {
				missed = 0
			}
			if missed > 1 {
				cancel(errUnwanted)
			}
		}
	}()
	return func() { end(); <-over; sub.Unsubscribe() }, nil
}

// wanted asks whether somebody waits for the order, more than once: whoever does may be on the way back to the broker.
func (t *task) wanted(ctx context.Context) bool {
	for range 3 {
		if t.asks(ctx) {
			return true
		}
		if !sleep(ctx, t.Link.opt.Times.Away/20) {
			return false
		}
	}
	return false
}

// asks asks once. Only the broker's word that nobody listens is a no.
func (t *task) asks(ctx context.Context) bool {
	within, cancel := t.Link.brief(ctx)
	defer cancel()
	_, err := t.Link.conn.RequestWithContext(within, wantedSubject(t.ticket.ID), nil)
	return !errors.Is(err, nats.ErrNoResponders)
}

// Progress and previews are sent at most so often.
const (
	progressRest = 100 * time.Millisecond
	previewRest  = 300 * time.Millisecond
)

// report tells how far the piece is.
func (t *task) report(p dream.Progress) {
	now := time.Now()
	if now.Sub(t.told) < progressRest && p.Fraction < 1 {
		return
	}
	t.told = now
	out := progress{Progress: p, Node: t.Link.opt.Name}
	if t.ticket.Look && p.Look != nil && now.Sub(t.shown) >= previewRest {
		t.shown, out.JPEG = now, sketch(p.Look())
	}
	if data, err := json.Marshal(out); err == nil && len(data) <= mostProgress {
		t.Link.conn.Publish(liveSubject(t.ticket.ID, progressed), data) // losing one costs nothing
	}
}

// sketch is what a picture looks like from afar.
func sketch(img *image.NRGBA) []byte {
	data, err := picture.EncodeJPEG(picture.Thumbnail(img, previewSide), 75, "")
	if err != nil {
		return nil
	}
	return data
}
