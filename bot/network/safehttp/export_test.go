package safehttp

import "net/http"

// Public is the rule on addresses, for tests: no test can listen on a public one.
var Public = public

// TransportOf is what a client sends with.
func TransportOf(c *Client) *http.Transport { return c.http.Transport.(*http.Transport) }
