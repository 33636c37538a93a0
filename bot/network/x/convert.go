package x

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// shelf finds what came along with posts.
type shelf struct {
	users map[string]user
	media map[string]media
	posts map[string]post
}

func (i includes) shelf() shelf {
	s := shelf{map[string]user{}, map[string]media{}, map[string]post{}}
	for _, u := range i.Users.Items {
		s.users[u.ID] = u
	}
	for _, m := range i.Media.Items {
		s.media[m.Key] = m
	}
	for _, p := range i.Posts.Items {
		s.posts[p.ID] = p
	}
	return s
}

// ref is the id of the post that p refers to in some way, "" when it does not.
func (p *post) ref(kind string) string {
	for _, r := range p.Refs {
		if r.Type == kind {
			return r.ID
		}
	}
	return ""
}

// whole is the text of a post, of long ones too, with its entities.
func (p *post) whole() (string, entities) {
	if p.Note.Text != "" {
		return p.Note.Text, p.Note.Entities
	}
	return p.Text, p.Entities
}

// pictureLink is where the link to its own pictures leads that X appends to a post.
var pictureLink = regexp.MustCompile(`/status/\d+/(photo|video|animated_gif)(/\d+)?$`)

// plain is a text as it was typed: shortened links are what they stand for, the link to the pictures
// is gone. What would become longer than any post stays as it came.
func plain(text string, e entities) string {
	for _, l := range e.URLs {
		to := l.Expanded
		if l.MediaKey != "" || pictureLink.MatchString(to) {
			to = ""
		}
		if l.URL != "" && len(text)+strings.Count(text, l.URL)*len(to) <= answer.LongestText {
			text = strings.ReplaceAll(text, l.URL, to)
		}
	}
	return strings.TrimSpace(html.UnescapeString(text))
}

// post translates a post. What it reposts is found on the shelf, and is no repost itself.
func (c *core) post(p *post, s shelf) network.Post {
	out := c.single(p, s)
	if id := p.ref("retweeted"); id != "" {
		original := network.Post{ID: id}
		if q, ok := s.posts[id]; ok {
			original = c.single(&q, s)
		}
		out.Boosts = &original
	}
	return out
}

// single translates a post by itself.
func (c *core) single(p *post, s shelf) network.Post {
	text, e := p.whole()
	author := s.users[p.AuthorID]
	out := network.Post{
		ID: p.ID, URL: permalink(author.Username, p.ID), Author: c.account(author), Created: p.CreatedAt, Text: plain(text, e), Sensitive: p.Sensitive,
		Language: language(p.Lang), Visibility: network.Public, ReplyTo: p.ref("replied_to"), Quote: p.ref("quoted"),
	}
	out.Author.ID = p.AuthorID
	if author.Protected {
		out.Visibility = network.Followers
	}
	for _, key := range p.MediaKeys {
		if m, ok := s.media[key]; ok {
			out.Media = append(out.Media, attachment(m))
		}
	}
	for _, m := range slices.Concat(p.Entities.Mentions, e.Mentions) {
		if !slices.ContainsFunc(out.Mentions, func(a network.Account) bool { return a.ID == m.ID }) {
			out.Mentions = append(out.Mentions, network.Account{ID: m.ID, Handle: m.Username, URL: profile(m.Username)})
		}
	}
	return out
}

func profile(name string) string { return "https://x.com/" + name }

// permalink is the address of a post; i stands for an author one does not know.
func permalink(name, id string) string {
	if name == "" {
		name = "i"
	}
	return "https://x.com/" + name + "/status/" + id
}

// language is BCP 47; X's codes of no language begin with q.
func language(code string) string {
	if code == "und" || code == "zxx" || strings.HasPrefix(code, "q") {
		return ""
	}
	return code
}

func attachment(m media) network.Media {
	out := network.Media{ID: m.Key, Kind: network.Other, URL: m.URL, PreviewURL: m.Preview, Alt: m.Alt,
		W: int(m.Width), H: int(m.Height)}
	switch m.Type {
	case "photo":
		out.Kind, out.URL = network.Still, original(m.URL)
		out.PreviewURL = m.URL
	case "animated_gif":
		out.Kind = network.Gifv
	case "video":
		out.Kind = network.Video
	}
	best := int64(-1)
	for _, v := range m.Variants {
		if v.Type == "video/mp4" && v.Rate > best {
			best, out.URL = v.Rate, v.URL
		}
	}
	return out
}

// original is the address of a photo in full size: X's own gives a smaller one.
func original(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host != "pbs.twimg.com" {
		return address
	}
	q := u.Query()
	q.Set("name", "orig")
	u.RawQuery = q.Encode()
	return u.String()
}

// automated finds accounts that say what X wants every automated one to say in its profile: the API
// does not tell who carries the label.
var automated = regexp.MustCompile(`(?i)\b(bot|automated (account|by)|automatisch(er|es)? (konto|account))\b|🤖`)

func (c *core) account(u user) network.Account {
	a := network.Account{ID: u.ID, Handle: u.Username, URL: profile(u.Username), Bio: html.UnescapeString(u.Description), Created: u.CreatedAt}
	a.Bot = automated.MatchString(a.Bio)
	return a
}
