package demo

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"

	"github.com/mattn/go-mastodon"
)

//go:embed page.html demo.js
var files embed.FS

var page = template.Must(template.New("page.html").Funcs(template.FuncMap{"local": local}).ParseFS(files, "page.html"))

// local is where the page itself passes on a picture of the demo's server, which only this machine reaches.
func local(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Path
}

// maxUpload bounds what the page takes from a browser.
const maxUpload = 32 << 20

// maxRounds bounds how many mentions the page shows: each is read from the server every time.
const maxRounds = 20

// examples are words the page proposes.
var examples = []string{"more eyes", "swirl", "imagine banana", "dive", "see", "help"}

// view is what the page shows.
type view struct {
	Bot        string
	Network    string
	Words, Alt string // what was typed, when it has to be corrected
	Error      string
	Waiting    bool
	Status     string // what a screen reader says when it changes
	Examples   []string
	Rounds     []Round
	Links      []Link
	Home       *home
}

// home is the visitor's timeline on the page.
type home struct {
	Mode, About string // of the filter
	Posts       []Post // but those that clients show nothing of
	Gone        int    // how many those are
	Shelved     bool   // there is a filter that posts can be put into
}

// pages serves the demo page for one demo; rounds are newest first.
type pages struct {
	demo *Demo
	mu   sync.Mutex
	ids  []string
}

func (p *pages) handler() http.Handler {
	mux := http.NewServeMux()
	own := func(pattern string, do http.HandlerFunc) {
		// A page elsewhere must not post in the visitor's name.
		mux.Handle(pattern, secure(http.NewCrossOriginProtection().Handler(do)))
	}
	own("GET /{$}", p.show)
	own("POST /post", p.post)
	own("POST /demo/filter", p.change)
	own("POST /demo/client", p.change)
	own("GET /demo.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "demo.js") })
	_, server := p.demo.visitor.Network()
	own("GET /media/", passOn(server))
	mux.Handle("/", p.demo.program.Pages)
	return mux
}

// passOn fetches from the demo's server: browsers may be on another machine than it.
func passOn(server string) http.HandlerFunc {
	to, err := url.Parse(server)
	if err != nil {
		panic(fmt.Sprintf("demo: the server's address: %v", err)) // it is our own
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport: &http.Transport{DisableKeepAlives: true},
		ErrorLog:  log.New(io.Discard, "", 0),
	}
	return proxy.ServeHTTP
}

// secure sets the headers of a page that loads only what is beside it.
func secure(next http.Handler) http.Handler {
	const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; " +
		"img-src 'self'; media-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) {
	if enter := p.demo.program.Enter; enter != nil {
		if err := enter(w, r); err != nil {
			p.render(w, r.Context(), http.StatusInternalServerError, view{Error: "You could not be let in: " + err.Error() + "."})
			return
		}
	}
	p.render(w, r.Context(), http.StatusOK, view{})
}

func (p *pages) render(w http.ResponseWriter, ctx context.Context, code int, v view) {
	v.Bot, v.Examples = p.demo.BotName(), examples
	v.Network, _ = p.demo.visitor.Network()
	v.Links = p.demo.program.Links
	var err error
	if v.Home, err = p.home(ctx); err != nil {
		v.Error = away(err)
	}
	p.mu.Lock()
	ids := append([]string(nil), p.ids...)
	p.mu.Unlock()
	for i := len(ids) - 1; i >= 0; i-- {
		round, err := p.demo.Round(ctx, ids[i])
		if err != nil {
			v.Error = away(err)
			continue
		}
		v.Waiting = v.Waiting || round.Reply == nil
		v.Rounds = append(v.Rounds, round)
	}
	switch {
	case v.Waiting:
		v.Status = "The bot is at work."
	case len(v.Rounds) > 0:
		v.Status = "The bot has answered."
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_ = page.Execute(w, v) // the browser is gone: nobody to tell
}

// away says that the demo's own server is not there.
func away(err error) string { return "the demo server does not answer: " + err.Error() }

// home is the timeline as it is now, nil where there is none.
func (p *pages) home(ctx context.Context) (*home, error) {
	rest := p.demo.program
	if rest.Home == nil || rest.Filter == nil {
		return nil, nil
	}
	out := &home{}
	var err error
	if out.Mode, out.About, err = rest.Filter.State(ctx); err != nil {
		return nil, err
	}
	posts, err := rest.Home.Posts(ctx)
	for _, post := range posts {
		out.Shelved = out.Shelved || len(post.Filters) > 0
		if post.Gone() {
			out.Gone++
			continue
		}
		out.Posts = append(out.Posts, post)
	}
	return out, err
}

// change switches the filter, or does to a post what people do in their clients.
func (p *pages) change(w http.ResponseWriter, r *http.Request) {
	rest := p.demo.program
	if rest.Home == nil || rest.Filter == nil {
		http.NotFound(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxField)
	var err error
	switch {
	case r.URL.Path == "/demo/filter":
		err = rest.Filter.Switch(r.Context(), r.PostFormValue("mode"))
	case r.PostFormValue("do") == "file":
		err = rest.Home.File(r.Context(), r.PostFormValue("post"))
	default:
		err = rest.Home.Unfile(r.Context(), r.PostFormValue("post"))
	}
	if err != nil {
		code, why := sentence(err)
		p.render(w, r.Context(), code, view{Error: why})
		return
	}
	http.Redirect(w, r, "/#timeline", http.StatusSeeOther)
}

func (p *pages) post(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	f, err := read(r)
	var id string
	if err == nil {
		id, err = p.demo.Mention(r.Context(), f.picture, f.alt, f.words)
	}
	if err != nil {
		code, why := sentence(err)
		p.render(w, r.Context(), code, view{Words: f.words, Alt: f.alt, Error: why})
		return
	}
	p.add(id)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// sentence says what went wrong to the person at the page.
func sentence(err error) (code int, why string) {
	var large *http.MaxBytesError
	var api *mastodon.APIError
	switch {
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, fmt.Sprintf("That picture is too large: at most %d MB, please.", maxUpload>>20)
	case errors.As(err, &api) && api.Message != "":
		return http.StatusBadRequest, "The server did not take that: " + api.Message + "."
	case errors.As(err, &api):
		return http.StatusBadRequest, fmt.Sprintf("The server did not take that (%d).", api.StatusCode)
	}
	return http.StatusBadRequest, "That did not work: " + err.Error() + "."
}

func (p *pages) add(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids = append(p.ids, id)
	p.ids = p.ids[max(0, len(p.ids)-maxRounds):]
}

// maxField bounds a line of text in the form.
const maxField = 8 << 10

// form is what the visitor sent; picture is nil when none was chosen.
type form struct {
	words, alt string
	picture    []byte
}

// read takes the form apart as it arrives, so that what was typed is known even if the picture
// after it turns out too large.
func read(r *http.Request) (f form, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return f, fmt.Errorf("read the form: %w", err)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return f, fmt.Errorf("read the form: %w", err)
		}
		limit := int64(maxField)
		if part.FormName() == "picture" {
			limit = maxUpload
		}
		data, err := io.ReadAll(io.LimitReader(part, limit))
		if err != nil {
			return f, fmt.Errorf("read the form: %w", err)
		}
		switch part.FormName() {
		case "words":
			f.words = string(data)
		case "alt":
			f.alt = string(data)
		case "picture":
			if part.FileName() != "" {
				f.picture = data
			}
		}
	}
}
