package mastodon

import (
	"bytes"
	"net/http"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// ResetOf is how rate-limit headers are read.
var ResetOf = resetOf

// Translate is what becomes of a post as a server sends it.
func Translate(raw []byte) (network.Post, error) {
	var s status
	_, err := answer.Read(bytes.NewReader(raw), answer.Limits{}, func(v *answer.Value) { s.read(v) })
	return translator{"dreams.example"}.post(&s), err
}

// Through puts a transport between a client and its server.
func Through(c *Client, over func(http.RoundTripper) http.RoundTripper) {
	c.wire.next = over(c.wire.next)
}
