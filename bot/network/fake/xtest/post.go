package xtest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// textRunes is how long a post may be; some characters count twice.
const textRunes = 280

// post is what somebody posted.
type post struct {
	id, conversation string
	author           *account
	parent           string // id of the post it answers
	parentAuthor     *account
	quote, repost    *post
	text, lang       string
	created          time.Time
	media            []*media
	mentions         []*account
	links            map[string]string // as typed -> shortened
	mediaLink        string            // what X appends to the text of a post with media
	sensitive, ai    bool
	deleted          bool
	server           *Server
}

var linkOrName = regexp.MustCompile(`https?://[^\s]+|@[A-Za-z0-9_]{1,15}`)

func (p *post) names(a *account) bool { return slices.Contains(p.mentions, a) }

func (p *post) keys() (out []string) {
	for _, m := range p.media {
		out = append(out, m.key())
	}
	return out
}

// references are the posts a post stands in relation to.
func (p *post) references() (out []object) {
	if p.parent != "" {
		out = append(out, object{"type": "replied_to", "id": p.parent})
	}
	if p.quote != nil {
		out = append(out, object{"type": "quoted", "id": p.quote.id})
	}
	if p.repost != nil {
		out = append(out, object{"type": "retweeted", "id": p.repost.id})
	}
	return out
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// display is the text as the API has it: links shortened, a link to the media at the end, three
// characters escaped. Positions count characters.
func (p *post) display() (string, object) {
	if p.repost != nil {
		text, _ := p.repost.display()
		return "RT @" + p.repost.author.name + ": " + text, object{}
	}
	var b strings.Builder
	var mentions, urls []object
	at := func() int { return utf8.RuneCountInString(b.String()) }
	last := 0
	for _, span := range linkOrName.FindAllStringIndex(p.text, -1) {
		b.WriteString(escaper.Replace(p.text[last:span[0]]))
		word := p.text[span[0]:span[1]]
		last = span[1]
		start := at()
		if short, ok := p.links[word]; ok {
			b.WriteString(short)
			urls = append(urls, object{"start": start, "end": at(), "url": short, "expanded_url": word, "display_url": strings.TrimPrefix(word, "https://")})
			continue
		}
		b.WriteString(word)
		if a := p.server.find(word[1:]); strings.HasPrefix(word, "@") && a != nil {
			mentions = append(mentions, object{"start": start, "end": at(), "username": a.name, "id": a.id})
		}
	}
	b.WriteString(escaper.Replace(p.text[last:]))
	if p.mediaLink != "" {
		if p.text != "" {
			b.WriteString(" ")
		}
		start := at()
		b.WriteString(p.mediaLink)
		for _, m := range p.media {
			urls = append(urls, object{"start": start, "end": at(), "url": p.mediaLink, "media_key": m.key(),
				"expanded_url": fmt.Sprintf("https://x.com/%s/status/%s/%s/1", p.author.name, p.id, m.kind), "display_url": "pic.x.com/" + p.mediaLink[len("https://t.co/"):]})
		}
	}
	entities := object{}
	if mentions != nil {
		entities["mentions"] = mentions
	}
	if urls != nil {
		entities["urls"] = urls
	}
	return b.String(), entities
}

// draft is a post before it is one.
type draft struct {
	text, parent, quote string
	media               []*media
	sensitive, ai       bool
	lang                string
}

// publish posts after the rules that bind everybody were checked.
func (s *Server) publish(a *account, d draft) (*post, error) {
	if d.text == "" && len(d.media) == 0 {
		return nil, invalid("text", "", "a post needs text or media")
	}
	p := &post{author: a, text: d.text, lang: d.lang, created: s.now(), media: d.media, sensitive: d.sensitive, ai: d.ai, links: map[string]string{}, server: s}
	if p.lang == "" {
		p.lang = "en"
	}
	if d.parent != "" {
		parent := s.postByID[d.parent]
		if parent == nil || parent.deleted || !a.sees(parent.author) {
			return nil, &problem{code: http.StatusForbidden, v1: 385, detail: "You attempted to reply to a Tweet that is deleted or not visible to you."}
		}
		p.parent, p.parentAuthor, p.conversation = parent.id, parent.author, parent.conversation
	}
	if d.quote != "" {
		if p.quote = s.postByID[d.quote]; p.quote == nil || p.quote.deleted || !a.sees(p.quote.author) {
			return nil, &problem{code: http.StatusForbidden, v1: 385, detail: "You attempted to quote a Tweet that is deleted or not visible to you."}
		}
	}
	for _, word := range linkOrName.FindAllString(d.text, -1) {
		if !strings.HasPrefix(word, "@") {
			p.links[word] = "https://t.co/" + s.letters(10)
		} else if other := s.find(word[1:]); other != nil && other != a && !p.names(other) {
			p.mentions = append(p.mentions, other)
		}
	}
	if len(p.media) > 0 {
		p.mediaLink = "https://t.co/" + s.letters(10)
	}
	p.id = s.nextID()
	if p.conversation == "" {
		p.conversation = p.id
	}
	s.posts = append(s.posts, p)
	s.postByID[p.id] = p
	return p, nil
}

// admit checks what binds posts that come in through the API.
func (s *Server) admit(a *account, d draft) error {
	if n := weight(d.text); n > textRunes {
		return &problem{code: http.StatusForbidden, v1: 186, detail: fmt.Sprintf("Your Tweet text is too long: it counts %d.", n)}
	}
	if parent := s.postByID[d.parent]; parent != nil && !parent.deleted && parent.author != a && !parent.names(a) {
		return &problem{code: http.StatusForbidden, v1: 433, detail: "You can only reply to or quote posts where you are mentioned or are the author."}
	}
	for _, p := range slices.Backward(s.posts) {
		if s.now().Sub(p.created) > 24*time.Hour {
			break
		}
		if p.author == a && !p.deleted && d.text != "" && p.text == d.text {
			return &problem{code: http.StatusForbidden, v1: 187, detail: "You are not allowed to create a Tweet with duplicate content."}
		}
	}
	return nil
}

// weight counts characters as X does: most alphabets count one, others and emoji two, links 23
// (github.com/twitter/twitter-text, config v3).
func weight(text string) int {
	n := 0
	plain := linkOrName.ReplaceAllStringFunc(text, func(word string) string {
		if strings.HasPrefix(word, "http") {
			n += 23
			return ""
		}
		return word
	})
	for _, r := range plain {
		switch {
		case r <= 4351, r >= 8192 && r <= 8205, r >= 8208 && r <= 8223, r >= 8242 && r <= 8247:
			n++
		default:
			n += 2
		}
	}
	return n
}

func (s *Server) remove(p *post) {
	p.deleted = true
	for _, other := range s.posts {
		if other.repost == p {
			other.deleted = true
		}
	}
}

// Picture is a file to attach.
type Picture struct {
	Data []byte
	Alt  string
}

// PostOptions are a new post. InReplyTo and Quote are ids.
type PostOptions struct {
	Text      string
	Media     []Picture
	Sensitive bool
	Language  string
	InReplyTo string
	Quote     string
	Created   time.Time // now when zero
}

// Post posts as the person's own client does.
func (u *User) Post(o PostOptions) (Post, error) {
	d := draft{text: o.Text, sensitive: o.Sensitive, lang: o.Language, parent: o.InReplyTo, quote: o.Quote}
	for i, f := range o.Media {
		m, err := decode(f.Data)
		if err != nil {
			return Post{}, fmt.Errorf("picture %d: %w", i+1, err)
		}
		m.alt = f.Alt
		d.media = append(d.media, m)
	}
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	for _, m := range d.media {
		u.s.keep(m, u.a)
	}
	p, err := u.s.publish(u.a, d)
	if err != nil {
		return Post{}, err
	}
	if !o.Created.IsZero() {
		p.created = o.Created
	}
	return p.snapshot(), nil
}

// Mention posts "@other words" with pictures.
func (u *User) Mention(other *User, words string, pictures ...Picture) (Post, error) {
	return u.Post(PostOptions{Text: "@" + other.a.name + " " + words, Media: pictures})
}

// Repost repeats a post.
func (u *User) Repost(id string) (Post, error) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	original := u.s.postByID[id]
	if original == nil || original.deleted {
		return Post{}, fail(http.StatusNotFound, "no such post")
	}
	p := &post{id: u.s.nextID(), author: u.a, repost: original, created: u.s.now(), lang: original.lang, server: u.s}
	p.conversation = p.id
	u.s.posts = append(u.s.posts, p)
	u.s.postByID[p.id] = p
	return p.snapshot(), nil
}

// Delete removes one of the user's own posts.
func (u *User) Delete(id string) error {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	p := u.s.postByID[id]
	if p == nil || p.deleted || p.author != u.a {
		return fail(http.StatusNotFound, "no such post")
	}
	u.s.remove(p)
	return nil
}

// Post is a post as it stood when asked for.
type Post struct {
	ID, URL    string
	Author     string // name
	Text       string // as typed
	InReplyTo  string // kept when the parent is deleted
	Quote      string
	Reposts    string // id of the original when this is a repost
	Media      []Attachment
	Mentions   []string
	Sensitive  bool
	MadeWithAI bool
	Language   string
	Created    time.Time
	Deleted    bool
}

// Attachment of a post. Data is the stored file.
type Attachment struct {
	ID, Kind, MIME, Alt string // the kinds are photo, animated_gif and video
	Warned              bool   // about sensitive contents
	Width, Height       int
	Path                string // where the server has it
	Data                []byte
}

func (p *post) snapshot() Post {
	out := Post{ID: p.id, URL: "https://x.com/" + p.author.name + "/status/" + p.id, Author: p.author.name, Text: p.text, InReplyTo: p.parent,
		Sensitive: p.sensitive, MadeWithAI: p.ai, Language: p.lang, Created: p.created, Deleted: p.deleted}
	if p.quote != nil {
		out.Quote = p.quote.id
	}
	if p.repost != nil {
		out.Reposts = p.repost.id
	}
	for _, m := range p.media {
		out.Media = append(out.Media, Attachment{ID: m.id, Kind: m.kind, MIME: m.mime, Alt: m.alt, Warned: m.warned, Width: m.w, Height: m.h, Path: m.path(), Data: m.data})
	}
	for _, a := range p.mentions {
		out.Mentions = append(out.Mentions, a.name)
	}
	return out
}

func (s *Server) snapshots(keep func(*post) bool) []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Post
	for _, p := range s.posts {
		if keep(p) {
			out = append(out, p.snapshot())
		}
	}
	return out
}

// RepliesTo returns the answers to a post, oldest first, deleted ones included.
func (s *Server) RepliesTo(id string) []Post {
	return s.snapshots(func(p *post) bool { return p.parent == id })
}

// Posts returns what the user posted, oldest first.
func (u *User) Posts() []Post { return u.s.snapshots(func(p *post) bool { return p.author == u.a }) }

// Post returns one post.
func (s *Server) Post(id string) (Post, bool) {
	found := s.snapshots(func(p *post) bool { return p.id == id })
	if len(found) == 0 {
		return Post{}, false
	}
	return found[0], true
}
