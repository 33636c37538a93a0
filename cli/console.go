// Package cli is the command line: it reads arguments, calls the parts that package app has wired
// together, prints what they answer and turns errors into sentences and exit codes. It holds no logic
// of its own.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"slugpuppy/app"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/visible"
	"slugpuppy/config"
)

// The exit codes, the same for every command.
const (
	exitOK         = 0
	exitError      = 1
	exitUsage      = 2
	exitNotFound   = 3
	exitDaemonDown = 4
	exitRefused    = 5 // app.ExitLocked too
	// 130 and 143 are those of what SIGINT and SIGTERM ended, see told.
)

// codedError carries the exit code an error asks for.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

func usageError(err error) error    { return &codedError{exitUsage, err} }
func notFoundError(err error) error { return &codedError{exitNotFound, err} }
func refusedError(err error) error  { return &codedError{exitRefused, err} }

// app is what every command needs: where to read and write, and the flags all share.
type console struct {
	in         io.Reader
	out, err   io.Writer // for text: what strangers wrote is shown, not obeyed
	raw        io.Writer // out for pictures and other files
	terminal   io.Writer // err for bars, which move about
	env        func(string) (string, bool)
	now        func() time.Time
	json       bool
	configPath string
	model      string   // of --model
	progress   string   // of --progress
	state      []string // the files that hold it, once a configuration was read: nothing is written over them

	orderly *atomic.Bool // it ends in its own time when it is told to, and well
	scratch *scratch
	last    *sync.Once  // for the last word
	screen  *sync.Mutex // of who draws or prints
}

func newConsole(in io.Reader, out, err io.Writer, env func(string) (string, bool)) *console {
	return &console{in: in, out: visible.NewWriter(out), err: visible.NewWriter(err), raw: out, terminal: err,
		env: env, now: time.Now, orderly: new(atomic.Bool), scratch: new(scratch), last: new(sync.Once), screen: new(sync.Mutex)}
}

// Main runs one command and returns its exit code. A command that SIGINT or SIGTERM tells to end does so
// within a second, with 130 or 143; a second signal ends the process at once.
func Main(args []string) int {
	if code, ok := app.Decode(args); ok {
		return code
	}
	return newConsole(os.Stdin, os.Stdout, os.Stderr, os.LookupEnv).untilSignal(args)
}

func (c *console) run(ctx context.Context, args []string) int {
	root := c.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	// Whatever else went wrong then came of that.
	if cause := context.Cause(ctx); cause != nil && !c.orderly.Load() {
		err = cause
	}
	return c.fail(err)
}

// fail says why a command failed, and returns its exit code. Only the first reason is said.
func (c *console) fail(err error) int {
	c.last.Do(func() {
		c.clearBar()
		fmt.Fprintln(c.err, "slugpuppy:", said(err))
		if h, ok := app.Hindered(err); ok {
			fmt.Fprintln(c.err, "  "+visible.Line(h.String()))
		}
	})
	return exitCode(err)
}

// said is an error as the bot would say it, where it has words for it, and what is behind it.
func said(err error) string {
	if text := words.Of(err); text != "" && !strings.Contains(text, err.Error()) {
		return fmt.Sprintf("%s (%v)", text, err)
	}
	return err.Error()
}

// exitCode is the one that an error asks for.
func exitCode(err error) int {
	var coded *codedError
	var end *told
	switch {
	case errors.As(err, &end):
		return end.code()
	case errors.As(err, &coded):
		return coded.code
	case errors.Is(err, app.ErrUsage), errors.Is(err, operator.ErrUnread):
		return exitUsage
	case errors.Is(err, operator.ErrNotFound):
		return exitNotFound
	case errors.Is(err, operator.ErrRefused):
		return exitRefused
	case errors.Is(err, operator.ErrDown):
		return exitDaemonDown
	}
	return exitError
}

// load reads the configuration; a missing default file means the defaults.
func (c *console) load() (*app.App, error) {
	cfg, err := app.Load(c.configPath, c.env)
	if err != nil {
		return nil, usageError(err)
	}
	c.state = []string{cfg.Store.Path, cfg.Store.KeyFile}
	return c.app(cfg), nil
}

// app is the program that a configuration describes.
func (c *console) app(cfg *config.Config) *app.App {
	return app.New(cfg, app.Options{Version: version, Log: c.err, Model: c.model, Now: c.now})
}

func (c *console) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "slugpuppy",
		Short:         "Dream pictures on request; keep other people's dreams out of a timeline",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version,
		Args:          cobra.ArbitraryArgs,
		RunE:          onlyOthers,
	}
	root.SetVersionTemplate(thisBuild().text() + "\n")
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError(err) })
	flags := root.PersistentFlags()
	flags.BoolVar(&c.json, "json", false, "print JSON, one object a line")
	flags.Var(flagOf(&c.progress, progressAuto, either(progressAuto, progressJSON, progressNone)), "progress",
		"how far long work is, on standard error: auto is a bar on a terminal, json one object a line")
	flags.StringVar(&c.configPath, "config", "",
		"configuration file (default: $SLUGPUPPY_CONFIG, then the usual places)")
	root.AddCommand(
		c.demoCommand(), c.serveCommand(), c.workerCommand(), c.loginCommand(),
		c.dreamCommand(), c.presetsCommand(), c.wordsCommand(), c.imagineCommand(), c.diveCommand(), c.wanderCommand(), c.seeCommand(),
		c.recipeCommand(), c.jobsCommand(), c.allowCommand(), c.denyCommand(), c.rulesCommand(), c.undoCommand(),
		c.logCommand(), c.filterCommand(), c.userCommand(), c.auditCommand(), c.statusCommand(), c.modelCommand(),
		c.inspectCommand(), c.detectCommand(), c.antidoteCommand(), c.listsCommand(), c.detectorCommand(), c.configCommand(),
		c.benchCommand(), c.doctorCommand(), c.dbCommand(), c.manCommand(), c.versionCommand(),
	)
	root.AddCommand(c.networkCommands()...)
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil && help != root {
		help.PreRunE = func(_ *cobra.Command, args []string) error {
			if at, more, err := root.Find(args); err == nil && len(more) > 0 {
				return usageError(unknown(at, more[0]))
			}
			return nil
		}
	}
	// The library's own group helps whoever asks it for a shell it does not know, into their file.
	root.InitDefaultCompletionCmd()
	if cmd, _, err := root.Find([]string{"completion"}); err == nil && cmd != root {
		cmd.Args, cmd.RunE = cobra.ArbitraryArgs, onlyOthers
		for _, shell := range cmd.Commands() {
			shell.Args = usageArgs(cobra.NoArgs)
		}
	}
	completing(root)
	return root
}

// usageArgs makes a wrong number of arguments, and an argument without a text, a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if slices.Contains(args, "") {
			return usageError(fmt.Errorf("an argument is empty\nusage: %s", cmd.UseLine()))
		}
		if err := check(cmd, args); err != nil {
			return usageError(fmt.Errorf("%w\nusage: %s", err, cmd.UseLine()))
		}
		return nil
	}
}

// group is a command that only holds others.
func group(use, short string, sub ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, RunE: onlyOthers}
	cmd.AddCommand(sub...)
	return cmd
}

// onlyOthers runs a group: alone it helps, and a name it does not hold is a mistake.
func onlyOthers(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError(unknown(cmd, args[0]))
	}
	return cmd.Help()
}

// unknown is about a command that is not there, and those that are spelt like it.
func unknown(cmd *cobra.Command, name string) error {
	cmd.SuggestionsMinimumDistance = 2 // letters
	var like []string
	for _, s := range cmd.SuggestionsFor(name) {
		like = append(like, "`"+cmd.CommandPath()+" "+s+"`")
	}
	if len(like) == 0 {
		return fmt.Errorf("unknown command %q; `%s --help` lists those that there are", name, cmd.CommandPath())
	}
	return fmt.Errorf("unknown command %q; did you mean %s?", name, strings.Join(like, " or "))
}

// none says that a list is empty, to people only and beside what is printed.
func (c *console) none(what string, n int) {
	if n == 0 && !c.json {
		fmt.Fprintln(c.err, "no "+what)
	}
}

// print writes v as one line of JSON with --json, else the text.
func (c *console) print(v any, text string) error {
	c.screen.Lock()
	defer c.screen.Unlock()
	if c.progress == progressAuto {
		c.clearBar()
	}
	if c.json {
		return json.NewEncoder(c.out).Encode(v)
	}
	_, err := fmt.Fprintln(c.out, text)
	return err
}

// line is fmt.Sprintf for what holds strangers' words: each is kept to the line it is put in.
func line(format string, args ...any) string {
	for i, a := range args {
		switch v := a.(type) {
		case error, fmt.Stringer:
			args[i] = visible.Line(fmt.Sprint(v))
		default:
			if reflect.ValueOf(a).Kind() == reflect.String {
				args[i] = visible.Line(reflect.ValueOf(a).String())
			}
		}
	}
	return fmt.Sprintf(format, args...)
}

// onTerminal tells whether w is a terminal a progress bar may be drawn on.
func onTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
