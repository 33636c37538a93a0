package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"slugpuppy/app"
	"slugpuppy/bot/network"
)

// finding is one line of the doctor's report.
type finding struct {
	Check  string         `json:"check"`
	State  network.Health `json:"state"`
	Detail string         `json:"detail"`
	Remedy string         `json:"remedy,omitempty"`
}

func (f finding) String() string {
	s := line("%-4s  %-9s %s", f.State, f.Check, f.Detail)
	if f.Remedy != "" {
		s += "\n                " + f.Remedy
	}
	return s
}

func (c *console) doctorCommand() *cobra.Command {
	var health bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check that everything the bot needs is there, and say what to do where it is not",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if health {
				return c.pulse(cmd.Context())
			}
			return c.examine(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&health, "health", false,
		"only ask the running daemon whether it can work, for container health checks")
	return cmd
}

// pulse asks the daemon whether it lives and works: exit code 4 when nobody answers, 1 when it
// cannot work.
func (c *console) pulse(ctx context.Context) error {
	a, err := c.load()
	if err != nil {
		return err
	}
	s, waits, err := a.Pulse(ctx)
	if err != nil {
		return err
	}
	if waits {
		return c.print(s, "healthy: it waits until somebody signs in")
	}
	return c.print(s, "healthy")
}

// examine prints each check as it is done.
func (c *console) examine(ctx context.Context) error {
	report := func(f network.Finding) error { return c.print(finding(f), finding(f).String()) }
	cfg, err := app.Load(c.configPath, c.env)
	if err != nil {
		return errors.Join(report(app.Unconfigured(err)),
			usageError(errors.New("nothing else can be checked before the configuration is right")))
	}
	return c.app(cfg).Doctor(ctx, report)
}
