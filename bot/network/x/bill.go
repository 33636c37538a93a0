package x

import "slugpuppy/store"

// Bill is what an account used in a month and what that cost.
type Bill struct {
	Account string // id
	Handle  string // "" of somebody who left
	Month   string // such as 2026-08
	Lines   []store.Spending
	Sum     Money
}

// Bills makes bills of what the store has written down, in its order: by account, then by month.
func Bills(list []store.Spending) (bills []Bill) {
	for _, s := range list {
		if n := len(bills); n == 0 || bills[n-1].Account != s.Identity.ID || bills[n-1].Month != s.Month {
			bills = append(bills, Bill{Account: s.Identity.ID, Month: s.Month})
		}
		b := &bills[len(bills)-1]
		if s.Handle != "" {
			b.Handle = s.Handle
		}
		b.Lines = append(b.Lines, s)
		b.Sum += Money(s.Cost)
	}
	return bills
}
