package dream

import (
	"fmt"
	"image"
	"io"
	"iter"
	"os"
)

// reel is the frames of a film, rendered once however often they are read: what has been rendered
// is kept in a file on disk, because a clip that turns out too heavy is made again from the same
// frames. Only one frame is in memory.
type reel struct {
	strip strip
	next  func() (*image.NRGBA, error, bool)
	stop  func()
	err   error // that ended the film

	done   int         // frames rendered
	size   image.Point // of each
	poster *image.NRGBA
	again  bool     // that frames are read more than once
	disk   *os.File // what was rendered, compact RGB; nil until there is a frame
	full   error    // why it cannot be read again
}

// newReel begins to read a film; again says that it may be read more than once.
func newReel(f strip, again bool) *reel {
	r := &reel{strip: f, again: again}
	r.next, r.stop = iter.Pull2(f.frames)
	return r
}

// close ends the rendering and removes what is on disk.
func (r *reel) close() {
	r.stop()
	if r.disk != nil {
		r.disk.Close()
		os.Remove(r.disk.Name())
	}
}

// frames are those of the film from its first. A frame is the reader's until it asks for the next.
func (r *reel) frames() iter.Seq2[*image.NRGBA, error] {
	return func(yield func(*image.NRGBA, error) bool) {
		for i := 0; ; i++ {
			img, err, ok := r.frame(i)
			if !ok || !yield(img, err) || err != nil {
				return
			}
		}
	}
}

// frame is the i-th one, which was rendered before or is the next to be. ok is false after the last.
func (r *reel) frame(i int) (img *image.NRGBA, err error, ok bool) {
	if i < r.done {
		img, err := r.read(i)
		return img, err, true
	}
	if r.err != nil {
		return nil, r.err, true
	}
	img, err, ok = r.next()
	if !ok || err != nil {
		r.err = err
		return nil, err, ok
	}
	if r.done == r.strip.n/2 {
		r.poster = img
	}
	r.size = img.Rect.Size()
	r.keep(img)
	r.done++
	return img, nil, true
}

// keep writes a frame to disk. A disk that is full ends nothing: most clips are read only once.
func (r *reel) keep(img *image.NRGBA) {
	if !r.again || r.full != nil {
		return
	}
	if r.disk == nil {
		if r.disk, r.full = os.CreateTemp("", "slugpuppy-frames-"); r.full != nil {
			return
		}
		os.Remove(r.disk.Name()) // it lasts as long as it is open, where the system lets it: nothing is left behind
	}
	row := make([]byte, 0, 3*r.size.X*r.size.Y)
	for i := 0; i < len(img.Pix); i += 4 {
		row = append(row, img.Pix[i:i+3]...)
	}
	_, r.full = r.disk.WriteAt(row, int64(r.done)*int64(len(row)))
}

func (r *reel) read(i int) (*image.NRGBA, error) {
	if r.full != nil {
		return nil, fmt.Errorf("read the frames of a clip again: %w", r.full)
	}
	n := 3 * r.size.X * r.size.Y
	rgb := make([]byte, n)
	if _, err := r.disk.ReadAt(rgb, int64(i)*int64(n)); err != nil && err != io.EOF {
		return nil, fmt.Errorf("read the frames of a clip again: %w", err)
	}
	img := image.NewNRGBA(image.Rectangle{Max: r.size})
	for p := range r.size.X * r.size.Y {
		copy(img.Pix[4*p:], rgb[3*p:3*p+3])
		img.Pix[4*p+3] = 255
	}
	return img, nil
}
