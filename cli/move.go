package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"slugpuppy/bot/operator"
	"slugpuppy/cli/object"
)

func (c *console) userAddress() *cobra.Command {
	return &cobra.Command{Use: "address", Short: "Say where other installations seal what they hand over to this one",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			svc, done, err := c.founder(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			address, err := svc.Address(cmd.Context())
			if err != nil {
				return err
			}
			return c.print(object.Address{Address: address}, address)
		}}
}

func (c *console) userExport() *cobra.Command {
	var to string
	cmd := &cobra.Command{Use: "export ACCT FILE", Short: "Hand a subscriber over to another installation, as a sealed file",
		Long: "Nothing is done for them here from then on. The file can be opened over there only; the same command\n" +
			"writes it again. What became of it the other side says with a receipt: see `slugpuppy user receipt`.",
		Args: usageArgs(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return usageError(errors.New("--to: to whom? `slugpuppy user address` over there says it"))
			}
			account, err := account.read(args[0])
			if err != nil {
				return usageError(err)
			}
			svc, done, err := c.operator(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			err = c.writeFrom(args[1], 0o600, func(w io.Writer) error {
				return svc.Export(cmd.Context(), operator.Moving{Account: account, To: to}, whileIn{cmd.Context(), w})
			})
			if err != nil {
				return err
			}
			return c.beside(args[1]).print(object.File{File: args[1], OK: true},
				line("wrote %s; nothing is done for @%s here any more. Over there: `slugpuppy user import %s`, which says a "+
					"receipt; then here: `slugpuppy user receipt @%s RECEIPT`", args[1], account, args[1], account))
		}}
	cmd.Flags().Var(flagOf(&to, "", nonempty("installation")), "to", "the other installation's address, from `slugpuppy user address`")
	return cmd
}

func (c *console) userImport() *cobra.Command {
	var how operator.Incoming
	cmd := &cobra.Command{Use: "import FILE", Short: "Take over a subscriber whom another installation handed over",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return fmt.Errorf("open what was handed over: %w", err)
			}
			defer f.Close()
			svc, done, err := c.founder(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			a, err := svc.Import(cmd.Context(), how, f)
			if err != nil {
				return err
			}
			return c.print(object.OfArrived(a), arrivedText(a))
		}}
	cmd.Flags().BoolVar(&how.Decline, "decline", false, "say that they are not taken over here, now or ever")
	cmd.Flags().BoolVar(&how.Trust, "trust", false,
		"believe the file where the account's server no longer accepts the tokens in it")
	return cmd
}

func arrivedText(a operator.Arrived) string {
	text := line("@%s is looked after here now: %s", a.User.Account, a.User.About)
	if !a.Taken {
		text = line("@%s is not taken over here, now or later", a.User.Account)
	}
	if a.LockedOut {
		text += "\nthe account's server no longer accepts the tokens: they have to connect again"
	}
	return text + line("\nthe other side waits for this word: `slugpuppy user receipt @%s %s`", a.User.Account, a.Receipt)
}
