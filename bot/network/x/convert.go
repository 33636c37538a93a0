package x

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"slugpuppy/bot/network"
)

// The objects of v2. Where two spellings are in use both are read, whichever was asked in.
type (
	user struct {
		ID, Name, Username, Description string
		CreatedAt                       time.Time `json:"created_at"`
		Protected                       bool
	}
	post struct {
		ID, Text, Lang string
		CreatedAt      time.Time `json:"created_at"`
		AuthorID       string    `json:"author_id"`
		Sensitive      bool      `json:"possibly_sensitive"`
		Attachments    struct {
			MediaKeys []string `json:"media_keys"`
		}
		Entities entities
		Tweets   []reference `json:"referenced_tweets"`
		Posts    []reference `json:"referenced_posts"`
		Note     *note       `json:"note_tweet"`
		NotePost *note       `json:"note_post"`
	}
	note struct {
		Text     string
		Entities entities
	}
	reference struct{ Type, ID string }
	entities  struct {
		Mentions []struct{ ID, Username string }
		URLs     []link `json:"urls"`
	}
	link struct {
		URL      string
		Expanded string `json:"expanded_url"`
		MediaKey string `json:"media_key"`
	}
	media struct {
		Key      string `json:"media_key"`
		Type     string
		URL      string
		Preview  string `json:"preview_image_url"`
		Alt      string `json:"alt_text"`
		Width    int
		Height   int
		Variants []variant
	}
	variant struct {
		Type string `json:"content_type"`
		Rate int    `json:"bit_rate"`
		URL  string
	}
	includes struct {
		Users  []user
		Media  []media
		Tweets []post
		Posts  []post
	}
)

// answer is what v2 says: one thing or a list, what came along, and errors beside it.
type answer struct {
	Data     json.RawMessage
	Includes includes
	Meta     struct {
		Next string `json:"next_token"`
	}
	Errors []struct{ Type, Title, Detail, Value string }
}

// shelf finds what came along with posts.
type shelf struct {
	users map[string]user
	media map[string]media
	posts map[string]post
}

func (i includes) shelf() shelf {
	s := shelf{map[string]user{}, map[string]media{}, map[string]post{}}
	for _, u := range i.Users {
		s.users[u.ID] = u
	}
	for _, m := range i.Media {
		s.media[m.Key] = m
	}
	for _, p := range append(i.Tweets, i.Posts...) {
		s.posts[p.ID] = p
	}
	return s
}

// ref is the id of the post that p refers to in some way, "" when it does not.
func (p *post) ref(kind string) string {
	for _, r := range append(p.Tweets, p.Posts...) {
		if r.Type == kind {
			return r.ID
		}
	}
	return ""
}

// whole is the text of a post, of long ones too, with its entities.
func (p *post) whole() (string, entities) {
	for _, n := range []*note{p.Note, p.NotePost} {
		if n != nil && n.Text != "" {
			return n.Text, n.Entities
		}
	}
	return p.Text, p.Entities
}

// pictureLink is where the link to its own pictures leads that X appends to a post.
var pictureLink = regexp.MustCompile(`/status/\d+/(photo|video|animated_gif)(/\d+)?$`)

// plain is a text as it was typed: shortened links are what they stand for, the link to the pictures
// is gone.
func plain(text string, e entities) string {
	for _, l := range e.URLs {
		to := l.Expanded
		if l.MediaKey != "" || pictureLink.MatchString(to) {
			to = ""
		}
		if l.URL != "" {
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
	for _, key := range p.Attachments.MediaKeys {
		if m, ok := s.media[key]; ok {
			out.Media = append(out.Media, attachment(m))
		}
	}
	for _, m := range append(p.Entities.Mentions, e.Mentions...) {
		if !slices.ContainsFunc(out.Mentions, func(a network.Account) bool { return a.ID == m.ID }) {
			out.Mentions = append(out.Mentions, network.Account{ID: m.ID, Handle: strings.ToLower(m.Username), URL: profile(m.Username)})
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
	out := network.Media{ID: m.Key, Kind: network.Other, URL: m.URL, PreviewURL: m.Preview, Alt: m.Alt, W: m.Width, H: m.Height}
	switch m.Type {
	case "photo":
		out.Kind, out.URL = network.Still, original(m.URL)
		out.PreviewURL = m.URL
	case "animated_gif":
		out.Kind = network.Gifv
	case "video":
		out.Kind = network.Video
	}
	best := -1
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
	a := network.Account{ID: u.ID, Handle: strings.ToLower(u.Username), URL: profile(u.Username), Bio: html.UnescapeString(u.Description), Created: u.CreatedAt}
	a.Bot = automated.MatchString(a.Bio)
	return a
}
