package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/classifier"
	"slugpuppy/dream"
)

// made is what the picture commands report.
type made struct {
	File    string             `json:"file"`
	W       int                `json:"width"`
	H       int                `json:"height"`
	Frames  int                `json:"frames,omitempty"`
	Saw     []classifier.Guess `json:"saw,omitempty"`
	Dreamed []classifier.Guess `json:"dreamed,omitempty"`
	Recipe  string             `json:"recipe"`
	Notes   []string           `json:"notes,omitempty"`
}

func (m made) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "wrote %s, %dx%d", m.File, m.W, m.H)
	if m.Frames > 1 {
		fmt.Fprintf(&b, ", %d frames", m.Frames)
	}
	if len(m.Saw) > 0 {
		fmt.Fprintf(&b, "\nI saw: %s", labels(m.Saw))
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

func labels(gs []classifier.Guess) string {
	var out []string
	for _, g := range gs {
		out = append(out, fmt.Sprintf("%s %.0f %%", g.Label, 100*g.P))
	}
	return strings.Join(out, ", ")
}

const wordsHelp = `The words and keys are those of a mention: a preset (slug, eyes, birds, temple, swirl,
fur, fractal, gentle, nightmare), "more eyes", "no dogs", "into banana", layer=4c, channels=66,12,
strength=1..10, octaves=, steps=, seed=, size=, keep centre, only background, generations=3.`

func (a *app) dreamCommand() *cobra.Command {
	var guide string
	cmd := &cobra.Command{
		Use:     "dream IN OUT [WORDS...]",
		Short:   "Dream a picture",
		Long:    "Dream a picture by gradient ascent through the network.\n\n" + wordsHelp,
		Example: `  slugpuppy dream photo.jpg out.png "more eyes" layer=4c octaves=5`,
		Args:    usageArgs(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.newStudio()
			if err != nil {
				return err
			}
			r, _, err := s.recipe(cmd.Context(), mention.Dream, args[2:])
			if err != nil {
				return err
			}
			r.Guide = r.Guide || guide != ""
			return s.dream(cmd.Context(), args[0], args[1], guide, r)
		},
	}
	cmd.Flags().StringVar(&guide, "guide", "", "a second picture whose features guide the dream")
	return a.withModel(cmd)
}

func (s *studio) dream(ctx context.Context, in, out, guide string, r dream.Recipe) error {
	switch {
	case r.Guide && guide == "":
		return usageError(errors.New("this dream is guided by a second picture; name it with --guide"))
	case !r.Guide && guide != "":
		return usageError(errors.New("this recipe had no guide; with one the picture would differ"))
	}
	if err := canSave(out); err != nil {
		return err
	}
	pic, err := s.open(ctx, in)
	if err != nil {
		return err
	}
	guideImage, err := s.guide(ctx, guide)
	if err != nil {
		return err
	}
	report, done := progress(s.app.err, "dreaming")
	defer done()
	res, err := s.maker.Dream(ctx, pic.Image, guideImage, r, report)
	if err != nil {
		return err
	}
	return s.finish(out, res)
}

func (s *studio) finish(out string, res *dream.Result) error {
	token := res.Recipe.Token()
	if err := s.app.save(out, res.Image, comment(token)); err != nil {
		return err
	}
	m := made{File: out, W: res.Image.Rect.Dx(), H: res.Image.Rect.Dy(),
		Saw: res.Saw, Dreamed: res.Dreamed, Recipe: token, Notes: res.Notes}
	return s.app.beside(out).print(m, m.text())
}

// comment is the mark every picture carries.
func comment(token string) string { return "DeepDream by slugpuppy, recipe " + token }

func (a *app) imagineCommand() *cobra.Command {
	return a.withModel(&cobra.Command{
		Use:   "imagine WORDS... OUT",
		Short: "Let the network draw from noise what the words say",
		Long:  "Let the network draw from noise what the words say.\n\n" + wordsHelp,
		Example: `  slugpuppy imagine banana banana.png
  slugpuppy imagine "school bus" bus.png seed=3`,
		Args: usageArgs(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.newStudio()
			if err != nil {
				return err
			}
			out := outOf(args)
			r, _, err := s.recipe(cmd.Context(), mention.Imagine, slices.Delete(slices.Clone(args), out, out+1))
			if err != nil {
				return err
			}
			return s.imagine(cmd.Context(), args[out], r)
		},
	})
}

// outOf is which argument names the picture to write: the one that looks like a picture's
// name, so that options may follow it as they do elsewhere, else the last.
func outOf(args []string) int {
	i := slices.IndexFunc(args[1:], func(a string) bool {
		return slices.Contains([]string{".png", ".jpg", ".jpeg"}, strings.ToLower(filepath.Ext(a)))
	})
	if i < 0 {
		return len(args) - 1
	}
	return i + 1
}

func (s *studio) imagine(ctx context.Context, out string, r dream.Recipe) error {
	if err := canSave(out); err != nil {
		return err
	}
	report, done := progress(s.app.err, "imagining")
	defer done()
	res, err := s.maker.Imagine(ctx, r, report)
	if err != nil {
		return err
	}
	return s.finish(out, res)
}

func (a *app) diveCommand() *cobra.Command {
	return a.clipCommand(mention.Dive, "dive IN OUT [WORDS...]", "Zoom into a picture that dreams: an endless loop (GIF, or MP4 with ffmpeg)")
}

func (a *app) wanderCommand() *cobra.Command {
	return a.clipCommand(mention.Wander, "wander IN OUT [WORDS...]", "A chain: each frame dreams what the last one was seen as")
}

func (a *app) clipCommand(verb mention.Verb, use, short string) *cobra.Command {
	return a.withModel(&cobra.Command{
		Use:   use,
		Short: short,
		Long:  short + "\n\n" + wordsHelp,
		Args:  usageArgs(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.newStudio()
			if err != nil {
				return err
			}
			r, _, err := s.recipe(cmd.Context(), verb, args[2:])
			if err != nil {
				return err
			}
			return s.clip(cmd.Context(), args[0], args[1], r)
		},
	})
}

func (s *studio) clip(ctx context.Context, in, out string, r dream.Recipe) error {
	mp4 := strings.EqualFold(filepath.Ext(out), ".mp4")
	if ext := filepath.Ext(out); !mp4 && !strings.EqualFold(ext, ".gif") && out != "-" {
		return usageError(fmt.Errorf("cannot write %s clips; name the clip .gif or .mp4", ext))
	}
	if err := canWrite(out); err != nil {
		return err
	}
	opts := s.opts
	switch {
	case !mp4:
		opts.FFmpeg = "" // its work would be thrown away
	case opts.FFmpeg == "":
		return errors.New("no ffmpeg found to write MP4 with; install it, name it in dream.ffmpeg, or name the clip .gif")
	}
	pic, err := s.open(ctx, in)
	if err != nil {
		return err
	}
	maker := dream.New(s.net, opts)
	make := maker.Dive
	if r.Verb == dream.Wander {
		make = maker.Wander
	}
	report, done := progress(s.app.err, string(r.Verb))
	defer done()
	clip, err := make(ctx, image.Image(pic.Image), r, report)
	if err != nil {
		return err
	}
	data := clip.GIF
	if mp4 {
		if data = clip.MP4; data == nil {
			return fmt.Errorf("no MP4 was made: %w; the clip can be named .gif", clip.NoMP4)
		}
	}
	if err := s.app.write(out, data); err != nil {
		return err
	}
	m := made{File: out, W: clip.W, H: clip.H, Frames: clip.Frames, Saw: clip.Saw, Dreamed: clip.Dreamed,
		Recipe: clip.Recipe.Token(), Notes: clip.Notes}
	return s.app.beside(out).print(m, m.text())
}
