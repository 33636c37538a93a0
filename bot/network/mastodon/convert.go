package mastodon

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mattn/go-mastodon"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/plain"
)

// status is go-mastodon's with the quoted post, which that does not know.
type status struct {
	mastodon.Status
	Reblog *status         `json:"reblog"`
	Quote  json.RawMessage `json:"quote"`
}

// translator makes the port's types of the server's. It knows the domain of local handles,
// which the server leaves out.
type translator struct{ domain string }

// translator asks for the domain once. Without it there is no translation: a guessed handle
// would miss its person, or make the bot deaf to its own name.
func (c *Client) translator(ctx context.Context) (translator, error) {
	domain, err := c.domain.Get(func() (string, error) { return c.askDomain(ctx) })
	return translator{domain}, err
}

// post translates a status.
func (t translator) post(s *status) network.Post {
	p := network.Post{
		ID: string(s.ID), URL: s.URL, Author: t.account(s.Account), Created: s.CreatedAt,
		Text: plain.Text(s.Content), Warning: s.SpoilerText, Sensitive: s.Sensitive, Language: s.Language,
		Visibility: network.Visibility(s.Visibility), ReplyTo: id(s.InReplyToID),
	}
	p.Quote, p.Quoted = t.quoted(s.Quote)
	for _, m := range s.MediaAttachments {
		p.Media = append(p.Media, media(m))
	}
	for _, m := range s.Mentions {
		p.Mentions = append(p.Mentions, network.Account{ID: string(m.ID), Handle: t.handle(m.Acct), URL: m.URL})
	}
	if s.Reblog != nil {
		original := t.post(s.Reblog)
		p.Boosts = &original
	}
	return p
}

// id reads an id that may be null.
func id(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// quoted finds the quoted post and its id: Mastodon 4.4 nests it under a state, others give the
// post itself. What a quoted post quotes is not looked at.
func (t translator) quoted(raw json.RawMessage) (string, *network.Post) {
	var q struct {
		status
		Status   *status `json:"quoted_status"`
		StatusID string  `json:"quoted_status_id"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &q) != nil {
		return "", nil
	}
	switch {
	case q.Status != nil:
	case q.StatusID != "":
		return q.StatusID, nil
	case q.ID == "":
		return "", nil
	default:
		q.Status = &q.status
	}
	q.Status.Quote = nil
	p := t.post(q.Status)
	return p.ID, &p
}

func media(m mastodon.Attachment) network.Media {
	out := network.Media{
		ID: string(m.ID), URL: m.URL, PreviewURL: m.PreviewURL, Alt: m.Description,
		W: int(m.Meta.Original.Width), H: int(m.Meta.Original.Height), Kind: network.Other,
	}
	switch m.Type {
	case "image":
		out.Kind = network.Still
	case "gifv":
		out.Kind = network.Gifv
	case "video":
		out.Kind = network.Video
	}
	if out.URL == "" { // not cached by our server
		out.URL = m.RemoteURL
	}
	return out
}

func (t translator) account(a mastodon.Account) network.Account {
	return network.Account{
		ID: string(a.ID), Handle: t.handle(a.Acct), URL: a.URL, Bio: bio(a), Bot: a.Bot, Created: a.CreatedAt,
	}
}

// bio is the profile text with its fields: people write #nobot in either.
func bio(a mastodon.Account) string {
	lines := []string{plain.Text(a.Note)}
	for _, f := range a.Fields {
		lines = append(lines, f.Name+" "+plain.Text(f.Value))
	}
	return strings.Join(lines, "\n")
}

// handle completes the name of a local account with the server's domain.
func (t translator) handle(acct string) string {
	if !strings.Contains(acct, "@") {
		acct += "@" + t.domain
	}
	return strings.ToLower(acct)
}
