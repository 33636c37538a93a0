// Package pieces has pictures made by the program's own commands, each once: a folder keeps them by the words they were
// made with, so that what was begun goes on, and what one program made can be laid beside what another one did.
package pieces

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"slugpuppy/dream"
	"slugpuppy/picture"
)

// Piece is a picture, or a clip, as a command makes it.
type Piece struct {
	Verb  string // dream, imagine or dive
	Of    string // file it is made of, "" where From says it, and for imagine
	From  *Piece // piece that it is made of
	Guide string // file that guides it, "" for none
	Words string // as one would say them: "into banana"
	More  string // settings: "seed=1 size=512"
}

// Name is what its file is called: what would be typed to make it.
func (p Piece) Name() string {
	of := filepath.Base(p.Of)
	switch {
	case p.From != nil:
		of = strings.TrimSuffix(p.From.Name(), p.From.ending())
	case p.Of == "":
		of = ""
	}
	parts := []string{of, p.Words, p.More}
	if p.From == nil {
		parts = append([]string{p.Verb}, parts...)
	}
	if p.Guide != "" {
		parts = append(parts, "--guide", filepath.Base(p.Guide))
	}
	return strings.ReplaceAll(strings.Join(strings.Fields(strings.Join(parts, " ")), " "), "/", "-") + p.ending()
}

func (p Piece) ending() string {
	if p.Verb == "dive" {
		return ".gif"
	}
	return ".png"
}

// arguments are those of the command that makes it of a file.
func (p Piece) arguments(of, out string) []string {
	args := []string{p.Verb}
	if of == "" {
		args = append(args, p.Words, out)
	} else {
		args = append(args, of, out)
		args = append(args, strings.Fields(p.Words)...)
	}
	args = append(args, strings.Fields(p.More)...)
	if p.Guide != "" {
		args = append(args, "--guide", p.Guide)
	}
	return append(args, "--progress", "none")
}

// Maker makes pieces and keeps them in a folder.
type Maker struct {
	Program string // "": nothing is made, what is kept is all there is
	Folder  string
}

// ErrNotKept is the error for a piece that is not there where nothing is made.
var ErrNotKept = errors.New("the picture is not kept")

// Make is the path of a piece, which is made, with all that it is made of, unless it is kept.
func (m Maker) Make(ctx context.Context, p Piece) (string, error) {
	path := filepath.Join(m.Folder, p.Name())
	switch _, err := os.Stat(path); {
	case err == nil:
		return path, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	case m.Program == "":
		return "", fmt.Errorf("%s: %w", p.Name(), ErrNotKept)
	}
	of := p.Of
	if p.From != nil {
		var err error
		if of, err = m.Make(ctx, *p.From); err != nil {
			return "", err
		}
	}
	if err := os.MkdirAll(m.Folder, 0o755); err != nil {
		return "", err
	}
	half := filepath.Join(m.Folder, "unfinished"+p.ending())
	defer os.Remove(half) // what was interrupted is made again
	said, err := exec.CommandContext(ctx, m.Program, p.arguments(of, half)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("make %q: %w: %s", p.Name(), err, strings.TrimSpace(string(said)))
	}
	return path, os.Rename(half, path)
}

// Build builds the program of the checkout that is the working directory; remove takes it away again.
func Build(ctx context.Context) (program string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "slugpuppy")
	if err != nil {
		return "", nil, err
	}
	program = filepath.Join(dir, "slugpuppy")
	if said, err := exec.CommandContext(ctx, "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return "", nil, fmt.Errorf("build the program: %w: %s", err, said)
	}
	return program, func() { os.RemoveAll(dir) }, nil
}

// Origin is the version of recipes and the network that a file says it was made with, such as dd3 and 0123abcd;
// both are "" where it does not say so.
func Origin(file []byte) (version, network string) {
	_, token, _ := strings.Cut(picture.Comment(file), dream.Signature)
	r, err := dream.ParseToken(token)
	if err != nil {
		return "", ""
	}
	version, _, _ = strings.Cut(token, "-")
	return version, r.Model
}

// Read has a picture, as the program decodes it, and its file.
func Read(ctx context.Context, path string) (*image.NRGBA, []byte, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	p, err := picture.Decode(ctx, file, picture.Limits{})
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return p.Image, file, nil
}
