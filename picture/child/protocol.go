package child

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"slugpuppy/picture"
)

// A message is a kind, the length of its body in four bytes, and the body: JSON, but for the file
// and the pixels, which are bytes. The asker sends question, file and, once told what that will
// take, begin. The child sends hello once; then plan, and pixels after begin; or problem instead of either. Of
// a clip, each frame's delay and pixels come after begin, and over at the end.
const (
	hello    = 'h' // Protection
	question = 'q' // limits
	file     = 'f' // bytes
	plan     = 'p' // planned
	begin    = 'b' // empty
	pixels   = 'x' // NRGBA, row by row
	shown    = 'd' // delay: of the frame whose pixels follow
	over     = 'e' // empty: there are no more frames
	problem  = '!' // picture.Problem
)

// maxSaid is how long a body of JSON may be: a child is not believed.
const maxSaid = 1 << 16

// Protection is what a child has given up.
type Protection struct {
	Calls  bool // all system calls but those that decoding needs (seccomp)
	Limits bool // memory, processor time, new files (rlimits)
	Reason string
}

// limits are picture.Limits without the budget, which the asker keeps.
type limits struct {
	MaxBytes, MaxPixels int64
	MaxSide, MaxFrames  int
	Clip                bool `json:",omitempty"` // all frames are wanted, else the first
}

// delay is how long a frame is shown.
type delay struct{ NS int64 }

// planned is picture.Plan without what only the child needs.
type planned struct {
	Format       string
	W, H, Frames int
	Cost, Memory int64
}

func send(w io.Writer, kind byte, body []byte) error {
	head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)))
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}

func say(w io.Writer, kind byte, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return send(w, kind, body)
}

// receive reads a message's head.
func receive(r io.Reader) (kind byte, size int64, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, err
	}
	return head[0], int64(binary.BigEndian.Uint32(head[1:])), nil
}

// hear reads a message of JSON of some kind into v. A problem is returned as the error that it is.
func hear(r io.Reader, want byte, v any) error {
	kind, size, err := receive(r)
	if err != nil {
		return err
	}
	switch {
	case kind == problem:
		return problemOf(r, size)
	case kind != want || size > maxSaid:
		return fmt.Errorf("a message of kind %q and %d bytes where %q was due", kind, size, want)
	}
	return body(r, size, v)
}

// body reads a message's JSON.
func body(r io.Reader, size int64, v any) error {
	if size > maxSaid {
		return fmt.Errorf("a message of %d bytes", size)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(r, data); err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// receivePixels reads the message of pixels into a picture's, which has their size.
func receivePixels(r io.Reader, pix []byte) error {
	kind, size, err := receive(r)
	if err != nil {
		return err
	}
	if kind == problem {
		return problemOf(r, size)
	}
	if kind != pixels || size != int64(len(pix)) {
		return fmt.Errorf("a message of kind %q and %d bytes where %d pixels were due", kind, size, len(pix)/4)
	}
	_, err = io.ReadFull(r, pix)
	return err
}

// problemOf reads a problem's body; the error is the problem.
func problemOf(r io.Reader, size int64) error {
	if size > maxSaid {
		return fmt.Errorf("a problem of %d bytes", size)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	p := new(picture.Problem)
	if err := json.Unmarshal(body, p); err != nil {
		return err
	}
	return p
}
