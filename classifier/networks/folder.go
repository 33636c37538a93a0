// Package networks keeps classifiers other than the embedded one in a folder: the weights,
// and beside them what the weights do not say, which is how pictures are to be prepared and
// what the classes are called. It downloads published ones and checks them before use.
package networks

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"slugpuppy/classifier"
	"slugpuppy/classifier/onnx"
)

// Input says how a network wants its pictures: Scale*x+Shift of red, green and blue in [0,1],
// in the order blue, green, red with BGR, which the constants follow.
type Input struct {
	Scale [3]float32 `json:"scale"`
	Shift [3]float32 `json:"shift"`
	BGR   bool       `json:"bgr"`
}

// Notes are kept beside the weights. A user's own file may have them as well: those of
// dir/net.onnx are dir/net.json, and its labels dir/net.labels.txt.
type Notes struct {
	About  string `json:"about,omitempty"`
	Size   int64  `json:"size,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	Sights []int  `json:"sights,omitempty"` // short sides in pixels at which it looks at a picture; what it was trained for if none
	Input  *Input `json:"input,omitempty"`
	// Temperature divides its logits before they become probabilities; 0 is what its file says, else 1.
	Temperature float64 `json:"temperature,omitempty"`
}

// Errors of a Folder.
var (
	ErrUnknown  = errors.New("no such network")
	ErrDamaged  = errors.New("the file is not the one that was published")
	ErrFile     = errors.New("that is a file, not the name of a pulled network")
	ErrEmbedded = errors.New("it is part of the program")
	errBadName  = errors.New("names of networks are letters, digits, dots, dashes and underscores")
	namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
)

// Folder holds networks: NAME/model.onnx, NAME/model.json and NAME/model.labels.txt.
type Folder struct{ Dir string }

const current = "current" // the file that names the network in use

func (f Folder) model(name string) string { return filepath.Join(f.Dir, name, "model.onnx") }

// List names the networks in the folder.
func (f Folder) List() ([]string, error) {
	entries, err := os.ReadDir(f.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list networks: %w", err)
	}
	var names []string
	for _, e := range entries {
		if _, err := os.Stat(f.model(e.Name())); err == nil && namePattern.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Current is the network that Use chose, "" for the embedded one.
func (f Folder) Current() (string, error) {
	data, err := os.ReadFile(filepath.Join(f.Dir, current))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read which network is in use: %w", err)
	}
	name := strings.TrimSpace(string(data))
	if name != "" && !namePattern.MatchString(name) {
		return "", fmt.Errorf("%s: %w", filepath.Join(f.Dir, current), errBadName)
	}
	return name, nil
}

// Use makes a network the usual one, "" or the embedded network's name that one. It is
// checked first.
func (f Folder) Use(name string) error {
	path := filepath.Join(f.Dir, current)
	if name == "" || name == classifier.Embedded {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("use the embedded network: %w", err)
		}
		return nil
	}
	if isFile(name) { // its path would mean something else in another folder
		return fmt.Errorf("network %q: %w", name, ErrFile)
	}
	if err := f.Verify(name); err != nil {
		return err
	}
	return replace(path, []byte(name+"\n"))
}

// Resolve is the name of the network that a name means: an empty one means the one in use.
func (f Folder) Resolve(name string) (string, error) {
	if name != "" {
		return name, nil
	}
	name, err := f.Current()
	return cmp.Or(name, classifier.Embedded), err
}

// Open loads a network: the embedded one, one of the folder, or an ONNX file by its path;
// with an empty name the one in use.
func (f Folder) Open(name string) (*classifier.Network, error) {
	name, err := f.Resolve(name)
	if err != nil {
		return nil, err
	}
	if name == classifier.Embedded {
		return classifier.Default()
	}
	path, err := f.find(name)
	if err != nil {
		return nil, err
	}
	if isFile(name) {
		name = ""
	}
	return OpenFile(path, name)
}

// Has is an error where Open would find no network of that name.
func (f Folder) Has(name string) error {
	name, err := f.Resolve(name)
	if err == nil && name != classifier.Embedded {
		_, err = f.find(name)
	}
	return err
}

// find is where the file of a network is that is not embedded.
func (f Folder) find(name string) (path string, err error) {
	if path = name; !isFile(name) {
		if !namePattern.MatchString(name) {
			return "", fmt.Errorf("network %q: %w", name, errBadName)
		}
		path = f.model(name)
	}
	_, err = os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && !isFile(name) {
		err = fmt.Errorf("network %q: %w", name, ErrUnknown)
	}
	return path, err
}

// isFile says whether a name is the path of an ONNX file.
func isFile(name string) bool {
	return strings.HasSuffix(name, ".onnx") || strings.ContainsRune(name, filepath.Separator)
}

// OpenFile loads an ONNX file with what lies beside it: notes and labels, if there are any, and
// the weights that it says are there. A file that does not have the hash in the notes is refused.
func OpenFile(path, name string) (*classifier.Network, error) {
	file, err := readCapped(path, onnx.MaxFile)
	if err != nil {
		return nil, err
	}
	folder, err := os.OpenRoot(filepath.Dir(path)) // nothing a file says leads out of it
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	notes, err := readNotes(path)
	if err != nil {
		return nil, err
	}
	labels, err := readCapped(beside(path, ".labels.txt"), mostLabels)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	n, err := load(file, notes, labels, folder.FS(), name)
	if errors.Is(err, ErrDamaged) {
		return nil, fmt.Errorf("%s: %w; pull it again", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return n, nil
}

// mostLabels bounds the file of labels.
const mostLabels = 1 << 20

// load imports a model with what belongs to it: notes, labels, which may be nil, and the folder of what it reads.
func load(model []byte, notes Notes, labels []byte, folder fs.FS, name string) (*classifier.Network, error) {
	if sum := sha256.Sum256(model); notes.SHA256 != "" && hex.EncodeToString(sum[:]) != notes.SHA256 {
		return nil, ErrDamaged
	}
	s := classifier.Spec{Name: name, Folder: folder, Temperature: notes.Temperature}
	for _, side := range notes.Sights {
		if side < 1 || side > mostSight {
			return nil, fmt.Errorf("notes: sights are 1 to %d pixels, not %d", mostSight, side)
		}
		s.Sights = append(s.Sights, side)
	}
	if in := notes.Input; in != nil {
		s.Input = &classifier.Input{Scale: in.Scale, Shift: in.Shift, BGR: in.BGR}
	}
	if labels != nil {
		var err error
		if s.Labels, err = classifier.ParseLabels(string(labels)); err != nil {
			return nil, fmt.Errorf("labels: %w", err)
		}
	}
	return classifier.Open(model, s)
}

// mostSight bounds the sides in pixels that notes may ask to look at.
const mostSight = 512

// Pack is the network of a name as Unpack takes it: the embedded one, one of the folder, or an ONNX file by its path.
func (f Folder) Pack(name string) ([]byte, error) {
	name, err := f.Resolve(name)
	switch {
	case err != nil:
		return nil, err
	case name == classifier.Embedded:
		return PackEmbedded()
	case isFile(name):
		return Pack(name)
	case !namePattern.MatchString(name):
		return nil, fmt.Errorf("network %q: %w", name, errBadName)
	}
	return Pack(f.model(name))
}

// Verify checks the weights of a network against their published hash, and that they load.
func (f Folder) Verify(name string) error {
	_, err := f.Open(name)
	return err
}

func beside(path, ext string) string { return strings.TrimSuffix(path, ".onnx") + ext }

func readNotes(path string) (Notes, error) {
	var n Notes
	data, err := readCapped(beside(path, ".json"), 1<<16)
	if errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &n)
	}
	if err != nil {
		return n, fmt.Errorf("notes %s: %w", beside(path, ".json"), err)
	}
	return n, nil
}

// Notes returns what is known of a network in the folder.
func (f Folder) Notes(name string) (Notes, error) { return readNotes(f.model(name)) }

func readCapped(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readOpen(file, path, limit)
}

// readOpen reads an open file of at most so many bytes.
func readOpen(file fs.File, name string, limit int64) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s has %d bytes, the limit is %d", name, info.Size(), limit)
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(file, data); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return data, nil
}

// replace writes a file as a whole.
func replace(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(tmp.Name(), path)
}
