package timeline

import (
	"context"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// What an account is called is asked for at the first pass, and then from time to time: a domain can
// change hands. Another server's trouble is no reason to ask at every pass.
const (
	nameKnown   = 24 * time.Hour
	nameUnknown = time.Hour
)

// name keeps the subscriber's handle the one that the server of its domain confirms.
func (w *watcher) name(ctx context.Context, sub store.Subscriber) error {
	n, ok := w.reader.(network.Named)
	if !ok || time.Now().Before(w.named) {
		return nil
	}
	handle, err := n.Handle(ctx)
	if network.MayPass(err) {
		w.named = time.Now().Add(nameUnknown)
		return nil
	}
	w.named = time.Now().Add(nameKnown)
	if err != nil || handle == sub.Handle {
		return err
	}
	return w.own.Subscription().Touch(func(s *store.Subscriber) { s.Handle = handle })
}
