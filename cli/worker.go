package cli

import "github.com/spf13/cobra"

func (c *console) workerCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "worker",
		Short: "Dream and look at pictures for daemons on other machines",
		Long: "Takes orders from the broker that cluster.nats names, until it is stopped; then it finishes what it has.\n" +
			"A worker needs no token and no database: an account on the broker is all that it has.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := c.load()
			if err != nil {
				return err
			}
			c.orderly.Store(true)
			return a.Work(cmd.Context())
		},
	}
}
