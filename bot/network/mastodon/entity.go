package mastodon

import (
	"cmp"
	"time"

	"slugpuppy/bot/network/answer"
)

// How many of something one answer may have. Servers allow far less of each.
const (
	mostPage     = 400 // of a page, whose length is asked for
	mostThread   = 100 // posts above a post, the nearest
	mostMedia    = 32  // attachments of a post
	mostMentions = 100 // accounts that a post mentions
	mostFields   = 16  // of a profile
	mostFilters  = 2000
	mostFiled    = 20_000 // posts in all filters
	mostTypes    = 100    // that can be uploaded
)

// longestWarning is as much of a content warning as is kept.
const longestWarning = 2000

// account is what is used of an Account.
type account struct {
	ID, Acct, Username, URL, Note string
	Bot                           bool
	Created                       time.Time
	Fields                        []field
}

type field struct{ Name, Value string }

func (a *account) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "id":
			a.ID = v.ID()
		case "acct":
			a.Acct = v.Handle()
		case "username":
			a.Username = v.Handle()
		case "url":
			a.URL = v.URL()
		case "note":
			a.Note = v.Text(answer.LongestText)
		case "bot":
			a.Bot = v.Bool()
		case "created_at":
			a.Created = v.Time()
		case "fields":
			a.Fields = answer.ListOf(v, mostFields, (*field).read).Items
		}
	})
	return a.ID != ""
}

func (f *field) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "name":
			f.Name = v.Line()
		case "value":
			f.Value = v.Text(answer.LongestAlt)
		}
	})
	return true // an empty one is no trouble
}

// status is what is used of a Status.
type status struct {
	ID, URL, URI, Content, Warning, Language, Visibility, ReplyTo string
	Account                                                       account
	Created, Edited                                               time.Time
	Sensitive                                                     bool
	Media                                                         []attachment
	Mentions                                                      []account
	Reblog                                                        *status // nil, or without an id, for none
	Quote                                                         *quote
}

func (s *status) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "reblog":
			s.Reblog = answer.Anew(s.Reblog)
			s.Reblog.original(v)
		default:
			s.quoting(name, v)
		}
	})
	return s.ID != ""
}

// original reads a post that another boosts, and that itself boosts none.
func (s *status) original(v *answer.Value) {
	v.Fields(func(name []byte) { s.quoting(name, v) })
}

// quoting reads a field of a post that may quote another.
func (s *status) quoting(name []byte, v *answer.Value) {
	switch string(name) {
	case "quote":
		s.Quote = answer.Anew(s.Quote)
		s.Quote.read(v)
	default:
		s.own(name, v)
	}
}

// own reads a field of a post itself.
func (s *status) own(name []byte, v *answer.Value) {
	switch string(name) {
	case "id":
		s.ID = v.ID()
	case "url":
		s.URL = v.URL()
	case "uri":
		s.URI = v.URL()
	case "account":
		s.Account.read(v)
	case "created_at":
		s.Created = v.Time()
	case "edited_at":
		s.Edited = v.Time()
	case "content":
		s.Content = v.Text(answer.LongestText)
	case "spoiler_text":
		s.Warning = v.Text(longestWarning)
	case "sensitive":
		s.Sensitive = v.Bool()
	case "language":
		s.Language = v.Word()
	case "visibility":
		s.Visibility = v.Word()
	case "in_reply_to_id":
		s.ReplyTo = v.ID()
	case "media_attachments":
		s.Media = answer.ListOf(v, mostMedia, (*attachment).read).Items
	case "mentions":
		s.Mentions = answer.ListOf(v, mostMentions, (*account).read).Items
	}
}

// quote is a quoted post: Mastodon 4.4 nests it under a state, or only names it; others give the post itself.
// What it quotes is not looked at.
type quote struct {
	self, nested status
	nestedID     string
}

func (q *quote) read(v *answer.Value) {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "quoted_status":
			v.Fields(func(name []byte) { q.nested.own(name, v) })
		case "quoted_status_id":
			q.nestedID = v.ID()
		default:
			q.self.own(name, v)
		}
	})
}

// attachment is what is used of a MediaAttachment.
type attachment struct {
	ID, Type, URL, PreviewURL, RemoteURL, Alt string
	W, H                                      int64
}

func (a *attachment) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "id":
			a.ID = v.ID()
		case "type":
			a.Type = v.Word()
		case "url":
			a.URL = v.URL()
		case "preview_url":
			a.PreviewURL = v.URL()
		case "remote_url":
			a.RemoteURL = v.URL()
		case "description":
			a.Alt = v.Text(answer.LongestAlt)
		case "meta":
			inside(v, "original", func() { a.size(v) })
		}
	})
	return a.ID+a.URL+a.RemoteURL != ""
}

func (a *attachment) size(v *answer.Value) {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "width":
			a.W = v.Int()
		case "height":
			a.H = v.Int()
		}
	})
}

// inside reads one field of an object.
func inside(v *answer.Value, field string, read func()) {
	v.Fields(func(name []byte) {
		if string(name) == field {
			read()
		}
	})
}

// notification is one arrival.
type notification struct {
	ID, Type string
	Created  time.Time
	Status   *status
}

func (n *notification) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "id":
			n.ID = v.ID()
		case "type":
			n.Type = v.Word()
		case "created_at":
			n.Created = v.Time()
		case "status":
			n.Status = answer.Anew(n.Status)
			n.Status.read(v)
		}
	})
	return n.ID != ""
}

// muted is an account of the list of mutes.
type muted struct {
	ID   string
	Ends time.Time // zero for never
}

func (m *muted) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "id":
			m.ID = v.ID()
		case "mute_expires_at":
			m.Ends = v.Time()
		}
	})
	return m.ID != ""
}

// filter is what is used of a v2 filter.
type filter struct {
	ID, Title, Action string
	Context           []string
	Words             int // -1 when not told
	Statuses          answer.List[filed]
	Expires           time.Time
}

func (f *filter) read(v *answer.Value) bool {
	f.Words = -1
	v.Fields(func(name []byte) {
		switch string(name) {
		case "id":
			f.ID = v.ID()
		case "title":
			f.Title = v.Line()
		case "filter_action":
			f.Action = v.Word()
		case "context":
			if l := answer.Strings(v, 16, (*answer.Value).Word); l.Whole() { // nil when not told
				f.Context = append([]string{}, l.Items...)
			}
		case "keywords":
			if words := answer.ListOf(v, 0, func(*struct{}, *answer.Value) bool { return false }); words.Told {
				f.Words = words.Left
			}
		case "statuses":
			f.Statuses = answer.ListOf(v, mostFiled, (*filed).read)
		case "expires_at":
			f.Expires = v.Time()
		}
	})
	return f.ID != ""
}

// filed is a post in a filter. GoToSocial calls the post "phrase".
type filed struct{ ID, Post string }

func (e *filed) read(v *answer.Value) bool {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "id":
			e.ID = v.ID()
		case "status_id", "phrase":
			e.Post = cmp.Or(v.ID(), e.Post)
		}
	})
	return e.ID != "" && e.Post != ""
}
