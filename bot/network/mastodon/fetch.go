package mastodon

import (
	"context"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/download"
)

// Fetch downloads an attachment from wherever its server keeps it.
func (c *Client) Fetch(ctx context.Context, m network.Media, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, slowTime)
	defer cancel()
	return download.Fetch(ctx, c.media, m.URL, limit)
}
