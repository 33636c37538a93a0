package timeline

import (
	"slugpuppy/bot/identity"
	"slugpuppy/classifier/detector"
	"slugpuppy/store"
)

// Newcomer is a subscriber as everybody begins: nothing happens before they switch the filter on, and
// then it warns, hides one picture in 1000 wrongly and reports once a week. The server is the address
// of the account's.
func Newcomer(who identity.Identity, network, handle, server string) store.Subscriber {
	return store.Subscriber{Identity: who, Network: network, Handle: handle, Server: server,
		Mode: store.FilterOff, How: Warn, Budget: detector.Usual, Digest: "weekly"}
}
