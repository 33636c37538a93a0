package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"
)

func (c *console) workerCommand() *cobra.Command {
	untilEOF := false
	cmd := &cobra.Command{
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
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			if untilEOF {
				go func() { io.Copy(io.Discard, c.in); cancel() }()
			}
			return a.Work(ctx)
		},
	}
	cmd.Flags().BoolVar(&untilEOF, "until-eof", false, "end when standard input does, with whoever started it")
	if err := cmd.Flags().MarkHidden("until-eof"); err != nil {
		panic(err) // there is one
	}
	return cmd
}
