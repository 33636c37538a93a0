package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"

	"github.com/spf13/cobra"

	"slugpuppy/cli/object"
	"slugpuppy/picture"
	"slugpuppy/training"
)

// modelSheet shows what a network dreams like, on one picture.
func (c *console) modelSheet() *cobra.Command {
	f := sheetFlags{}
	cmd := &cobra.Command{
		Use:   "sheet OUT",
		Short: "Show a network's dreams on one picture: every layer, every preset, words from noise",
		Long: `Dreams a picture with every layer and every preset, imagines words, and puts all of it on one
contact sheet. For each word it prints how sure the network is of it, in the picture as made and
at worst after JPEG 50, half the size, and a cut to the middle 80 %.`,
		Example: `  slugpuppy model sheet sheet.png
  slugpuppy model sheet sheet.png --picture photo.jpg --model ./mine.onnx --words banana,slug`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.sheet(cmd.Context(), args[0], f) },
	}
	cmd.Flags().Var(flagOf(&f.picture, "", nonempty("file")), "picture", "picture to dream (default: a landscape of our own)")
	cmd.Flags().Var(listOf(&f.words, nonempty("word")), "words", "words to imagine (default: "+strings.Join(training.ShownWords, ",")+")")
	cmd.Flags().Var(flagOf(&f.size, "448", between(64, 4096)), "size", "long side of each picture in pixels")
	cmd.Flags().Var(flagOf(&f.side, "240", between(16, 1024)), "cell", "side of a cell of the sheet in pixels")
	return c.withModel(cmd)
}

type sheetFlags struct {
	picture    string
	words      []string
	size, side int
}

func (c *console) sheet(ctx context.Context, out string, f sheetFlags) error {
	if err := errors.Join(apart(out, f.picture), canSave(out)); err != nil {
		return err
	}
	if len(f.words) == 0 {
		f.words = training.ShownWords
	}
	s, err := c.newOffline()
	if err != nil {
		return err
	}
	var src image.Image = picture.Landscape(f.size, f.size*3/4, 1)
	if f.picture != "" {
		pic, err := s.open(ctx, f.picture)
		if err != nil {
			return err
		}
		src = pic.Image
	}
	show := training.Showcase{Net: s.Network, Maker: s.Maker, Seed: 1, Size: f.size}
	beside, g := c.beside(out), c.gauge()
	defer g.clear()
	show.Progress = func(done, of int) {
		g.show(fmt.Sprintf("drawing picture %d of %d", done, of), float64(done)/float64(of), 0)
	}
	sheet, err := show.Sheet(ctx, src, s.Words, f.words, f.side, func(i training.Imagined) error {
		g.clear()
		return beside.print(object.OfImagined(i), i.String())
	})
	g.clear()
	if err != nil {
		return err
	}
	return c.save(out, sheet, "")
}
