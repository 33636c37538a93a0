package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"slugpuppy/bot/operator"
	"slugpuppy/bot/reply/words"
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
		Long: "Hand a subscriber over to another installation, as a sealed file.\n\n" +
			"Nothing is done for them here from then on. The file can be opened over there only; the same command\n" +
			"writes it again. What became of it the other side says with a receipt: see `slugpuppy user receipt`.",
		Args: usageArgs(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return usageError(errors.New("--to: to whom? `slugpuppy user address` over there says it"))
			}
			account, err := accountOf(args[0])
			if err != nil {
				return err
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
	cmd.Flags().Var(flagOf(&to, "", nonempty("installation")), "to", "the other installation's address, as slugpuppy user address says it there")
	return cmd
}

func (c *console) userImport() *cobra.Command {
	var how operator.Incoming
	cmd := &cobra.Command{Use: "import FILE", Short: "Take over a subscriber whom another installation handed over",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if errors.Is(err, fs.ErrNotExist) {
				return notFoundError(err)
			}
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

func (c *console) userMove() *cobra.Command {
	var to string
	cmd := &cobra.Command{Use: "move ACCT", Short: "Hand a subscriber over to another daemon of the cluster",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return usageError(errors.New("--to: to which daemon? `slugpuppy status` names them"))
			}
			account, err := accountOf(args[0])
			if err != nil {
				return err
			}
			svc, done, err := c.operator(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			answer, err := svc.Move(cmd.Context(), operator.Moving{Account: account, To: to})
			if err != nil {
				return err
			}
			return c.answered(answer)
		}}
	cmd.Flags().Var(flagOf(&to, "", nonempty("daemon")), "to", "the other daemon, as cluster.node calls it")
	return cmd
}

func (c *console) userTakeOver() *cobra.Command {
	var lost operator.Lost
	var yes bool
	cmd := &cobra.Command{Use: "takeover NODE", Short: "Look after the subscribers of a daemon that is lost, from a copy of its database",
		Long: "Look after the subscribers of a daemon that is lost, from a copy of its database.\n\n" +
			"Refused while the other daemon's lease is not over, some 15 minutes after its death. Where it comes back after\n" +
			"all it finds that they are looked after elsewhere. Subscribers who joined after the copy was made sign in again.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if lost.Backup == "" || lost.Key == "" {
				return usageError(errors.New("--backup and --key: which copy of the lost daemon's database, and which key file?"))
			}
			lost.Node = args[0]
			for _, file := range []*string{&lost.Backup, &lost.Key} {
				at, err := filepath.Abs(*file) // the daemon is elsewhere
				if err != nil {
					return fmt.Errorf("find %s: %w", *file, err)
				}
				*file = at
			}
			if err := c.sure(cmd.Context(), yes, 2, "look here after all subscribers of "+lost.Node); err != nil {
				return err
			}
			svc, done, err := c.operator(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			got, err := svc.TakeOver(cmd.Context(), lost)
			if err != nil {
				return err
			}
			return c.print(object.TakenOver(got), takenText(lost.Node, got))
		}}
	cmd.Flags().Var(flagOf(&lost.Backup, "", nonempty("file")), "backup", "the copy, such as the last one of slugpuppy db backup or the nightly one")
	cmd.Flags().Var(flagOf(&lost.Key, "", nonempty("file")), "key", "the lost daemon's key file, which opens the tokens in the copy")
	mayChange(cmd, &yes)
	return cmd
}

func takenText(node string, t operator.TakenOver) string {
	text := line("%s of %s found a home here", words.Count(t.Taken, "1 subscriber", "subscribers"), node)
	if t.Left > 0 {
		text += fmt.Sprintf("; %d of the copy were not its any more", t.Left)
	}
	if t.Later > 0 {
		text += fmt.Sprintf("; %d joined after the copy was made and have to sign in again", t.Later)
	}
	return text
}
