package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/cli/object"
	"slugpuppy/dream"
	"slugpuppy/dream/cinema"
	"slugpuppy/dream/film"
)

const filmHelp = `A clip is dreamed where the output is called like one (.gif, .webp, .apng, .mp4, .mov, .mkv, .webm) and the input moves: a GIF, an
animated PNG or WebP, a folder of frames, or, with ffmpeg, a video, whose sound is kept. With --motion the output may be a folder
of frames, too. The dream goes along with what moves; words may change with time: "0s birds; 3s dogs; 6s again".
A run that was ended goes on where it was when the same command is given again.`

// motion is how a clip is dreamed.
type motion struct {
	mode string  // of film, "" where a picture may be meant
	rate float64 // frames a second, 0 for the clip's own
}

// clipOf says whether arguments ask for a clip of a clip, and of which, where to, and in which words.
func (m motion) clipOf(args []string, to string) (in, out string, words []string, yes bool) {
	switch {
	case to == "" && len(args) >= 2:
		in, out, words = args[0], args[1], args[2:]
	case to != "" && len(args) >= 1:
		in, out, words = args[0], to, args[1:]
	default:
		return "", "", nil, false
	}
	if len(words) > 0 && pictureName(words[0]) && exists(words[0]) { // several pictures
		return "", "", nil, false
	}
	moving := []string{".gif", ".webp", ".apng"}
	ext := strings.ToLower(filepath.Ext(out))
	switch {
	case m.mode != "", cinema.IsVideo(in):
		yes = true
	case cinema.IsVideo(out), slices.Contains(moving, ext):
		yes = isFolder(in) || slices.Contains(append(moving, ".png"), strings.ToLower(filepath.Ext(in)))
	}
	return in, out, words, yes
}

// film dreams a clip. ok is false where the input turns out to be a picture, of which no clip was asked in so many words.
func (c *console) film(ctx context.Context, in, out string, words []string, m motion, how making) (ok bool, err error) {
	lines, again, err := cinema.ParseLines(words...)
	if err != nil {
		return true, usageError(err)
	}
	var requests []mention.Request
	for _, l := range lines {
		req, err := request(mention.Dream, l.Words)
		if err != nil {
			return true, usageError(err)
		}
		requests = append(requests, req)
	}
	a, err := c.load()
	if err != nil {
		return true, err
	}
	switch {
	case in == "-" || out == "-":
		return true, usageError(errors.New("a clip is read from a file and written to one; - is for pictures"))
	case isFolder(in) && apart(out, in) != nil: // the frames would be
		return true, apart(out, in)
	}
	if !exists(in) {
		return true, notFoundError(fmt.Errorf("there is no %s", in))
	}
	source, err := cinema.Open(ctx, in, cinema.Opening{FFmpeg: a.FFmpeg(), Limits: a.Pictures(), Rate: m.rate})
	if err != nil {
		return true, err
	}
	if source.N == 1 && m.mode == "" {
		return false, nil
	}
	switch {
	case how.preview != "":
		return true, usageError(fmt.Errorf("--preview is for pictures; the dreams of a clip are in %s as they are made", cinema.Rest(out)))
	case m.rate != 0 && source.Video == "" && !isFolder(in):
		return true, usageError(fmt.Errorf("--rate is for videos and folders of frames; %s says itself how long each frame is shown", in))
	}
	if err := canFilm(out, a.FFmpeg(), how); err != nil {
		return true, err
	}
	s, err := c.newOffline()
	if err != nil {
		return true, err
	}
	job := cinema.Job{Maker: s.Maker, Source: source, Script: dream.Script{Again: again}, Mode: film.Flow, To: out,
		Anew: how.overwrite, FFmpeg: s.ffmpeg}
	if m.mode != "" {
		job.Mode = film.Mode(m.mode)
	}
	for i, req := range requests {
		r, err := s.recipe(ctx, mention.Dream, req)
		if err != nil {
			return true, err
		}
		r.Guide = r.Guide || how.guide != ""
		if r.Guide && how.guide == "" {
			return true, usageError(errors.New("this dream is guided by a second picture; name it with --guide"))
		}
		job.Script.Keys = append(job.Script.Keys, dream.Key{At: lines[i].At, Recipe: r})
	}
	if how.guide != "" {
		if job.Guide, err = s.pixels(ctx, how.guide); err != nil {
			return true, fmt.Errorf("guide picture: %w", err)
		}
	}
	return true, s.shoot(ctx, job)
}

// canFilm says early what could not be written.
func canFilm(out, ffmpeg string, how making) error {
	if err := cinema.CanWrite(out, ffmpeg); err != nil {
		return usageError(err)
	}
	if cinema.IsVideo(out) {
		if err := canRun(ffmpeg); err != nil {
			return err
		}
	}
	if filepath.Ext(out) == "" || isFolder(out) {
		return nil
	}
	if err := how.mayReplace(out); err != nil {
		return err
	}
	return canWrite(out)
}

// canRun says at once, and not after a whole film, that the binary of the configuration is not there.
func canRun(ffmpeg string) error {
	if _, err := exec.LookPath(ffmpeg); err != nil {
		return fmt.Errorf("dream.ffmpeg: %w", err)
	}
	return nil
}

// shoot makes a clip and says what came of it.
func (s *offline) shoot(ctx context.Context, job cinema.Job) error {
	g := s.console.gauge()
	defer g.clear()
	job.Report = func(p dream.Progress) {
		g.show(fmt.Sprintf("dreaming frame %d of %d", p.Frame, p.Frames), p.Fraction, p.Left)
	}
	res, err := cinema.Make(ctx, job)
	if err != nil {
		g.clear()
		if info, statErr := os.Stat(cinema.Rest(job.To)); statErr == nil && info.IsDir() && !errors.Is(err, cinema.ErrOther) && !errors.Is(err, cinema.ErrBusy) {
			fmt.Fprintf(s.console.err, "what is dreamed so far is in %s; the same command goes on from there\n", cinema.Rest(job.To))
		}
		return err
	}
	m := made{File: job.To, W: res.W, H: res.H, Frames: res.Frames, Sure: object.OfCertainty(res.Saw.Sure), Saw: object.OfGuesses(res.Saw.Guesses), Recipe: res.Recipe.Token()}
	g.clear()
	if res.Kept > 0 {
		m.Notes = append(m.Notes, words.Count(res.Kept, "1 frame", "frames")+" from an earlier run")
	}
	if res.Scenes > 1 && job.Mode != film.None {
		m.Notes = append(m.Notes, fmt.Sprintf("%d scenes", res.Scenes))
	}
	return s.console.print(m, m.text())
}
