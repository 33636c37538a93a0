package mastodon

import (
	"cmp"
	"context"
	"strings"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/plain"
)

// translator makes the port's types of the server's. It knows the domain of local handles,
// which the server leaves out.
type translator struct{ domain string }

// translator asks for the domain once. Without it there is no translation: a guessed handle
// would miss its person, or make the bot deaf to its own name.
func (c *Client) translator(ctx context.Context) (translator, error) {
	domain, err := c.domain.Get(ctx, func() (string, error) { return c.askDomain(ctx) })
	return translator{domain}, err
}

// post translates a status.
func (t translator) post(s *status) network.Post {
	p := network.Post{
		ID: s.ID, URL: cmp.Or(s.URL, s.URI), Author: t.account(s.Account), Created: s.Created, Edited: s.Edited,
		Text: plain.Text(s.Content), Warning: s.Warning, Sensitive: s.Sensitive, Language: s.Language,
		Visibility: network.Visibility(s.Visibility), ReplyTo: s.ReplyTo,
	}
	p.Quote, p.Quoted = t.quoted(s.Quote)
	for _, m := range s.Media {
		p.Media = append(p.Media, media(m))
	}
	for _, m := range s.Mentions {
		p.Mentions = append(p.Mentions, network.Account{ID: m.ID, Handle: t.handle(m.Acct), URL: m.URL})
	}
	if s.Reblog != nil && s.Reblog.ID != "" {
		original := t.post(s.Reblog)
		p.Boosts = &original
	}
	return p
}

// quoted is the quoted post and its id.
func (t translator) quoted(q *quote) (string, *network.Post) {
	if q == nil {
		return "", nil
	}
	s := &q.nested
	switch {
	case s.ID != "":
	case q.nestedID != "" || q.self.ID == "":
		return q.nestedID, nil
	default:
		s = &q.self
	}
	p := t.post(s)
	return p.ID, &p
}

func media(m attachment) network.Media {
	out := network.Media{ID: m.ID, PreviewURL: m.PreviewURL, Alt: m.Alt, W: int(m.W), H: int(m.H), Kind: network.Other}
	switch m.Type {
	case "image":
		out.Kind = network.Still
	case "gifv":
		out.Kind = network.Gifv
	case "video":
		out.Kind = network.Video
	}
	out.URL = cmp.Or(m.URL, m.RemoteURL) // our server keeps no copy of some
	return out
}

func (t translator) account(a account) network.Account {
	return network.Account{ID: a.ID, Handle: t.handle(a.Acct), URL: a.URL, Bio: bio(a), Bot: a.Bot, Created: a.Created}
}

// bio is the profile text with its fields: people write #nobot in either.
func bio(a account) string {
	lines := []string{plain.Text(a.Note)}
	for _, f := range a.Fields {
		lines = append(lines, f.Name+" "+plain.Text(f.Value))
	}
	return strings.Join(lines, "\n")
}

// handle completes the name of a local account with the server's domain; one without a name has no handle.
func (t translator) handle(acct string) string {
	if acct == "" || strings.Contains(acct, "@") {
		return acct
	}
	return acct + "@" + t.domain
}
