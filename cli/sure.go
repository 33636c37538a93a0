package cli

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// mayChange gives a command that can change several objects at once the flag that says yes to that.
func mayChange(cmd *cobra.Command, yes *bool) {
	cmd.Flags().BoolVar(yes, "yes", false, "do it without asking, also to more than one")
}

// sure asks before more than one object is changed. Where nobody can be asked, --yes must have been said.
func (c *console) sure(ctx context.Context, yes bool, n int, what string) error {
	if yes || n < 2 {
		return nil
	}
	in, typed := c.in.(*os.File)
	if c.json || !typed || !term.IsTerminal(int(in.Fd())) || !onTerminal(c.terminal) {
		return usageError(fmt.Errorf("this would %s: say --yes if that is meant", what))
	}
	fmt.Fprint(c.err, "This will "+what+". Go on? [y/N] ")
	said, err := c.line(ctx)
	if err != nil {
		return err
	}
	if said = strings.ToLower(said); said != "y" && said != "yes" {
		return refusedError(fmt.Errorf("nothing was done"))
	}
	return nil
}

// each does something to several objects, one after the other, and stops at the first that fails.
func (c *console) each(ctx context.Context, yes bool, names []string, what string, do func(string) error) error {
	if err := c.sure(ctx, yes, len(names), fmt.Sprintf("%s %d: %s", what, len(names), strings.Join(names, ", "))); err != nil {
		return err
	}
	for _, name := range names {
		if err := do(name); err != nil {
			return err
		}
	}
	return nil
}
