package operator

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// SpendService says what networks cost that cost money.
type SpendService interface {
	// Spendings lists what accounts on a server used in a month such as 2026-08, or ever.
	Spendings(ctx context.Context, server, month string) ([]Spending, error)
}

// Spendings implements Service.
func (l *Local) Spendings(_ context.Context, server, month string) ([]Spending, error) {
	list, err := l.Store.Operator().Spendings(server, month)
	if err != nil {
		return nil, fmt.Errorf("read what was spent: %w", err)
	}
	out := make([]Spending, len(list))
	for i, s := range list {
		out[i] = spendingOf(s)
	}
	return out, nil
}

// Spendings implements Service.
func (c *Client) Spendings(ctx context.Context, server, month string) (list []Spending, err error) {
	q := url.Values{"server": {server}, "month": {month}}
	return list, c.call(ctx, http.MethodGet, "/v1/spendings?"+q.Encode(), &list)
}

// handleSpendings serves SpendService.
func handleSpendings(mux *http.ServeMux, s Service) {
	mux.HandleFunc("GET /v1/spendings", func(w http.ResponseWriter, r *http.Request) {
		v, err := s.Spendings(r.Context(), r.URL.Query().Get("server"), r.URL.Query().Get("month"))
		answer(w, v, err)
	})
}
