package x

import (
	"fmt"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/x/hidelist"
)

// Network is what every version of the API can do: carry a bot, and read a timeline.
type Network interface {
	network.Bot
	network.Timeline
	network.Artists
	network.Muter
}

// Versions of the API.
const (
	v2 = "v2"
	v1 = "v1.1"
)

// Open connects through a version of the API.
func Open(version string, o Options) (Network, error) {
	switch version {
	case v2:
		return New(o)
	case v1:
		return NewLegacy(o)
	}
	return nil, fmt.Errorf("there is no version %q of X's API; x.api is v2 or v1.1", version)
}

// Reader is a subscriber's own account. X hides no single post from one's own timeline: lists for a
// browser do.
type Reader struct {
	Network
	network.Hider
}

var _ network.Reader = Reader{}

// Site is how X's pages show posts.
var Site = hidelist.Site{Name: "X", Hosts: []string{"x.com", "twitter.com", "mobile.x.com"}, Post: "article", Link: "/status/"}
