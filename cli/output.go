package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"slugpuppy/dream"
	"slugpuppy/picture"
)

// beside is the console whose reports do not get into what is written to out: when that is standard
// output, they go to standard error.
func (c *console) beside(out string) *console {
	if out != "-" {
		return c
	}
	other := *c
	other.out, other.raw = c.err, c.terminal
	return &other
}

// canSave says at once, and not after minutes of dreaming, that a picture cannot be written there.
func canSave(path string) error {
	if writable[ending(path)] == "" {
		return usageError(fmt.Errorf("cannot write %s pictures; name the picture .png, .jpg or .webp", ending(path)))
	}
	return canWrite(path)
}

// canWrite tries whether a file can be written at path, without touching what is there.
func canWrite(path string) error {
	if path == "-" {
		return nil
	}
	target, info, err := whatIsAt(path)
	if err != nil || info != nil && !info.Mode().IsRegular() {
		return err
	}
	f, err := newBeside(target, 0o600)
	if err != nil {
		return cannot(path, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// cannot is why nothing can be written to path.
func cannot(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return notFoundError(fmt.Errorf("cannot write %s: there is no folder %s", path, filepath.Dir(path)))
	}
	return fmt.Errorf("cannot write %s: %w", path, err)
}

// whatIsAt follows links to the file itself. The info is nil when there is none yet.
func whatIsAt(path string) (string, fs.FileInfo, error) {
	target := path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		target = real
	}
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return target, nil, nil
	case err != nil:
		return "", nil, fmt.Errorf("cannot write %s: %w", path, err)
	case info.IsDir():
		return "", nil, usageError(fmt.Errorf("cannot write %s: it is a folder", path))
	}
	return target, info, nil
}

// newBeside makes a file of a new name in the folder of another, which errors are about. The process's umask holds.
func newBeside(path string, mode fs.FileMode) (*os.File, error) {
	folder := filepath.Dir(path)
	f, err := os.OpenFile(filepath.Join(folder, ".slugpuppy-"+rand.Text()), os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	var at *fs.PathError
	if errors.As(err, &at) {
		at.Path = folder
	}
	return f, err
}

// spares is an error where what is there must not be written over: by the database a daemon may lie, and without the key it is
// worth nothing.
func (c *console) spares(path string) error {
	for _, file := range c.state {
		if same(path, file) {
			return refusedError(fmt.Errorf("%s is the bot's own; name another file", path))
		}
	}
	return nil
}

// apart is an error where a file would be written over what it is made of.
func apart(out, in string) error {
	if out == "-" || !same(out, in) {
		return nil
	}
	return usageError(fmt.Errorf("%s would be written over; name another file", in))
}

// save writes a picture in the format its name asks for, PNG if it asks for none.
func (c *console) save(path string, img image.Image, comment string) error {
	if err := canSave(path); err != nil {
		return err
	}
	encode := picture.EncodePNG
	switch writable[ending(path)] {
	case dream.JPEG:
		encode = func(img image.Image, comment string) ([]byte, error) { return picture.EncodeJPEG(img, 92, comment) }
	case dream.WebP:
		encode = picture.EncodeWebP
	}
	data, err := encode(img, comment)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return c.write(path, data)
}

// write is writeFrom for what is at hand.
func (c *console) write(path string, data []byte) error {
	return c.writeFrom(path, 0o666, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// writeFrom replaces a file as a whole; a new one gets the mode, less the umask. A link goes on
// pointing where it did, and what is no file, such as a pipe or /dev/null, is written to. "-" is
// standard output.
func (c *console) writeFrom(path string, mode fs.FileMode, content func(io.Writer) error) error {
	if path == "-" {
		return content(c.raw)
	}
	target, info, err := whatIsAt(path)
	if err != nil {
		return err
	}
	if err := c.spares(target); err != nil {
		return err
	}
	scratch := target
	if info != nil && !info.Mode().IsRegular() {
		err = fill(target, content)
	} else {
		scratch, err = c.replace(target, mode, info, content)
	}
	var at *fs.PathError
	switch {
	case scratch == "":
		return cannot(path, err)
	case errors.As(err, &at) && at.Path == scratch: // a name that nobody knows
		at.Path = path
		return at
	case err != nil:
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// whileIn is a writer that fails when its context has ended.
type whileIn struct {
	ctx context.Context
	io.Writer
}

// Write writes unless the context has ended.
func (w whileIn) Write(b []byte) (int, error) {
	if w.ctx.Err() != nil {
		return 0, context.Cause(w.ctx)
	}
	return w.Writer.Write(b)
}

// fill writes into what is there.
func fill(path string, content func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(content(f), f.Close())
}

// replace puts a new file in place of what is there, old, whose mode it keeps; nil for nothing. The new file is called scratch
// until then, "" where it could not be made.
func (c *console) replace(path string, mode fs.FileMode, old fs.FileInfo, content func(io.Writer) error) (scratch string, err error) {
	f, err := newBeside(path, mode)
	if err != nil {
		return "", err
	}
	defer c.scratch.begin(f.Name())()
	defer os.Remove(f.Name())
	err = content(f)
	if old != nil {
		err = errors.Join(err, f.Chmod(old.Mode().Perm()))
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return f.Name(), err
	}
	return f.Name(), c.scratch.finish(func() error { return os.Rename(f.Name(), path) })
}
