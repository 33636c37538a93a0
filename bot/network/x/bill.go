package x

import (
	"slices"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
)

// Bills makes bills of what was written down, which must come by account, then by month.
func Bills(list []network.Spending) (bills []network.Bill) {
	for _, s := range list {
		if n := len(bills); n == 0 || bills[n-1].Identity != s.Identity || bills[n-1].Month != s.Month {
			bills = append(bills, network.Bill{Identity: s.Identity, Month: s.Month})
		}
		b := &bills[len(bills)-1]
		if s.Handle != "" {
			b.Handle = s.Handle
		}
		b.Lines = append(b.Lines, s)
		b.Sum += s.Cost
	}
	return bills
}

// Bills implements network.Biller.
func (a *adapter) Bills(of string) ([]network.Bill, error) {
	list, err := a.env.Ledger.List(Server, of)
	if err != nil {
		return nil, err
	}
	subs, err := a.env.Subscribers()
	if err != nil {
		return nil, err
	}
	bills := Bills(list)
	for i := range bills {
		b := &bills[i]
		b.Cap = a.Cap()
		if b.Month == month(a.env.Now()) {
			timeline := slices.ContainsFunc(subs, func(s network.Subscriber) bool { return s.Identity == b.Identity })
			b.Stopped = a.stopped(b.Left(), timeline)
		}
	}
	return bills, nil
}

// stopped says what is not done any more this month with what is left of the cap, "" for nothing.
func (a *adapter) stopped(left network.Money, timeline bool) string {
	least := network.Money(0)
	if a.API == v2 { // v1.1 reads in smaller steps
		least = a.budget().Least(!timeline)
	}
	switch {
	case a.Cap() <= 0 || left > 0 && left >= least:
		return ""
	case timeline:
		return "the timeline is not read before the 1st"
	}
	return "mentions are not read before the 1st"
}

// Cap implements network.Biller.
func (a *adapter) Cap() network.Money { return network.Money(a.MonthlyCap) }

// Calls implements network.Biller.
func (a *adapter) Calls(who identity.Identity) []network.Calls { return a.meters.Left(who.ID) }
