package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"slugpuppy/dream"
	"slugpuppy/picture"
)

// wish is what dream is asked to make of which pictures.
type wish struct {
	in    []string
	to    string // a file, or a folder for several
	words []string
	making
	folder bool   // to is one, and is made when it is not there
	watch  string // a folder whose new pictures are dreamed, too
	jobs   int
}

// making is how each picture is made.
type making struct {
	guide     string
	overwrite bool
	preview   string               // a folder for pictures on the way, "" for none
	every     int                  // steps between two of them
	report    func(dream.Progress) // told how far it is; nil: a gauge of its own
}

// wishOf reads the arguments: without --output IN OUT WORDS..., with it IN... WORDS..., the words being what
// neither is there nor is called like a picture.
func (c *console) wishOf(args []string, w wish) (wish, error) {
	switch {
	case w.to == "" && w.watch != "":
		return w, usageError(errors.New("where should the dreams go? Name a folder with -o"))
	case w.watch != "" && !isFolder(w.watch):
		return w, notFoundError(fmt.Errorf("there is no folder %s to watch", w.watch))
	case w.to == "" && len(args) < 2:
		return w, usageError(errors.New("where should the dream go? Name a file, or a folder with -o\nusage: slugpuppy dream IN OUT [WORDS...]"))
	case w.to == "":
		w.in, w.to, w.words = args[:1], args[1], args[2:]
		if pictureName(w.to) && len(args) > 2 && exists(w.to) && exists(args[2]) && pictureName(args[2]) {
			return w, usageError(errors.New("which of these is to be written? Name a folder for several dreams with -o"))
		}
	default:
		for len(args) > 0 && (args[0] == "-" || exists(args[0]) || pictureName(args[0])) {
			w.in, args = append(w.in, args[0]), args[1:]
		}
		w.words = args
	}
	files, err := c.toDream(w.in)
	switch {
	case err != nil:
		return w, err
	case len(w.in) == 0 && w.watch == "":
		return w, notFoundError(fmt.Errorf("there is no picture and no folder %q", w.words[0]))
	case len(files) == 0 && w.watch == "":
		return w, usageError(fmt.Errorf("there is no picture in %s", strings.Join(w.in, ", ")))
	}
	w.folder = len(files) != 1 || isFolder(w.in[0]) || w.watch != "" || strings.HasSuffix(w.to, string(filepath.Separator))
	w.in = files
	if w.watch != "" && same(w.watch, w.to) {
		return w, usageError(errors.New("dreams in the folder that is watched would be dreamed again; name another with -o"))
	}
	return w, nil
}

// toDream are the pictures that arguments name: "-" is one, on standard input, and no list of names.
func (c *console) toDream(args []string) (files []string, err error) {
	for _, arg := range args {
		found := []string{arg}
		if arg != "-" {
			if found, err = c.pictureFiles(found); err != nil {
				return nil, err
			}
		}
		files = append(files, found...)
	}
	return files, nil
}

// pictureName says whether an argument is the name of a picture rather than a word for the dream.
func pictureName(s string) bool { return holdsPicture(s) && !strings.ContainsAny(s, " =") }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// same says whether two names are of one folder.
func same(a, b string) bool {
	one, err1 := os.Stat(a)
	two, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(one, two)
}

// whole is a file's name from the root on.
func whole(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// target is a picture and the file that its dream goes to.
type target struct{ in, out string }

// dreamNames gives each dream a file: that which was named, or in a folder one of the picture's name. Two pictures
// of one name are told apart by a number.
type dreamNames struct {
	to     string
	folder bool // it is one, whatever becomes of it
	taken  map[string]bool
}

func newNames(to string) *dreamNames { return &dreamNames{to, isFolder(to), map[string]bool{}} }

func (n *dreamNames) of(in string) target {
	if !n.folder {
		return target{in, n.to}
	}
	stem := strings.TrimSuffix(filepath.Base(in), filepath.Ext(in))
	if in == "-" {
		stem = "dream"
	}
	name := stem
	for i := 2; n.taken[name]; i++ {
		name = fmt.Sprintf("%s-%d", stem, i)
	}
	n.taken[name] = true
	return target{in, filepath.Join(n.to, name+".png")}
}

// makeAll makes the wish's dreams. What is there already is kept in a folder, and is an error where it was
// named. A picture that cannot be dreamed does not keep the others from it.
func (s *offline) makeAll(ctx context.Context, r dream.Recipe, w wish) error {
	if w.folder {
		if err := os.MkdirAll(w.to, 0o777); err != nil {
			return fmt.Errorf("make the folder for dreams: %w", err)
		}
	}
	list := newNames(w.to)
	sources := map[string]bool{}
	for _, in := range w.in {
		sources[whole(in)] = true
	}
	var all []target
	for _, in := range w.in {
		t := list.of(in)
		if list.folder && sources[whole(t.out)] {
			return usageError(fmt.Errorf("%s is to be dreamed itself, and a dream would be written over it; name another folder", t.out))
		}
		if list.folder && !w.overwrite && exists(t.out) {
			fmt.Fprintf(s.console.err, "%s is there already; --overwrite makes it again\n", t.out)
			continue
		}
		all = append(all, t)
	}
	if len(w.in) == 1 && len(all) == 1 && w.watch == "" {
		return s.make(ctx, all[0].in, all[0].out, r, w.making)
	}
	failed := s.makeEach(ctx, r, all, w)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if w.watch != "" {
		return s.makeNew(ctx, r, list, w)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d pictures were not dreamed", failed, len(all))
	}
	return nil
}

// makeEach makes several dreams, w.jobs at a time, and returns how many failed.
func (s *offline) makeEach(ctx context.Context, r dream.Recipe, all []target, w wish) (failed int) {
	var group errgroup.Group
	group.SetLimit(max(1, w.jobs))
	errs, done := make([]error, len(all)), s.console.counting("dreaming", len(all))
	defer done.clear()
	for i, t := range all {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			how := w.making
			how.report = func(p dream.Progress) { done.at(i, p.Fraction) }
			errs[i] = s.make(ctx, t.in, t.out, r, how)
			done.at(i, 1)
			if errs[i] != nil && ctx.Err() == nil {
				done.clear()
				fmt.Fprintln(s.console.err, line("%s: %s", t.in, said(errs[i])))
			}
			return nil
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			failed++
		}
	}
	return failed
}

// watchPause is the time between two looks at a watched folder.
const watchPause = 2 * time.Second

// makeNew dreams what comes into the watched folder until ctx ends. A file is taken once it has not changed
// between two looks.
func (s *offline) makeNew(ctx context.Context, r dream.Recipe, list *dreamNames, w wish) error {
	type state struct {
		size int64
		at   time.Time
	}
	last, done := map[string]state{}, map[string]bool{}
	fmt.Fprintf(s.console.err, "watching %s; Ctrl-C ends it\n", w.watch)
	for {
		files, err := picturesIn(w.watch)
		if err != nil {
			return err
		}
		for _, file := range files {
			info, err := os.Stat(file)
			if err != nil || done[file] {
				continue // it went as it came, or is dreamed
			}
			now := state{info.Size(), info.ModTime()}
			if last[file] != now {
				last[file] = now
				continue
			}
			done[file] = true
			t := list.of(file)
			if !w.overwrite && exists(t.out) {
				continue
			}
			s.makeEach(ctx, r, []target{t}, w)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(watchPause):
		}
	}
}

// mayReplace is an error where a file is there that must not be written over.
func (w making) mayReplace(out string) error {
	if w.overwrite || out == "-" {
		return nil
	}
	if info, err := os.Stat(out); err == nil && info.Mode().IsRegular() {
		return refusedError(fmt.Errorf("%s is there already; --overwrite writes over it", out))
	}
	return nil // nothing is lost of what else may be there, and canWrite says what cannot be written
}

// previews writes pictures on the way of a dream into a folder.
func (s *offline) previews(out string, w making) (func(dream.Progress), error) {
	if w.preview == "" {
		return func(dream.Progress) {}, nil
	}
	if err := os.MkdirAll(w.preview, 0o777); err != nil {
		return nil, fmt.Errorf("make the folder for previews: %w", err)
	}
	stem := strings.TrimSuffix(filepath.Base(out), filepath.Ext(out))
	failed := false
	return func(p dream.Progress) {
		if p.Look == nil || failed || p.Tile != p.Tiles || p.Step%max(1, w.every) != 0 {
			return
		}
		name := fmt.Sprintf("%s-%d-%d-%03d.png", stem, max(1, p.Frame), p.Octave, p.Step)
		if err := s.writePreview(filepath.Join(w.preview, name), p.Look()); err != nil {
			failed = true
			fmt.Fprintln(s.console.err, "no more previews:", err)
		}
	}, nil
}

func (s *offline) writePreview(path string, img *image.NRGBA) error {
	data, err := picture.EncodePNG(img, "")
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return s.console.write(path, data)
}
