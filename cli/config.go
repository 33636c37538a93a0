package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"slugpuppy/app"
	"slugpuppy/bot/network"
	"slugpuppy/cli/object"
)

func (c *console) configCommand() *cobra.Command {
	return group("config", "Check and show the configuration",
		&cobra.Command{
			Use: "check", Short: "Read the configuration and say what is wrong with it, and what serve would miss",
			Args: usageArgs(cobra.NoArgs),
			RunE: func(cmd *cobra.Command, _ []string) error {
				a, err := c.load()
				var begin error
				if err == nil {
					begin = a.CanBegin(cmd.Context())
				}
				if begin != nil && !errors.Is(begin, network.ErrNotYet) {
					err = begin
				}
				if err != nil {
					if c.json { // who reads only standard output learns it too
						err = errors.Join(c.print(object.Check{Problems: strings.Split(err.Error(), "\n")}, ""), err)
					}
					return err
				}
				cfg := a.Config()
				about, text := object.Check{OK: true, File: cfg.File()}, fmt.Sprintf("configuration is fine (%s)",
					app.Source(cfg))
				if odd := cfg.UnknownEnv(os.Environ()); len(odd) > 0 { // no mistake: Kubernetes sets such names by itself
					about.Unread = odd
					text += "\nbut nothing reads " + strings.Join(odd, ", ")
				}
				if begin != nil {
					about.Needs = begin.Error()
					text += "\nbut `slugpuppy serve` would not begin yet: " + begin.Error()
				}
				return c.print(about, text)
			},
		},
		&cobra.Command{
			Use: "dump", Short: "Print every option with its value and where it comes from",
			Args: usageArgs(cobra.NoArgs),
			RunE: func(*cobra.Command, []string) error {
				a, err := c.load()
				if err != nil {
					return err
				}
				cfg := a.Config()
				if !c.json {
					return cfg.Dump(c.out)
				}
				for _, s := range cfg.Settings() {
					if err := c.print(object.Setting(s), ""); err != nil {
						return err
					}
				}
				return nil
			},
		},
	)
}
