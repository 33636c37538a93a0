package mastodontest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// bounds are the paging parameters of a list.
type bounds struct {
	maxID, sinceID, minID string
	limit                 int
}

// bounds reads the paging parameters; a limit above most is cut down to it, as servers do.
func (c *call) bounds(usual, most int) bounds {
	b := bounds{c.form.get("max_id"), c.form.get("since_id"), c.form.get("min_id"), usual}
	if n, ok := c.form.number("limit"); ok {
		b.limit = min(max(n, -n), most)
	}
	return b
}

// paginate picks a page out of items sorted oldest first, and returns it newest first.
// With min_id it is the page that follows that id immediately; otherwise the newest page below
// max_id, cut off at since_id. (Mastodon: Paginable.to_a_paginated_by_id.)
func paginate[T any](items []T, id func(T) string, b bounds) []T {
	var kept []T
	for _, it := range items {
		key := id(it)
		if (b.maxID == "" || before(key, b.maxID)) &&
			(b.minID == "" || before(b.minID, key)) &&
			(b.minID != "" || b.sinceID == "" || before(b.sinceID, key)) {
			kept = append(kept, it)
		}
	}
	if n := len(kept) - b.limit; n > 0 && b.minID == "" {
		kept = kept[n:]
	} else if n > 0 {
		kept = kept[:b.limit]
	}
	slices.Reverse(kept)
	return kept
}

// link sets the Link header: next is older than the page, prev is newer. An empty page has none.
// The parameters named in keep are carried over.
func (c *call) link(newest, oldest string, keep ...string) {
	if newest == "" {
		return
	}
	target := func(bound, id string) string {
		var q []string
		for _, kv := range c.form {
			if slices.Contains(keep, strings.TrimSuffix(kv.key, "[]")) {
				q = append(q, url.QueryEscape(kv.key)+"="+url.QueryEscape(kv.value))
			}
		}
		q = append(q, bound+"="+id)
		return c.s.URL + c.r.URL.Path + "?" + strings.Join(q, "&")
	}
	c.w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next", <%s>; rel="prev"`,
		target("max_id", oldest), target("min_id", newest)))
}
