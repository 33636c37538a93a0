package xtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// account is a person or a bot.
type account struct {
	id, name, display, bio string
	created                time.Time
	suspended, protected   bool
	follows                map[*account]bool
	mutes                  []*account // newest last
	blocks                 map[*account]bool
}

// UserOptions are a new account's properties.
type UserOptions struct {
	Display   string
	Bio       string
	Protected bool // only followers see the posts
	Created   time.Time
}

// User is an account a test acts through, as the person's own client would, without HTTP and
// without counting against limits.
type User struct {
	s *Server
	a *account
}

// AddUser makes an account. A name taken already panics.
func (s *Server) AddUser(name string, opt UserOptions) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.find(name) != nil {
		panic(fmt.Sprintf("xtest: user %s exists", name))
	}
	a := &account{id: s.nextID(), name: name, display: opt.Display, bio: opt.Bio, protected: opt.Protected, created: opt.Created,
		follows: map[*account]bool{}, blocks: map[*account]bool{}}
	if a.display == "" {
		a.display = name
	}
	if a.created.IsZero() {
		a.created = s.now().AddDate(-1, 0, 0)
	}
	s.accounts = append(s.accounts, a)
	return &User{s, a}
}

// find looks for an account by name, whatever its case, or by id.
func (s *Server) find(name string) *account {
	for _, a := range s.accounts {
		if strings.EqualFold(a.name, name) {
			return a
		}
	}
	return nil
}

func (s *Server) byID(id string) *account {
	for _, a := range s.accounts {
		if a.id == id {
			return a
		}
	}
	return nil
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

func (u *User) change(do func()) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	do()
}

// ID of the account.
func (u *User) ID() string { return u.a.id }

// Name without the @.
func (u *User) Name() string { return u.a.name }

// SetBio changes the profile text.
func (u *User) SetBio(bio string) { u.change(func() { u.a.bio = bio }) }

// Suspend has X lock the account, or unlock it.
func (u *User) Suspend(yes bool) { u.change(func() { u.a.suspended = yes }) }

// Follow follows another.
func (u *User) Follow(other *User) { u.change(func() { u.a.follows[other.a] = true }) }

// Follows says whether the user follows another.
func (u *User) Follows(other *User) (yes bool) {
	u.change(func() { yes = u.a.follows[other.a] })
	return yes
}

// Block blocks another, who then sees nothing of the user.
func (u *User) Block(other *User) { u.change(func() { u.a.blocks[other.a] = true }) }

// Mute mutes another, until Unmute.
func (u *User) Mute(other *User) { u.change(func() { u.a.mute(other.a) }) }

// Unmute ends a mute.
func (u *User) Unmute(other *User) { u.change(func() { u.a.unmute(other.a) }) }

// Mutes says whether the user mutes another.
func (u *User) Mutes(other *User) (yes bool) {
	u.change(func() { yes = slices.Contains(u.a.mutes, other.a) })
	return yes
}

func (a *account) mute(other *account) {
	if !slices.Contains(a.mutes, other) {
		a.mutes = append(a.mutes, other)
	}
}

func (a *account) unmute(other *account) {
	a.mutes = slices.DeleteFunc(a.mutes, func(m *account) bool { return m == other })
}

// sees says whether an account may see what another posts.
func (a *account) sees(author *account) bool {
	return a == author || !author.suspended && !author.blocks[a] && (!author.protected || a.follows[author])
}

func userRoutes() []route {
	return []route{
		{"GET /2/users/me", (*call).me},
		{"GET /2/users/{id}", (*call).userByID},
		{"GET /2/users/by/username/{name}", (*call).userByName},
		{"GET /2/users/{id}/muting", (*call).muted},
		{"POST /2/users/{id}/muting", (*call).mute},
		{"DELETE /2/users/{id}/muting/{target}", (*call).unmute},
	}
}

func (c *call) me() (any, error) { return c.oneUser(c.user, "me", "") }

func (c *call) userByID() (any, error) {
	id := c.r.PathValue("id")
	if _, err := strconv.ParseUint(id, 10, 64); err != nil {
		return nil, invalid("id", id, "The `id` query parameter value ["+id+"] is not valid")
	}
	return c.oneUser(c.s.byID(id), id, "id")
}

func (c *call) userByName() (any, error) {
	return c.oneUser(c.s.find(c.r.PathValue("name")), c.r.PathValue("name"), "username")
}

func (c *call) oneUser(a *account, value, parameter string) (any, error) {
	if err := c.ask("user.fields", "expansions", c.vocabulary().fields); err != nil {
		return nil, err
	}
	if a == nil {
		return object{"errors": []object{missing("user", parameter, value)}}, nil
	}
	if a.suspended {
		return object{"errors": []object{{"resource_type": "user", "parameter": parameter, "value": value, "title": "Forbidden", "detail": "User has been suspended: [" + value + "].", "type": problemType + "resource-not-found"}}}, nil
	}
	c.use(UserRead, 1)
	return object{"data": c.asked.account(a)}, nil
}

const problemType = "https://api.twitter.com/2/problems/"

// missing is an error beside an answer: the call worked, the thing is not there.
func missing(what, parameter, value string) object {
	return object{"resource_type": what, "resource_id": value, "parameter": parameter, "value": value, "title": "Not Found Error",
		"detail": "Could not find " + what + " with " + parameter + ": [" + value + "].", "type": problemType + "resource-not-found"}
}

// unseen is the same for what the caller may not see.
func unseen(what, parameter, value string) object {
	return object{"resource_type": what, "resource_id": value, "parameter": parameter, "value": value, "title": "Authorization Error",
		"detail": "Sorry, you are not authorized to see the " + what + " with " + parameter + ": [" + value + "].", "type": problemType + "not-authorized-for-resource"}
}

// use counts something that X bills.
func (c *call) use(what string, n int) { c.s.usage[what] += n }

// owned says whether reads by this caller are those of the app's owner.
func (c *call) owned() bool { return c.s.opt.Owner != "" && c.user.name == c.s.opt.Owner }

func (c *call) muted() (any, error) {
	if err := c.ask("user.fields", "expansions", c.vocabulary().fields, "max_results", "pagination_token"); err != nil {
		return nil, err
	}
	n, err := c.number("max_results", 1, 1000, 100)
	if err != nil {
		return nil, err
	}
	list := slices.Clone(c.user.mutes)
	slices.Reverse(list)
	from := 0
	if token := c.query.Get("pagination_token"); token != "" {
		if from, err = strconv.Atoi(strings.TrimPrefix(token, "M")); err != nil || from > len(list) {
			return nil, invalid("pagination_token", token, "The pagination_token is not valid")
		}
	}
	page := list[from:min(len(list), from+n)]
	meta := object{"result_count": len(page)}
	if from+n < len(list) {
		meta["next_token"] = fmt.Sprint("M", from+n)
	}
	out := object{"meta": meta}
	var data []object
	for _, a := range page {
		data = append(data, c.asked.account(a))
	}
	if len(data) > 0 {
		out["data"] = data
	}
	c.use(MuteRead, len(data))
	return out, nil
}

func (c *call) mute() (any, error) {
	var in struct {
		Target string `json:"target_user_id"`
	}
	if err := c.into(&in); err != nil {
		return nil, err
	}
	other := c.s.byID(in.Target)
	if other == nil || other == c.user {
		return nil, invalid("target_user_id", in.Target, "The `target_user_id` is not a user you can mute")
	}
	c.user.mute(other)
	c.use(MuteMade, 1)
	return object{"data": object{"muting": true}}, nil
}

func (c *call) unmute() (any, error) {
	other := c.s.byID(c.r.PathValue("target"))
	if other == nil {
		return nil, fail(http.StatusNotFound, "Could not find that user")
	}
	c.user.unmute(other)
	c.use(MuteEnded, 1)
	return object{"data": object{"muting": false}}, nil
}
