package x

import (
	"time"

	"slugpuppy/bot/network/answer"
)

// How many of something one answer may have. X sends far less of each.
const (
	mostEntities = 2000 // posts of a page, accounts, and what came along with them
	mostMedia    = 32   // attachments of a post
	mostMentions = 100  // accounts that a post mentions
	mostLinks    = 100  // in a post
	mostVariants = 16   // of a video
	mostPages    = 1000 // of one list, in one call
)

// The objects of v2. Where two spellings are in use both are read, whichever was asked in.
type (
	user struct {
		ID, Username, Description string
		CreatedAt                 time.Time
		Protected                 bool
	}
	post struct {
		ID, Text, Lang, AuthorID string
		CreatedAt                time.Time
		Sensitive                bool
		MediaKeys                []string
		Entities                 entities
		Refs                     []reference
		Note                     note
	}
	note struct {
		Text     string
		Entities entities
	}
	reference struct{ Type, ID string }
	entities  struct {
		Mentions []mention
		URLs     []link
	}
	mention struct{ ID, Username string }
	link    struct{ URL, Expanded, MediaKey string }
	media   struct {
		Key, Type, URL, Preview, Alt string
		Link                         string // that stands for it in a text of v1.1
		Width, Height                int64
		Variants                     []variant
	}
	variant struct {
		Type, URL string
		Rate      int64
	}
)

func (u *user) read(v *answer.Value) bool { return u.called(v, "id", "username") }

// called reads an account whose id and name are in these fields.
func (u *user) called(v *answer.Value, id, handle string) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case id:
			u.ID = v.ID()
		case handle:
			u.Username = v.Handle()
		case "description":
			u.Description = v.Text(answer.LongestText)
		case "created_at":
			u.CreatedAt = v.Time()
		case "protected":
			u.Protected = v.Bool()
		}
	})
	return u.ID != ""
}

func (p *post) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "id":
			p.ID = v.ID()
		case "text":
			p.Text = v.Text(answer.LongestText)
		case "lang":
			p.Lang = v.Word()
		case "author_id":
			p.AuthorID = v.ID()
		case "created_at":
			p.CreatedAt = v.Time()
		case "possibly_sensitive":
			p.Sensitive = v.Bool()
		case "attachments":
			inside(v, "media_keys", func() { p.MediaKeys = answer.Strings(v, mostMedia, (*answer.Value).ID).Items })
		case "entities":
			p.Entities.read(v)
		case "referenced_tweets", "referenced_posts":
			p.Refs = append(p.Refs, answer.ListOf(v, mostMedia, (*reference).read).Items...)
		case "note_tweet", "note_post":
			p.Note.read(v)
		}
	})
	return p.ID != ""
}

func (n *note) read(v *answer.Value) {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "text":
			n.Text = v.Text(answer.LongestText)
		case "entities":
			n.Entities.read(v)
		}
	})
}

func (r *reference) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "type":
			r.Type = v.Word()
		case "id":
			r.ID = v.ID()
		}
	})
	return r.ID != ""
}

func (e *entities) read(v *answer.Value) {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "mentions":
			e.Mentions = answer.ListOf(v, mostMentions, (*mention).read).Items
		case "urls":
			e.URLs = answer.ListOf(v, mostLinks, (*link).read).Items
		}
	})
}

func (m *mention) read(v *answer.Value) bool { return m.called(v, "id", "username") }

func (m *mention) called(v *answer.Value, id, handle string) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case id:
			m.ID = v.ID()
		case handle:
			m.Username = v.Handle()
		}
	})
	return m.ID != ""
}

func (l *link) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "url":
			l.URL = v.URL()
		case "expanded_url":
			l.Expanded = v.URL()
		case "media_key":
			l.MediaKey = v.ID()
		}
	})
	return l.URL != ""
}

func (m *media) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "media_key":
			m.Key = v.ID()
		case "type":
			m.Type = v.Word()
		case "url":
			m.URL = v.URL()
		case "preview_image_url":
			m.Preview = v.URL()
		case "alt_text":
			m.Alt = v.Text(answer.LongestAlt)
		case "width":
			m.Width = v.Int()
		case "height":
			m.Height = v.Int()
		case "variants":
			m.Variants = answer.ListOf(v, mostVariants, (*variant).read).Items
		}
	})
	return m.Key != ""
}

// read knows v1.1's word for the rate as well.
func (f *variant) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "content_type":
			f.Type = v.Word()
		case "bit_rate", "bitrate":
			f.Rate = v.Int()
		case "url":
			f.URL = v.URL()
		}
	})
	return f.URL != ""
}

// inside reads one field of an object.
func inside(v *answer.Value, field string, read func()) {
	v.Fields(func(name []byte) {
		if string(name) == field {
			read()
		}
	})
}

// said is what v2 says: one thing or a list, what came along, and errors beside it.
type said[T any] struct {
	Data     answer.List[T] // one thing is a list of one
	Includes includes
	Next     string
	Problems []problem
}

// includes is what came along with posts.
type includes struct {
	Users answer.List[user]
	Media answer.List[media]
	Posts answer.List[post]
}

// problem is an error beside an answer that is a success.
type problem struct{ Type, Title, Detail string }

// into reads what v2 says, in which things are read by one.
func (s *said[T]) into(one func(*T, *answer.Value) bool) func(*answer.Value) {
	return answer.Object(func(v *answer.Value) {
		v.Fields(func(name []byte) {
			switch string(name) {
			case "data":
				s.Data = answer.Some(v, mostEntities, one)
			case "includes":
				s.Includes.read(v)
			case "meta":
				inside(v, "next_token", func() { s.Next = v.Opaque(answer.LongestLine) })
			case "errors":
				s.Problems = answer.ListOf(v, mostMedia, (*problem).read).Items
			}
		})
	})
}

func (i *includes) read(v *answer.Value) {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "users":
			i.Users = answer.ListOf(v, mostEntities, (*user).read)
		case "media":
			i.Media = answer.ListOf(v, mostEntities, (*media).read)
		case "tweets", "posts":
			more := answer.ListOf(v, mostEntities, (*post).read)
			i.Posts.Items, i.Posts.Bad = append(i.Posts.Items, more.Items...), i.Posts.Bad+more.Bad
		}
	})
}

func (p *problem) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "type":
			p.Type = v.Line()
		case "title":
			p.Title = v.Line()
		case "detail":
			p.Detail = v.Line()
		}
	})
	return p.Type+p.Title+p.Detail != ""
}
