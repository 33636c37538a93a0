package xtest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/gif"
	_ "image/jpeg" // registers the format
	"image/png"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	_ "golang.org/x/image/webp" // registers the format
)

// How large files may be.
const (
	imageBytes = 5 << 20
	gifBytes   = 15 << 20
	chunkBytes = 5 << 20
	altRunes   = 1000
)

// media is an upload.
type media struct {
	id, kind, mime, alt string
	owner               *account
	data, still         []byte
	w, h                int
	warned              bool
	readyAt             time.Time
	pending             *pending // an upload that is not finished
}

// pending is a chunked upload on its way.
type pending struct {
	mime, category string
	total          int
	chunks         [][]byte
}

// key is the media key: a number for the kind, and the id.
func (m *media) key() string {
	return map[string]string{"photo": "3_", "animated_gif": "16_", "video": "7_"}[m.kind] + m.id
}

func (m *media) path() string {
	return "/media/" + m.id + map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "video/mp4": ".mp4"}[m.mime]
}

// decode looks at a file: what it is goes by its bytes, not by what the client says.
func decode(data []byte) (*media, error) {
	m := &media{kind: "photo", mime: http.DetectContentType(data), data: data}
	if m.mime == "video/mp4" {
		m.kind, m.w, m.h = "video", 640, 480
		return m, nil
	}
	img, format, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, invalid("media", "", "Could not process the media: "+err.Error())
	}
	m.w, m.h = img.Bounds().Dx(), img.Bounds().Dy()
	if format == "gif" {
		all, err := gif.DecodeAll(bytes.NewReader(data))
		if err != nil {
			return nil, invalid("media", "", "Could not process the media: "+err.Error())
		}
		if len(all.Image) > 1 {
			var b bytes.Buffer
			if err := png.Encode(&b, all.Image[0]); err != nil {
				return nil, err
			}
			m.kind, m.still = "animated_gif", b.Bytes()
		}
	}
	most := imageBytes
	if m.kind != "photo" {
		most = gifBytes
	}
	if len(data) > most {
		return nil, invalid("media", "", fmt.Sprintf("The media is larger than %d bytes", most))
	}
	return m, nil
}

// keep files an upload; whoever posts with their own client waits for it there.
func (s *Server) keep(m *media, owner *account) {
	m.id, m.owner = s.nextID(), owner
	s.media[m.id] = m
}

func mediaRoutes() []route {
	return []route{
		{"POST /2/media/upload", (*call).upload},
		{"GET /2/media/upload", (*call).uploadStatus},
		{"POST /2/media/upload/initialize", (*call).initialize},
		{"POST /2/media/upload/{id}/append", (*call).appendChunk},
		{"POST /2/media/upload/{id}/finalize", (*call).finalize},
		{"POST /2/media/metadata", (*call).metadata},
	}
}

const mediaLife = 24 * time.Hour

// upload takes a still in one piece, as a multipart form or in JSON.
func (c *call) upload() (any, error) {
	data, category := c.file, c.form.Get("media_category")
	if c.form == nil {
		var in struct {
			Media    string `json:"media"`
			Category string `json:"media_category"`
			Type     string `json:"media_type"`
		}
		if err := c.into(&in); err != nil {
			return nil, err
		}
		raw, err := base64.StdEncoding.DecodeString(in.Media)
		if err != nil {
			return nil, invalid("media", "", "media is not base64")
		}
		data, category = raw, in.Category
	}
	if category != "tweet_image" {
		return nil, invalid("media_category", category, "media_category is not one of [tweet_image, dm_image, subtitles]")
	}
	m, err := decode(data)
	if err != nil {
		return nil, err
	}
	if m.kind != "photo" {
		return nil, invalid("media", "", "animated media must be uploaded in chunks")
	}
	c.s.keep(m, c.user)
	c.use(MediaUpload, 1)
	return object{"data": object{"id": m.id, "media_key": m.key(), "expires_after_secs": 86400, "size": len(data)}}, nil
}

func (c *call) initialize() (any, error) {
	var in struct {
		Type     string `json:"media_type"`
		Bytes    int    `json:"total_bytes"`
		Category string `json:"media_category"`
	}
	if err := c.into(&in); err != nil {
		return nil, err
	}
	fits := map[string]string{"tweet_gif": "image/gif", "tweet_video": "video/mp4"}[in.Category]
	if in.Category == "tweet_image" && strings.HasPrefix(in.Type, "image/") {
		fits = in.Type
	}
	if fits != in.Type || in.Bytes < 1 || in.Bytes > gifBytes {
		return nil, invalid("media_category", in.Category, "media_category, media_type and total_bytes do not fit each other")
	}
	m := &media{pending: &pending{mime: in.Type, category: in.Category, total: in.Bytes}}
	c.s.keep(m, c.user)
	c.code = http.StatusOK
	return object{"data": object{"id": m.id, "media_key": "0_" + m.id, "expires_after_secs": 86400}}, nil
}

// mine is the caller's upload of an id.
func (c *call) mine(id string) (*media, error) {
	m := c.s.media[id]
	if m == nil || m.owner != c.user {
		return nil, &problem{code: http.StatusNotFound, v1: 34, kind: "resource-not-found", detail: "Could not find media " + id}
	}
	return m, nil
}

func (c *call) appendChunk() (any, error) {
	m, err := c.mine(c.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(c.form.Get("segment_index"))
	switch {
	case m.pending == nil:
		return nil, invalid("id", m.id, "the upload is finished")
	case err != nil || n < 0 || n > 999:
		return nil, invalid("segment_index", c.form.Get("segment_index"), "segment_index is not between 0 and 999")
	case len(c.file) == 0 || len(c.file) > chunkBytes:
		return nil, invalid("media", "", "a chunk has between 1 and 5242880 bytes")
	}
	for len(m.pending.chunks) <= n {
		m.pending.chunks = append(m.pending.chunks, nil)
	}
	m.pending.chunks[n] = c.file
	return object{"data": object{"expires_at": c.s.now().Add(mediaLife).Unix()}}, nil
}

func (c *call) finalize() (any, error) {
	m, err := c.mine(c.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if m.pending == nil {
		return nil, invalid("id", m.id, "the upload is finished")
	}
	data := bytes.Join(m.pending.chunks, nil)
	if len(data) != m.pending.total {
		return nil, invalid("total_bytes", fmt.Sprint(m.pending.total), fmt.Sprintf("%d bytes were appended", len(data)))
	}
	made, err := decode(data)
	if err != nil {
		return nil, err
	}
	if made.mime != m.pending.mime {
		return nil, invalid("media_type", m.pending.mime, "the media is "+made.mime)
	}
	made.id, made.owner, made.alt, made.readyAt = m.id, m.owner, m.alt, c.s.now().Add(c.s.opt.Processing)
	c.s.media[m.id] = made
	c.use(MediaUpload, 1)
	return made.answer(c), nil
}

// answer describes an upload; processing_info is there while it is not ready, and once after.
func (m *media) answer(c *call) object {
	data := object{"id": m.id, "media_key": m.key(), "expires_after_secs": 86400, "size": len(m.data)}
	if m.kind != "photo" {
		info := object{"state": "succeeded", "progress_percent": 100}
		if c.s.now().Before(m.readyAt) {
			info = object{"state": "pending", "check_after_secs": 1}
		}
		data["processing_info"] = info
	}
	return object{"data": data}
}

func (c *call) uploadStatus() (any, error) {
	if c.query.Get("command") != "STATUS" {
		return nil, invalid("command", c.query.Get("command"), "command is not one of [STATUS]")
	}
	m, err := c.mine(c.query.Get("media_id"))
	if err != nil {
		return nil, err
	}
	if m.pending != nil {
		return nil, invalid("media_id", m.id, "the upload is not finished")
	}
	return m.answer(c), nil
}

func (c *call) metadata() (any, error) {
	var in struct {
		ID       string `json:"id"`
		Metadata struct {
			Alt *struct {
				Text string `json:"text"`
			} `json:"alt_text"`
			Warning *struct {
				Adult    bool `json:"adult_content"`
				Violence bool `json:"graphic_violence"`
				Other    bool `json:"other"`
			} `json:"sensitive_media_warning"`
		} `json:"metadata"`
	}
	if err := c.into(&in); err != nil {
		return nil, err
	}
	m, err := c.mine(in.ID)
	if err != nil {
		return nil, err
	}
	if alt := in.Metadata.Alt; alt != nil {
		if err := m.describe(alt.Text); err != nil {
			return nil, err
		}
	}
	if w := in.Metadata.Warning; w != nil {
		m.warned = w.Adult || w.Violence || w.Other
	}
	c.use(MediaAltText, 1)
	return object{"data": object{"id": m.id, "associated_metadata": in.Metadata}}, nil
}

func (m *media) describe(alt string) error {
	if n := utf8.RuneCountInString(alt); n < 1 || n > altRunes {
		return invalid("alt_text", "", fmt.Sprintf("alt_text has %d characters, not between 1 and %d", n, altRunes))
	}
	m.alt = alt
	return nil
}

// attachments finds the media of a new post: up to four stills, or one of anything else.
func (c *call) attachments(ids []string) (out []*media, err error) {
	for _, id := range ids {
		m := c.s.media[id]
		if m == nil || m.owner != c.user || m.pending != nil || c.s.now().Before(m.readyAt) {
			return nil, &problem{code: http.StatusBadRequest, v1: 324, kind: "invalid-request", parameter: "media.media_ids", value: id, detail: "Your media IDs are invalid."}
		}
		out = append(out, m)
	}
	for _, m := range out {
		if len(out) > 4 || len(out) > 1 && m.kind != "photo" {
			return nil, invalid("media.media_ids", "", "a post takes four pictures, or one GIF or video")
		}
	}
	return out, nil
}

// serveMedia hands out files, to anyone.
func (s *Server) serveMedia(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(r.PathValue("file"), ".")
	id, still := strings.CutSuffix(name, "-still")
	s.mu.Lock()
	m := s.media[id]
	s.mu.Unlock()
	if m == nil || m.pending != nil || still && m.still == nil {
		http.NotFound(w, r)
		return
	}
	data, kind := m.data, m.mime
	if still {
		data, kind = m.still, "image/png"
	}
	w.Header().Set("Content-Type", kind)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}
