package mastodon

import (
	"encoding/json"

	"slugpuppy/bot/network"
)

// ResetOf is how rate-limit headers are read.
var ResetOf = resetOf

// Translate is what becomes of a post as a server sends it.
func Translate(raw []byte) (network.Post, error) {
	var s status
	err := json.Unmarshal(raw, &s)
	return translator{"dreams.example"}.post(&s), err
}
