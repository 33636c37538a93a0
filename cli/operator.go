package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"slugpuppy/bot/operator"
	"slugpuppy/cli/object"
)

// operator returns what operators may ask, of the daemon or of the file.
func (c *console) operator(ctx context.Context) (operator.Service, func(), error) {
	a, err := c.load()
	if err != nil {
		return nil, nil, err
	}
	return a.Operator(ctx)
}

// founder is operator for what may be the first change of all: a database that is missing is made.
func (c *console) founder(ctx context.Context) (operator.Service, func(), error) {
	a, err := c.load()
	if err != nil {
		return nil, nil, err
	}
	return a.Founder(ctx)
}

func (c *console) jobsCommand() *cobra.Command {
	return group("jobs", "List, show, cancel and retry jobs", c.jobsList(),
		c.jobShow(),
		c.jobChange("cancel JOB...", "Cancel jobs that have not been answered", operator.Service.Cancel),
		c.jobChange("retry JOB...", "Queue dead jobs again", operator.Service.Retry))
}

func (c *console) jobsList() *cobra.Command {
	var want []operator.State
	var limit int
	cmd := &cobra.Command{
		Use: "ls", Short: "List jobs, newest first", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			svc, done, err := c.operator(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			jobs, err := svc.Jobs(cmd.Context(), limit, want...)
			if err != nil {
				return err
			}
			for _, j := range jobs {
				if err := c.print(object.OfJob(j), jobLine(j)); err != nil {
					return err
				}
			}
			c.none("jobs", len(jobs))
			return nil
		},
	}
	cmd.Flags().Var(listOf(&want, jobState), "state", "only these states ("+stateNames()+")")
	cmd.Flags().Var(flagOf(&limit, "50", rows), "limit", "at most this many")
	return cmd
}

// rows is how many lines a list may be asked for.
var rows = between(1, 1_000_000)

func stateNames() string { return strings.Join(jobState.may, ", ") }

// jobState is the name of a state of jobs.
var jobState = reader[operator.State]{kind: "state", may: names(operator.States()), read: func(s string) (operator.State, error) {
	if !slices.Contains(operator.States(), operator.State(s)) {
		return "", fmt.Errorf("no job is ever %q; the states are %s", s, orOf(names(operator.States())))
	}
	return operator.State(s), nil
}}

func names[S ~string](all []S) (out []string) {
	for _, s := range all {
		out = append(out, string(s))
	}
	return out
}

func (c *console) jobShow() *cobra.Command {
	return &cobra.Command{
		Use: "show JOB", Short: "Show one job", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			svc, done, err := c.operator(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			j, err := svc.Job(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return c.print(object.OfJob(j), jobText(j))
		},
	}
}

// jobChange is a command that changes jobs.
func (c *console) jobChange(use, short string,
	do func(operator.Service, context.Context, string) (operator.Job, error)) *cobra.Command {
	var yes bool
	verb, _, _ := strings.Cut(use, " ")
	cmd := &cobra.Command{
		Use: use, Short: short, Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			svc, done, err := c.operator(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			return c.each(cmd.Context(), yes, args, verb, func(id string) error {
				j, err := do(svc, cmd.Context(), id)
				if err != nil {
					return err
				}
				return c.print(object.OfJob(j), jobText(j))
			})
		},
	}
	mayChange(cmd, &yes)
	return cmd
}

func jobLine(j operator.Job) string {
	return line("%s  %-9s  %s  @%s  %s", j.ID, j.State, j.Created.Local().Format("2006-01-02 15:04:05"),
		j.Requester, j.Reason)
}

func jobText(j operator.Job) string {
	var b strings.Builder
	row := func(name, value string) {
		if value != "" {
			b.WriteString(line("%-10s %s", name, value) + "\n")
		}
	}
	row("job", j.ID)
	row("state", string(j.State))
	row("requester", "@"+j.Requester)
	row("mention", j.Network+" "+j.Source)
	row("reply", j.Post)
	row("attempts", fmt.Sprint(j.Attempts))
	row("arrived", j.Created.Local().Format(time.RFC3339))
	row("changed", j.Updated.Local().Format(time.RFC3339))
	row("reason", j.Reason)
	return strings.TrimSuffix(b.String(), "\n")
}

// backup copies the database through the daemon when one runs, else from the file.
func (c *console) backup(ctx context.Context, to string) error {
	svc, done, err := c.operator(ctx)
	if err != nil {
		return err
	}
	defer done()
	var written atomic.Int64
	shown := c.watching("copying", c.shareOfDatabase(&written))
	err = c.writeFrom(to, 0o600, func(w io.Writer) error { return svc.Backup(ctx, countedWriter{whileIn{ctx, w}, &written}) })
	shown()
	if err != nil {
		return err
	}
	return c.beside(to).print(object.File{File: to, OK: true}, "wrote "+to)
}

// countedWriter is a writer that counts.
type countedWriter struct {
	io.Writer
	n *atomic.Int64
}

// Write implements io.Writer.
func (w countedWriter) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	w.n.Add(int64(n))
	return n, err
}

// shareOfDatabase says how much of the database so many bytes are, as far as its size is known here.
func (c *console) shareOfDatabase(written *atomic.Int64) func() float64 {
	size := int64(0)
	if a, err := c.load(); err == nil {
		if info, err := os.Stat(a.Config().Store.Path); err == nil {
			size = info.Size()
		}
	}
	return func() float64 {
		if size == 0 {
			return noShare
		}
		return float64(written.Load()) / float64(size)
	}
}
