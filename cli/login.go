package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"slugpuppy/app"
	"slugpuppy/bot/network"
	"slugpuppy/cli/object"
)

// loginCommand lets the bot in on the usual network; on others its subcommands do.
func (c *console) loginCommand() *cobra.Command {
	kinds := app.Kinds()
	cmd := c.loginOn("login", "", kinds[0])
	for _, k := range kinds[1:] {
		cmd.AddCommand(c.loginOn(k.Name, "on "+k.Title+" ", k))
	}
	return cmd
}

func (c *console) loginOn(use, where string, k network.Kind) *cobra.Command {
	var w network.Wish
	cmd := &cobra.Command{
		Use: use, Short: k.Login.Short, Long: k.Login.Long, Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := c.load()
			if err != nil {
				return err
			}
			in, err := a.Login(cmd.Context(), c, k.Name, w)
			if err != nil {
				return err
			}
			about := object.SignedIn{Account: in.Account.Handle, Network: k.Name, Automated: in.Account.Bot}
			if !k.Single {
				about.Server = in.Server
			}
			said := append([]string{"logged in " + where + "as @" + in.Account.Handle}, in.Next...)
			return c.print(about, strings.Join(said, "\n"))
		},
	}
	if !k.Single {
		cmd.Flags().BoolVar(&w.Paste, "paste", false, "copy a code from the browser instead of being sent back here")
		cmd.Flags().Var(flagOf(&w.Server, "", site), "server", "the server, when it is not in the configuration")
	}
	return cmd
}

var _ network.Person = (*console)(nil)

// Visit implements network.Person.
func (c *console) Visit(address string) {
	fmt.Fprintf(c.err, "Open this address in a browser on this machine where you are signed in to the account\n"+
		"(is the browser elsewhere? End this, and give the same command with --paste):\n\n  %s\n\n", address)
}

// Paste implements network.Person.
func (c *console) Paste(ctx context.Context, address, account, what string) (string, error) {
	fmt.Fprintf(c.err, "Open this address in a browser where you are signed in to %s:\n\n  %s\n\nand paste the %s it "+
		"shows: ", account, address, what)
	return c.line(ctx)
}

// line reads a line that a person types.
func (c *console) line(ctx context.Context) (string, error) {
	lines := make(chan string, 1)
	go func() { // reading a terminal cannot be cancelled
		line, _ := bufio.NewReader(c.in).ReadString('\n')
		lines <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case line := <-lines:
		return line, nil
	}
}
