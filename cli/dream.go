package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/cli/object"
	"slugpuppy/dream"
)

// made is what the picture commands report.
type made struct {
	File    string         `json:"file"`
	W       int            `json:"width"`
	H       int            `json:"height"`
	Frames  int            `json:"frames,omitempty"`
	Sure    *object.Sure   `json:"sure,omitempty"` // of what it saw
	Saw     []object.Guess `json:"saw,omitempty"`
	Dreamed []object.Guess `json:"dreamed,omitempty"`
	Recipe  string         `json:"recipe"`
	Notes   []string       `json:"notes,omitempty"`
}

func (m made) text() string {
	var b strings.Builder
	b.WriteString(line("wrote %s, %dx%d", m.File, m.W, m.H))
	if m.Frames > 1 {
		fmt.Fprintf(&b, ", %d frames", m.Frames)
	}
	if len(m.Saw) > 0 {
		fmt.Fprintf(&b, "\nI saw: %s", saw(m.Sure, m.Saw))
	}
	if len(m.Dreamed) > 0 {
		fmt.Fprintf(&b, "\nI dreamed: %s", labels(m.Dreamed))
	}
	for _, n := range m.Notes {
		fmt.Fprintf(&b, "\nnote: %s", n)
	}
	fmt.Fprintf(&b, "\nrecipe: %s", m.Recipe)
	return b.String()
}

// saw is what was seen in a picture, as much as the network is sure of.
func saw(sure *object.Sure, likely []object.Guess) string {
	switch {
	case len(likely) == 0:
		return "nothing"
	case sure == nil:
		return "not sure; perhaps " + labels(likely)
	case sure.Kind:
		return line("some kind of %s %.0f %%; perhaps ", sure.What, 100*sure.P) + labels(likely)
	}
	return labels(likely)
}

func labels(gs []object.Guess) string {
	var out []string
	for _, g := range gs {
		out = append(out, line("%s %.0f %%", g.Label, 100*g.P))
	}
	return strings.Join(out, ", ")
}

const wordsHelp = `The words and keys are those of a mention: a preset (slug, eyes, birds, temple, swirl,
fur, fractal, gentle, nightmare), "more eyes", "no dogs", "into banana", layer=4c, channels=66,12,
strength=1..10, octaves=, steps=, seed=, size=, keep centre, only background, generations=3.`

func (c *console) dreamCommand() *cobra.Command {
	var w wish
	var m motion
	cmd := &cobra.Command{
		Use:   "dream IN OUT [WORDS...] | IN... -o OUT|FOLDER [WORDS...]",
		Short: "Dream pictures",
		Long: "Dream pictures by gradient ascent through the network. A folder means every picture in it; in a folder " +
			"for\ndreams each has its picture's name; - is a picture on standard input or output. No file is written over without\n" +
			"--overwrite.\n\n" + filmHelp + "\n\n" + wordsHelp,
		Example: `  slugpuppy dream photo.jpg out.png "more eyes" layer=4c octaves=5
  slugpuppy dream *.jpg holidays -o dreams/ slug
  slugpuppy dream clip.gif -o out.gif "0s birds; 3s dogs"
  slugpuppy dream --watch inbox -o dreams/`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && w.watch == "" {
				return usageError(fmt.Errorf("which picture?\nusage: %s", cmd.UseLine()))
			}
			if cmd.Flags().Changed("every") && w.preview == "" {
				return usageError(errors.New("--every is about the pictures of --preview FOLDER, which is missing"))
			}
			if in, out, words, yes := m.clipOf(args, w.to); yes && w.watch == "" {
				if ok, err := c.film(cmd.Context(), in, out, words, m, w.making); ok {
					return err
				}
			}
			w, err := c.wishOf(args, w)
			if err != nil {
				return err
			}
			if m != (motion{}) {
				return usageError(errors.New("--motion and --rate are for one clip: one input, and an output that can move"))
			}
			s, r, err := c.understand(cmd.Context(), mention.Dream, w.words)
			if err != nil {
				return err
			}
			r.Guide = r.Guide || w.guide != ""
			return s.makeAll(cmd.Context(), r, w)
		},
	}
	flags := cmd.Flags()
	flags.VarP(flagOf(&w.to, "", nonempty("file")), "output", "o", "the file to write, or a folder for the dreams of several pictures")
	flags.Var(flagOf(&w.guide, "", nonempty("file")), "guide", "a second picture whose features guide the dream")
	flags.Var(flagOf(&w.watch, "", nonempty("folder")), "watch", "a folder: what is put into it is dreamed until Ctrl-C")
	flags.VarP(flagOf(&w.jobs, "1", between(1, 64)), "jobs", "j",
		"dreams at a time; each needs its memory, and one keeps all cores busy")
	flags.Var(flagOf(&w.preview, "", nonempty("folder")), "preview", "a folder for pictures of the dream on its way")
	flags.Var(flagOf(&w.every, "5", between(1, 1000)), "every", "steps between two of those")
	flags.Var(flagOf(&m.mode, "", either("flow", "blend", "none")), "motion",
		"dream a clip: flow goes along with what moves, blend lays half of the last dream over a frame, none dreams each alone")
	flags.Var(flagOf(&m.rate, "", between(0.1, 60.0)), "rate", "frames a second of a folder, or to read a video at (default its own)")
	mayOverwrite(cmd, &w.overwrite)
	return c.withModel(cmd)
}

func mayOverwrite(cmd *cobra.Command, yes *bool) {
	cmd.Flags().BoolVar(yes, "overwrite", false, "write over files that are there")
}

// make makes a recipe's piece of the picture in, which imagine needs not, and writes it as the name
// of out asks for.
func (s *offline) make(ctx context.Context, in, out string, r dream.Recipe, how making) error {
	guide := how.guide
	switch {
	case r.Guide && guide == "":
		return usageError(errors.New("this dream is guided by a second picture; name it with --guide"))
	case !r.Guide && guide != "":
		return usageError(errors.New("this recipe had no guide; with one the picture would differ"))
	}
	o := dream.Order{Recipe: r}
	var err error
	if o.Accept, err = s.accepted(out, r.Verb); err != nil {
		return err
	}
	if err := how.mayReplace(out); err != nil {
		return err
	}
	preview, err := s.previews(out, how)
	if err != nil {
		return err
	}
	if !r.Verb.FromNoise() {
		if o.Source, err = s.pixels(ctx, in); err != nil {
			return err
		}
	}
	if guide != "" {
		if o.Guide, err = s.pixels(ctx, guide); err != nil {
			return fmt.Errorf("guide picture: %w", err)
		}
	}
	report, done := how.report, func() {}
	if report == nil {
		report, done = s.console.reporting(doing[r.Verb])
	}
	p, err := s.Maker.Make(ctx, o, func(p dream.Progress) { report(p); preview(p) })
	done() // before anything is said
	if errors.Is(err, dream.ErrNoFilm) {
		return fmt.Errorf("%w; the clip can be named .gif", err)
	}
	if err != nil {
		return err
	}
	if err := s.console.write(out, p.File.Data); err != nil {
		return err
	}
	m := made{File: out, W: p.File.W, H: p.File.H, Sure: object.OfCertainty(p.Saw.Sure), Saw: object.OfGuesses(p.Saw.Guesses), Dreamed: object.OfGuesses(p.Dreamed),
		Recipe: p.Recipe.Token(), Notes: words.Notes(p.Notes)}
	if p.Clip() {
		m.Frames = p.File.Frames
	}
	return s.console.beside(out).print(m, m.text())
}

// doing is what the progress bar says.
var doing = map[dream.Verb]string{dream.Dream: "dreaming", dream.Imagine: "imagining", dream.Dive: "diving",
	dream.Wander: "wandering"}

// accepted is the type of file that a name asks for; "-" and a name that asks for none take what
// loses nothing. It fails early where the file could not be written.
func (s *offline) accepted(out string, v dream.Verb) ([]dream.Format, error) {
	ext, mime := ending(out), ""
	switch {
	case !v.Moves():
		return []dream.Format{{MIME: writable[ext]}}, canSave(out)
	case ext == ".mp4" && s.ffmpeg == "":
		return nil, errors.New("no ffmpeg found to write MP4 with; install it, name it in dream.ffmpeg, or name the " +
			"clip .gif")
	case ext == ".mp4":
		if err := canRun(s.ffmpeg); err != nil {
			return nil, err
		}
		mime = dream.MP4
	case ext == ".gif" || out == "-":
		mime = dream.GIF
	default:
		return nil, usageError(fmt.Errorf("cannot write a clip to %s; name it .gif or .mp4", out))
	}
	return []dream.Format{{MIME: mime}}, canWrite(out)
}

func (c *console) imagineCommand() *cobra.Command {
	var how making
	cmd := &cobra.Command{
		Use:   "imagine WORDS... OUT",
		Short: "Let the network draw from noise what the words say",
		Long:  "Let the network draw from noise what the words say.\n\n" + wordsHelp,
		Example: `  slugpuppy imagine banana banana.png
  slugpuppy imagine "school bus" bus.png seed=3`,
		Args: usageArgs(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := outOf(args)
			s, r, err := c.understand(cmd.Context(), mention.Imagine, slices.Delete(slices.Clone(args), out, out+1))
			if err != nil {
				return err
			}
			return s.make(cmd.Context(), "", args[out], r, how)
		},
	}
	mayOverwrite(cmd, &how.overwrite)
	return c.withModel(cmd)
}

// outOf is which argument names the picture to write: the one that looks like a picture's
// name, so that options may follow it as they do elsewhere, else the last.
func outOf(args []string) int {
	i := slices.IndexFunc(args[1:], func(a string) bool {
		return ending(a) != "" && writable[ending(a)] != ""
	})
	if i < 0 {
		return len(args) - 1
	}
	return i + 1
}

func (c *console) diveCommand() *cobra.Command {
	return c.clipCommand(mention.Dive, "dive IN OUT [WORDS...]",
		"Zoom into a picture that dreams: an endless loop (GIF, or MP4 with ffmpeg)")
}

func (c *console) wanderCommand() *cobra.Command {
	return c.clipCommand(mention.Wander, "wander IN OUT [WORDS...]",
		"A chain: each frame dreams what the last one was seen as")
}

func (c *console) clipCommand(verb mention.Verb, use, short string) *cobra.Command {
	var how making
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Long:  short + "\n\n" + wordsHelp,
		Args:  usageArgs(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, r, err := c.understand(cmd.Context(), verb, args[2:])
			if err != nil {
				return err
			}
			return s.make(cmd.Context(), args[0], args[1], r, how)
		},
	}
	mayOverwrite(cmd, &how.overwrite)
	return c.withModel(cmd)
}
