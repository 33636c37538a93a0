package app

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/web"
	"slugpuppy/store"
)

// Month is the month, by UTC, that X's caps are about at a time.
func Month(at time.Time) string { return at.UTC().Format("2006-01") }

func (a *App) month() string { return Month(a.now()) }

// Bill is what an account on X cost in a month, and the cap on it.
type Bill struct {
	x.Bill
	Cap      x.Money // 0 for none
	Least    x.Money // that must be left for it to be read on
	Timeline bool    // a subscriber's, not the bot's
}

// Bills are those of accounts on X in a month, or in all when it is empty.
func (a *App) Bills(ctx context.Context, svc operator.Service, month string) ([]Bill, error) {
	list, err := svc.Spendings(ctx, x.Server, month)
	if err != nil {
		return nil, err
	}
	subs, err := svc.Users(ctx)
	if err != nil {
		return nil, err
	}
	var bills []Bill
	for _, b := range x.Bills(linesOf(list)) {
		one := Bill{Bill: b, Cap: x.Money(a.cfg.X.MonthlyCap)}
		one.Timeline = slices.ContainsFunc(subs, func(u operator.User) bool { return u.Identity == one.Identity() })
		if a.cfg.X.API == "v2" { // v1.1 reads in smaller steps
			one.Least = xBudget(a.cfg, nil).Least(!one.Timeline)
		}
		bills = append(bills, one)
	}
	return bills, nil
}

// linesOf are what was spent as bills are made of it.
func linesOf(list []operator.Spending) []x.Line {
	lines := make([]x.Line, len(list))
	for i, s := range list {
		lines[i] = x.Line{Account: s.Identity.ID, Handle: s.Account, Month: s.Month, Item: x.Item(s.Item), N: s.N,
			Cost: x.Money(s.Cost)}
	}
	return lines
}

// Identity is the account.
func (b Bill) Identity() identity.Identity { return identity.Identity{Server: x.Server, ID: b.Account} }

// Who is the account's name, as far as it may still be known.
func (b Bill) Who() string {
	if b.Handle == "" {
		return "somebody who left, account " + b.Account
	}
	return "@" + b.Handle
}

// Left is what of the cap is left.
func (b Bill) Left() x.Money { return max(0, b.Cap-b.Sum) }

// Stopped says what is not done any more this month, "" for nothing.
func (b Bill) Stopped() string {
	switch {
	case b.Cap <= 0 || b.Left() > 0 && b.Left() >= b.Least:
		return ""
	case b.Timeline:
		return "the timeline is not read before the 1st"
	}
	return "mentions are not read before the 1st"
}

// checkBudget says how far the accounts on X are from the month's cap.
func (a *App) checkBudget(ctx context.Context, svc operator.Service) Finding {
	bills, err := a.Bills(ctx, svc, a.month())
	if err != nil {
		return Finding{"x budget", Doubt, err.Error(), "look at the daemon's log"}
	}
	if len(bills) == 0 {
		bills = []Bill{{Cap: x.Money(a.cfg.X.MonthlyCap)}}
	}
	var stopped []string
	for _, b := range bills {
		if why := b.Stopped(); why != "" && b.Account != "" {
			stopped = append(stopped, fmt.Sprintf("%s has cost %s of %s: %s", b.Who(), b.Sum, b.Cap, why))
		}
	}
	most := slices.MaxFunc(bills, func(a, b Bill) int { return cmp.Compare(a.Sum, b.Sum) })
	detail := fmt.Sprintf("%s of %s used this month", most.Sum, most.Cap)
	if len(bills) > 1 {
		detail += " by " + most.Who() + ", who used most"
	}
	switch {
	case most.Cap <= 0:
		return Finding{"x budget", Doubt, fmt.Sprintf("%s used this month, and no cap", most.Sum),
			"set x.monthly_cap, so that a busy month has an end"}
	case len(stopped) > 0:
		return Finding{"x budget", Sick, strings.Join(stopped, "; "),
			"raise x.monthly_cap, or wait; `slugpuppy x cost` says what it went on"}
	case most.Sum*5 >= most.Cap*4:
		return Finding{"x budget", Doubt, detail,
			"`slugpuppy x cost` says what it goes on; at the cap nothing more is read"}
	}
	return Finding{"x budget", Healthy, detail, ""}
}

// money reads what was spent this month and what is left, for metrics.
func (a *App) money(st *store.Store) func() (spent, left float64, err error) {
	dollars := func(m x.Money) float64 { return float64(m) / float64(x.Dollar) }
	return func() (float64, float64, error) {
		list, err := st.Operator().Spendings(x.Server, a.month())
		all, most := x.Money(0), x.Money(0)
		for _, b := range x.Bills(lines(list)) {
			all, most = all+b.Sum, max(most, b.Sum)
		}
		if a.cfg.X.MonthlyCap <= 0 {
			return dollars(all), math.Inf(1), err
		}
		return dollars(all), dollars(max(0, x.Money(a.cfg.X.MonthlyCap)-most)), err
	}
}

// costs is what accounts on X cost this month and how many calls they have left, for the operator's
// page.
func (a *App) costs(svc operator.Service, meters *x.Meters) func(context.Context) ([]web.Cost, error) {
	return func(ctx context.Context) ([]web.Cost, error) {
		bills, err := a.Bills(ctx, svc, a.month())
		if err != nil {
			return nil, err
		}
		var all []web.Cost
		for _, b := range bills {
			c := web.Cost{Who: b.Who(), Spent: b.Sum.String(), Stopped: b.Stopped()}
			if b.Cap > 0 {
				c.Cap, c.Left, c.Percent = b.Cap.String(), b.Left().String(), min(100, int(100*b.Sum/b.Cap))
			}
			for _, left := range meters.Left(b.Account) {
				c.Calls = append(c.Calls, web.Calls(left))
			}
			for _, l := range b.Lines {
				c.Lines = append(c.Lines, web.CostLine{What: string(l.Item), N: l.N, Cost: l.Cost.String()})
			}
			all = append(all, c)
		}
		return all, nil
	}
}
