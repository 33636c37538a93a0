package x

import (
	"fmt"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/timeline"
)

// Network is what every version of the API can do: carry a bot, and look after a timeline.
type Network interface {
	network.Bot
	ForFilter(cabinet timeline.Cabinet, ends func() (map[string]time.Time, error)) Account
}

// Open connects through a version of the API.
func Open(version string, o Options) (Network, error) {
	switch version {
	case "v2":
		return New(o)
	case "v1.1":
		return NewLegacy(o)
	}
	return nil, fmt.Errorf("there is no version %q of X's API; x.api is v2 or v1.1", version)
}
