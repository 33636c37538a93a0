package mastodon

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"

	"slugpuppy/bot"
	"slugpuppy/bot/safehttp"
)

// Fetch downloads an attachment from wherever its server keeps it.
func (c *Client) Fetch(ctx context.Context, m bot.Media, limit int64) ([]byte, error) {
	ctx, call := c.begin(ctx, "download a picture", slowTime)
	defer call.end()
	data, err := c.media.Fetch(ctx, m.URL, limit)
	if err == nil {
		return data, nil
	}
	e := &bot.APIError{Op: call.op, Err: err, Kind: fetchKind(err)}
	var status *safehttp.StatusError
	if errors.As(err, &status) {
		e.Status = status.Code
	}
	return nil, e
}

// fetchKind is what a failed download means. Its host may be anybody's: a 401 there says nothing
// about our token, and must not stop the bot.
func fetchKind(err error) bot.ErrorKind {
	var status *safehttp.StatusError
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, safehttp.ErrTooLarge), errors.Is(err, safehttp.ErrRefused),
		errors.Is(err, safehttp.ErrRedirects), errors.As(err, &certificate):
		return bot.Rejected
	case errors.As(err, &name) && name.IsNotFound:
		return bot.NotFound
	case errors.As(err, &status):
		return fetchStatus(status.Code)
	}
	return bot.Transient
}

func fetchStatus(code int) bot.ErrorKind {
	switch {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return bot.Forbidden
	case code == http.StatusNotFound, code == http.StatusGone:
		return bot.NotFound
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return bot.Transient
	}
	return bot.Rejected
}
