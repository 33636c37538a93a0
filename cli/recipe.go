package cli

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"slugpuppy/classifier"
	"slugpuppy/cli/object"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

func (c *console) recipeCommand() *cobra.Command {
	return group("recipe", "Read recipe tokens and make their pictures again", c.recipeShow(), c.recipeReplay())
}

func (c *console) recipeShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show TOKEN|FILE",
		Short: "Print what a recipe token says, or the one that a picture or clip carries",
		Args:  usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			token, err := c.tokenOf(args[0])
			if err != nil {
				return err
			}
			r, err := dream.ParseToken(token)
			if err != nil {
				return usageError(err)
			}
			var labels []classifier.Label
			if a, err := c.load(); err == nil { // names are a help: a recipe can be read without any network
				if net, err := a.Network(); err == nil && strings.HasPrefix(net.Hash(), r.Model) {
					labels = net.Labels()
				}
			}
			name := func(n int) string { return object.NameOf(labels, n) }
			text := r.Say(name)
			if token != args[0] {
				text = token + ": " + text
			}
			return c.print(object.OfRecipe(token, r, labels), text)
		},
	}
}

// tokenOf is the token that was given, or that of a file.
func (c *console) tokenOf(given string) (string, error) {
	switch {
	case dream.LooksLikeToken(given):
		return given, nil
	case given != "-" && !exists(given):
		return "", usageError(fmt.Errorf("%s is no recipe, and no file is called so", given))
	}
	data, err := c.read(given, mostOfAClip)
	if err != nil {
		return "", err
	}
	token, ok := strings.CutPrefix(picture.Comment(data), dream.Signature)
	if !ok {
		token = within(data)
	}
	if token == "" {
		return "", notFoundError(fmt.Errorf("%s carries no recipe: it is no dream of this program, or came through a server that takes such things out", given))
	}
	return token, nil
}

// within finds the token in a film whose metadata are of a format that nothing here reads, "" without one. What follows it there may
// look like more of it.
func within(data []byte) string {
	_, after, _ := bytes.Cut(data, []byte(dream.Signature))
	for token := tokenAhead.Find(after); len(token) > 0; token = token[:len(token)-1] {
		if _, err := dream.ParseToken(string(token)); err == nil {
			return string(token)
		}
	}
	return ""
}

// tokenAhead is a token that text begins with.
var tokenAhead = regexp.MustCompile(`^dd[0-9]-[0-9a-z]{1,200}`)

// mostOfAClip is how much of a file is read for its recipe, in bytes.
const mostOfAClip = 1 << 30

func (c *console) recipeReplay() *cobra.Command {
	var how making
	cmd := &cobra.Command{
		Use:   "replay TOKEN [IN] OUT",
		Short: "Make a recipe's picture again; IN is the source picture, not needed for imagine",
		Args:  usageArgs(cobra.RangeArgs(2, 3)),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := dream.ParseToken(args[0])
			if err != nil {
				return usageError(err)
			}
			if r.Old {
				return refusedError(fmt.Errorf("recipe %.4s... is of a version of this program whose dreams looked otherwise: "+
					"the picture would differ; `recipe show` tells its words", args[0]))
			}
			s, err := c.newOffline()
			if err != nil {
				return err
			}
			if want := s.Network.Hash()[:len(r.Model)]; r.Model != want {
				return refusedError(fmt.Errorf("recipe was made with network %s, this is %s: the picture would "+
					"differ; --model names another one", r.Model, want))
			}
			out := args[len(args)-1]
			if len(args) < 3 && !r.Verb.FromNoise() {
				return usageError(fmt.Errorf("a %s recipe needs its source picture: recipe replay TOKEN IN OUT",
					r.Verb))
			}
			return s.make(cmd.Context(), args[1], out, r, how)
		},
	}
	cmd.Flags().Var(flagOf(&how.guide, "", nonempty("file")), "guide", "the second picture, when the recipe used one")
	mayOverwrite(cmd, &how.overwrite)
	return c.withModel(cmd)
}
