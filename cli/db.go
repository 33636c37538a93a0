package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"slugpuppy/app"
	"slugpuppy/cli/object"
)

func (c *console) dbCommand() *cobra.Command {
	return group("db", "Look after the database file", c.dbCheck(), c.dbBackup(), c.dbRestore(), c.dbCompact())
}

func (c *console) dbCheck() *cobra.Command {
	var child bool
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check the database, in a child process: a damaged file can crash whoever opens it",
		Args:  usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := c.database(args)
			if err != nil {
				return err
			}
			if child {
				return app.CheckInProcess(path)
			}
			done := c.working("checking the database")
			err = app.CheckDatabase(cmd.Context(), path)
			done()
			if err != nil {
				return err
			}
			return c.print(object.File{File: path, OK: true}, path+" is sound")
		},
	}
	cmd.Flags().BoolVar(&child, "child", false, "this is the child")
	_ = cmd.Flags().MarkHidden("child") // the flag exists: defined one line above
	return cmd
}

func (c *console) dbBackup() *cobra.Command {
	return &cobra.Command{
		Use: "backup TO",
		Short: "Write a consistent copy of the database, whether the daemon runs or not (see also the nightly copy of " +
			"`serve`)",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.backup(cmd.Context(), args[0])
		},
	}
}

func (c *console) dbRestore() *cobra.Command {
	return &cobra.Command{
		Use:   "restore FROM",
		Short: "Put a copy in place of the database, after checking it; the daemon must be stopped",
		Args:  usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := c.load()
			if err != nil {
				return err
			}
			done := c.working("checking and copying")
			kept, err := a.Restore(cmd.Context(), args[0])
			done()
			if err != nil {
				return err
			}
			to := a.Config().Store.Path
			text := to + " is what " + args[0] + " was"
			if kept != "" {
				text += "; what was there is " + kept
			}
			return c.print(object.File{File: to, From: args[0], Kept: kept}, text)
		},
	}
}

func (c *console) dbCompact() *cobra.Command {
	return &cobra.Command{
		Use:   "compact",
		Short: "Give unused pages back to the disk; the daemon must be stopped",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := c.load()
			if err != nil {
				return err
			}
			path := a.Config().Store.Path
			done := c.watching("compacting", func() float64 { return shareOf(path+app.CompactSuffix, path) })
			before, after, err := a.Compact(cmd.Context())
			done()
			if err != nil {
				return err
			}
			return c.print(object.File{File: path, Before: before, After: after},
				fmt.Sprintf("%s: %d KiB, was %d KiB", path, after>>10, before>>10))
		},
	}
}

// shareOf is how much of a file another one that becomes its copy has; noShare before that one is there.
func shareOf(part, whole string) float64 {
	some, err1 := os.Stat(part)
	all, err2 := os.Stat(whole)
	if err1 != nil || err2 != nil || all.Size() == 0 {
		return noShare
	}
	return float64(some.Size()) / float64(all.Size())
}

// database is the file a command names, else the configured one.
func (c *console) database(args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	a, err := c.load()
	if err != nil {
		return "", err
	}
	return a.Config().Store.Path, nil
}
