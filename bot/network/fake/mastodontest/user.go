package mastodontest

import (
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"time"
)

// UserOptions are a new account's properties.
type UserOptions struct {
	Display  string
	Bio      string
	Bot      bool
	Locked   bool   // follows need AcceptFollow
	Email    string // NAME@example.org when empty
	Password string // "password" when empty
	Fields   []Field
	Created  time.Time // a year ago when zero
}

// User is an account a test acts through, as the person's own client would, without HTTP and
// without counting against limits.
type User struct {
	s *Server
	a *account
}

// AddUser makes an account. A name such as carol@remote.example makes one of another server: it
// can do everything but hold a token. A name taken already panics.
func (s *Server) AddUser(name string, opt UserOptions) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	local, domain, _ := strings.Cut(name, "@")
	if s.find(name) != nil {
		panic(fmt.Sprintf("mastodontest: user %s exists", name))
	}
	a := &account{
		id: s.nextID(), name: local, domain: domain, display: opt.Display, bio: opt.Bio,
		email: opt.Email, password: opt.Password, fields: slices.Clone(opt.Fields),
		bot: opt.Bot, locked: opt.Locked, created: opt.Created,
		follows: map[*account]follow{}, requests: map[*account]bool{}, mutes: map[*account]mute{},
		blocks: map[*account]bool{}, silenced: map[string]bool{},
	}
	fill(&a.email, local+"@example.org")
	fill(&a.password, "password")
	fill(&a.display, local)
	if a.created.IsZero() {
		a.created = s.now().AddDate(-1, 0, 0)
	}
	s.accounts = append(s.accounts, a)
	s.accountsByID[a.id] = a
	return &User{s, a}
}

// User returns the user of that name, nil when there is none.
func (s *Server) User(name string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.find(name); a != nil {
		return &User{s, a}
	}
	return nil
}

// ID of the account.
func (u *User) ID() string { return u.a.id }

// Name without a domain.
func (u *User) Name() string { return u.a.name }

// Handle is name@domain, the domain included for local users too.
func (u *User) Handle() string {
	if u.a.domain != "" {
		return u.a.acct()
	}
	return u.a.name + "@" + u.s.domain()
}

// Email and password to sign in with.
func (u *User) Email() string { return u.a.email }

// Password to sign in with.
func (u *User) Password() string { return u.a.password }

// Token issues an access token with scopes ("read write" when none), space separated or one by one.
func (u *User) Token(scopes ...string) string {
	if u.a.domain != "" {
		panic("mastodontest: a remote user has no token here")
	}
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	list := strings.Fields(strings.Join(scopes, " "))
	if len(list) == 0 {
		list = []string{"read", "write"}
	}
	key := u.s.secret()
	u.s.tokens[key] = &token{app: &app{name: "test"}, user: u.a, scopes: list}
	return key
}

// RevokeToken withdraws a token, as the person could in the settings.
func (s *Server) RevokeToken(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, key)
	s.endStreams(key)
}

// Authorize plays the person in the browser: it opens the /oauth/authorize URL a client made,
// allows the app in and returns where the browser is sent, with the code in its query.
func (u *User) Authorize(authURL string) (redirect string, err error) {
	parsed, err := url.Parse(authURL)
	if err != nil {
		return "", fmt.Errorf("parse authorisation URL: %w", err)
	}
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	a, err := u.s.checkAuthorization(parsed.Query())
	if err != nil {
		return "", err
	}
	return a.back(u.s, "code", a.code(u.s, u.a)), nil
}

// SetBio changes the profile text, to set #nobot for instance.
func (u *User) SetBio(bio string) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.a.bio = bio
}

// Fields are the profile's, as typed.
func (u *User) Fields() []Field {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return slices.Clone(u.a.fields)
}

// Picture is a file to attach.
type Picture struct {
	Data []byte
	Alt  string
}

// PostOptions are a new post. Visibility is public when empty; InReplyTo and Quote are ids.
type PostOptions struct {
	Text       string
	Media      []Picture
	Visibility string
	Warning    string
	Sensitive  bool
	Language   string
	InReplyTo  string
	Quote      string
}

// Post posts, under the same rules as the API; media is processed at once.
func (u *User) Post(o PostOptions) (Status, error) {
	d := draft{
		text: o.Text, warning: o.Warning, visibility: o.Visibility, language: o.Language,
		sensitive: o.Sensitive, parent: o.InReplyTo, quote: o.Quote, app: "Web",
	}
	for i, p := range o.Media {
		m, err := u.s.decode(p.Data)
		if err != nil {
			return Status{}, fmt.Errorf("picture %d: %w", i+1, err)
		}
		m.alt = p.Alt
		d.media = append(d.media, m)
	}
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	for _, m := range d.media {
		u.s.file(m, u.a)
	}
	st, err := u.s.publish(u.a, d)
	if err != nil {
		return Status{}, err
	}
	return st.snapshot(), nil
}

// Edit gives a post of the user's own other words and other pictures, and tells who sees it.
func (u *User) Edit(id, text string, pictures ...Picture) error {
	var all []*media
	for i, p := range pictures {
		m, err := u.s.decode(p.Data)
		if err != nil {
			return fmt.Errorf("picture %d: %w", i+1, err)
		}
		m.alt = p.Alt
		all = append(all, m)
	}
	return u.with(id, func(st *status) error {
		if st.author != u.a {
			return u.s.notFound()
		}
		for _, m := range all {
			u.s.file(m, u.a)
		}
		st.text, st.media, st.edited = text, all, u.s.now()
		st.parsed.html = "<p>" + html.EscapeString(text) + "</p>"
		for _, a := range u.s.accounts {
			if u.s.inHome(st, a) && !u.s.hidden(st, a, "home") {
				u.s.emit(a, "status.update", func() any { return u.s.statusObject(st, a, "home") })
			}
		}
		return nil
	})
}

// Mention posts "@other words" with pictures.
func (u *User) Mention(other *User, words string, pictures ...Picture) (Status, error) {
	return u.Post(PostOptions{Text: "@" + other.a.acct() + " " + words, Media: pictures})
}

// with runs something on a post the user can see.
func (u *User) with(id string, do func(*status) error) error {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	if !u.s.reaches(id, u.a) {
		return u.s.notFound()
	}
	return do(u.s.statusByID[id])
}

// Boost shares a post and returns the boost.
func (u *User) Boost(id string) (boost Status, err error) {
	err = u.with(id, func(st *status) error {
		b, err := u.s.boost(u.a, st.proper())
		if err == nil {
			boost = b.snapshot()
		}
		return err
	})
	return boost, err
}

// Favourite marks a post.
func (u *User) Favourite(id string) error {
	return u.with(id, func(st *status) error { u.s.favourite(u.a, st.proper()); return nil })
}

// Delete removes one of the user's own posts.
func (u *User) Delete(id string) error {
	return u.with(id, func(st *status) error {
		if st.author != u.a {
			return u.s.notFound()
		}
		u.s.remove(st)
		return nil
	})
}

func (u *User) change(do func()) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	do()
}

// Follow follows another, boosts included; a locked account must accept it.
func (u *User) Follow(other *User) {
	u.change(func() { u.s.follow(u.a, other.a, follow{reblogs: true}) })
}

// Unfollow stops following.
func (u *User) Unfollow(other *User) { u.change(func() { u.s.unfollow(u.a, other.a) }) }

// AcceptFollow lets another who asked follow.
func (u *User) AcceptFollow(other *User) {
	u.change(func() {
		if other.a.requests[u.a] {
			delete(other.a.requests, u.a)
			other.a.follows[u.a] = follow{reblogs: true}
		}
	})
}

// Follows says whether the user follows another.
func (u *User) Follows(other *User) (yes bool) {
	u.change(func() { _, yes = u.a.follows[other.a] })
	return yes
}

// Block blocks another.
func (u *User) Block(other *User) { u.change(func() { u.s.block(u.a, other.a) }) }

// Unblock ends a block.
func (u *User) Unblock(other *User) { u.change(func() { delete(u.a.blocks, other.a) }) }

// Mute mutes another with notifications; 0 is for ever.
func (u *User) Mute(other *User, d time.Duration) {
	u.change(func() { u.s.mute(u.a, other.a, d, true) })
}

// Unmute ends a mute.
func (u *User) Unmute(other *User) { u.change(func() { delete(u.a.mutes, other.a) }) }

// Mutes says whether the user mutes another now.
func (u *User) Mutes(other *User) (yes bool) {
	u.change(func() { yes, _ = u.a.mutesNow(other.a, u.s.now()) })
	return yes
}

// Filter is a filter group as it stands.
type Filter struct {
	ID, Title, Action string
	Context           []string
	Expires           time.Time // zero for never
	Keywords          []string
	Statuses          []FiledStatus
}

// FiledStatus is a post in a filter: ID is the entry's own, Status the post's.
type FiledStatus struct{ ID, Status string }

// Filters returns the user's filters, oldest first, expired ones too.
func (u *User) Filters() (out []Filter) {
	u.change(func() {
		for _, f := range u.a.filters {
			snap := Filter{ID: f.id, Title: f.title, Action: f.action, Context: slices.Clone(f.context), Expires: f.expires}
			for _, k := range f.keywords {
				snap.Keywords = append(snap.Keywords, k.word)
			}
			for _, fs := range f.statuses {
				snap.Statuses = append(snap.Statuses, FiledStatus{fs.id, fs.status})
			}
			out = append(out, snap)
		}
	})
	return out
}

// Unfile takes a post out of a filter, as the person could in the client ("show anyway").
func (u *User) Unfile(filterID, statusID string) {
	u.change(func() {
		for _, f := range u.a.filters {
			if f.id == filterID {
				f.statuses = slices.DeleteFunc(f.statuses, func(fs *filterStatus) bool { return fs.status == statusID })
			}
		}
		u.s.emit(u.a, "filters_changed", nil)
	})
}

// File puts a post into a filter, as the person could in the client ("filter this post").
func (u *User) File(filterID, statusID string) {
	u.change(func() {
		for _, f := range u.a.filters {
			if f.id == filterID {
				f.statuses = append(f.statuses, &filterStatus{u.s.nextID(), statusID})
			}
		}
		u.s.emit(u.a, "filters_changed", nil)
	})
}

// AddFilter makes a filter of the user's own with one keyword, as the person could in the client.
func (u *User) AddFilter(title, action string, contexts ...string) {
	u.change(func() {
		u.a.filters = append(u.a.filters, &filter{id: u.s.nextID(), title: title, action: action, context: contexts,
			keywords: []*filterKeyword{{u.s.nextID(), title, true}}})
	})
}

// RemoveFilter deletes a filter, as the person could in the client.
func (u *User) RemoveFilter(id string) {
	u.change(func() {
		u.a.filters = slices.DeleteFunc(u.a.filters, func(f *filter) bool { return f.id == id })
		u.s.emit(u.a, "filters_changed", nil)
	})
}
