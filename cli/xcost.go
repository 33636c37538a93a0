package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/web"
	"slugpuppy/config"
	"slugpuppy/store"
)

func (c *console) xCommand() *cobra.Command {
	return group("x", "What concerns X alone", c.xCost())
}

func (c *console) xCost() *cobra.Command {
	month := ""
	cmd := &cobra.Command{
		Use: "cost", Short: "Say what was spent on X, by account and by what it was spent on",
		Long: "Counts what the API was used for at the prices of [x_prices]. X's own bill is what counts; it may\n" +
			"differ where nobody knows whether X bills something, such as accounts that come along with posts.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if month == "" {
				month = thisMonth()
			}
			if _, err := time.Parse("2006-01", month); err != nil && month != "all" {
				return usageError(fmt.Errorf("--month: %q is not like 2026-08, or all", month))
			}
			return c.cost(cmd.Context(), strings.TrimPrefix(month, "all"))
		},
	}
	cmd.Flags().StringVar(&month, "month", "", "a month such as 2026-08, or all (default: this month, by UTC)")
	return cmd
}

// thisMonth is the month that X's caps are about.
func thisMonth() string { return time.Now().UTC().Format("2006-01") }

// cost prints what was spent in a month, or in all when it is empty.
func (c *console) cost(ctx context.Context, month string) error {
	cfg, err := c.loadConfig()
	if err != nil {
		return err
	}
	svc, done, err := c.operator(ctx)
	if err != nil {
		return err
	}
	defer done()
	bills, err := xBills(ctx, cfg, svc, month)
	if err != nil {
		return adminError(err)
	}
	if !c.json {
		return c.print(nil, costText(bills, month))
	}
	for _, b := range bills {
		for _, line := range b.Lines {
			if err := c.print(line, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// bill is what an account on X cost, and the cap on it.
type bill struct {
	x.Bill
	limit    x.Money // 0 for none
	least    x.Money // that must be left for it to be read on
	timeline bool    // a subscriber's, not the bot's
}

// xBills are those of a month, or of all.
func xBills(ctx context.Context, cfg *config.Config, svc operator.Service, month string) ([]bill, error) {
	list, err := svc.Spendings(ctx, x.Server, month)
	if err != nil {
		return nil, err
	}
	subs, err := svc.Users(ctx)
	if err != nil {
		return nil, err
	}
	var bills []bill
	for _, b := range x.Bills(list) {
		one := bill{Bill: b, limit: x.Money(cfg.X.MonthlyCap)}
		one.timeline = slices.ContainsFunc(subs, func(s store.Subscriber) bool { return s.Identity == identity.Identity{Server: x.Server, ID: b.Account} })
		if cfg.X.API == "v2" { // v1.1 reads in smaller steps
			one.least = xBudget(cfg, nil).Least(!one.timeline)
		}
		bills = append(bills, one)
	}
	return bills, nil
}

// who is the account's name, as far as it may still be known.
func (b bill) who() string {
	if b.Handle == "" {
		return "somebody who left, account " + b.Account
	}
	return "@" + b.Handle
}

func (b bill) left() x.Money { return max(0, b.limit-b.Sum) }

// stopped says what is not done any more this month, "" for nothing.
func (b bill) stopped() string {
	switch {
	case b.limit <= 0 || b.left() > 0 && b.left() >= b.least:
		return ""
	case b.timeline:
		return "the timeline is not read before the 1st"
	}
	return "mentions are not read before the 1st"
}

// costText is what was used by each account in each month, the sum, and what is left of the cap.
func costText(bills []bill, month string) string {
	if len(bills) == 0 {
		return strings.TrimSpace("nothing was spent on X " + strings.TrimSuffix("in "+month, "in "))
	}
	var out strings.Builder
	for _, b := range bills {
		fmt.Fprintf(&out, "%s, %s\n", b.who(), b.Month)
		for _, s := range b.Lines {
			fmt.Fprintf(&out, "  %-18s %7d  %10s\n", s.Item, s.N, x.Money(s.Cost))
		}
		fmt.Fprintf(&out, "  %-18s %7s  %10s", "together", "", b.Sum)
		switch why := b.stopped(); {
		case b.limit <= 0:
			out.WriteString("  (no cap)")
		case why != "" && b.Month == thisMonth():
			fmt.Fprintf(&out, "  of %s: %s", b.limit, why)
		default:
			fmt.Fprintf(&out, "  of %s", b.limit)
		}
		out.WriteString("\n")
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// checkBudget says how far the accounts on X are from the month's cap.
func checkBudget(ctx context.Context, cfg *config.Config, svc operator.Service) finding {
	bills, err := xBills(ctx, cfg, svc, thisMonth())
	if err != nil {
		return finding{"x budget", doubt, err.Error(), "look at the daemon's log"}
	}
	if len(bills) == 0 {
		bills = []bill{{limit: x.Money(cfg.X.MonthlyCap)}}
	}
	var stopped []string
	for _, b := range bills {
		if why := b.stopped(); why != "" && b.Account != "" {
			stopped = append(stopped, fmt.Sprintf("%s has cost %s of %s: %s", b.who(), b.Sum, b.limit, why))
		}
	}
	most := slices.MaxFunc(bills, func(a, b bill) int { return cmp.Compare(a.Sum, b.Sum) })
	detail := fmt.Sprintf("%s of %s used this month", most.Sum, most.limit)
	if len(bills) > 1 {
		detail += " by " + most.who() + ", who used most"
	}
	switch {
	case most.limit <= 0:
		return finding{"x budget", doubt, fmt.Sprintf("%s used this month, and no cap", most.Sum), "set x.monthly_cap, so that a busy month has an end"}
	case len(stopped) > 0:
		return finding{"x budget", sick, strings.Join(stopped, "; "), "raise x.monthly_cap, or wait; `slugpuppy x cost` says what it went on"}
	case most.Sum*5 >= most.limit*4:
		return finding{"x budget", doubt, detail, "`slugpuppy x cost` says what it goes on; at the cap nothing more is read"}
	}
	return finding{"x budget", healthy, detail, ""}
}

// xMoney reads what was spent this month and what is left, for metrics.
func xMoney(cfg *config.Config, st *store.Store) func() (spent, left float64, err error) {
	dollars := func(m x.Money) float64 { return float64(m) / float64(x.Dollar) }
	return func() (float64, float64, error) {
		list, err := st.Spendings(x.Server, thisMonth())
		all, most := x.Money(0), x.Money(0)
		for _, b := range x.Bills(list) {
			all, most = all+b.Sum, max(most, b.Sum)
		}
		if cfg.X.MonthlyCap <= 0 {
			return dollars(all), math.Inf(1), err
		}
		return dollars(all), dollars(max(0, x.Money(cfg.X.MonthlyCap)-most)), err
	}
}

// xCosts is what accounts on X cost this month and how many calls they have left, for the operator's
// page.
func xCosts(cfg *config.Config, svc operator.Service, meters *x.Meters) func(context.Context) ([]web.Cost, error) {
	return func(ctx context.Context) ([]web.Cost, error) {
		bills, err := xBills(ctx, cfg, svc, thisMonth())
		if err != nil {
			return nil, err
		}
		var costs []web.Cost
		for _, b := range bills {
			c := web.Cost{Who: b.who(), Spent: b.Sum.String(), Stopped: b.stopped()}
			if b.limit > 0 {
				c.Cap, c.Left, c.Percent = b.limit.String(), b.left().String(), min(100, int(100*b.Sum/b.limit))
			}
			for _, left := range meters.Left(b.Account) {
				c.Calls = append(c.Calls, web.Calls(left))
			}
			for _, l := range b.Lines {
				c.Lines = append(c.Lines, web.CostLine{What: l.Item, N: l.N, Cost: x.Money(l.Cost).String()})
			}
			costs = append(costs, c)
		}
		return costs, nil
	}
}

// receipts are a ledger for who has no database at hand.
type receipts []store.Spending

var _ x.Ledger = (*receipts)(nil)

// Spend implements x.Ledger.
func (r *receipts) Spend(who network.Account, month string, item x.Item, n int, cost x.Money) error {
	*r = append(*r, store.Spending{Identity: identity.Identity{Server: x.Server, ID: who.ID}, Handle: who.Handle, Month: month, Item: string(item), N: n, Cost: int64(cost)})
	return nil
}

// Spent implements x.Ledger.
func (r *receipts) Spent(string, string) (x.Money, error) { return 0, nil }
