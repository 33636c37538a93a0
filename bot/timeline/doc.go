// Package timeline keeps dreams out of home timelines: it hides the post, never the person. For
// every subscriber it follows the timeline, judges pictures, writes down what is to be hidden
// and makes what is hidden agree with that. All decisions are in the store; a kill at any point
// loses none. It knows no network: everything outside is a network.Reader.
package timeline

import "slugpuppy/bot/network"

// How hidden posts look, as subscribers choose it.
const (
	Warn = string(network.Warn)
	Blur = string(network.Blur)
	Hide = string(network.Hide)
)
