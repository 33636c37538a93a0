package xtest_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/dghubble/oauth1"
)

// contextWith is how the library takes a client to send with.
func contextWith(t *testing.T, c *http.Client) context.Context {
	return context.WithValue(t.Context(), oauth1.HTTPClient, c)
}
