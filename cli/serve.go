package cli

import "github.com/spf13/cobra"

func (c *console) serveCommand() *cobra.Command {
	wait := false
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the bot, the filter and the page, as far as they are configured, until stopped",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := c.load()
			if err != nil {
				return err
			}
			c.orderly.Store(true)
			return a.Serve(cmd.Context(), wait)
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "while nobody has signed in, wait for that instead of ending")
	return cmd
}
