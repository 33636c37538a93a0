package app

import (
	"context"
	"fmt"
	"math"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/web"
)

// Month is the month, by UTC, that bills are for at a time.
func Month(at time.Time) string { return at.UTC().Format("2006-01") }

func (a *App) month() string { return Month(a.now()) }

// Bills are those of accounts on a network in a month, or in all when it is empty. A running daemon is
// asked, else the database.
func (a *App) Bills(ctx context.Context, on, month string) ([]network.Bill, error) {
	svc, done, err := a.Operator(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	p, err := find(a.places(a.recordsOf(ctx, svc)), on)
	if err != nil {
		return nil, err
	}
	b, ok := p.Adapter.(network.Biller)
	if !ok {
		return nil, usage(fmt.Errorf("nothing costs money on %s", p.Title))
	}
	return b.Bills(month)
}

// money reads what was spent this month on all networks and what is left of the cap of whoever spent
// most, for metrics.
func (a *App) money(all []place) func() (spent, left float64, err error) {
	dollars := func(m network.Money) float64 { return float64(m) / float64(network.Dollar) }
	return func() (float64, float64, error) {
		spent, left := network.Money(0), math.Inf(1)
		err := a.billed(all, func(_ place, b network.Biller, bills []network.Bill) {
			most := network.Money(0)
			for _, one := range bills {
				spent, most = spent+one.Sum, max(most, one.Sum)
			}
			if b.Cap() > 0 {
				left = min(left, dollars(max(0, b.Cap()-most)))
			}
		})
		if err != nil {
			return 0, 0, err
		}
		return dollars(spent), left, nil
	}
}

// billed tells of the networks that bill, with this month's bills.
func (a *App) billed(all []place, tell func(place, network.Biller, []network.Bill)) error {
	for _, p := range all {
		b, ok := p.Adapter.(network.Biller)
		if !ok {
			continue
		}
		bills, err := b.Bills(a.month())
		if err != nil {
			return err
		}
		tell(p, b, bills)
	}
	return nil
}

// costs is what accounts cost this month and how many calls they have left, for the operator's page.
func (a *App) costs(all []place) func(context.Context) ([]web.Cost, error) {
	return func(context.Context) (list []web.Cost, err error) {
		err = a.billed(all, func(p place, b network.Biller, bills []network.Bill) {
			for _, bill := range bills {
				list = append(list, costOf(p, bill, b.Calls(bill.Identity)))
			}
		})
		if err != nil {
			return nil, err
		}
		return list, nil
	}
}

func costOf(p place, b network.Bill, calls []network.Calls) web.Cost {
	c := web.Cost{On: p.Title, Who: b.Who(), Spent: b.Sum.String(), Stopped: b.Stopped}
	if b.Cap > 0 {
		c.Cap, c.Left, c.Percent = b.Cap.String(), b.Left().String(), min(100, int(100*b.Sum/b.Cap))
	}
	for _, left := range calls {
		c.Calls = append(c.Calls, web.Calls(left))
	}
	for _, l := range b.Lines {
		c.Lines = append(c.Lines, web.CostLine{What: l.Item, N: l.N, Cost: l.Cost.String()})
	}
	return c
}
