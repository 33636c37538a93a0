package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"slugpuppy/cli/object"
	"slugpuppy/dream"
)

// seen is one line of `see --json`.
type seen struct {
	File   string         `json:"file"`
	Sure   *object.Sure   `json:"sure,omitempty"` // none: it is sure of nothing
	Labels []object.Guess `json:"labels,omitempty"`
	Error  string         `json:"error,omitempty"`
}

func (c *console) seeCommand() *cobra.Command {
	var top int
	cmd := &cobra.Command{
		Use:   "see IN...",
		Short: "Say what is in pictures",
		Long: "Say what the network sees in each picture, with probabilities: a label, or where it is not sure of one,\n" +
			"what kind of thing, or that it is sure of nothing. A folder means every picture in it; - reads file names " +
			"from standard input.",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := c.newOffline()
			if err != nil {
				return err
			}
			files, err := c.pictureFiles(args)
			if err != nil {
				return err
			}
			c.none("pictures", len(files))
			return s.seeAll(cmd.Context(), files, top)
		},
	}
	cmd.Flags().VarP(flagOf(&top, "5", between(1, 1000)), "top", "k", "how many labels")
	return c.withModel(cmd)
}

func (s *offline) seeAll(ctx context.Context, files []string, top int) error {
	failed, done := 0, s.console.counting("seeing", len(files))
	defer done.clear()
	for i, file := range files {
		about := seen{File: file}
		sight, err := s.see(ctx, file, top)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		about.Sure, about.Labels = object.OfCertainty(sight.Sure), object.OfGuesses(sight.Guesses)
		text := line("%s: %s", file, saw(about.Sure, about.Labels))
		if err != nil {
			failed++
			about.Error = err.Error()
			text = line("%s", err)
		}
		done.clear()
		if err := s.console.print(about, text); err != nil {
			return err
		}
		done.at(i, 1)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d pictures could not be read", failed, len(files))
	}
	return nil
}

func (s *offline) see(ctx context.Context, file string, top int) (dream.Sight, error) {
	pic, err := s.open(ctx, file)
	if err != nil {
		return dream.Sight{}, err
	}
	return s.Maker.See(ctx, pic.Image, top)
}

// pictureFiles expands folders and, for "-", names on standard input. A pattern that no shell has expanded, because
// it was quoted or there is none, is expanded here.
func (c *console) pictureFiles(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		if arg == "-" {
			lines := bufio.NewScanner(c.in)
			for lines.Scan() {
				if name := strings.TrimSpace(lines.Text()); name != "" {
					files = append(files, name)
				}
			}
			if err := lines.Err(); err != nil {
				return nil, fmt.Errorf("read file names: %w", err)
			}
			continue
		}
		if found, err := filepath.Glob(arg); err == nil && len(found) > 0 && !exists(arg) {
			files = append(files, found...)
			continue
		}
		info, err := os.Stat(arg)
		if errors.Is(err, os.ErrNotExist) || err != nil || !info.IsDir() {
			files = append(files, arg) // an unreadable file is reported on its own line
			continue
		}
		inside, err := picturesIn(arg)
		if err != nil {
			inside = []string{arg} // likewise
		}
		files = append(files, inside...)
	}
	return files, nil
}

func picturesIn(dir string) ([]string, error) {
	var files []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	for _, e := range entries {
		if !e.IsDir() && holdsPicture(e.Name()) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, nil
}
