package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"slugpuppy/app"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// offline is the dream machine of a command: the network, its words and the maker.
type offline struct {
	*app.Engine
	console *console
	ffmpeg  string // the binary, "" for none
	media   picture.Limits
}

// newOffline loads the network and takes the memory cap and picture limits from the
// configuration, if there is one.
func (c *console) newOffline() (*offline, error) {
	a, err := c.load()
	if err != nil {
		return nil, err
	}
	engine, err := a.Alone()
	if err != nil {
		return nil, modelError(err)
	}
	return &offline{engine, c, a.FFmpeg(), a.Pictures()}, nil
}

// understand turns words as they would be typed in a mention into a recipe, and loads the network for it. What
// cannot be read is said before that.
func (c *console) understand(ctx context.Context, verb mention.Verb, words []string) (*offline, dream.Recipe, error) {
	req, err := request(verb, strings.Join(words, " "))
	if err != nil {
		return nil, dream.Recipe{}, usageError(err)
	}
	s, err := c.newOffline()
	if err != nil {
		return nil, dream.Recipe{}, err
	}
	r, err := s.recipe(ctx, verb, req)
	return s, r, err
}

// recipe is what a request asks for, complete.
func (s *offline) recipe(ctx context.Context, verb mention.Verb, req mention.Request) (dream.Recipe, error) {
	var seed uint64 // the same words make the same picture until a seed is given
	if req.Seed != nil {
		seed = *req.Seed
	}
	r, heard, err := req.Recipe(ctx, s.Words, seed)
	if err == nil && (r.Guide || req.Guide) && verb != mention.Dream {
		return r, usageError(errors.New("only dream takes a second picture as guide"))
	}
	for _, name := range forTheBot {
		for _, left := range req.Without(name, mention.NoUse, "slugpuppy "+string(verb)) {
			if !slices.ContainsFunc(heard.Left, func(l mention.Left) bool { return l.What == left.What }) { // once is enough
				heard.Add(mention.Heard{Left: []mention.Left{left}})
			}
		}
	}
	if err == nil {
		err = s.tell(heard)
	}
	if err != nil {
		return r, usageError(err)
	}
	r, err = s.Maker.Complete(r)
	if err != nil {
		return r, usageError(err)
	}
	return r, nil
}

// tell says which words were read as others, and which were left out; what was not understood is an error.
func (s *offline) tell(heard mention.Heard) error {
	switch {
	case len(heard.Unknown) > 0:
		return heard.Unknown[0]
	case len(heard.Passed) > 0:
		return fmt.Errorf("unknown words: %q", strings.Join(heard.Passed, " "))
	}
	for _, r := range heard.Read {
		fmt.Fprintf(s.console.err, "read %q as %s\n", r.Typed, r.As)
	}
	if left := words.Heard(mention.Heard{Left: heard.Left}, nil); left != "" {
		fmt.Fprintln(s.console.err, left)
	}
	return nil
}

// forTheBot are options about posts, and about the type of a file, which a command's arguments say.
var forTheBot = []string{"image", "all", "cw", "visibility", "as"}

// request is what words ask of a command. The bot passes over what it does not know and says so in
// its answer; who types a command would rather hear it before the picture is made.
func request(verb mention.Verb, words string) (mention.Request, error) {
	req, err := mention.Parse(words, "")
	if deeper := err == nil && req.Verb == mention.Deeper; !deeper || verb != mention.Dream {
		req, err = mention.Parse(strings.TrimSpace(string(verb)+" "+words), "")
	}
	switch {
	case err != nil:
		return req, err
	case req.Then != nil:
		return req, errors.New("one wish at a time: make the second picture from the first with another command")
	case req.Model != "":
		return req, errors.New("model= is for the bot; --model chooses the network here")
	case len(req.Unknown) > 0:
		return req, fmt.Errorf("unknown words: %q", strings.Join(req.Unknown, " "))
	}
	return req, nil
}

// open reads and decodes a picture; "-" is standard input.
func (s *offline) open(ctx context.Context, path string) (*picture.Picture, error) {
	data, err := s.console.read(path, s.media.MaxBytes)
	if err != nil {
		return nil, err
	}
	pic, err := picture.Decode(ctx, data, s.media)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return pic, nil
}

// pixels opens a picture for what needs no more of it.
func (s *offline) pixels(ctx context.Context, path string) (*image.NRGBA, error) {
	pic, err := s.open(ctx, path)
	if err != nil {
		return nil, err
	}
	return pic.Image, nil
}

func (c *console) read(path string, limit int64) ([]byte, error) {
	in := c.in
	if path != "-" {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, notFoundError(err)
		}
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	if file := (*fs.PathError)(nil); errors.As(err, &file) { // it says itself what could not be read
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}
