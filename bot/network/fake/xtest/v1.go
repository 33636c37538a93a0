package xtest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// v1Routes are what is left of API v1.1.
func v1Routes() []route {
	return []route{
		{"GET /1.1/account/verify_credentials.json", func(c *call) (any, error) { return c.user.legacy(), nil }},
		{"GET /1.1/users/show.json", (*call).v1User},
		{"GET /1.1/statuses/mentions_timeline.json", (*call).v1Mentions},
		{"GET /1.1/statuses/home_timeline.json", (*call).v1Home},
		{"GET /1.1/statuses/user_timeline.json", (*call).v1Posts},
		{"GET /1.1/statuses/show.json", (*call).v1Show},
		{"POST /1.1/statuses/update.json", (*call).v1Update},
		{"POST /1.1/statuses/destroy/{file}", (*call).v1Destroy},
		{"POST /1.1/media/upload.json", (*call).v1Upload},
		{"POST /1.1/media/metadata/create.json", (*call).v1Metadata},
		{"POST /1.1/mutes/users/create.json", (*call).v1Mute},
		{"POST /1.1/mutes/users/destroy.json", (*call).v1Unmute},
		{"GET /1.1/mutes/users/ids.json", (*call).v1Mutes},
	}
}

func number(id string) int64 {
	n, _ := strconv.ParseInt(id, 10, 64) // ids are ours
	return n
}

func (a *account) legacy() object {
	return object{"id": number(a.id), "id_str": a.id, "name": a.display, "screen_name": a.name, "description": a.bio,
		"protected": a.protected, "created_at": a.created.UTC().Format(time.RubyDate)}
}

// legacy is a post in v1.1's words; extended ones are not cut short.
func (p *post) legacy(c *call) object {
	text, entities := p.display()
	out := object{"id": number(p.id), "id_str": p.id, "created_at": p.created.UTC().Format(time.RubyDate), "user": p.author.legacy(),
		"lang": p.lang, "possibly_sensitive": p.sensitive, "truncated": false}
	if cmp.Or(c.query.Get("tweet_mode"), c.form.Get("tweet_mode")) == "extended" {
		out["full_text"] = text
	} else {
		runes := []rune(text)
		out["text"], out["truncated"] = string(runes[:min(len(runes), 140)]), len(runes) > 140
	}
	mentions, urls, files := []object{}, []object{}, []object(nil)
	for _, m := range list(entities["mentions"]) {
		mentions = append(mentions, object{"id": number(m["id"].(string)), "id_str": m["id"], "screen_name": m["username"], "name": m["username"], "indices": []any{m["start"], m["end"]}})
	}
	for _, u := range list(entities["urls"]) {
		if u["media_key"] == nil {
			urls = append(urls, object{"url": u["url"], "expanded_url": u["expanded_url"], "display_url": u["expanded_url"], "indices": []any{u["start"], u["end"]}})
		}
	}
	for _, m := range p.media {
		f := object{"id": number(m.id), "id_str": m.id, "type": m.kind, "url": p.mediaLink, "media_url_https": c.base() + m.path(),
			"sizes": object{"large": object{"w": m.w, "h": m.h, "resize": "fit"}}}
		if m.kind != "photo" {
			f["media_url_https"] = c.base() + "/media/" + m.id + "-still.png"
			f["video_info"] = object{"variants": []object{{"content_type": "video/mp4", "url": c.base() + m.path()}}}
		}
		files = append(files, f)
	}
	out["entities"] = object{"hashtags": []object{}, "symbols": []object{}, "user_mentions": mentions, "urls": urls}
	if files != nil {
		out["extended_entities"] = object{"media": files}
	}
	for _, name := range []string{"in_reply_to_status_id", "in_reply_to_user_id"} {
		out[name], out[name+"_str"] = nil, nil
	}
	out["in_reply_to_screen_name"], out["is_quote_status"] = nil, p.quote != nil
	if p.parent != "" {
		out["in_reply_to_status_id"], out["in_reply_to_status_id_str"] = number(p.parent), p.parent
	}
	if a := p.parentAuthor; a != nil {
		out["in_reply_to_user_id"], out["in_reply_to_user_id_str"], out["in_reply_to_screen_name"] = number(a.id), a.id, a.name
	}
	if p.quote != nil {
		out["quoted_status_id"], out["quoted_status_id_str"] = number(p.quote.id), p.quote.id
	}
	if p.repost != nil {
		out["retweeted_status"] = p.repost.legacy(c)
	}
	return out
}

func list(v any) []object { l, _ := v.([]object); return l }

func (c *call) v1User() (any, error) {
	a := c.s.byID(c.query.Get("user_id"))
	if name := c.query.Get("screen_name"); name != "" {
		a = c.s.find(name)
	}
	if a == nil {
		return nil, &problem{code: http.StatusNotFound, v1: 50, detail: "User not found."}
	}
	c.use(UserRead, 1)
	return a.legacy(), nil
}

// v1Timeline is a list of posts, newest first.
func (c *call) v1Timeline(keep func(*post) bool) (any, error) {
	n, err := c.number("count", 1, 200, 20)
	if err != nil {
		return nil, err
	}
	since, most := c.query.Get("since_id"), c.query.Get("max_id")
	out := []object{}
	for _, p := range slices.Backward(c.s.posts) {
		if p.deleted || !keep(p) || !c.user.sees(p.author) || since != "" && !before(since, p.id) || most != "" && before(most, p.id) {
			continue
		}
		if len(out) == n {
			break
		}
		out = append(out, p.legacy(c))
	}
	c.use(PostRead, len(out))
	return out, nil
}

func (c *call) v1Mentions() (any, error) {
	return c.v1Timeline(func(p *post) bool { return p.names(c.user) && p.author != c.user })
}

func (c *call) v1Home() (any, error) {
	return c.v1Timeline(func(p *post) bool { return p.author == c.user || c.user.follows[p.author] })
}

func (c *call) v1Posts() (any, error) {
	whose := c.s.byID(c.query.Get("user_id"))
	return c.v1Timeline(func(p *post) bool { return p.author == whose && c.s.now().Sub(p.created) >= c.s.opt.Lag })
}

func (c *call) v1Find(id string) (*post, error) {
	p := c.s.postByID[id]
	if p == nil || p.deleted {
		return nil, &problem{code: http.StatusNotFound, v1: 144, detail: "No status found with that ID."}
	}
	if !c.user.sees(p.author) {
		return nil, &problem{code: http.StatusForbidden, v1: 179, detail: "Sorry, you are not authorized to see this status."}
	}
	return p, nil
}

func (c *call) v1Show() (any, error) {
	p, err := c.v1Find(c.query.Get("id"))
	if err != nil {
		return nil, err
	}
	c.use(PostRead, 1)
	return p.legacy(c), nil
}

func (c *call) v1Update() (any, error) {
	d := draft{text: c.form.Get("status"), parent: c.form.Get("in_reply_to_status_id"), sensitive: c.form.Get("possibly_sensitive") == "true"}
	if ids := c.form.Get("media_ids"); ids != "" {
		var err error
		if d.media, err = c.attachments(strings.Split(ids, ",")); err != nil {
			return nil, err
		}
	}
	p, err := c.submit(d)
	if err != nil {
		return nil, err
	}
	return p.legacy(c), nil
}

func (c *call) v1Destroy() (any, error) {
	p, err := c.v1Find(strings.TrimSuffix(c.r.PathValue("file"), ".json"))
	if err != nil {
		return nil, err
	}
	if p.author != c.user {
		return nil, &problem{code: http.StatusForbidden, v1: 183, detail: "You may not delete another user's status."}
	}
	c.s.remove(p)
	c.use(PostDeleted, 1)
	return p.legacy(c), nil
}

func (c *call) v1Upload() (any, error) {
	m, err := decode(c.file)
	if err != nil {
		return nil, &problem{code: http.StatusBadRequest, v1: 324, detail: err.Error()}
	}
	if m.kind == "video" {
		return nil, &problem{code: http.StatusBadRequest, v1: 324, detail: "video must be uploaded in chunks"}
	}
	c.s.keep(m, c.user)
	c.use(MediaUpload, 1)
	return object{"media_id": number(m.id), "media_id_string": m.id, "size": len(m.data), "expires_after_secs": 86400}, nil
}

func (c *call) v1Metadata() (any, error) {
	var in struct {
		ID  string `json:"media_id"`
		Alt struct {
			Text string `json:"text"`
		} `json:"alt_text"`
	}
	if err := c.into(&in); err != nil {
		return nil, err
	}
	m, err := c.mine(in.ID)
	if err != nil {
		return nil, err
	}
	c.use(MediaAltText, 1)
	return nil, m.describe(in.Alt.Text)
}

func (c *call) v1Target() (*account, error) {
	if a := c.s.byID(c.form.Get("user_id")); a != nil && a != c.user {
		return a, nil
	}
	return nil, &problem{code: http.StatusNotFound, v1: 50, detail: "User not found."}
}

func (c *call) v1Mute() (any, error) {
	a, err := c.v1Target()
	if err != nil {
		return nil, err
	}
	c.user.mute(a)
	c.use(MuteMade, 1)
	return a.legacy(), nil
}

func (c *call) v1Unmute() (any, error) {
	a, err := c.v1Target()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(c.user.mutes, a) {
		return nil, &problem{code: http.StatusForbidden, v1: 272, detail: "You are not muting the specified user."}
	}
	c.user.unmute(a)
	c.use(MuteEnded, 1)
	return a.legacy(), nil
}

// v1Mutes lists ids in pages of two, so that nobody forgets to turn the page.
func (c *call) v1Mutes() (any, error) {
	from, err := c.number("cursor", -1, 1<<30, -1)
	if err != nil {
		return nil, err
	}
	from = max(from, 0)
	ids, next := []string{}, 0
	for i, a := range c.user.mutes {
		if i >= from && len(ids) < 2 {
			ids = append(ids, a.id)
			next = i + 1
		}
	}
	if next >= len(c.user.mutes) {
		next = 0
	}
	c.use(MuteRead, len(ids))
	return object{"ids": ids, "next_cursor": next, "next_cursor_str": strconv.Itoa(next),
		"previous_cursor": -from, "previous_cursor_str": strconv.Itoa(-from)}, nil
}
