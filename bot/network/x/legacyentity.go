package x

import (
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// tweet is a post of v1.1 in v2's words, with what v1.1 puts into it.
type tweet struct {
	post
	User     user
	Media    []media
	Reposted *tweet // nil, or without an id, for none
	Quoted   *tweet
}

func (t *tweet) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "retweeted_status":
			t.Reposted = answer.Anew(t.Reposted)
			v.Fields(func(name []byte) { t.Reposted.own(name, v) })
		case "quoted_status":
			t.Quoted = answer.Anew(t.Quoted)
			v.Fields(func(name []byte) { t.Quoted.own(name, v) })
		default:
			t.own(name, v)
		}
	})
	return t.ID != ""
}

// own reads a field of a post itself.
func (t *tweet) own(name []byte, v *answer.Value) {
	refer := func(kind string) {
		if id := v.ID(); id != "" && len(t.Refs) < mostMedia {
			t.Refs = append(t.Refs, reference{kind, id})
		}
	}
	switch string(name) {
	case "id_str":
		t.ID = v.ID()
	case "full_text":
		t.Text = v.Text(answer.LongestText)
	case "text": // the beginning, where the whole does not come
		if t.Text == "" {
			t.Text = v.Text(answer.LongestText)
		}
	case "lang":
		t.Lang = v.Word()
	case "created_at":
		t.CreatedAt = v.Time()
	case "possibly_sensitive":
		t.Sensitive = v.Bool()
	case "in_reply_to_status_id_str":
		refer("replied_to")
	case "quoted_status_id_str":
		refer("quoted")
	case "user":
		t.User.readLegacy(v)
		t.AuthorID = t.User.ID
	case "entities":
		t.entities(v)
	case "extended_entities":
		inside(v, "media", func() { t.Media = answer.ListOf(v, mostMedia, (*media).readLegacy).Items })
	}
}

func (t *tweet) entities(v *answer.Value) {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "user_mentions":
			t.Entities.Mentions = answer.ListOf(v, mostMentions, (*mention).readLegacy).Items
		case "urls":
			t.Entities.URLs = answer.ListOf(v, mostLinks, (*link).read).Items
		}
	})
}

// readLegacy reads an account of v1.1.
func (u *user) readLegacy(v *answer.Value) bool { return u.called(v, "id_str", "screen_name") }

func (m *mention) readLegacy(v *answer.Value) bool { return m.called(v, "id_str", "screen_name") }

// readLegacy reads an attachment of v1.1, with the link in the text that stands for it.
func (m *media) readLegacy(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "id_str":
			m.Key = v.ID()
		case "type":
			m.Type = v.Word()
		case "url":
			m.Link = v.URL()
		case "media_url_https":
			m.URL = v.URL()
			m.Preview = m.URL
		case "sizes":
			inside(v, "large", func() { m.size(v) })
		case "video_info":
			inside(v, "variants", func() { m.Variants = answer.ListOf(v, mostVariants, (*variant).read).Items })
		}
	})
	return m.Key != ""
}

func (m *media) size(v *answer.Value) {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "w":
			m.Width = v.Int()
		case "h":
			m.Height = v.Int()
		}
	})
}

// legacyPost translates a post of v1.1 by way of v2's words.
func (c *core) legacyPost(t *tweet) network.Post {
	s := shelf{map[string]user{}, map[string]media{}, map[string]post{}}
	p := s.put(t)
	if r := t.Reposted; r != nil && r.ID != "" {
		s.posts[r.ID] = s.put(r)
		p.Refs = append(p.Refs, reference{"retweeted", r.ID})
	}
	out := c.post(&p, s)
	if q := t.Quoted; q != nil && q.ID != "" {
		quoted := s.put(q)
		single := c.single(&quoted, s)
		out.Quoted = &single
	}
	return out
}

// put lays the author and the pictures of a post on the shelf.
func (s shelf) put(t *tweet) post {
	s.users[t.User.ID] = t.User
	p := t.post
	for _, m := range t.Media {
		p.MediaKeys = append(p.MediaKeys, m.Key)
		p.Entities.URLs = append(p.Entities.URLs, link{URL: m.Link, MediaKey: m.Key})
		s.media[m.Key] = m
	}
	return p
}
