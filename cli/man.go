package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (c *console) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages into a folder",
		Args:  usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("write manual pages: %w", err)
			}
			return c.writeManual(cmd.Context(), cmd.Root(), args[0])
		},
	}
}

// writeManual writes the page of a command and of all below it.
func (c *console) writeManual(ctx context.Context, cmd *cobra.Command, dir string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := c.write(filepath.Join(dir, pageName(cmd)+".1"), manualPage(cmd)); err != nil {
		return err
	}
	for _, sub := range shownCommands(cmd) {
		if err := c.writeManual(ctx, sub, dir); err != nil {
			return err
		}
	}
	return nil
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

func shownCommands(cmd *cobra.Command) (shown []*cobra.Command) {
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			shown = append(shown, sub)
		}
	}
	return shown
}

// manualPage is a command's page in the man macros of roff; see man-pages(7) for what belongs in one.
func manualPage(cmd *cobra.Command) []byte {
	cmd.InitDefaultHelpFlag()
	p := page{}
	p.line(".TH", strings.ToUpper(pageName(cmd)), "1", "", "slugpuppy "+version, "")
	p.line(".SH NAME")
	p.text(pageName(cmd) + " - " + cmd.Short)
	p.line(".SH SYNOPSIS")
	p.line(".B", cmd.UseLine())
	p.line(".SH DESCRIPTION")
	if cmd.Long != "" {
		p.text(cmd.Long)
	} else {
		p.text(cmd.Short)
	}
	p.options("OPTIONS", cmd.NonInheritedFlags())
	p.options("OPTIONS OF ALL COMMANDS", cmd.InheritedFlags())
	if cmd.Example != "" {
		p.line(".SH EXAMPLES")
		p.line(".nf")
		p.text(cmd.Example)
		p.line(".fi")
	}
	var also []string
	if cmd.HasParent() {
		also = append(also, pageName(cmd.Parent())+"(1)")
	}
	for _, sub := range shownCommands(cmd) {
		also = append(also, pageName(sub)+"(1)")
	}
	if len(also) > 0 {
		p.line(".SH SEE ALSO")
		p.text(strings.Join(also, ", "))
	}
	return p.Bytes()
}

// page is a page being written.
type page struct{ bytes.Buffer }

// line writes a request with its arguments.
func (p *page) line(request string, args ...string) {
	p.WriteString(request)
	for _, arg := range args {
		fmt.Fprintf(p, ` "%s"`, strings.ReplaceAll(escaped(arg), `"`, `\(dq`))
	}
	p.WriteString("\n")
}

// text writes paragraphs, which empty lines separate.
func (p *page) text(s string) {
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "":
			p.WriteString(".PP\n")
			continue
		case line[0] == '.' || line[0] == '\'': // no request
			p.WriteString(`\&`)
		}
		p.WriteString(escaped(line) + "\n")
	}
}

// options lists flags under a heading, unless there are none to show.
func (p *page) options(heading string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	p.line(".SH", heading)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		p.line(".TP")
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		what, usage := pflag.UnquoteUsage(f)
		p.line(".B", strings.TrimSpace(name+" "+what))
		switch f.DefValue {
		case "", "false", "[]", "0":
		default:
			usage += " (default: " + f.DefValue + ")"
		}
		p.text(usage)
	})
}

// escaped keeps roff from reading backslashes, and from making typographic dashes and quotes of what
// people are to type.
func escaped(s string) string { return escaper.Replace(s) }

var escaper = strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", `\(ga`, "'", `\(aq`)
