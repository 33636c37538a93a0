package networks

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/classifier/onnx"
)

// A bundle is a network with all that lies beside it, for another machine: a zip of stored files, the model and
// what it reads by the names that it has in a Folder.
const (
	bundleModel  = "model.onnx"
	bundleNotes  = "model.json"
	bundleLabels = "model.labels.txt"
)

// ErrBundle is the error for bytes that are no bundle.
var ErrBundle = errors.New("no bundle of a network")

// Pack puts an ONNX file and what lies beside it into a bundle.
func Pack(path string) ([]byte, error) {
	model, err := readCapped(path, onnx.MaxFile)
	if err != nil {
		return nil, err
	}
	folder, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	decoded, err := onnx.DecodeIn(folder.FS(), model)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	b := newBundle()
	b.add(bundleModel, model)
	for _, name := range decoded.External {
		b.copy(folder.FS(), name)
	}
	for _, to := range []string{bundleNotes, bundleLabels} {
		from := beside(path, strings.TrimPrefix(to, "model"))
		data, err := readCapped(from, mostLabels)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		b.add(to, data)
	}
	return b.bytes()
}

// PackEmbedded puts the network of this program into a bundle.
func PackEmbedded() ([]byte, error) {
	model, labels, sights, err := classifier.EmbeddedFile()
	if err != nil {
		return nil, err
	}
	notes, err := json.Marshal(Notes{Sights: sights})
	if err != nil {
		return nil, err
	}
	b := newBundle()
	b.add(bundleModel, model)
	b.add(bundleNotes, notes)
	b.add(bundleLabels, []byte(labels))
	return b.bytes()
}

// bundle is a zip on its way.
type bundle struct {
	buf bytes.Buffer
	zip *zip.Writer
	err error
}

func newBundle() *bundle {
	b := &bundle{}
	b.zip = zip.NewWriter(&b.buf)
	return b
}

func (b *bundle) add(name string, data []byte) {
	if b.err != nil {
		return
	}
	w, err := b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store}) // without a time: the same bytes each time
	if err == nil {
		_, err = w.Write(data)
	}
	b.err = err
}

func (b *bundle) copy(from fs.FS, name string) {
	if b.err != nil {
		return
	}
	data, err := readIn(from, name, onnx.MaxFile)
	if err != nil {
		b.err = err
		return
	}
	b.add(name, data)
}

func (b *bundle) bytes() ([]byte, error) {
	if err := errors.Join(b.err, b.zip.Close()); err != nil {
		return nil, fmt.Errorf("pack a network: %w", err)
	}
	return b.buf.Bytes(), nil
}

// mostFiles bounds the files of a bundle.
const mostFiles = 1000

// Unpack loads the network of a bundle, and names it. Whoever sent it is not trusted: nothing in it is packed, so
// that it takes the memory that it has.
func Unpack(data []byte, name string) (*classifier.Network, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	if len(z.File) > mostFiles {
		return nil, fmt.Errorf("%w: %d files", ErrBundle, len(z.File))
	}
	all := files{}
	for _, f := range z.File {
		at, err := f.DataOffset()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBundle, err)
		}
		size := f.UncompressedSize64
		if f.Method != zip.Store || uint64(at) > uint64(len(data)) || size > uint64(len(data))-uint64(at) {
			return nil, fmt.Errorf("%w: a file that is packed", ErrBundle)
		}
		all[f.Name] = data[at : uint64(at)+size]
	}
	model, err := readIn(all, bundleModel, onnx.MaxFile)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	var notes Notes
	switch data, err := readIn(all, bundleNotes, mostLabels); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	default:
		if err := json.Unmarshal(data, &notes); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBundle, err)
		}
	}
	labels, err := readIn(all, bundleLabels, mostLabels)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	return load(model, notes, labels, all, name)
}

// readIn reads a file of at most so many bytes.
func readIn(folder fs.FS, name string, limit int64) ([]byte, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readOpen(f, name, limit)
}

// files are a folder in memory. Its files can be read in parts.
type files map[string][]byte

func (f files) Open(name string) (fs.File, error) {
	data, ok := f[name]
	if !ok || !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &file{bytes.NewReader(data), name}, nil
}

// file is one of them, and what Stat says of it.
type file struct {
	*bytes.Reader
	name string
}

func (f *file) Stat() (fs.FileInfo, error) { return f, nil }
func (f *file) Close() error               { return nil }
func (f *file) Name() string               { return f.name }
func (f *file) Mode() fs.FileMode          { return 0o444 }
func (f *file) ModTime() time.Time         { return time.Time{} }
func (f *file) IsDir() bool                { return false }
func (f *file) Sys() any                   { return nil }
