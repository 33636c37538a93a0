package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/realclientip/realclientip-go"
	"golang.org/x/time/rate"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/reply/words"
	"slugpuppy/store"
)

// cookie is the name of the session's cookie. With __Host- browsers keep it to this host and to
// TLS.
func (s *Site) cookie(name string) string {
	if s.URL.Scheme == "https" {
		return "__Host-" + name
	}
	return name
}

func (s *Site) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	c := &http.Cookie{Name: s.cookie(name), Value: value, Path: "/", HttpOnly: true, Secure: s.URL.Scheme == "https",
		SameSite: http.SameSiteLaxMode, MaxAge: int(life / time.Second)}
	if life <= 0 {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// recognise finds the session of a visit and whose it is.
func (s *Site) recognise(v *visit) error {
	c, err := v.r.Cookie(s.cookie("session"))
	if err != nil {
		return nil
	}
	session, ok, err := s.Store.Sessions().Find(c.Value)
	if err != nil || !ok {
		return err
	}
	sub, err := s.Store.For(session.Identity).Subscription().Subscriber()
	if errors.Is(err, store.ErrNoSubscriber) {
		return nil
	}
	if err != nil {
		return err
	}
	v.sub, v.id = &sub, c.Value
	v.boss, err = s.admins.include(sub.Identity)
	return err
}

// signIn begins a sign-in. It answers with a link instead of a redirect: a form that leads
// elsewhere is what the policy forbids.
func (s *Site) signIn(v *visit) error {
	if !s.limits.allow(s.address(v.r), everySignIn) {
		return refuse(http.StatusTooManyRequests, words.TooManySignIns)
	}
	server := strings.Trim(strings.TrimSpace(v.r.PostFormValue("server")), "/")
	if i := strings.LastIndex(server, "@"); i >= 0 && !strings.Contains(server, "://") { // @name@example.social
		server = server[i+1:]
	}
	if server != "" && !strings.Contains(server, "://") {
		server = "https://" + server
	}
	address, try, err := s.SignIn.Begin(v.ctx(), server, v.r.PostFormValue("mutes") != "")
	if err != nil {
		s.Log.Info("a sign-in could not begin", "error", err)
		return refuse(http.StatusUnprocessableEntity, words.NoServer(s.On))
	}
	id := s.attempts.keep(try)
	s.setCookie(v.w, "signin", id, attemptLife)
	return s.show(v, "continue", "Sign in", address)
}

// callback is where the browser comes back to from the person's server.
func (s *Site) callback(v *visit) error {
	c, err := v.r.Cookie(s.cookie("signin"))
	if err != nil {
		return refuse(http.StatusBadRequest, words.ForeignSignIn)
	}
	try := s.attempts.take(c.Value)
	s.setCookie(v.w, "signin", "", 0)
	if try == nil {
		return refuse(http.StatusBadRequest, words.OldSignIn)
	}
	who, err := try.Finish(v.ctx(), v.r.URL.Query())
	if err != nil {
		s.Log.Info("a sign-in failed", "error", err)
		if notice := network.NoticeOf(err); notice != "" {
			return refuse(http.StatusForbidden, strings.ToUpper(notice[:1])+notice[1:]+".")
		}
		return refuse(http.StatusForbidden, words.NotLetIn)
	}
	if err := s.admins.met(who.Account.Handle, who.Identity); err != nil {
		return err
	}
	err = s.welcome(v, who)
	if other, ok := errors.AsType[*operator.Elsewhere](err); ok && other.URL != "" {
		return s.show(v, "elsewhere", "Not here", other.URL)
	} else if ok {
		return refuse(http.StatusConflict, words.OtherMachine)
	}
	if errors.Is(err, store.ErrAway) {
		return refuse(http.StatusConflict, words.OnTheMove)
	}
	if err != nil {
		return err
	}
	if v.id != "" { // whoever was signed in here is not any more
		if err := s.Store.Sessions().Close(v.id); err != nil {
			return err
		}
	}
	if err := s.open(v.w, who.Identity); err != nil {
		return err
	}
	return v.redirect("/filter")
}

// open begins a session.
func (s *Site) open(w http.ResponseWriter, who identity.Identity) error {
	id, err := s.Store.Sessions().Open(who)
	if err != nil {
		return err
	}
	s.setCookie(w, "session", id, store.SessionLife)
	return nil
}

// Enter signs a subscriber in whom no server has to vouch for: the visitor of a demo. Whoever is signed in
// stays so.
func (s *Site) Enter(w http.ResponseWriter, r *http.Request, who identity.Identity) error {
	v := &visit{w: w, r: r}
	if err := s.recognise(v); err != nil || v.sub != nil {
		return err
	}
	return s.open(w, who)
}

// signOut ends this session, or with "everywhere" all of the person's.
func (s *Site) signOut(v *visit) error {
	end := func() error { return s.Store.Sessions().Close(v.id) }
	if v.r.PostFormValue("everywhere") != "" {
		end = func() error { return s.Store.Sessions().CloseAll(v.sub.Identity) }
	}
	if err := end(); err != nil {
		return err
	}
	s.setCookie(v.w, "session", "", 0)
	return v.redirect("/")
}

// attempts are sign-ins that wait for a browser, in memory: a restart costs a click.
type attempts struct {
	mu  sync.Mutex
	all map[string]pending
}

type pending struct {
	try  Attempt
	till time.Time
}

const (
	attemptLife = 10 * time.Minute
	maxAttempts = 10_000
)

func newAttempts() *attempts { return &attempts{all: map[string]pending{}} }

func (a *attempts) keep(try Attempt) (id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, p := range a.all {
		if time.Now().After(p.till) || len(a.all) >= maxAttempts {
			delete(a.all, id)
		}
	}
	id = rand.Text()
	a.all[id] = pending{try, time.Now().Add(attemptLife)}
	return id
}

func (a *attempts) take(id string) Attempt {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, ok := a.all[id]
	delete(a.all, id)
	if !ok || time.Now().After(p.till) {
		return nil
	}
	return p.try
}

// limits are token buckets by address and purpose.
type limits struct {
	mu  sync.Mutex
	all map[bucket]*rate.Limiter
}

type bucket struct {
	address string
	kind    allowance
}

// allowance is so much of something, refilled evenly.
type allowance struct {
	name  string
	per   time.Duration
	burst int
}

var (
	everyRequest = allowance{"request", time.Minute / 240, 240} // a page of the review has 160 pictures
	everySignIn  = allowance{"sign in", time.Minute, 6}
)

// maxBuckets bounds the memory of limits; full ones are forgotten first.
const maxBuckets = 100_000

func newLimits() *limits { return &limits{all: map[bucket]*rate.Limiter{}} }

func (l *limits) allow(address string, a allowance) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) >= maxBuckets {
		for b, limiter := range l.all {
			if limiter.Tokens() >= float64(b.kind.burst) {
				delete(l.all, b)
			}
		}
	}
	b := bucket{address, a}
	if l.all[b] == nil {
		l.all[b] = rate.NewLimiter(rate.Every(a.per), a.burst)
	}
	return l.all[b].Allow()
}

// visitors finds who asks behind so many proxies. What stands in the header before what they added, anybody
// may have written.
func visitors(proxies int, header string) (realclientip.Strategy, error) {
	if proxies == 0 {
		return realclientip.RemoteAddrStrategy{}, nil
	}
	s, err := realclientip.NewRightmostTrustedCountStrategy(header, proxies)
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return s, nil
}

// address is who asks, for limits: who opened the connection, where the proxies say nothing that can be read.
// IPv6 counts by network: a household has 2^64 addresses.
func (s *Site) address(r *http.Request) string {
	who := s.visitor.ClientIP(r.Header, r.RemoteAddr)
	if who == "" {
		who = realclientip.RemoteAddrStrategy{}.ClientIP(nil, r.RemoteAddr)
	}
	ip, err := netip.ParseAddr(who)
	if err != nil {
		return r.RemoteAddr
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		return netip.PrefixFrom(ip, 64).Masked().Addr().String()
	}
	return ip.String()
}
