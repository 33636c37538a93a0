package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"slugpuppy/app"
	"slugpuppy/cli/object"
)

func (c *console) loginCommand() *cobra.Command {
	var paste bool
	var server string
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Let the bot into its account: registers with the server and keeps the token encrypted",
		Long: "Prints an address to open in a browser where you are signed in as the bot. With --paste the\n" +
			"browser shows a code to copy, for when it runs on another machine than this program.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := c.load()
			if err != nil {
				return err
			}
			in, err := a.Login(cmd.Context(), c, server, paste)
			if err != nil {
				return err
			}
			return c.print(object.SignedIn{Account: in.Account.Handle, Network: "mastodon", Server: in.Server,
				Automated: in.Account.Bot},
				welcome("logged in as @", in))
		},
	}
	cmd.AddCommand(c.loginXCommand())
	cmd.Flags().BoolVar(&paste, "paste", false, "copy a code from the browser instead of being sent back here")
	cmd.Flags().StringVar(&server, "server", "", "the server, when it is not in the configuration")
	return cmd
}

func (c *console) loginXCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "x",
		Short: "Let the bot into its account on X, with a PIN, and keep its keys encrypted",
		Long: "Prints an address to open in a browser where you are signed in to X as the bot; X shows a PIN to\n" +
			"paste here. The app's own keys come from x.consumer_key and x.consumer_secret (or their _file\n" +
			"options) and are kept encrypted as well, so that they can leave the configuration afterwards.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := c.load()
			if err != nil {
				return err
			}
			in, err := a.LoginX(cmd.Context(), c)
			if err != nil {
				return err
			}
			return c.print(object.SignedIn{Account: in.Account.Handle, Network: "x", Automated: in.Account.Bot},
				welcome("logged in on X as @", in))
		},
	}
}

// welcome says who is logged in and what to do next.
func welcome(as string, in app.Admission) string {
	return strings.Join(append([]string{as + in.Account.Handle}, in.Next...), "\n")
}

var _ app.Person = (*console)(nil)

// Visit implements app.Person.
func (c *console) Visit(address string) {
	fmt.Fprintf(c.err, "Open this address in a browser on this machine where you are signed in to the account\n"+
		"(is the browser elsewhere? `slugpuppy login --paste`):\n\n  %s\n\n", address)
}

// Paste implements app.Person.
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
