package demo

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"sync"

	"github.com/mattn/go-mastodon"
)

//go:embed page.html style.css script.js
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

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
}

// pages serves the demo page for one demo; rounds are newest first.
type pages struct {
	demo *Demo
	mu   sync.Mutex
	ids  []string
}

func (p *pages) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.show)
	mux.HandleFunc("POST /post", p.post)
	for _, name := range []string{"style.css", "script.js"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, files, name)
		})
	}
	// A page elsewhere must not post in the visitor's name.
	_, server := p.demo.visitor.Network()
	return secure(server, http.NewCrossOriginProtection().Handler(mux))
}

// secure sets the headers of a page that loads pictures and films of the demo's server, its own
// style and script, and nothing else.
func secure(server string, next http.Handler) http.Handler {
	policy := "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; " +
		"img-src data: " + server + "; media-src " + server + "; " +
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
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
	p.render(w, r.Context(), http.StatusOK, view{})
}

func (p *pages) render(w http.ResponseWriter, ctx context.Context, code int, v view) {
	v.Bot, v.Examples = p.demo.BotName(), examples
	v.Network, _ = p.demo.visitor.Network()
	p.mu.Lock()
	ids := append([]string(nil), p.ids...)
	p.mu.Unlock()
	for i := len(ids) - 1; i >= 0; i-- {
		round, err := p.demo.Round(ctx, ids[i])
		if err != nil {
			v.Error = "the demo server does not answer: " + err.Error()
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
