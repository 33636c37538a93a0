package cinema

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/dream/film"
	"slugpuppy/picture"
)

// manifestName is the file in a folder of frames that says what they are of and how far they are.
const manifestName = "film.json"

// manifest is what a run writes down after each frame, so that another goes on after it. The frame's dream lies beside it, and
// how far each pixel of it has come.
type manifest struct {
	Wish    wish            `json:"wish"` // what was to be made: another wish is another film
	Delays  []time.Duration `json:"delays_ns"`
	Scenes  int             `json:"scenes"`
	Done    bool            `json:"done"` // there are no more frames
	Force   float64         `json:"force"`
	Balance film.Balance    `json:"balance,omitempty"`
}

// wish is everything that decides the frames.
type wish struct {
	Version int           `json:"version"`
	Source  string        `json:"source"`
	Keys    []key         `json:"keys"`
	Again   time.Duration `json:"again_ns,omitempty"`
	Mode    film.Mode     `json:"mode"`
	Guide   string        `json:"guide,omitempty"`
	Network string        `json:"network"`
	ISA     string        `json:"isa"`
}

type key struct {
	At     time.Duration `json:"at_ns"`
	Recipe string        `json:"recipe"` // a token
}

// wishVersion changes with what the same wish makes.
const wishVersion = 1

func wishOf(j Job) (wish, error) {
	w := wish{Version: wishVersion, Source: j.Source.Sum, Again: j.Script.Again, Mode: j.Mode, Network: j.Maker.Network(),
		ISA: classifier.Arithmetic()}
	if j.Guide != nil {
		w.Guide = sumOfPixels(j.Guide)
	}
	for _, k := range j.Script.Keys {
		r, err := j.Maker.Complete(k.Recipe)
		if err != nil {
			return w, err
		}
		w.Keys = append(w.Keys, key{k.At, r.Token()})
	}
	return w, nil
}

func (w wish) same(other wish) bool {
	a, err1 := json.Marshal(w)
	b, err2 := json.Marshal(other)
	return err1 == nil && err2 == nil && string(a) == string(b)
}

// roll is the folder of a film's frames.
type roll struct {
	dir    string
	locked *os.File
	manifest
}

// ErrBusy is the error for a folder in which another run is at work.
var ErrBusy = errors.New("another run is at work there")

// ErrOther is the error for a folder that has the frames of another film.
var ErrOther = errors.New("there are frames of another film, or of other words")

// openRoll opens a folder, which has frames of that film or none. What is not known to be whole is not looked at.
func openRoll(dir string, w wish, anew bool) (*roll, error) {
	r := &roll{dir: dir, manifest: manifest{Wish: w}}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("make the folder for frames: %w", err)
	}
	if err := r.lock(); err != nil {
		return nil, err
	}
	if err := r.find(w, anew); err != nil {
		r.locked.Close()
		return nil, err
	}
	return r, nil
}

// lockName is a file that the run that is at work has locked.
const lockName = ".lock"

func (r *roll) lock() (err error) {
	if r.locked, err = os.OpenFile(r.file(lockName), os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return fmt.Errorf("lock the folder for frames: %w", err)
	}
	ours, err := lock(r.locked)
	if err == nil && !ours {
		err = ErrBusy
	}
	if err != nil {
		r.locked.Close()
		return fmt.Errorf("%s: %w", r.dir, err)
	}
	return nil
}

// find reads what an earlier run of the same film wrote down.
func (r *roll) find(w wish, anew bool) error {
	data, err := os.ReadFile(r.file(manifestName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r.begin(anew)
	case err != nil:
		return err
	}
	var found manifest
	err = json.Unmarshal(data, &found)
	switch {
	case (err != nil || !found.Wish.same(w)) && !anew:
		return fmt.Errorf("%s: %w; remove it, or --overwrite begins again", r.dir, ErrOther)
	case err == nil && found.Wish.same(w):
		r.manifest = found
		return nil
	}
	for i := range found.Delays { // there may be more of them than there will be of ours
		os.Remove(r.frame(i))
	}
	return r.writeDown()
}

// begin writes down whose the frames are before there is any. Those that are there already are somebody's.
func (r *roll) begin(anew bool) error {
	there, err := os.ReadDir(r.dir)
	if err != nil {
		return err
	}
	for _, e := range there {
		if name := e.Name(); !anew && len(name) == len("000001.png") && digits(name) == 6 && name[6:] == ".png" {
			return fmt.Errorf("%s: %w; name another folder, or --overwrite writes over them", r.dir, ErrOther)
		}
	}
	return r.writeDown()
}

func (r *roll) file(name string) string { return filepath.Join(r.dir, name) }

// frame names the i-th frame, from 0.
func (r *roll) frame(i int) string { return r.file(fmt.Sprintf("%06d.png", i+1)) }

func (r *roll) age(i int) string { return r.file(fmt.Sprintf(".age-%06d.png", i+1)) }

// add writes down the next frame; what it says is whole or is not there.
func (r *roll) add(step film.Step, s film.State, delay time.Duration, comment string) error {
	i := len(r.Delays)
	data, err := picture.EncodePNG(step.Dream, comment)
	if err == nil {
		err = replace(r.frame(i), data)
	}
	if err == nil {
		err = r.writeAge(i, s.Age)
	}
	if err != nil {
		return fmt.Errorf("keep frame %d: %w", i+1, err)
	}
	r.Delays, r.Force, r.Balance = append(r.Delays, delay), s.Force, s.Balance
	if step.Cut {
		r.Scenes++
	}
	if err := r.writeDown(); err != nil {
		return fmt.Errorf("write down frame %d: %w", i+1, err)
	}
	os.Remove(r.age(i - 1)) // nobody needs it any more
	return nil
}

func (r *roll) writeDown() error {
	data, err := json.Marshal(r.manifest)
	if err != nil {
		return err
	}
	return replace(r.file(manifestName), data)
}

// finish writes down that there are no more frames.
func (r *roll) finish() error {
	r.Done = true
	if err := r.writeDown(); err != nil {
		return fmt.Errorf("write down that all frames are there: %w", err)
	}
	return nil
}

func (r *roll) writeAge(i int, age *image.Gray) error {
	if age == nil {
		return nil
	}
	var b strings.Builder
	if err := png.Encode(&b, age); err != nil {
		return err
	}
	return replace(r.age(i), []byte(b.String()))
}

// replace writes a file under another name first.
func replace(path string, data []byte) error {
	part := path + ".part"
	if err := os.WriteFile(part, data, 0o666); err != nil {
		return err
	}
	return os.Rename(part, path)
}

// read reads the i-th frame.
func (r *roll) read(i int) (*image.NRGBA, error) {
	img, err := readPNG(r.frame(i))
	if err != nil {
		return nil, fmt.Errorf("read frame %d again: %w", i+1, err)
	}
	return picture.ToNRGBA(img), nil
}

func readPNG(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return png.Decode(f)
}

// state is what the frame after the last one hangs on; source is the last one as it came.
func (r *roll) state(source *image.NRGBA) (s film.State, err error) {
	n := len(r.Delays)
	s = film.State{N: n, Source: source, Force: r.Force, Balance: r.Balance}
	if s.Dream, err = r.read(n - 1); err != nil {
		return s, err
	}
	img, err := readPNG(r.age(n - 1))
	if err != nil {
		return s, fmt.Errorf("read how far frame %d is: %w", n, err)
	}
	age, ok := img.(*image.Gray)
	if !ok || age.Rect != s.Dream.Rect {
		return s, fmt.Errorf("frame %d and how far it is do not belong together", n)
	}
	s.Age = age
	return s, nil
}

// clean removes what only the next frame would need; the frames stay.
func (r *roll) clean() {
	os.Remove(r.age(len(r.Delays) - 1))
	os.Remove(r.file(lockName))
}

// begins is when frame i is shown.
func (r *roll) begins(i int) (t time.Duration) {
	for _, d := range r.Delays[:i] {
		t += d
	}
	return t
}
