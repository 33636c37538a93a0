package x

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

const jsonType = "application/json"

func jsonBody(v any) (io.Reader, error) {
	raw, err := json.Marshal(v)
	return bytes.NewReader(raw), err
}

// stillBytes is how large a still may be that goes in one piece; chunkBytes is how large a chunk of
// anything else is.
const (
	stillBytes = 5 << 20
	chunkBytes = 1 << 20
)

// uploaded is what X says of an upload.
type uploaded struct {
	ID         string
	Processing *processing
}

type processing struct {
	State, Message string
	After          int64 // seconds
}

// into reads it.
func (u *uploaded) into() func(*answer.Value) {
	return answer.Object(func(v *answer.Value) {
		inside(v, "data", func() {
			v.Fields(func(name []byte) {
				switch string(name) {
				case "id":
					u.ID = v.ID()
				case "processing_info":
					u.Processing = &processing{}
					if !u.Processing.read(v) {
						u.Processing = nil
					}
				}
			})
		})
	})
}

func (p *processing) read(v *answer.Value) bool {
	return v.Fields(func(name []byte) {
		switch string(name) {
		case "state":
			p.State = v.Word()
		case "check_after_secs":
			p.After = v.Int()
		case "error":
			inside(v, "message", func() { p.Message = v.Line() })
		}
	})
}

// Upload stores media with its alt text and waits until a post can use it: stills in one piece, clips
// in chunks.
func (c *Client) Upload(ctx context.Context, up network.Upload) (string, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return "", err
	}
	if err := c.mayPost(); err != nil {
		return "", &network.Error{Op: uploadMedia, Kind: network.Unauthorized, Err: err}
	}
	if err := c.within(uploadMedia, self, c.opt.Budget.Prices[Uploaded]+c.opt.Budget.Prices[Described]); err != nil {
		return "", err
	}
	id := ""
	switch up.Type {
	case "image/gif":
		id, err = c.uploadChunks(ctx, up, "tweet_gif")
	case "video/mp4":
		id, err = c.uploadChunks(ctx, up, "tweet_video")
	default:
		if len(up.Data) > stillBytes {
			return "", &network.Error{Op: uploadMedia, Kind: network.Rejected, Err: fmt.Errorf("a picture of %d bytes; X takes %d", len(up.Data), stillBytes)}
		}
		id, err = c.uploadWhole(ctx, up)
	}
	if err != nil {
		return "", err
	}
	c.opt.Budget.spend(self, Uploaded, 1)
	if alt := strings.TrimSpace(up.Alt); alt != "" {
		err = c.describe(ctx, self, metadata{ID: id, Metadata: about{Alt: &altText{shorten(alt, 1000)}}})
	}
	return id, err
}

// part sends a multipart form with a file.
func (c *Client) part(ctx context.Context, e endpoint, ids []string, fields map[string]string, file []byte, into func(*answer.Value)) error {
	ctx, k, cancel := begin(ctx, false, slowTime)
	defer cancel()
	k.into = into
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := form.WriteField(name, value); err != nil {
			return k.failed(e.op, err)
		}
	}
	w, err := form.CreateFormFile("media", "media")
	if err == nil {
		_, err = w.Write(file)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		return k.failed(e.op, err)
	}
	return k.failed(e.op, c.send(ctx, e, e.at(ids...), nil, &body, form.FormDataContentType()))
}

func (c *Client) uploadWhole(ctx context.Context, up network.Upload) (string, error) {
	var a uploaded
	if err := c.part(ctx, uploadWhole, nil, map[string]string{"media_category": "tweet_image"}, up.Data, a.into()); err != nil {
		return "", err
	}
	return a.ID, c.processed(ctx, a)
}

// uploadChunks is the long way: begin, the parts in order, the end, and what X makes of it.
func (c *Client) uploadChunks(ctx context.Context, up network.Upload, category string) (string, error) {
	var a uploaded
	err := c.do(ctx, uploadBegin, false, nil, map[string]any{"media_type": up.Type, "total_bytes": len(up.Data), "media_category": category}, a.into())
	if err != nil {
		return "", err
	}
	id := a.ID
	for n, rest := 0, up.Data; len(rest) > 0; n++ {
		size := min(chunkBytes, len(rest))
		if err := c.part(ctx, uploadPart, []string{id}, map[string]string{"segment_index": strconv.Itoa(n)}, rest[:size], anything); err != nil {
			return "", err
		}
		rest = rest[size:]
	}
	a = uploaded{}
	if err := c.do(ctx, uploadEnd, false, []string{id}, nil, a.into()); err != nil {
		return "", err
	}
	return id, c.processed(ctx, a)
}

// processed waits for an upload that X is still working on.
func (c *Client) processed(ctx context.Context, a uploaded) error {
	deadline := time.Now().Add(c.opt.MediaWait)
	for {
		switch p := a.Processing; {
		case a.ID == "":
			return &network.Error{Op: uploadMedia, Kind: network.Transient, Err: errors.New("the answer names no picture")}
		case p == nil || p.State == "succeeded":
			return nil
		case p.State == "failed":
			return &network.Error{Op: uploadMedia, Kind: network.Rejected, Status: http.StatusOK, Err: errors.New("X cannot process it: " + p.Message)}
		case time.Now().After(deadline):
			return &network.Error{Op: uploadMedia, Kind: network.Transient, Err: errors.New("the server is still processing the upload")}
		}
		pause := c.opt.MediaPoll
		if pause == 0 {
			pause = min(max(time.Duration(min(a.Processing.After, 1<<10))*time.Second, time.Second), 30*time.Second)
		}
		select {
		case <-ctx.Done():
			return (&call{}).failed(uploadMedia, context.Cause(ctx))
		case <-time.After(pause):
		}
		id := a.ID
		a = uploaded{}
		if err := c.read(ctx, uploadState, nil, url.Values{"command": {"STATUS"}, "media_id": {id}}, a.into()); err != nil {
			return err
		}
	}
}

// metadata is what is said about an upload.
type metadata struct {
	ID       string `json:"id"`
	Metadata about  `json:"metadata"`
}

type about struct {
	Alt     *altText `json:"alt_text,omitempty"`
	Warning *warning `json:"sensitive_media_warning,omitempty"`
}

type altText struct {
	Text string `json:"text"`
}

type warning struct {
	Adult    bool `json:"adult_content"`
	Violence bool `json:"graphic_violence"`
	Other    bool `json:"other"`
}

func (c *Client) describe(ctx context.Context, self network.Account, m metadata) error {
	err := c.do(ctx, setMetadata, false, nil, m, anything)
	if err == nil {
		c.opt.Budget.spend(self, Described, 1)
	}
	return err
}
