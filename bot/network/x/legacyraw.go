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
	"strings"
	"time"

	"slugpuppy/bot/network"
)

// ask makes one call that the library does not know; the answer is decoded into out unless that is
// nil.
func (c *Legacy) ask(ctx context.Context, op string, limit time.Duration, method string, u *url.URL, body io.Reader, kind string, out any) error {
	ctx, k, cancel := begin(ctx, false, limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return k.failed(op, err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	client := http.Client{Transport: c.signer, CheckRedirect: noRedirects}
	resp, err := client.Do(req)
	if err != nil {
		return k.failed(op, err)
	}
	defer resp.Body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return k.failed(op, fmt.Errorf("read answer: %w", err))
	}
	return nil
}

// Upload stores a picture or GIF with its alt text.
func (c *Legacy) Upload(ctx context.Context, up network.Upload) (string, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return "", err
	}
	if err := c.mayPost(); err != nil {
		return "", &network.Error{Op: uploadMedia, Kind: network.Unauthorized, Err: err}
	}
	if len(up.Data) > stillBytes || strings.HasPrefix(up.Type, "video/") {
		return "", &network.Error{Op: uploadMedia, Kind: network.Rejected, Err: fmt.Errorf("%s of %d bytes; over API v1.1 X takes pictures of %d", up.Type, len(up.Data), stillBytes)}
	}
	if err := c.within(uploadMedia, self, c.opt.Budget.Prices[Uploaded]+c.opt.Budget.Prices[Described]); err != nil {
		return "", err
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	w, err := form.CreateFormFile("media", "media")
	if err == nil {
		_, err = w.Write(up.Data)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		return "", (&call{}).failed(uploadMedia, err)
	}
	var a struct {
		ID string `json:"media_id_string"`
	}
	if err := c.ask(ctx, uploadMedia, slowTime, http.MethodPost, c.upload.JoinPath("1.1/media/upload.json"), &body, form.FormDataContentType(), &a); err != nil {
		return "", err
	}
	if a.ID == "" {
		return "", &network.Error{Op: uploadMedia, Kind: network.Transient, Err: errors.New("the answer names no picture")}
	}
	c.opt.Budget.spend(self, Uploaded, 1)
	return a.ID, c.describe(ctx, self, a.ID, strings.TrimSpace(up.Alt))
}

func (c *Legacy) describe(ctx context.Context, self network.Account, id, alt string) error {
	if alt == "" {
		return nil
	}
	raw, err := jsonBody(map[string]any{"media_id": id, "alt_text": altText{shorten(alt, 1000)}})
	if err != nil {
		return (&call{}).failed(setMetadata.op, err)
	}
	err = c.ask(ctx, setMetadata.op, callTime, http.MethodPost, c.upload.JoinPath("1.1/media/metadata/create.json"), raw, jsonType, nil)
	if err == nil {
		c.opt.Budget.spend(self, Described, 1)
	}
	return err
}

const formType = "application/x-www-form-urlencoded"

// Muted lists the muted accounts, see Client.Muted.
func (c *Legacy) Muted(ctx context.Context) (map[string]time.Time, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return nil, err
	}
	muted := map[string]time.Time{}
	for cursor := "-1"; ; {
		u := c.base.JoinPath("1.1/mutes/users/ids.json")
		u.RawQuery = url.Values{"stringify_ids": {"true"}, "cursor": {cursor}}.Encode()
		var page struct {
			IDs  []string `json:"ids"`
			Next string   `json:"next_cursor_str"`
		}
		if err := c.ask(ctx, getMutes.op, callTime, http.MethodGet, u, nil, "", &page); err != nil {
			return nil, err
		}
		c.opt.Budget.spend(self, MuteRead, len(page.IDs))
		for _, id := range page.IDs {
			muted[id] = time.Time{}
		}
		if page.Next == "" || page.Next == "0" || page.Next == cursor {
			return muted, nil
		}
		cursor = page.Next
	}
}

// Mute mutes an account until Unmute, see Client.Mute.
func (c *Legacy) Mute(ctx context.Context, account string, _ time.Duration) error {
	self, err := c.Self(ctx)
	if err != nil {
		return err
	}
	if err := c.within(createMute.op, self, c.opt.Budget.Prices[MuteMade]+c.opt.Budget.Prices[MuteEnded]); err != nil {
		return err
	}
	err = c.mutes(ctx, createMute.op, "create", account)
	if err == nil {
		c.opt.Budget.spend(self, MuteMade, 1)
	}
	return err
}

// notMuted is v1.1's error for the end of a mute that is not there.
const notMuted = 272

// Unmute ends a mute; one that is not there is no error.
func (c *Legacy) Unmute(ctx context.Context, account string) error {
	self, err := c.Self(ctx)
	if err != nil {
		return err
	}
	err = c.mutes(ctx, deleteMute.op, "destroy", account)
	var r *refusal
	if errors.As(err, &r) && r.code == notMuted || network.Is(err, network.NotFound) {
		return nil
	}
	if err == nil {
		c.opt.Budget.spend(self, MuteEnded, 1)
	}
	return err
}

func (c *Legacy) mutes(ctx context.Context, op, what, account string) error {
	body := strings.NewReader(url.Values{"user_id": {account}}.Encode())
	var a struct {
		ID string `json:"id_str"`
	}
	return c.ask(ctx, op, callTime, http.MethodPost, c.base.JoinPath("1.1/mutes/users", what+".json"), body, formType, &a)
}
