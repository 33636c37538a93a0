package x

import (
	"bytes"

	"slugpuppy/bot/network/answer"
)

// For tests.
var (
	Wording      = wording
	Weight       = weight
	ParseRefusal = func(status int, raw []byte) error { return parseRefusal(status, bytes.NewReader(raw)) }
	ResetOf      = resetOf
	On           = on
)

// Translate is what becomes of an answer with posts.
func Translate(c *Client, raw []byte) (n int) {
	var a said[post]
	if _, err := answer.Read(bytes.NewReader(raw), answer.Limits{}, a.into((*post).read)); err != nil {
		return 0
	}
	s := a.Includes.shelf()
	for i := range a.Data.Items {
		c.post(&a.Data.Items[i], s)
	}
	return len(a.Data.Items)
}

// TranslateLegacy is what becomes of a list of v1.1's posts.
func TranslateLegacy(c *Legacy, raw []byte) (n int) {
	var list []tweet
	if _, err := answer.Read(bytes.NewReader(raw), answer.Limits{}, answer.All(&list, mostEntities, (*tweet).read)); err != nil {
		return 0
	}
	for i := range list {
		c.legacyPost(&list[i])
	}
	return len(list)
}
