package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slugpuppy/app"
	"slugpuppy/cli/object"
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
				month = app.Month(c.now())
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

// cost prints what was spent in a month, or in all when it is empty.
func (c *console) cost(ctx context.Context, month string) error {
	a, err := c.load()
	if err != nil {
		return err
	}
	svc, done, err := a.Operator(ctx)
	if err != nil {
		return err
	}
	defer done()
	bills, err := a.Bills(ctx, svc, month)
	if err != nil {
		return err
	}
	if !c.json {
		return c.print(nil, costText(bills, month, app.Month(c.now())))
	}
	for _, b := range bills {
		for _, line := range object.OfBill(b) {
			if err := c.print(line, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// costText is what was used by each account in each month, the sum, and in this one, now, what the cap
// stops.
func costText(bills []app.Bill, month, now string) string {
	if len(bills) == 0 {
		return strings.TrimSpace("nothing was spent on X " + strings.TrimSuffix("in "+month, "in "))
	}
	var out strings.Builder
	for _, b := range bills {
		fmt.Fprintf(&out, "%s, %s\n", b.Who(), b.Month)
		for _, s := range b.Lines {
			fmt.Fprintf(&out, "  %-18s %7d  %10s\n", s.Item, s.N, s.Cost)
		}
		fmt.Fprintf(&out, "  %-18s %7s  %10s", "together", "", b.Sum)
		switch why := b.Stopped(); {
		case b.Cap <= 0:
			out.WriteString("  (no cap)")
		case why != "" && b.Month == now:
			fmt.Fprintf(&out, "  of %s: %s", b.Cap, why)
		default:
			fmt.Fprintf(&out, "  of %s", b.Cap)
		}
		out.WriteString("\n")
	}
	return strings.TrimSuffix(out.String(), "\n")
}
