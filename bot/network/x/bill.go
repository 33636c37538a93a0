package x

// Line is what an account used of one thing in a month and what that cost.
type Line struct {
	Account string // id
	Handle  string // "" of somebody who left
	Month   string // such as 2026-08
	Item    Item
	N       int
	Cost    Money
}

// Bill is what an account used in a month and what that cost.
type Bill struct {
	Account string // id
	Handle  string // "" of somebody who left
	Month   string // such as 2026-08
	Lines   []Line
	Sum     Money
}

// Bills makes bills of what was written down, which must come by account, then by month.
func Bills(list []Line) (bills []Bill) {
	for _, l := range list {
		if n := len(bills); n == 0 || bills[n-1].Account != l.Account || bills[n-1].Month != l.Month {
			bills = append(bills, Bill{Account: l.Account, Month: l.Month})
		}
		b := &bills[len(bills)-1]
		if l.Handle != "" {
			b.Handle = l.Handle
		}
		b.Lines = append(b.Lines, l)
		b.Sum += l.Cost
	}
	return bills
}
