package onnx

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Weights may lie in files beside the model: PyTorch writes them so unless told otherwise.
// What such a reference says is as hostile as the rest of the file.

// ErrExternal reports weights kept in another file, where only the one file was given.
var ErrExternal = errors.New("the weights are kept in a separate file; export the model as one file")

// reference says where the bytes of a tensor are.
type reference struct {
	location       string
	offset, length int64 // length is -1 where the file does not say
}

// decodeReference reads the pairs of words that make up a reference.
func decodeReference(pairs [][]byte) (r reference, err error) {
	r.length = -1
	for _, words := range pairs {
		key, value, err := pair(words)
		if err != nil {
			return r, err
		}
		switch key {
		case "location":
			r.location = value
		case "offset":
			r.offset, err = strconv.ParseInt(value, 10, 64)
		case "length":
			r.length, err = strconv.ParseInt(value, 10, 64)
		}
		if err != nil || r.offset < 0 || r.length < -1 {
			return r, fmt.Errorf("%s %q of weights in another file: %w", key, value, ErrMalformed)
		}
	}
	return r, nil
}

// outside reads from the model's folder.
type outside struct {
	folder fs.FS
	left   int64           // bytes that may still be read, however often the same ones
	last   file            // the one that is open: mostly there is no other
	seen   map[string]bool // names of all that were read
}

type file struct {
	fs.File
	io.ReaderAt
	name string
	size int64
}

// read returns the size bytes that a reference means.
func (o *outside) read(r reference, size int64) ([]byte, error) {
	if o.folder == nil {
		return nil, ErrExternal
	}
	if r.length >= 0 && r.length != size {
		return nil, fmt.Errorf("%d bytes in %q for a tensor of %d: %w", r.length, r.location, size, ErrMalformed)
	}
	if o.left -= size; o.left < 0 {
		return nil, fmt.Errorf("the model and its weights are larger than %d MB", MaxFile>>20)
	}
	f, err := o.find(r.location)
	if err != nil {
		return nil, err
	}
	if r.offset > f.size || size > f.size-r.offset {
		return nil, fmt.Errorf("%q has %d bytes, and the weights are said to be bytes %d to %d: "+
			"it is cut off, or belongs to another model", r.location, f.size, r.offset, r.offset+size)
	}
	raw := make([]byte, size)
	if n, err := f.ReadAt(raw, r.offset); int64(n) < size {
		return nil, fmt.Errorf("read weights from %q: %w", r.location, err)
	}
	return raw, nil
}

// find opens a file of the folder.
func (o *outside) find(location string) (file, error) {
	name := path.Clean(location)
	if location == "" || !fs.ValidPath(name) || slices.Contains(strings.Split(location, "/"), "..") {
		return file{}, fmt.Errorf("the weights are said to be in %q: only files in the model's own folder are read; "+
			"export the model again with its weights beside it, or as one file", location)
	}
	if o.last.name == name {
		return o.last, nil
	}
	info, err := fs.Stat(o.folder, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return file{}, fmt.Errorf("the weights are in %q, which is missing: "+
			"put that file beside the model, or export the model as one file", location)
	case err != nil:
		return file{}, fmt.Errorf("the weights are in %q, which cannot be read "+
			"(it must be a file in the model's own folder, not a link out of it): %w", location, err)
	case !info.Mode().IsRegular(): // to open a pipe would wait for its writer
		return file{}, fmt.Errorf("the weights are said to be in %q, which is no file", location)
	case info.Size() > MaxFile:
		return file{}, fmt.Errorf("the weights are in %q of %d MB, the limit is %d", location, info.Size()>>20, MaxFile>>20)
	}
	opened, err := o.folder.Open(name)
	if err != nil {
		return file{}, fmt.Errorf("open weights: %w", err)
	}
	at, ok := opened.(io.ReaderAt)
	if !ok {
		return file{}, errors.Join(fmt.Errorf("weights in %q cannot be read in parts", location), opened.Close())
	}
	if err := o.close(); err != nil {
		return file{}, errors.Join(err, opened.Close())
	}
	if o.seen == nil {
		o.seen = map[string]bool{}
	}
	o.last, o.seen[name] = file{opened, at, name, info.Size()}, true
	return o.last, nil
}

// names are the files that were read.
func (o *outside) names() []string { return slices.Sorted(maps.Keys(o.seen)) }

// close closes the file that is open.
func (o *outside) close() error {
	if o.last.File == nil {
		return nil
	}
	f := o.last.File
	o.last = file{}
	return f.Close()
}
