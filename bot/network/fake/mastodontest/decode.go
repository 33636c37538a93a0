package mastodontest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"net/http"

	_ "golang.org/x/image/webp" // registers the format
)

// previewPixels is the size of previews (Mastodon: 640x360).
const previewPixels = 640 * 360

var extensions = map[string]string{
	"image/jpeg": ".jpeg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "video/mp4": ".mp4",
}

func extension(mime string) string { return extensions[mime] }

// decode looks at an upload the way a server does: what it is goes by its bytes, not by what the
// client says, and it must really decode. Animated WebP is refused here.
func (s *Server) decode(data []byte) (*media, error) {
	mime := http.DetectContentType(data)
	switch mime {
	case "video/mp4":
		return s.decodeVideo(data)
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		return s.decodeImage(data, mime)
	}
	return nil, s.unverified()
}

func (s *Server) unverified() *problem {
	if s.gts() {
		return fail(http.StatusUnprocessableEntity, "Unprocessable Entity: could not process media type")
	}
	return fail(http.StatusUnprocessableEntity, "File type of uploaded media could not be verified")
}

func (s *Server) tooLarge(limit int64) *problem {
	return s.invalid(fmt.Sprintf("File file size must be less than %d MB", limit>>20))
}

func (s *Server) decodeImage(data []byte, mime string) (*media, error) {
	if int64(len(data)) > s.limits.ImageBytes {
		return nil, s.tooLarge(s.limits.ImageBytes)
	}
	conf, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, s.unverified()
	}
	most := s.limits.ImagePixels
	if mime == "image/gif" {
		most = s.limits.GIFPixels
	}
	if int64(conf.Width)*int64(conf.Height) > most {
		return nil, s.invalid(fmt.Sprintf("%dx%d images are not supported", conf.Width, conf.Height))
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, s.unverified()
	}
	m := &media{kind: "image", mime: mime, ext: extension(mime), data: data, w: conf.Width, h: conf.Height}
	if mime == "image/gif" {
		if err := s.animate(m); err != nil {
			return nil, err
		}
	}
	s.shrink(m, img)
	m.still(img)
	return m, nil
}

// animate turns a GIF of several frames into a gifv. A real server also makes an MP4 of it.
func (s *Server) animate(m *media) error {
	all, err := gif.DecodeAll(bytes.NewReader(m.data))
	if err != nil {
		return s.unverified()
	}
	if len(all.Image) > 1 {
		m.kind = "gifv"
	}
	for _, d := range all.Delay {
		m.seconds += float64(d) / 100
	}
	return nil
}

// shrink stores a large still scaled down, as Mastodon does.
func (s *Server) shrink(m *media, img image.Image) {
	if s.limits.StoredPixels < 0 || int64(m.w)*int64(m.h) <= s.limits.StoredPixels {
		return
	}
	encode := func(b *bytes.Buffer, im image.Image) error { return jpeg.Encode(b, im, &jpeg.Options{Quality: 90}) }
	switch m.mime {
	case "image/png":
		encode = func(b *bytes.Buffer, im image.Image) error { return png.Encode(b, im) }
	case "image/webp", "image/gif":
		return // no encoder that keeps the type
	}
	small := scale(img, s.limits.StoredPixels)
	var b bytes.Buffer
	if encode(&b, small) == nil {
		m.data, m.w, m.h = b.Bytes(), small.Bounds().Dx(), small.Bounds().Dy()
		m.scaledWhenStored = true
	}
}

// still makes preview and average colour.
func (m *media) still(img image.Image) {
	small := scale(img, previewPixels)
	var b bytes.Buffer
	m.previewMIME = "image/png"
	err := png.Encode(&b, small)
	if m.mime == "image/jpeg" {
		b.Reset()
		m.previewMIME = "image/jpeg"
		err = jpeg.Encode(&b, small, &jpeg.Options{Quality: 85})
	}
	if err != nil {
		return
	}
	m.preview, m.previewW, m.previewH = b.Bytes(), small.Bounds().Dx(), small.Bounds().Dy()
	c := shrunk(small, 1, 1).RGBAAt(0, 0)
	m.average = [3]uint8{c.R, c.G, c.B}
}

// scale returns the picture with at most that many pixels.
func scale(img image.Image, most int64) image.Image {
	b := img.Bounds()
	k := math.Sqrt(float64(most) / (float64(b.Dx()) * float64(b.Dy())))
	if k >= 1 {
		return img
	}
	w, h := max(1, int(float64(b.Dx())*k)), max(1, int(float64(b.Dy())*k))
	return shrunk(img, w, h)
}

// shrunk averages the picture's pixels over each of w by h fields.
func shrunk(img image.Image, w, h int) *image.RGBA {
	b := img.Bounds()
	src := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(src, src.Rect, img, b.Min, draw.Src)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		top, bottom := y*b.Dy()/h, (y+1)*b.Dy()/h
		for x := range w {
			left, right := x*b.Dx()/w, (x+1)*b.Dx()/w
			var sum [4]int
			for v := top; v < bottom; v++ {
				line := src.Pix[v*src.Stride+4*left : v*src.Stride+4*right]
				for i, c := range line {
					sum[i%4] += int(c)
				}
			}
			for i := range sum {
				out.Pix[y*out.Stride+4*x+i] = uint8(sum[i] / ((bottom - top) * (right - left)))
			}
		}
	}
	return out
}

// decodeVideo reads an MP4's boxes: it must have a movie with a visible track and media data.
// There is no preview, for want of a video decoder.
func (s *Server) decodeVideo(data []byte) (*media, error) {
	if int64(len(data)) > s.limits.VideoBytes {
		return nil, s.tooLarge(s.limits.VideoBytes)
	}
	m := &media{kind: "video", mime: "video/mp4", ext: ".mp4", data: data}
	sound := false
	payload := m.walk(data, &sound, 0)
	if !payload || m.w == 0 || m.h == 0 {
		return nil, s.unverified()
	}
	if int64(m.w)*int64(m.h) > s.limits.VideoPixels {
		return nil, s.invalid(fmt.Sprintf("%dx%d videos are not supported", m.w, m.h))
	}
	if !sound {
		m.kind = "gifv"
	}
	return m, nil
}

// walk reads ISO 14496-12 boxes into width, height and duration, and says whether it met mdat.
func (m *media) walk(b []byte, sound *bool, depth int) (payload bool) {
	for len(b) >= 8 {
		size, head := uint64(binary.BigEndian.Uint32(b)), uint64(8)
		if size == 1 && len(b) >= 16 {
			size, head = binary.BigEndian.Uint64(b[8:]), 16
		} else if size == 0 {
			size = uint64(len(b))
		}
		if size < head || size > uint64(len(b)) {
			return false
		}
		body := b[head:size]
		switch string(b[4:8]) {
		case "moov", "trak", "mdia":
			if depth < 4 && m.walk(body, sound, depth+1) {
				payload = true
			}
		case "mdat":
			payload = true
		case "mvhd":
			m.movieHeader(body)
		case "tkhd":
			m.trackHeader(body)
		case "hdlr":
			*sound = *sound || (len(body) >= 12 && string(body[8:12]) == "soun")
		}
		b = b[size:]
	}
	return payload
}

func (m *media) movieHeader(b []byte) {
	if len(b) >= 20 && b[0] == 0 {
		if unit := binary.BigEndian.Uint32(b[12:]); unit > 0 {
			m.seconds = float64(binary.BigEndian.Uint32(b[16:])) / float64(unit)
		}
	} else if len(b) >= 32 && b[0] == 1 {
		if unit := binary.BigEndian.Uint32(b[20:]); unit > 0 {
			m.seconds = float64(binary.BigEndian.Uint64(b[24:])) / float64(unit)
		}
	}
}

// trackHeader ends with width and height as 16.16 fixed point; a sound track's are 0.
func (m *media) trackHeader(b []byte) {
	if len(b) < 84 {
		return
	}
	w, h := binary.BigEndian.Uint32(b[len(b)-8:])>>16, binary.BigEndian.Uint32(b[len(b)-4:])>>16
	if w > 0 && h > 0 {
		m.w, m.h = int(w), int(h)
	}
}
