// Package web is the page people use with a browser: sign in with their own server, say what
// the filter does, look at what it hid and put things right, and try the network without an
// account. It works without JavaScript, loads nothing from elsewhere, and shows each person
// their own and nothing else.
package web

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"image"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/timeline"
	"slugpuppy/bot/visible"
	"slugpuppy/classifier/detector"
	"slugpuppy/dream"
	"slugpuppy/store"

	"github.com/realclientip/realclientip-go"
)

// SignIn lets people in with the server that has their account.
type SignIn interface {
	// Begin returns the address where the person says yes, and what Finish needs. With mutes they are asked
	// to let us mute accounts, too.
	Begin(ctx context.Context, server string, mutes bool) (address string, try Attempt, err error)
}

// Attempt is a sign-in that waits for the person's browser.
type Attempt interface {
	// Finish reads the query that the browser came back with.
	Finish(ctx context.Context, query url.Values) (Person, error)
}

// Person is who signed in, with the secrets of the connection.
type Person struct {
	Account  network.Account
	Identity identity.Identity
	Network  string // what the adapter is called
	Server   string
	Scopes   []string // what they granted, as the network calls it
	Lacks    []string // optional steps that this does not allow
	Secrets  map[string]string
}

// Studio makes and judges pictures for those who try the network.
type Studio struct {
	Decode  func(ctx context.Context, data []byte) (image.Image, error)
	See     func(ctx context.Context, img image.Image, k int) (dream.Sight, error)
	Judge   func(ctx context.Context, img image.Image) (detector.Verdict, error)
	Heatmap func(ctx context.Context, img image.Image) (image.Image, error)
	// Dream makes what words ask for, of a picture unless they need none.
	Dream func(ctx context.Context, img image.Image, words string, report func(dream.Progress)) (dream.Piece, error)
	// Read says what words ask for before anything is made.
	Read func(ctx context.Context, words string) (Wish, error)
	// Words are those that may be proposed to who types.
	Words func() []string
}

// Wish is what words ask for.
type Wish struct {
	Picture bool   // of which a picture is needed
	Heard   string // what was made of them where that is not what they say; "" else
}

// Options of a Site. All but Costs are needed.
type Options struct {
	Store  *store.Store
	Filter *timeline.Filter
	Admin  operator.Service
	SignIn SignIn
	On     string // the network whose people sign in
	Studio *Studio
	URL    *url.URL // where browsers find the page
	Admins []string // handles, without @, lower case
	Try    int      // pictures a stranger may try in an hour
	// Proxies is how many trusted proxies are in front. Each adds whom it saw to ProxyHeader, X-Forwarded-For
	// or Forwarded (RFC 7239).
	Proxies     int
	ProxyHeader string
	Shadow      time.Duration
	// FindAdmin asks the server that a handle's domain belongs to whose it is.
	FindAdmin func(ctx context.Context, handle string) (identity.Identity, error)
	// Fetch downloads a preview for a subscriber.
	Fetch func(ctx context.Context, sub store.Subscriber, address string) ([]byte, error)
	// Costs says what accounts on networks that bill cost this month; nil when nobody knows.
	Costs func(ctx context.Context) ([]Cost, error)
	// Budget says what a budget means.
	Budget func(budget float64) detector.Promise
	// Beside are pages of whoever serves the site, for its navigation.
	Beside []Link
	Log    *slog.Logger
}

// Link leads to a page.
type Link struct{ To, Title string }

// Site serves the page.
type Site struct {
	Options
	pages    map[string]*template.Template
	attempts *attempts
	limits   *limits
	trials   *trials
	heats    *shelf
	admins   *admins
	visitor  realclientip.Strategy
}

//go:embed templates static
var files embed.FS

// New returns a site.
func New(o Options) (*Site, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	s := &Site{Options: o, attempts: newAttempts(), limits: newLimits(),
		trials: newTrials(), heats: newShelf(shelfBytes),
		admins: &admins{o.Store, o.Admins, o.FindAdmin, o.Log}}
	visitor, err := visitors(o.Proxies, o.ProxyHeader)
	if err != nil {
		return nil, err
	}
	s.visitor = visitor
	s.pages, err = templates()
	return s, err
}

// templates are those of all pages, by their names.
func templates() (map[string]*template.Template, error) {
	pages := map[string]*template.Template{}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("find the templates: %w", err)
	}
	for _, name := range names {
		base := strings.TrimSuffix(strings.TrimPrefix(name, "templates/"), ".html")
		t, err := template.New("frame.html").Funcs(functions).ParseFS(files, "templates/frame.html", "templates/signin.html", name)
		if err != nil {
			return nil, fmt.Errorf("read the templates: %w", err)
		}
		pages[base] = t
	}
	return pages, nil
}

func (o Options) validate() error {
	switch s := o.Studio; {
	case o.URL == nil || o.URL.Host == "":
		return errors.New("the page needs its address: set web.url")
	case o.Store == nil || o.Filter == nil || o.Admin == nil:
		return errors.New("page: no store, no filter or nobody to ask for operators")
	case o.SignIn == nil || o.Fetch == nil || o.Budget == nil:
		return errors.New("page: nobody can sign in, see a picture or know what a budget means")
	case len(o.Admins) > 0 && o.FindAdmin == nil:
		return errors.New("page: nobody can say who the admins are")
	case o.Log == nil:
		return errors.New("page: no log")
	case s == nil || s.Decode == nil || s.See == nil || s.Judge == nil || s.Heatmap == nil || s.Dream == nil ||
		s.Read == nil || s.Words == nil:
		return errors.New("page: no studio, or one that is not complete")
	}
	return nil
}

// route is one address of the page and who may use it.
type route struct {
	pattern string
	who     role
	handle  func(*visit) error
}

// role is who may use a route.
type role int

const (
	anybody role = iota
	member       // somebody signed in
	boss         // an admin
)

// Routes lists every address with its method, for tests that try them all.
func (s *Site) Routes() (patterns []string) {
	for _, r := range s.routes() {
		patterns = append(patterns, r.pattern)
	}
	return patterns
}

func (s *Site) routes() []route {
	return []route{
		{"GET /{$}", anybody, s.landing},
		{"GET /filter", member, s.home},
		{"POST /signin", anybody, s.signIn},
		{"GET /callback", anybody, s.callback},
		{"POST /signout", member, s.signOut},
		{"POST /settings", member, s.settings},
		{"GET /review", member, s.review},
		{"POST /review", member, s.correct},
		{"POST /undo", member, s.undo},
		{"GET /thumb/{post}/{n}", member, s.thumb},
		{"GET /heat/{post}/{n}", member, s.heat},
		{"GET /stats", member, s.stats},
		{"GET /audit", member, s.audit},
		{"GET /export", member, s.export},
		{"POST /forget", member, s.forget},
		{"GET /try", anybody, s.tryPage},
		{"POST /try", anybody, s.tryPicture},
		{"GET /try/words", anybody, s.suggest},
		{"GET /try/{id}", anybody, s.trial},
		{"GET /try/{id}/events", anybody, s.trialEvents},
		{"POST /try/{id}/stop", anybody, s.giveUp},
		{"GET /try/{id}/{file}", anybody, s.trialFile},
		{"GET /operator", boss, s.operator},
		{"POST /operator/job", boss, s.orderJob},
		{"POST /operator/rule", boss, s.orderRule},
		{"POST /operator/limit", boss, s.orderLimit},
		{"POST /operator/user", boss, s.orderUser},
		{"POST /operator/undo", boss, s.orderUndo},
	}
}

// Handler serves the site.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.HandleFunc(r.pattern, s.guarded(r))
	}
	mux.HandleFunc("/", s.guarded(route{"/", anybody, s.nowhere}))
	mux.Handle("GET /static/", Static())
	cross := http.NewCrossOriginProtection()
	if err := cross.AddTrustedOrigin(s.URL.Scheme + "://" + s.URL.Host); err != nil {
		panic(fmt.Sprintf("web: address %s: %v", s.URL, err)) // New looked at it
	}
	cross.SetDenyHandler(http.HandlerFunc(s.foreign))
	return s.headers(cross.Handler(mux))
}

// Static serves what all pages look like, under /static/.
func Static() http.Handler {
	static, err := fs.Sub(files, "static")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return http.StripPrefix("/static/", http.FileServerFS(static))
}

// policy is the content security policy: everything is ours, nothing runs inline.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

func (s *Site) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if s.URL.Scheme == "https" {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if !strings.HasPrefix(r.URL.Path, "/static/") {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}

// visit is one request with who makes it.
type visit struct {
	w    http.ResponseWriter
	r    *http.Request
	sub  *store.Subscriber // nil for somebody not signed in
	id   string            // of the session
	boss bool              // an admin
}

// own is what the store has of who is signed in.
func (s *Site) own(v *visit) *store.Account { return s.Store.For(v.sub.Identity) }

func (v *visit) ctx() context.Context { return v.r.Context() }

// problem is an error that the person is told.
type problem struct {
	code int
	text string
}

func (p *problem) Error() string { return p.text }

// Text says what is wrong.
func (p *problem) Text() string { return p.text }

// SignIn says whether signing in is the way on.
func (p *problem) SignIn() bool { return p.code == http.StatusUnauthorized }

// Wait says whether waiting is the way on.
func (p *problem) Wait() bool {
	switch p.code {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusInternalServerError:
		return true
	}
	return false
}

func refuse(code int, text string) error { return &problem{code, text} }

// guarded finds out who asks and lets them through to a route, or not.
func (s *Site) guarded(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{w: w, r: r}
		err := s.admit(v, rt.who)
		if err == nil {
			err = rt.handle(v)
		}
		if err == nil {
			return
		}
		var p *problem
		switch {
		case errors.As(err, &p):
		case timeline.Misread(err), errors.Is(err, timeline.ErrNothing), errors.Is(err, timeline.ErrUnseen):
			p = &problem{http.StatusUnprocessableEntity, words.Of(err)}
		case r.Context().Err() != nil:
			return
		case network.Failed(err):
			s.Log.Warn("a person's server does not answer the page well", "route", rt.pattern, "error", err)
			p = &problem{http.StatusBadGateway, words.ServerSilent}
		default:
			s.Log.Error("the page failed", "route", rt.pattern, "error", err)
			p = &problem{http.StatusInternalServerError, words.PageFailed}
		}
		s.refused(v, p)
	}
}

// refused shows a page that says what is wrong, with a way on.
func (s *Site) refused(v *visit, p *problem) {
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(p.code)
	title := "That did not work"
	switch p.code {
	case http.StatusNotFound:
		title = "Nothing here"
	case http.StatusUnauthorized:
		title = "Sign in"
	}
	if err := s.pages["problem"].Execute(visible.NewWriter(v.w),
		frame{Title: title, Site: s, Visit: v, Data: p}); err != nil {
		s.Log.Error("the page failed", "path", v.r.URL.Path, "error", err)
	}
}

// nowhere is every address that is none of the page's.
func (s *Site) nowhere(*visit) error { return refuse(http.StatusNotFound, words.NothingHere) }

// foreign refuses what another site's page sends in somebody's name.
func (s *Site) foreign(w http.ResponseWriter, r *http.Request) {
	s.refused(&visit{w: w, r: r}, &problem{http.StatusForbidden, words.FromElsewhere})
}

func (s *Site) admit(v *visit, who role) error {
	if !s.limits.allow(s.address(v.r), everyRequest) {
		return refuse(http.StatusTooManyRequests, words.TooFast)
	}
	if err := s.recognise(v); err != nil {
		return err
	}
	switch {
	case who != anybody && v.sub == nil:
		return refuse(http.StatusUnauthorized, words.SignInFirst)
	case who == boss && !v.boss:
		return refuse(http.StatusNotFound, words.NothingHere)
	}
	return nil
}

// frame is what every page shows.
type frame struct {
	Title string
	Site  *Site
	Visit *visit
	Data  any
	Did   *outcome // of the change that led here; nil for none
}

// Who is the handle of who is signed in, "" for nobody.
func (f frame) Who() string {
	if f.Visit.sub == nil {
		return ""
	}
	return f.Visit.sub.Handle
}

// At is the path of the page.
func (f frame) At() string { return f.Visit.r.URL.Path }

// Again says whether the page can be asked for once more.
func (f frame) Again() bool { return f.Visit.r.Method == http.MethodGet }

// Boss says whether they are an admin.
func (f frame) Boss() bool { return f.Visit.boss }

func (s *Site) show(v *visit, page, title string, data any) error {
	did, err := s.outcome(v)
	if page == "operator" {
		did, err = s.ordered(v)
	}
	if err != nil {
		return err
	}
	var whole bytes.Buffer // a page that fails half way is no page
	if err := s.pages[page].Execute(&whole, frame{title, s, v, data, did}); err != nil {
		return fmt.Errorf("show %s: %w", page, err)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(v.w, visible.Text(whole.String())) // the browser is gone: nobody to tell
	return nil
}

func (v *visit) redirect(to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

var functions = template.FuncMap{
	"ago": func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format("2 January 2006, 15:04")
	},
	"percent": func(f float64) string { return fmt.Sprintf("%.0f %%", 100*f) },
	"score":   func(f float64) string { return fmt.Sprintf("%.3f", f) },
	"budget":  words.Budget,
	"why":     words.Why,
	"fate":    words.Fate,
	"done":    words.Happened,
	"page": func(to, title, at string) map[string]any {
		return map[string]any{"To": to, "Title": title, "Here": to == at}
	},
}
