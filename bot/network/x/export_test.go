package x

import (
	"encoding/json"

	//lint:ignore SA1019 The library is archived, as is v1.1 itself; both are pinned and done changing.
	"github.com/dghubble/go-twitter/twitter"
)

// For tests.
var (
	Wording      = wording
	Weight       = weight
	ParseRefusal = func(status int, raw []byte) error { return parseRefusal(status, raw) }
	ResetOf      = resetOf
	On           = on
)

// Translate is what becomes of an answer with posts.
func Translate(c *Client, a []byte) (n int) {
	var out answer
	if json.Unmarshal(a, &out) != nil {
		return 0
	}
	list := c.decode(out)
	s := out.Includes.shelf()
	for _, p := range list {
		c.post(p, s)
	}
	return len(list)
}

// TranslateLegacy is what becomes of a list of v1.1's posts.
func TranslateLegacy(c *Legacy, a []byte) (n int) {
	var list []twitter.Tweet
	if json.Unmarshal(a, &list) != nil {
		return 0
	}
	for i := range list {
		c.legacyPost(&list[i])
	}
	return len(list)
}
