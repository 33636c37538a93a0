package cli

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"slugpuppy/classifier/detector"
	"slugpuppy/cli/object"
	"slugpuppy/training"
)

type trainFlags struct {
	fit           training.FitOptions
	out, pictures string
	card          string
	worst         int
}

func (c *console) detectorCommand() *cobra.Command {
	return group("detector", "Train and judge the detector of DeepDream pictures", c.detectorTrain(), c.detectorEval())
}

func (f *trainFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Var(flagOf(&f.fit.Corpus, "", nonempty("folder")), "corpus", "folder of pictures with a manifest.tsv")
	flags.Var(listOf(&f.fit.More, nonempty("folder")), "more", "further folders like it, which are learned from and not judged by")
	flags.Var(flagOf(&f.fit.Ordinary, "", nonempty("file")), "ordinary",
		"list of ordinary pictures, a file a line and after a tab the kind of what is no photograph, on which promises are measured")
	flags.Var(flagOf(&f.fit.Learned, "0", between(0, 1_000_000)), "learned", "how many of these, the first ones, are learned from instead")
	flags.Var(flagOf(&f.fit.Cache, "", nonempty("file")), "cache", "file that keeps the fingerprints between runs")
	flags.Var(flagOf(&f.pictures, "", nonempty("folder")), "pictures",
		"folder for the ROC and the reliability diagram (SVG) and contact sheets of the worst mistakes (PNG)")
	flags.Var(flagOf(&f.card, "", nonempty("file")), "card", "model card whose figures are written anew")
	flags.Var(listOf(&f.fit.Networks, nonempty("file")), "network",
		"further networks (ONNX, with the embedded one's labels) that dream for training")
	many := between(0, 1_000_000)
	flags.Var(flagOf(&f.fit.Copies, "1", between(1, 1000)), "copies", "copies of every picture, changed as the world changes pictures")
	flags.Var(flagOf(&f.fit.Dreams, "135", many), "dreams", "dreams to make of the corpus' photographs")
	flags.Var(flagOf(&f.fit.Redrawn, "300", many), "redrawn",
		"photographs to redraw as filters and brushes do, which are no dreams either")
	flags.Var(flagOf(&f.fit.Posted, "60", many), "posted", "dreams to make of them as they are posted, in the usual looks")
	flags.Var(flagOf(&f.fit.Patterns, "480", many), "patterns", "patterns to draw, which are no dreams")
	flags.Var(flagOf(&f.fit.Settings, "60", many), "settings",
		"clear dreams, and photographs, to look for in screenshots, collages, on white and in other pictures")
	flags.Var(flagOf(&f.worst, "12", many), "worst", "how many of the worst mistakes to show")
	flags.Var(flagOf(&f.fit.Seed, "1", between[uint64](0, math.MaxUint64)), "seed", "of everything random")
	flags.Var(flagOf(&f.fit.L2, "0", between(0.0, 1e6)), "l2", "penalty on the weights of channels; 0 for the usual")
	flags.Var(flagOf(&f.fit.L2Texture, "0", between(0.0, 1e6)), "l2-texture", "and on those of the texture")
	needs(cmd, "corpus")
}

func (c *console) detectorTrain() *cobra.Command {
	var f trainFlags
	cmd := &cobra.Command{
		Use: "train", Short: "Train a head on a corpus and own dreams", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := c.train(cmd.Context(), f)
			if err != nil {
				return err
			}
			return c.writeFrom(f.out, 0o666, h.Write)
		},
	}
	f.register(cmd)
	cmd.Flags().Var(flagOf(&f.out, "head.bin", nonempty("file")), "out", "file for the head")
	return cmd
}

func (c *console) detectorEval() *cobra.Command {
	var f trainFlags
	cmd := &cobra.Command{
		Use: "eval", Short: "Cross-validate by groups of pictures and report, without writing a head",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := c.train(cmd.Context(), f)
			return err
		},
	}
	f.register(cmd)
	return cmd
}

// train fits a head and prints how good it is on what it did not see.
func (c *console) train(ctx context.Context, f trainFlags) (*detector.Head, error) {
	a, err := c.load()
	if err != nil {
		return nil, err
	}
	net, err := a.Embedded()
	if err != nil {
		return nil, err
	}
	g := c.gauge()
	f.fit.Log = func(format string, args ...any) { g.clear(); fmt.Fprintf(c.err, format+"\n", args...) }
	f.fit.Progress = func(what string, done, of int) { g.show(what, float64(done)/float64(max(1, of)), 0) }
	fitted, err := training.Fit(ctx, net, f.fit)
	g.clear()
	if err != nil {
		return nil, err
	}
	if f.pictures != "" {
		if err := c.draw(ctx, f, fitted); err != nil {
			return nil, err
		}
	}
	if f.card != "" {
		if err := c.putFigures(f.card, fitted); err != nil {
			return nil, err
		}
	}
	return fitted.Head, c.report(fitted, f.worst)
}

// putFigures writes the figures of a model card anew.
func (c *console) putFigures(path string, fitted training.Fitted) error {
	card, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the model card: %w", err)
	}
	if card, err = training.PutFigures(card, fitted); err != nil {
		return err
	}
	return c.writeFrom(path, 0o666, func(w io.Writer) error {
		_, err := w.Write(card)
		return err
	})
}

// draw writes the diagrams and contact sheets.
func (c *console) draw(ctx context.Context, f trainFlags, fitted training.Fitted) error {
	samples, scores := fitted.Samples, fitted.Scores
	if err := os.MkdirAll(f.pictures, 0o755); err != nil {
		return err
	}
	in := func(name string) string { return filepath.Join(f.pictures, name) }
	err := c.writeFrom(in("roc.svg"), 0o666, func(w io.Writer) error { return training.WriteROC(w, training.ROC(samples, scores)) })
	if err != nil {
		return err
	}
	err = c.writeFrom(in("reliability.svg"), 0o666, func(w io.Writer) error {
		return training.WriteReliability(w, training.Reliabilities(samples, scores, 10))
	})
	if err != nil {
		return err
	}
	hides, misses := training.Worst(samples, scores, f.worst)
	for name, mistakes := range map[string][]training.Mistake{"wrong-hides.png": hides, "misses.png": misses,
		"ordinary.png": fitted.Ordinary[:min(f.worst, len(fitted.Ordinary))]} {
		sheet, err := training.Sheet(ctx, f.fit.Corpus, mistakes)
		if err != nil {
			return err
		}
		if err := c.save(in(name), sheet, ""); err != nil {
			return err
		}
	}
	return nil
}

func (c *console) report(f training.Fitted, worst int) error {
	h, samples, scores := f.Head, f.Samples, f.Scores
	reports := training.Reports(samples, scores)
	if c.json {
		for _, r := range reports {
			if err := c.print(object.OfReport(r), ""); err != nil {
				return err
			}
		}
		return nil
	}
	training.WriteReports(c.out, reports)
	c.promises(f)
	c.confusions("ordinary", f.OrdinaryConfusions())
	c.confusions("kind", training.Confusions(h, samples, scores))
	fmt.Fprintln(c.out, "\nscore   pictures  of them dreams")
	for _, b := range training.Reliabilities(samples, scores, 10) {
		fmt.Fprintf(c.out, "%.1f-%.1f %8d  %5.1f %%\n", b.Lo, b.Hi, b.N, 100*b.Dreams)
	}
	c.settings(f)
	hides, misses := training.Worst(samples, scores, worst)
	for _, of := range []struct {
		title    string
		mistakes []training.Mistake
	}{{"worst wrong hides", hides}, {"worst misses", misses}, {"ordinary pictures that score highest", f.Ordinary[:min(worst, len(f.Ordinary))]}} {
		fmt.Fprintln(c.out, "\n"+of.title)
		for _, m := range of.mistakes {
			fmt.Fprintln(c.out, line("%.3f %s", m.Score, m.Sample.File))
		}
	}
	return nil
}

// confusions prints what becomes of each kind of pictures.
func (c *console) confusions(title string, all []training.Confusion) {
	fmt.Fprintf(c.out, "\n%-24s %8s %8s %8s %8s\n", title, "pictures", "certain", "likely", "highest")
	for _, row := range all {
		fmt.Fprintln(c.out, line("%-24s %8d %8d %8d %8.3f", row.Kind, row.N, row.Certain, row.Likely, row.Worst))
	}
}

// settings prints what is found where people meet pictures besides alone.
func (c *console) settings(f training.Fitted) {
	if len(f.Settings) == 0 {
		return
	}
	for _, n := range training.SettingBudgets {
		fmt.Fprintf(c.out, "\n1 in %-18g %8s %8s %8s %12s %8s\n", n, "dreams", "alone", "there", "photographs", "wrong")
		for _, k := range training.Settled(f.Settings, f.Head.Likely(1/n)) {
			fmt.Fprintf(c.out, "%-24s %8d %8d %8d %12d %8d\n", k.Setting, k.Dreams, k.Alone, k.Set, k.Photographs, k.Wrong)
		}
	}
}

// promises prints what budgets of wrong hides mean.
func (c *console) promises(f training.Fitted) {
	h := f.Head
	fmt.Fprintf(c.out, "\npromises of %d ordinary pictures, a hundred of which took %.0f closer looks at parts, and %d hard ones\n",
		h.Ordinary.N, 100*f.OrdinaryLooks, h.Hard.N)
	fmt.Fprintf(c.out, "%-14s %9s %7s %9s %7s  %s\n", "budget", "score", "found", "ordinary", "hard", "how it is known")
	for _, p := range training.Promises(h) {
		fmt.Fprintf(c.out, "1 in %-9g %9.5f %6.1f%% %8.3f%% %6.1f%%  %s\n", p.In, p.Score, 100*p.Found, 100*p.Ordinary, 100*p.Hard, p.How())
	}
}
