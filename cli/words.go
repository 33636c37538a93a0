package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"slugpuppy/bot/reply/words"
	"slugpuppy/dream"
)

// named is a line of `words --json` and `presets --json`.
type named struct {
	Name  string `json:"name"`
	About string `json:"about,omitempty"`
}

func (c *console) presetsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "presets", Short: "List the looks that dreams may have", Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			for _, p := range dream.Presets() {
				about := words.Preset(p.Name)
				if err := c.print(named{p.Name, about}, fmt.Sprintf("%-10s %s", p.Name, about)); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (c *console) wordsCommand() *cobra.Command {
	return c.withModel(&cobra.Command{
		Use: "words [PREFIX]", Short: "List the words that the network knows, or those that begin so",
		Long: "List the words that the network knows, or those that begin so. Other words for the same things are " +
			"understood\nas well, and words for kinds of things, such as vehicles.",
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := c.newOffline()
			if err != nil {
				return err
			}
			prefix := strings.ToLower(strings.Join(args, ""))
			n := 0
			for _, word := range s.Words.Words() {
				if !strings.HasPrefix(word, prefix) {
					continue
				}
				n++
				if err := c.print(named{Name: word}, line("%s", word)); err != nil {
					return err
				}
			}
			if n == 0 && prefix != "" {
				_, err := s.Words.Lookup(prefix) // which tells what is near
				if err == nil {
					return c.print(named{Name: prefix}, line("%s is understood", prefix))
				}
				return notFoundError(err)
			}
			c.none("words", n)
			return nil
		},
	})
}
