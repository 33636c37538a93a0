package x

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// ask makes one call that the library does not know; the answer goes to into unless that is nil.
func (c *Legacy) ask(ctx context.Context, op string, limit time.Duration, method string, u *url.URL, body io.Reader, kind string, into func(*answer.Value)) error {
	ctx, k, cancel := begin(ctx, false, limit)
	defer cancel()
	k.into = into
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
	return resp.Body.Close()
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
	id := ""
	into := answer.Object(func(v *answer.Value) { inside(v, "media_id_string", func() { id = v.ID() }) })
	if err := c.ask(ctx, uploadMedia, slowTime, http.MethodPost, c.upload.JoinPath("1.1/media/upload.json"), &body, form.FormDataContentType(), into); err != nil {
		return "", err
	}
	if id == "" {
		return "", &network.Error{Op: uploadMedia, Kind: network.Transient, Err: errors.New("the answer names no picture")}
	}
	c.opt.Budget.spend(self, Uploaded, 1)
	return id, c.describe(ctx, self, id, strings.TrimSpace(up.Alt))
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
	cursor := "-1"
	for range mostPages {
		u := c.base.JoinPath("1.1/mutes/users/ids.json")
		u.RawQuery = url.Values{"stringify_ids": {"true"}, "cursor": {cursor}}.Encode()
		page, err := c.mutedPage(ctx, u)
		if err != nil {
			return nil, err
		}
		c.opt.Budget.spend(self, MuteRead, len(page.ids.Items))
		for _, id := range page.ids.Items {
			muted[id] = time.Time{}
		}
		if page.next == "" || page.next == "0" || page.next == cursor {
			return muted, nil
		}
		cursor = page.next
	}
	return nil, &network.Error{Op: getMutes.op, Kind: network.Transient, Err: errEndless}
}

// mutedIDs is a page of the list of mutes.
type mutedIDs struct {
	ids  answer.List[string]
	next string
}

// mostMuted is how many accounts such a page has.
const mostMuted = 5000

func (c *Legacy) mutedPage(ctx context.Context, u *url.URL) (page mutedIDs, err error) {
	err = c.ask(ctx, getMutes.op, callTime, http.MethodGet, u, nil, "", answer.Object(func(v *answer.Value) {
		v.Fields(func(name []byte) {
			switch string(name) {
			case "ids":
				page.ids = answer.Strings(v, mostMuted, (*answer.Value).ID)
			case "next_cursor_str":
				page.next = v.Opaque(answer.LongestLine)
			}
		})
	}))
	if err == nil && !page.ids.Told {
		err = (&call{}).failed(getMutes.op, errors.New("the answer has no list"))
	}
	return page, err
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
	return c.ask(ctx, op, callTime, http.MethodPost, c.base.JoinPath("1.1/mutes/users", what+".json"), body, formType,
		answer.Object(func(*answer.Value) {}))
}
