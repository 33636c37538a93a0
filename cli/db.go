package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"slugpuppy/store"
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
				return checkHere(path)
			}
			if err := checkInChild(cmd.Context(), path); err != nil {
				return err
			}
			return c.print(map[string]any{"file": path, "ok": true}, path+" is sound")
		},
	}
	cmd.Flags().BoolVar(&child, "child", false, "this is the child")
	_ = cmd.Flags().MarkHidden("child") // the flag exists: defined one line above
	return cmd
}

// checkHere checks in this process; the exit code says whether somebody else has the file open.
func checkHere(path string) error {
	err := store.Check(path)
	if errors.Is(err, store.ErrLocked) {
		return refusedError(err)
	}
	return err
}

// soundEnough checks a database that may not be there yet.
func soundEnough(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return checkInChild(ctx, path)
}

// checkInChild runs `db check --child`, since a corrupt file can end the process that maps it.
func checkInChild(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		return notFoundError(fmt.Errorf("no database: %w", err))
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program to check the database in a child: %w", err)
	}
	out, err := exec.CommandContext(ctx, self, "db", "check", "--child", path).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitRefused {
		return fmt.Errorf("%w: %s; is slugpuppy running? Please stop it first", store.ErrLocked, path)
	}
	if errors.As(err, &exit) && ctx.Err() == nil {
		return fmt.Errorf("%s is damaged or cannot be read; put back a copy with `slugpuppy db restore FILE`: one made with `slugpuppy db backup`, or %s.nightly.\n%s", path, path, firstLines(out, 3))
	}
	if err != nil {
		return fmt.Errorf("check the database in a child process: %w", err)
	}
	return nil
}

// firstLines returns at most n lines of out.
func firstLines(out []byte, n int) []byte {
	for i, c := range out {
		if c == '\n' {
			if n--; n == 0 {
				return out[:i]
			}
		}
	}
	return out
}

func (c *console) dbBackup() *cobra.Command {
	return &cobra.Command{
		Use:   "backup TO",
		Short: "Write a consistent copy of the database, whether the daemon runs or not (see also the nightly copy of `serve`)",
		Args:  usageArgs(cobra.ExactArgs(1)),
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
			to, err := c.database(nil)
			if err != nil {
				return err
			}
			if err := checkInChild(cmd.Context(), args[0]); err != nil {
				return err
			}
			if err := soundEnough(cmd.Context(), to); errors.Is(err, store.ErrLocked) {
				return refusedError(err)
			} // any other is why the copy is wanted
			if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
				return fmt.Errorf("make the state folder: %w", err)
			}
			kept, err := store.Restore(args[0], to)
			if err != nil {
				return fmt.Errorf("restore the database: %w", err)
			}
			text := to + " is what " + args[0] + " was"
			if kept != "" {
				text += "; what was there is " + kept
			}
			return c.print(map[string]any{"file": to, "from": args[0], "kept": kept}, text)
		},
	}
}

func (c *console) dbCompact() *cobra.Command {
	return &cobra.Command{
		Use:   "compact",
		Short: "Give unused pages back to the disk; the daemon must be stopped",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := c.database(nil)
			if err != nil {
				return err
			}
			if err := checkInChild(cmd.Context(), path); err != nil {
				return err
			}
			before, after, err := compact(path)
			if err != nil {
				return err
			}
			return c.print(map[string]any{"file": path, "before": before, "after": after},
				fmt.Sprintf("%s: %d KiB, was %d KiB", path, after>>10, before>>10))
		},
	}
}

// compact rewrites the file beside itself and swaps them.
func compact(path string) (before, after int64, err error) {
	tmp := path + ".compact"
	defer os.Remove(tmp)
	if before, err = size(path); err != nil {
		return 0, 0, notFoundError(err)
	}
	if err = store.Compact(path, tmp); err != nil {
		return 0, 0, fmt.Errorf("compact the database: %w", err)
	}
	if after, err = size(tmp); err != nil {
		return 0, 0, err
	}
	if err = os.Rename(tmp, path); err != nil {
		return 0, 0, fmt.Errorf("swap in the compacted database: %w", err)
	}
	return before, after, nil
}

func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("no database: %w", err)
	}
	return info.Size(), nil
}
