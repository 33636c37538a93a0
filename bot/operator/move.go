package operator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"slugpuppy/bot/move"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// Moving is a subscriber to hand over to another installation.
type Moving struct {
	Account string `json:"account"` // handle or identity
	To      string `json:"to"`      // the other installation's address
}

// Incoming is how what another installation gave away is to be taken.
type Incoming struct {
	Decline bool // it is not to be taken, now or ever
	Trust   bool // it is believed where the account's server says nothing
}

// Arrived is what came of that.
type Arrived struct {
	User      User   `json:"user"`
	Taken     bool   `json:"taken"`
	Receipt   string `json:"receipt"`              // for the giver
	LockedOut bool   `json:"locked_out,omitempty"` // the reader has to connect again
}

// MoveService is the part of a Service that hands subscribers over.
type MoveService interface {
	// Address is where others seal for this installation what they hand over.
	Address(ctx context.Context) (string, error)
	// Export ends all work for a subscriber and writes what is known of them, sealed for the other. Again it is
	// the same.
	Export(ctx context.Context, m Moving, w io.Writer) error
	// Import takes in, or declines, what was sealed for this installation.
	Import(ctx context.Context, how Incoming, sealed io.Reader) (Arrived, error)
}

var errNoMoves = fmt.Errorf("%w: there is no key to seal with", ErrRefused)

// Address implements Service.
func (l *Local) Address(context.Context) (string, error) {
	if l.Mover == nil {
		return "", errNoMoves
	}
	a, err := l.Mover.Address()
	if err != nil {
		return "", err
	}
	return a.String(), nil
}

// Export implements Service.
func (l *Local) Export(ctx context.Context, m Moving, w io.Writer) error {
	if l.Mover == nil {
		return errNoMoves
	}
	to, err := move.ParseAddress(m.To)
	if err != nil {
		return fmt.Errorf("%w: %w; `slugpuppy user address` over there says it", ErrRefused, err)
	}
	sub, err := l.subscriber(m.Account)
	if err != nil {
		return err
	}
	sealed, err := l.Mover.Export(ctx, actor(ctx), sub, to)
	if err != nil {
		return moveError(err)
	}
	_, err = w.Write(sealed)
	return err
}

// Import implements Service.
func (l *Local) Import(ctx context.Context, how Incoming, from io.Reader) (Arrived, error) {
	if l.Mover == nil {
		return Arrived{}, errNoMoves
	}
	sealed, err := io.ReadAll(io.LimitReader(from, store.MaxShare))
	if err != nil {
		return Arrived{}, fmt.Errorf("read a share: %w", err)
	}
	var a move.Arrival
	if how.Decline {
		a, err = l.Mover.Decline(actor(ctx), sealed)
	} else {
		a, err = l.Mover.Import(ctx, actor(ctx), sealed, how.Trust)
	}
	if err != nil {
		return Arrived{}, moveError(err)
	}
	return Arrived{User: userOf(a.Subscriber, time.Now()), Taken: a.Taken, Receipt: a.Receipt, LockedOut: a.LockedOut}, nil
}

// subscriber finds one by handle or identity.
func (l *Local) subscriber(account string) (store.Subscriber, error) {
	sub, err := timeline.Find(l.Store, account)
	return sub, orderError(err)
}

// hear has a subscriber stay, or go, as the receiver's receipt says; without one, a move that has not got far is
// taken back.
func (l *Local) hear(ctx context.Context, sub store.Subscriber, receipt string) (Answer, error) {
	if l.Mover == nil {
		return Answer{}, errNoMoves
	}
	if receipt == "" {
		if err := l.Mover.Stay(actor(ctx), sub, ""); err != nil {
			return Answer{}, moveError(err)
		}
		return Answer{Text: "@" + sub.Handle + " is looked after here again"}, nil
	}
	gone, err := l.Mover.Hear(actor(ctx), sub, receipt)
	switch {
	case err != nil:
		return Answer{}, moveError(err)
	case gone:
		return Answer{Text: "@" + sub.Handle + " is looked after over there; nothing is known of them here any more"}, nil
	}
	return Answer{Text: "@" + sub.Handle + " is looked after here again"}, nil
}

// moveError makes the errors of moves the ones callers know.
func moveError(err error) error {
	for _, is := range []error{store.ErrHere, store.ErrMoving, store.ErrReceipt, store.ErrDecided, store.ErrOldMove, store.ErrNewer,
		move.ErrAddress, move.ErrSealed, move.ErrOther, move.ErrUnverified} {
		if errors.Is(err, is) {
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
	}
	return orderError(err)
}

// handleMoves serves that part of a Service.
func handleMoves(mux *http.ServeMux, s Service) {
	mux.HandleFunc("GET /v1/address", func(w http.ResponseWriter, r *http.Request) {
		v, err := s.Address(r.Context())
		answer(w, v, err)
	})
	mux.HandleFunc("POST /v1/export", func(w http.ResponseWriter, r *http.Request) {
		withBody(w, r, func(ctx context.Context, m Moving) ([]byte, error) {
			var b bytes.Buffer
			err := s.Export(ctx, m, &b)
			return b.Bytes(), err
		})
	})
	mux.HandleFunc("POST /v1/import", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		v, err := s.Import(r.Context(), Incoming{Decline: q.Has("decline"), Trust: q.Has("trust")},
			http.MaxBytesReader(w, r.Body, store.MaxShare))
		answer(w, v, err)
	})
}

// Address implements Service.
func (c *Client) Address(ctx context.Context) (address string, err error) {
	return address, c.call(ctx, http.MethodGet, "/v1/address", &address)
}

// Export implements Service.
func (c *Client) Export(ctx context.Context, m Moving, w io.Writer) error {
	from, err := body(m)
	if err != nil {
		return err
	}
	var sealed []byte
	if err := c.callWith(ctx, http.MethodPost, "/v1/export", from, &sealed); err != nil {
		return err
	}
	_, err = w.Write(sealed)
	return err
}

// Import implements Service.
func (c *Client) Import(ctx context.Context, how Incoming, sealed io.Reader) (a Arrived, err error) {
	q := url.Values{}
	if how.Decline {
		q.Set("decline", "")
	}
	if how.Trust {
		q.Set("trust", "")
	}
	return a, c.callWith(ctx, http.MethodPost, "/v1/import?"+q.Encode(), sealed, &a)
}
