// Package move hands readers over from one installation to another: all that is known of them, sealed for the
// receiver. Whoever carries it, a file or a broker, learns nothing. What may follow what is written down in package
// store; here are the steps that need more than a database: no pass may be under way, the account's server must say
// whose the tokens are, and both sides must hear of each other's decision.
package move

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// Mover moves the readers of one installation.
type Mover struct {
	Store *store.Store
	// Key seals secrets; its address is where others seal shares for.
	Key func() (*store.Key, error)
	// Secrets are where a subscriber's secrets are sealed.
	Secrets func(store.Subscriber) ([]store.SecretName, error)
	// Whose asks the account's server whose account these secrets, by field, let in.
	Whose func(ctx context.Context, sub store.Subscriber, secrets map[string]string) (identity.Identity, error)
	// Halt waits until nothing is done for an account that is away; nil where nothing runs.
	Halt func(context.Context, identity.Identity) error
	// Wake says that there is somebody to look after, or no longer; nil where nothing runs.
	Wake func(identity.Identity)
}

// Arrival is a reader who came, or who was declined.
type Arrival struct {
	Subscriber store.Subscriber
	// Receipt is for the giver, who waits for it.
	Receipt string
	Taken   bool
	// LockedOut says that the account's server no longer accepts the tokens: the reader has to connect again.
	LockedOut bool
}

// ErrUnverified means that the account's server does not say whose the tokens are.
var ErrUnverified = errors.New("the account's server no longer accepts the tokens, so nobody says whose they are")

// ErrOther means that the tokens of a share are another account's.
var ErrOther = errors.New("the tokens are another account's")

// Address is where shares for this installation are sealed for.
func (m *Mover) Address() (Address, error) {
	l, _, err := m.open()
	return l.address(), err
}

func (m *Mover) open() (lock, *store.Vault, error) {
	key, err := m.Key()
	if err != nil {
		return lock{}, nil, err
	}
	l, err := lockOf(key)
	return l, m.Store.Vault(key), err
}

// vault is where secrets are, and which are a subscriber's.
func (m *Mover) vault(sub store.Subscriber) (*store.Vault, []store.SecretName, error) {
	names, err := m.Secrets(sub)
	if err != nil {
		return nil, nil, err
	}
	_, vault, err := m.open()
	return vault, names, err
}

func (m *Mover) wake(who identity.Identity) {
	if m.Wake != nil {
		m.Wake(who)
	}
}

// Export ends all work for a subscriber and seals what is known of them for another installation. From then on it
// is the other's word that decides, see Hear. Again it is the same.
func (m *Mover) Export(ctx context.Context, by store.Actor, sub store.Subscriber, to Address) ([]byte, error) {
	own, err := m.Address()
	if err != nil {
		return nil, err
	}
	if own.String() == to.String() {
		return nil, errors.New("that is this installation's own address")
	}
	out, err := m.Store.For(sub.Identity).Subscription().Leave(by, to.String())
	if err != nil {
		return nil, err
	}
	return m.give(ctx, by, sub, out, own.String(), to)
}

// Offer is Export for a receiver and a giver that have names: who decides is whoever keeps the account's place.
func (m *Mover) Offer(ctx context.Context, by store.Actor, sub store.Subscriber, from, peer string, to Address) ([]byte, store.Move, error) {
	out, err := m.Store.For(sub.Identity).Subscription().Leave(by, peer)
	if err != nil {
		return nil, out, err
	}
	sealed, err := m.give(ctx, by, sub, out, from, to)
	return sealed, out, err
}

// Receive writes down what came from a giver who has a name. Nothing is decided: Take or Refuse does that.
func (m *Mover) Receive(ctx context.Context, by store.Actor, sealed []byte) (store.Subscriber, error) {
	a, err := m.receive(ctx, by, sealed, false)
	return a.Subscriber, err
}

// Find writes down what a copy of a lost installation's database says of a subscriber, as Receive does.
func (m *Mover) Find(by store.Actor, share store.Share) (store.Subscriber, error) {
	vault, names, err := m.vault(share.Subscriber)
	if err != nil {
		return store.Subscriber{}, err
	}
	return vault.Arrive(by, share, renamed(share.Secrets, names))
}

// Take looks after whoever was received from now on.
func (m *Mover) Take(by store.Actor, sub store.Subscriber) error {
	if _, err := m.Store.For(sub.Identity).Subscription().Settle(by, sub.Move.ID); err != nil {
		return err
	}
	m.wake(sub.Identity)
	return nil
}

// Refuse forgets whoever was received, and never takes them in by that move.
func (m *Mover) Refuse(by store.Actor, sub store.Subscriber) error {
	vault, names, err := m.vault(sub)
	if err != nil {
		return err
	}
	return vault.Decline(by, sub.Identity, sub.Move.ID, names)
}

// Lose forgets somebody who is looked after by another installation, as whoever keeps the account's place says.
func (m *Mover) Lose(ctx context.Context, by store.Actor, sub store.Subscriber, to string) error {
	vault, names, err := m.vault(sub)
	if err != nil {
		return err
	}
	if err := vault.TakenOver(by, sub.Identity, to, names); err != nil {
		return err
	}
	m.wake(sub.Identity)
	if m.Halt == nil {
		return nil
	}
	return m.Halt(ctx, sub.Identity)
}

// give waits until nobody works for a subscriber who leaves, and seals what is known of them.
func (m *Mover) give(ctx context.Context, by store.Actor, sub store.Subscriber, out store.Move, from string, to Address) ([]byte, error) {
	if m.Halt != nil {
		if err := m.Halt(ctx, sub.Identity); err != nil {
			return nil, err
		}
	}
	vault, names, err := m.vault(sub)
	if err != nil {
		return nil, err
	}
	share, err := vault.HandOver(by, sub.Identity, out.ID, from, names)
	if err != nil {
		return nil, fmt.Errorf("hand @%s over: %w", sub.Handle, err)
	}
	plain, err := share.Encode()
	if err != nil {
		return nil, err
	}
	return to.seal(plain)
}

// Import takes in what was sealed for this installation, and looks after it from then on. With trust, it is
// believed where the account's server says nothing, such as of tokens that ended: otherwise it is ErrUnverified.
func (m *Mover) Import(ctx context.Context, by store.Actor, sealed []byte, trust bool) (Arrival, error) {
	a, err := m.receive(ctx, by, sealed, trust)
	if err != nil {
		return a, err
	}
	who, move := a.Subscriber.Identity, a.Subscriber.Move
	settled, err := m.Store.For(who).Subscription().Settle(by, move.ID)
	if err != nil {
		return a, fmt.Errorf("take @%s: %w", a.Subscriber.Handle, err)
	}
	if !settled.Identity.IsZero() {
		settled.Move, a.Subscriber = move, settled
	}
	a.Receipt, a.Taken = move.Receipt(true), true
	m.wake(who)
	return a, nil
}

// receive writes down what came; nothing is decided yet.
func (m *Mover) receive(ctx context.Context, by store.Actor, sealed []byte, trust bool) (a Arrival, err error) {
	share, vault, err := m.unseal(sealed)
	if err != nil {
		return a, err
	}
	names, err := m.Secrets(share.Subscriber)
	if err != nil {
		return a, err
	}
	secrets := renamed(share.Secrets, names)
	err = m.verify(ctx, share.Subscriber, secrets)
	if a.LockedOut = trust && errors.Is(err, ErrUnverified); err != nil && !a.LockedOut {
		return a, err
	}
	came, err := vault.Arrive(by, share, secrets)
	if err != nil {
		return a, fmt.Errorf("receive @%s: %w", share.Subscriber.Handle, err)
	}
	a.Subscriber = came
	if came.Identity.IsZero() { // they were here, and have gone on
		a.Subscriber = share.Subscriber
	}
	a.Subscriber.Move = share.Subscriber.Move
	return a, nil
}

func (m *Mover) unseal(sealed []byte) (store.Share, *store.Vault, error) {
	l, vault, err := m.open()
	if err != nil {
		return store.Share{}, nil, err
	}
	plain, err := l.open(sealed)
	if err != nil {
		return store.Share{}, nil, err
	}
	share, err := store.DecodeShare(plain)
	return share, vault, err
}

// renamed gives secrets the names that they have here.
func renamed(secrets []store.SecretOf, names []store.SecretName) (out []store.SecretOf) {
	for _, n := range names {
		for _, s := range secrets {
			if s.Field == n.Field {
				out = append(out, store.SecretOf{SecretName: n, Value: s.Value})
			}
		}
	}
	return out
}

// verify has the account's server say whose the secrets are: what a share says of that decides nothing.
func (m *Mover) verify(ctx context.Context, sub store.Subscriber, secrets []store.SecretOf) error {
	if len(secrets) == 0 {
		return ErrUnverified
	}
	fields := map[string]string{}
	for _, s := range secrets {
		fields[s.Field] = string(s.Value)
	}
	who, err := m.Whose(ctx, sub, fields)
	switch {
	case network.Is(err, network.Unauthorized, network.Forbidden):
		return ErrUnverified
	case err != nil:
		return fmt.Errorf("ask %s whose the account is: %w", sub.Identity.Server, err)
	case who != sub.Identity:
		return fmt.Errorf("%w: %s, not %s", ErrOther, who, sub.Identity)
	}
	return nil
}

// Decline says that what was sealed for this installation is never taken in here.
func (m *Mover) Decline(by store.Actor, sealed []byte) (a Arrival, err error) {
	share, vault, err := m.unseal(sealed)
	if err != nil {
		return a, err
	}
	a.Subscriber = share.Subscriber
	names, err := m.Secrets(share.Subscriber)
	if err != nil {
		names = nil // of a network that is unknown here: nothing can have come
	}
	if err := vault.Decline(by, share.Subscriber.Identity, share.Subscriber.Move.ID, names); err != nil {
		return a, fmt.Errorf("decline @%s: %w", share.Subscriber.Handle, err)
	}
	a.Receipt = share.Subscriber.Move.Receipt(false)
	return a, nil
}

// Hear does what the receiver decided: whoever was taken is forgotten here, whoever was declined is looked after
// again.
func (m *Mover) Hear(by store.Actor, sub store.Subscriber, receipt string) (gone bool, err error) {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(receipt)), "declined-") {
		return false, m.Stay(by, sub, receipt)
	}
	vault, names, err := m.vault(sub)
	if err != nil {
		return false, err
	}
	if err := vault.Drop(by, sub.Identity, sub.Move.ID, receipt, names); err != nil {
		return false, err
	}
	m.wake(sub.Identity)
	return true, nil
}

// Stay takes a move back; once the reader was handed over it needs the receipt that says that they were declined.
func (m *Mover) Stay(by store.Actor, sub store.Subscriber, receipt string) error {
	if _, err := m.Store.For(sub.Identity).Subscription().Stay(by, sub.Move.ID, receipt); err != nil {
		return err
	}
	m.wake(sub.Identity)
	return nil
}
