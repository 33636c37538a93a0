// Package download fetches attachments for the adapters of networks: what package safehttp allows,
// with the port's errors.
package download

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/safehttp"
)

// Fetch downloads a file of at most limit bytes from wherever it is kept.
func Fetch(ctx context.Context, c *safehttp.Client, address string, limit int64) ([]byte, error) {
	data, err := c.Fetch(ctx, address, limit)
	if err == nil {
		return data, nil
	}
	e := &network.Error{Op: "download a picture", Err: err, Kind: kind(err)}
	if errors.Is(err, safehttp.ErrProxy) {
		e.Remedy = "look at HTTPS_PROXY and NO_PROXY: `slugpuppy doctor` tries the proxy"
	}
	var status *safehttp.StatusError
	if errors.As(err, &status) {
		e.Status = status.Code
	}
	return nil, e
}

// kind is what a failed download means. Its host may be anybody's: a 401 there says nothing about
// our token, and must not stop the bot.
func kind(err error) network.ErrorKind {
	var status *safehttp.StatusError
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, safehttp.ErrTooLarge):
		return network.TooLarge
	case errors.Is(err, safehttp.ErrRefused), errors.Is(err, safehttp.ErrRedirects), errors.As(err, &certificate):
		return network.Rejected
	case errors.As(err, &name) && name.IsNotFound:
		return network.NotFound
	case errors.As(err, &status):
		return ofStatus(status.Code)
	}
	return network.Transient
}

func ofStatus(code int) network.ErrorKind {
	switch {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return network.Forbidden
	case code == http.StatusNotFound, code == http.StatusGone:
		return network.NotFound
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return network.Transient
	}
	return network.Rejected
}
