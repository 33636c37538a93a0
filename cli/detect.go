package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"iter"
	"math"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"slugpuppy/classifier/detector"
	"slugpuppy/cli/object"
	"slugpuppy/dream/cinema"
	"slugpuppy/picture"
)

func (c *console) detectCommand() *cobra.Command {
	var how judging
	cmd := &cobra.Command{
		Use:   "detect FILE...",
		Short: "Say whether pictures are DeepDream",
		Long: "Judges pictures, and the pictures in folders; - reads a list of files, one a line. What moves is judged by\n" +
			"some of its frames: a GIF, an animated PNG or WebP, and with ffmpeg a video. Prints the score\n" +
			"from 0 to 1 and how sure that is: likely hides one in a thousand pictures that are no dreams, which is the\n" +
			"filter's usual budget, and certain one in ten thousand. The exit code is 1 when a file could not be judged.\n\n" +
			"With --explain, which of the network's channels spoke for a dream and which against it, and the\n" +
			"known examples that are most alike; distance 1 is that of any two examples. With --explain or --heatmap\n" +
			"only the first picture of what moves is judged.",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.detect(cmd.Context(), args, how)
		},
	}
	cmd.Flags().BoolVar(&how.explain, "explain", false,
		"say why: the channels that spoke and the nearest known examples")
	cmd.Flags().Var(flagOf(&how.heatmap, "", nonempty("file")), "heatmap", "draw where the picture looks dreamed, as PNG or JPEG")
	return cmd
}

// judging is what is wanted besides the verdict.
type judging struct {
	explain bool
	heatmap string // file for it, or empty
	ffmpeg  string // the binary, which reads videos; or empty
}

func (c *console) detect(ctx context.Context, args []string, how judging) error {
	files, err := c.pictureFiles(args)
	if err != nil {
		return err
	}
	if how.heatmap != "" {
		if len(files) != 1 { // of a folder, each would be drawn over the last
			return usageError(fmt.Errorf("--heatmap is for one picture, not %d", len(files)))
		}
		if err := errors.Join(apart(how.heatmap, files[0]), canSave(how.heatmap)); err != nil {
			return err
		}
	}
	c.none("pictures", len(files))
	a, err := c.load()
	if err != nil {
		return err
	}
	d, err := a.Looking()
	if err != nil {
		return err
	}
	limits := a.Pictures()
	how.ffmpeg = a.FFmpeg()
	judge := func(file string) object.Verdict { return c.judge(ctx, d, limits, file, how) }
	failed, i, done := 0, 0, c.counting("judging", len(files))
	defer done.clear()
	for j := range inOrder(files, judge) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if j.Error != "" {
			failed++
		}
		done.clear()
		if err := c.beside(how.heatmap).print(j, verdictText(j)); err != nil {
			return err
		}
		done.at(i, 1)
		i++
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d files could not be judged", failed, len(files))
	}
	return nil
}

func verdictText(v object.Verdict) string {
	if v.Error != "" {
		return line("%s: %s", v.File, v.Error)
	}
	text := line("%s: %.3f %s", v.File, *v.Score, v.Band)
	if v.Explanation == nil {
		return text
	}
	var b strings.Builder
	b.WriteString(text + "\n  channels that spoke, for a dream (+) or against it (-):")
	for _, c := range v.Channels {
		fmt.Fprintf(&b, " %s %+.2f", c.Channel, c.Says)
	}
	b.WriteString("\n  most like:")
	for i, n := range v.Nearest {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, " %s (%s) at %.2f", n.Label, n.Class, n.Distance)
	}
	return b.String()
}

// judge looks at one file; what goes wrong is part of the answer.
func (c *console) judge(ctx context.Context, d *detector.Detector, limits picture.Limits, file string,
	how judging) object.Verdict {
	data, err := c.read(file, limits.MaxBytes)
	if err != nil {
		return object.Verdict{File: file, Error: err.Error()}
	}
	if frames := how.clip(ctx, data, limits, file); frames != nil {
		return judgeClip(ctx, d, file, frames)
	}
	p, err := picture.Decode(ctx, data, limits)
	if err != nil {
		return object.Verdict{File: file, Error: err.Error()}
	}
	var v detector.Verdict
	var why *detector.Explanation
	if how.explain {
		why = &detector.Explanation{}
		v, *why, err = d.Explain(ctx, p.Image)
	} else {
		v, err = d.Judge(ctx, p.Image)
	}
	if err == nil && how.heatmap != "" {
		err = c.drawHeat(ctx, d, p.Image, how.heatmap)
	}
	if err != nil {
		return object.Verdict{File: file, Error: err.Error()}
	}
	return object.OfVerdict(file, v, why)
}

// lookRate is at how many frames a second videos are judged.
const lookRate = 4

// clip has the frames of a file that moves, nil of a still. Why a verdict is what it is, is said of the first picture.
func (how judging) clip(ctx context.Context, data []byte, limits picture.Limits, file string) iter.Seq2[picture.Frame, error] {
	switch {
	case how.explain || how.heatmap != "":
		return nil
	case picture.IsFilm(data) && how.ffmpeg != "":
		s, err := cinema.Open(ctx, file, cinema.Opening{FFmpeg: how.ffmpeg, Limits: limits, Rate: lookRate})
		if err != nil {
			return failing(err)
		}
		return s.Frames(ctx)
	case picture.Moves(data):
		limits.Unbounded, limits.MaxFrames = true, math.MaxInt32
		s, err := picture.OpenClip(data, limits)
		if err != nil {
			return failing(err)
		}
		return s.All(ctx)
	}
	return nil
}

// failing is a clip of which nothing can be seen.
func failing(err error) iter.Seq2[picture.Frame, error] {
	return func(yield func(picture.Frame, error) bool) { yield(picture.Frame{}, err) }
}

// judgeClip looks at some of a clip's frames. What comes before a place where it is broken counts.
func judgeClip(ctx context.Context, d *detector.Detector, file string, frames iter.Seq2[picture.Frame, error]) object.Verdict {
	var clip detector.Clip
	for f, err := range frames {
		if err != nil && (clip.First() == nil || ctx.Err() != nil) {
			return object.Verdict{File: file, Error: err.Error()}
		}
		if err == nil {
			clip.Add(f.Image)
		}
	}
	v, err := clip.Judge(ctx, d.Judge)
	if err != nil {
		return object.Verdict{File: file, Error: err.Error()}
	}
	return object.OfVerdict(file, v, nil)
}

func (c *console) drawHeat(ctx context.Context, d *detector.Detector, img image.Image, to string) error {
	m, err := d.Heatmap(ctx, img)
	if err != nil {
		return err
	}
	return c.save(to, m, "")
}

// inOrder runs f on all cores and yields the results in the order of the input, a few pictures
// ahead at most.
func inOrder[T, R any](in []T, f func(T) R) func(yield func(R) bool) {
	return func(yield func(R) bool) {
		ahead := 2 * runtime.GOMAXPROCS(0)
		results := make([]chan R, len(in))
		slots := make(chan struct{}, runtime.GOMAXPROCS(0))
		start := func(i int) {
			results[i] = make(chan R, 1)
			go func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				results[i] <- f(in[i])
			}()
		}
		for i := range min(ahead, len(in)) {
			start(i)
		}
		for i := range in {
			if i > 0 && i+ahead-1 < len(in) {
				start(i + ahead - 1)
			}
			if !yield(<-results[i]) {
				return
			}
		}
	}
}
