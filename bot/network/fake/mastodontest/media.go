package mastodontest

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// media is an upload. preview is a still.
type media struct {
	id               string
	owner            *account
	attached         *status
	kind             string // image, gifv or video
	mime, ext        string
	data, preview    []byte
	w, h             int
	previewW         int
	previewH         int
	seconds          float64
	average          [3]uint8 // for the blurhash
	alt              string
	focusX, focusY   float64
	previewMIME      string
	readyAt          time.Time
	processedAtOnce  bool
	scaledWhenStored bool
}

func mediaRoutes() []route {
	return []route{
		{"POST /api/v2/media", member, "write:media", (*call).upload, (*call).decodeUpload},
		{"GET /api/v1/media/{id}", member, "write:media", (*call).getMedia, nil},
		{"PUT /api/v1/media/{id}", member, "write:media", (*call).putMedia, nil},
	}
}

// ready says whether processing is over.
func (m *media) ready(now time.Time) bool { return m.processedAtOnce || !now.Before(m.readyAt) }

// decodeUpload checks and decodes the file without the server's lock.
func (c *call) decodeUpload() error {
	if len(c.file) == 0 {
		return c.s.invalid("File can't be blank")
	}
	m, err := c.s.decode(c.file)
	if err != nil {
		return err
	}
	c.draft = m
	return c.describe(m)
}

// upload files the decoded upload: 202 and unprocessed on Mastodon, done on GoToSocial.
func (c *call) upload() (any, error) {
	c.s.file(c.draft, c.user)
	if !c.s.gts() {
		c.draft.processedAtOnce = false
		c.draft.readyAt = c.s.now().Add(c.s.opt.Processing)
		c.code = http.StatusAccepted
	}
	return c.draft.object(c.s), nil
}

func (s *Server) file(m *media, owner *account) {
	m.id, m.owner, m.processedAtOnce = s.nextID(), owner, true
	s.media[m.id] = m
}

// describe reads alt text and focus from the form.
func (c *call) describe(m *media) error {
	if c.form.has("description") {
		alt := c.form.get("description")
		if utf8.RuneCountInString(alt) > c.s.limits.AltRunes {
			return c.s.invalid(fmt.Sprintf("Description is too long (maximum is %d characters)", c.s.limits.AltRunes))
		}
		m.alt = alt
	}
	if focus := c.form.get("focus"); focus != "" {
		x, y, ok := strings.Cut(focus, ",")
		fx, err := strconv.ParseFloat(strings.TrimSpace(x), 64)
		fy, err2 := strconv.ParseFloat(strings.TrimSpace(y), 64)
		if !ok || err != nil || err2 != nil || max(fx, fy) > 1 || min(fx, fy) < -1 {
			return c.s.invalid("Focus is not two numbers between -1 and 1")
		}
		m.focusX, m.focusY = fx, fy
	}
	return nil
}

// mine is the upload in the path; once attached it is only part of its post.
func (c *call) mine() (*media, error) {
	m := c.s.media[c.r.PathValue("id")]
	if m == nil || m.owner != c.user || m.attached != nil {
		return nil, c.s.notFound()
	}
	return m, nil
}

func (c *call) getMedia() (any, error) {
	m, err := c.mine()
	if err != nil {
		return nil, err
	}
	if !m.ready(c.s.now()) {
		c.code = http.StatusPartialContent
	}
	return m.object(c.s), nil
}

func (c *call) putMedia() (any, error) {
	m, err := c.mine()
	if err != nil {
		return nil, err
	}
	if err := c.describe(m); err != nil {
		return nil, err
	}
	return c.getMedia()
}

func (m *media) object(s *Server) object {
	size := func(w, h int) object {
		return object{"width": w, "height": h, "size": fmt.Sprintf("%dx%d", w, h), "aspect": float64(w) / float64(h)}
	}
	original := size(m.w, m.h)
	if m.kind != "image" {
		original = object{"width": m.w, "height": m.h, "duration": m.seconds, "frame_rate": "25/1", "bitrate": 0}
	}
	out := object{
		"id": m.id, "type": m.kind, "url": nil, "preview_url": nil, "remote_url": nil, "text_url": nil,
		"preview_remote_url": nil, "description": nullable(m.alt), "blurhash": nil, "meta": nil,
	}
	if !m.ready(s.now()) {
		return out
	}
	out["url"] = s.URL + "/media/" + m.id + m.ext
	out["blurhash"] = flatBlurhash(m.average)
	meta := object{"original": original, "focus": object{"x": m.focusX, "y": m.focusY}}
	if m.preview != nil {
		out["preview_url"] = s.URL + "/media/" + m.id + "-small" + extension(m.previewMIME)
		meta["small"] = size(m.previewW, m.previewH)
	}
	out["meta"] = meta
	return out
}

// serveMedia hands out originals and previews, to anyone.
func (s *Server) serveMedia(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	id, small := name, false
	if dot := strings.IndexByte(name, '.'); dot >= 0 {
		id, small = strings.CutSuffix(name[:dot], "-small")
	}
	s.mu.Lock()
	m := s.media[id]
	ready := m != nil && m.ready(s.now())
	s.mu.Unlock()
	if !ready || (small && m.preview == nil) {
		http.NotFound(w, r)
		return
	}
	data, kind := m.data, m.mime
	if small {
		data, kind = m.preview, m.previewMIME
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// flatBlurhash is a valid blurhash of one colour: size flag and AC maximum are zero digits,
// then the colour in four base-83 digits.
func flatBlurhash(c [3]uint8) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
	v := int(c[0])<<16 | int(c[1])<<8 | int(c[2])
	out := []byte("000000")
	for i := 5; i > 1; i-- {
		out[i] = digits[v%83]
		v /= 83
	}
	return string(out)
}
