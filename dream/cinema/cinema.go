package cinema

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"slugpuppy/dream"
	"slugpuppy/dream/film"
)

// Job is a clip to be dreamed.
type Job struct {
	Maker  *dream.Maker
	Source *Source
	Script dream.Script
	Mode   film.Mode
	Guide  *image.NRGBA // nil for none
	To     string       // the file; what it is called says of which type. Without such an end it is a folder of frames
	Anew   bool         // frames of another film that are there are given up
	FFmpeg string       // the binary, "" for none
	Report func(dream.Progress)
}

// Result is what came of it.
type Result struct {
	W, H, Frames, Scenes int
	Kept                 int // frames that an earlier run had made
	Saw                  dream.Sight
	Recipe               dream.Recipe
	Each                 time.Duration // the mean time that a frame is shown
}

// CanWrite says whether a file of that name can be made; "" and other ends are folders.
func CanWrite(name, ffmpeg string) error {
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case writers[ext] == nil && ext != "":
		return fmt.Errorf("cannot write %s clips; name it .gif, .webp, .apng, .mp4, .mov, .mkv or .webm, or a folder", ext)
	case IsVideo(name) && ffmpeg == "":
		return fmt.Errorf("%s: %w", name, ErrNoFFmpeg)
	}
	return nil
}

// Rest is where a run that ends before its time leaves what it has.
func Rest(to string) string {
	if filepath.Ext(to) == "" {
		return to
	}
	return to + ".film"
}

// Make dreams a clip. A run that ended early, however it did, is gone on with: the frames that it had are not dreamed again, and
// all are as they would have been. An error leaves them where they are (Rest).
func Make(ctx context.Context, j Job) (Result, error) {
	if err := CanWrite(j.To, j.FFmpeg); err != nil {
		return Result{}, err
	}
	w, err := wishOf(j)
	if err != nil {
		return Result{}, err
	}
	r, err := openRoll(Rest(j.To), w, j.Anew)
	if err != nil {
		return Result{}, err
	}
	defer r.locked.Close()
	res := Result{Kept: len(r.Delays)}
	if err := j.dream(ctx, r, &res); err != nil {
		return res, err
	}
	first, err := r.read(0)
	if err != nil {
		return res, err
	}
	res.W, res.H, res.Frames, res.Scenes = first.Rect.Dx(), first.Rect.Dy(), len(r.Delays), r.Scenes
	res.Each = r.begins(len(r.Delays)) / time.Duration(len(r.Delays))
	if r.dir == j.To {
		r.clean()
		return res, nil
	}
	if err := j.write(ctx, r, res); err != nil {
		return res, err
	}
	return res, os.RemoveAll(r.dir)
}

// dream dreams the frames that are not there yet.
func (j Job) dream(ctx context.Context, r *roll, res *Result) error {
	if r.Done {
		var err error
		res.Recipe, err = j.Maker.Complete(j.Script.Keys[0].Recipe)
		return err
	}
	var movie *dream.Movie
	at, n, kept := time.Duration(0), 0, len(r.Delays)
	for f, err := range j.Source.Frames(ctx) {
		if err != nil {
			return fmt.Errorf("read frame %d: %w", n+1, err)
		}
		if n == 0 {
			if movie, err = j.Maker.Movie(ctx, j.Script, j.Mode, f.Image, j.Guide, j.Source.N, j.Report); err != nil {
				return err
			}
			res.Saw, res.Recipe = movie.Saw(), movie.Recipe()
		}
		switch {
		case n+1 == kept: // the last that is there
			s, err := r.state(f.Image)
			if err != nil {
				return err
			}
			movie.Resume(j.Mode, s, at)
		case n >= kept:
			step, err := movie.Next(ctx, f.Image, at)
			if err != nil {
				return err
			}
			if err := r.add(step, movie.State(), f.Delay, dream.Signature+movie.Recipe().Token()); err != nil {
				return err
			}
		}
		at += f.Delay
		n++
	}
	if n == 0 {
		return errors.New("there is no frame in it")
	}
	return r.finish()
}

// write puts the file together beside the frames, and then in its place.
func (j Job) write(ctx context.Context, r *roll, res Result) error {
	ext, to := strings.ToLower(filepath.Ext(j.To)), j.To
	part := r.file("clip" + ext)
	if info, err := os.Lstat(j.To); err == nil && info.Mode()&fs.ModeSymlink != 0 { // it goes on pointing there, which may be another disk
		if to, err = filepath.EvalSymlinks(j.To); err != nil {
			return err
		}
		part = filepath.Join(filepath.Dir(to), ".part-"+filepath.Base(j.To))
		defer os.Remove(part)
	}
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writers[ext](ctx, part, j, r, res); err != nil {
		return fmt.Errorf("put %s together: %w", filepath.Base(j.To), err)
	}
	return os.Rename(part, to)
}

func sumOfPixels(img *image.NRGBA) string {
	h := sha256.New()
	fmt.Fprint(h, img.Rect)
	h.Write(img.Pix)
	return hex.EncodeToString(h.Sum(nil))
}

// each reads the frames again, one at a time.
func (r *roll) each(ctx context.Context, do func(img *image.NRGBA, delay time.Duration) error) error {
	for i, d := range r.Delays {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		img, err := r.read(i)
		if err == nil {
			err = do(img, d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
