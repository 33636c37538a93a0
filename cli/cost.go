package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slugpuppy/app"
	"slugpuppy/bot/network"
	"slugpuppy/cli/object"
)

// networkCommands are what concerns single networks alone.
func (c *console) networkCommands() (all []*cobra.Command) {
	for _, k := range app.Kinds() {
		if k.Cost.Short != "" {
			all = append(all, group(k.Name, "What concerns "+k.Title+" alone", c.costCommand(k)))
		}
	}
	return all
}

func (c *console) costCommand(k network.Kind) *cobra.Command {
	month := ""
	cmd := &cobra.Command{
		Use: "cost", Short: k.Cost.Short, Long: k.Cost.Long, Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if month == "" {
				month = app.Month(c.now())
			}
			return c.cost(cmd.Context(), k, strings.TrimPrefix(month, "all"))
		},
	}
	cmd.Flags().Var(flagOf(&month, "", monthly), "month", "a month such as 2026-08, or all (default: this month, by UTC)")
	return cmd
}

// monthly is a month, all, or "" for this one.
var monthly = reader[string]{kind: "month", read: func(s string) (string, error) {
	if _, err := time.Parse("2006-01", s); err != nil && s != "all" && s != "" {
		return "", errors.New("it is a month such as 2026-08, or all")
	}
	return s, nil
}}

// cost prints what was spent in a month, or in all when it is empty.
func (c *console) cost(ctx context.Context, k network.Kind, month string) error {
	a, err := c.load()
	if err != nil {
		return err
	}
	bills, err := a.Bills(ctx, k.Name, month)
	if err != nil {
		return err
	}
	if !c.json {
		return c.print(nil, costText(k.Title, bills, month))
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

// costText is what was used by each account in each month, the sum, and what is left of the cap.
func costText(on string, bills []network.Bill, month string) string {
	if len(bills) == 0 {
		return strings.TrimSpace("nothing was spent on " + on + " " + strings.TrimSuffix("in "+month, "in "))
	}
	var out strings.Builder
	for _, b := range bills {
		out.WriteString(line("%s, %s", b.Who(), b.Month) + "\n")
		for _, s := range b.Lines {
			fmt.Fprintf(&out, "  %-18s %7d  %10s\n", s.Item, s.N, s.Cost)
		}
		fmt.Fprintf(&out, "  %-18s %7s  %10s", "together", "", b.Sum)
		switch {
		case b.Cap <= 0:
			out.WriteString("  (no cap)")
		case b.Stopped != "":
			fmt.Fprintf(&out, "  of %s: %s", b.Cap, b.Stopped)
		default:
			fmt.Fprintf(&out, "  of %s", b.Cap)
		}
		out.WriteString("\n")
	}
	return strings.TrimSuffix(out.String(), "\n")
}
