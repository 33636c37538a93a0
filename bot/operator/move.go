package operator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/move"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// Moving is a subscriber to hand over to another installation.
type Moving struct {
	Account string `json:"account"` // handle or identity
	To      string `json:"to"`      // the other installation's address, or the other daemon's name
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
	// Move hands a subscriber over to another daemon of the cluster.
	Move(ctx context.Context, m Moving) (Answer, error)
	// TakeOver looks after the subscribers of a daemon that is lost, from a copy of its database.
	TakeOver(ctx context.Context, l Lost) (TakenOver, error)
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
		err := l.Mover.Stay(actor(ctx), sub, "")
		if errors.Is(err, store.ErrReceipt) {
			return Answer{}, fmt.Errorf("%w: they were handed over, and what becomes of that the other side says with a receipt", ErrRefused)
		}
		if err != nil {
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
	mux.HandleFunc("POST /v1/move", func(w http.ResponseWriter, r *http.Request) { withBody(w, r, s.Move) })
	mux.HandleFunc("POST /v1/takeover", func(w http.ResponseWriter, r *http.Request) { handleTakeOver(w, r, s) })
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

// Homes is who of several daemons looks after which subscriber.
type Homes interface {
	// Move hands a subscriber over to another daemon, and waits for it until ctx ends.
	Move(ctx context.Context, by store.Actor, sub store.Subscriber, to string) error
	// Home is another daemon that looks after an account, and where its page is; ok is false when there is none.
	Home(ctx context.Context, who identity.Identity) (node, url string, ok bool, err error)
	// TakeOver looks after a lost daemon's subscribers.
	TakeOver(ctx context.Context, by store.Actor, l Lost) (TakenOver, error)
	// Changed says that somebody joined or left.
	Changed()
}

// Lost is a daemon that is lost, with what is left of it.
type Lost struct {
	Node   string `json:"node"`
	Backup string `json:"backup"` // file with a copy of its database
	Key    string `json:"key"`    // its key file
}

// TakenOver is what came of it.
type TakenOver struct {
	Taken int `json:"taken"` // subscribers who are looked after here now
	Left  int `json:"left"`  // who were not the lost daemon's any more
	Later int `json:"later"` // who joined after the copy was made, and have to sign in again
}

// Elsewhere is the error where another daemon looks after an account.
type Elsewhere struct{ Node, URL string }

// Error says where.
func (e *Elsewhere) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%v: daemon %s looks after the account %s", ErrRefused, e.Node, e.URL))
}

func (e *Elsewhere) Unwrap() error { return ErrRefused }

var errNoHomes = fmt.Errorf("%w: readers are not shared with other daemons here: set cluster.readers, and let the daemon run", ErrRefused)

// moveWait is how long an operator waits for the other daemon; the move goes on without them.
const moveWait = 20 * time.Second

// Move implements Service.
func (l *Local) Move(ctx context.Context, m Moving) (Answer, error) {
	if l.Homes == nil {
		return Answer{}, errNoHomes
	}
	sub, err := l.subscriber(m.Account)
	if err != nil {
		return Answer{}, err
	}
	within, cancel := context.WithTimeout(ctx, moveWait)
	defer cancel()
	err = l.Homes.Move(within, actor(ctx), sub, m.To)
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return Answer{Text: "@" + sub.Handle + " is on the way to " + m.To + ", which has not taken them yet"}, nil
	case err != nil:
		return Answer{}, moveError(err)
	}
	return Answer{Text: "@" + sub.Handle + " is looked after by " + m.To + " now"}, nil
}

// TakeOver implements Service.
func (l *Local) TakeOver(ctx context.Context, lost Lost) (TakenOver, error) {
	if l.Homes == nil {
		return TakenOver{}, errNoHomes
	}
	return l.Homes.TakeOver(ctx, actor(ctx), lost)
}

// elsewhere is an error for an account that another daemon looks after. Where nobody can say, it joins here: of two
// daemons that have an account, one looks after it.
func (l *Local) elsewhere(ctx context.Context, who identity.Identity) error {
	if l.Homes == nil {
		return nil
	}
	within, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	node, url, ok, err := l.Homes.Home(within, who)
	if err != nil || !ok {
		return nil
	}
	return &Elsewhere{Node: node, URL: url}
}

func (l *Local) changed() {
	if l.Homes != nil {
		l.Homes.Changed()
	}
}

// Move implements Service.
func (c *Client) Move(ctx context.Context, m Moving) (a Answer, err error) {
	from, err := body(m)
	if err != nil {
		return a, err
	}
	return a, c.callWith(ctx, http.MethodPost, "/v1/move", from, &a)
}

// outcome is what comes of work that takes longer than a client waits for an answer to begin.
type outcome struct {
	TakenOver
	Error string `json:"error,omitempty"`
}

// TakeOver implements Service.
func (c *Client) TakeOver(ctx context.Context, l Lost) (TakenOver, error) {
	from, err := body(l)
	if err != nil {
		return TakenOver{}, err
	}
	var out outcome
	if err := c.callWith(ctx, http.MethodPost, "/v1/takeover", from, &out); err != nil {
		return TakenOver{}, err
	}
	if out.Error != "" {
		return out.TakenOver, fmt.Errorf("%w: %s", ErrRefused, strings.TrimPrefix(out.Error, ErrRefused.Error()+": "))
	}
	return out.TakenOver, nil
}

// handleTakeOver begins its answer at once, and ends it when the work is done.
func handleTakeOver(w http.ResponseWriter, r *http.Request, s Service) {
	var l Lost
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&l); err != nil {
		answer(w, nil, fmt.Errorf("%w: %w", ErrRefused, err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush() // whoever waits waits longer
	got, err := s.TakeOver(r.Context(), l)
	out := outcome{TakenOver: got}
	if err != nil {
		out.Error = err.Error()
	}
	_ = json.NewEncoder(w).Encode(out) // the client is gone: nobody to tell
}
