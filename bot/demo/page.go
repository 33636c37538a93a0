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
)

//go:embed page.html style.css
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

// maxUpload bounds what the page takes from a browser.
const maxUpload = 32 << 20

// view is what the page shows.
type view struct {
	Bot     string
	Words   string
	Error   string
	Waiting bool
	Rounds  []Round
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
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "style.css")
	})
	// A page elsewhere must not post in the visitor's name.
	return secure(http.NewCrossOriginProtection().Handler(mux))
}

// secure sets the headers of a page that loads pictures of the fake server and nothing else.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src http://127.0.0.1:*; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) {
	p.render(w, r.Context(), http.StatusOK, view{})
}

func (p *pages) render(w http.ResponseWriter, ctx context.Context, code int, v view) {
	v.Bot = p.demo.BotName()
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
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_ = page.Execute(w, v) // the browser is gone: nobody to tell
}

func (p *pages) post(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	data, err := upload(r)
	if err == nil {
		err = p.mention(r.Context(), data, r.FormValue("alt"), r.FormValue("words"))
	}
	if err != nil {
		p.render(w, r.Context(), http.StatusBadRequest, view{Words: r.FormValue("words"), Error: err.Error()})
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (p *pages) mention(ctx context.Context, data []byte, alt, words string) error {
	id, err := p.demo.Mention(ctx, data, alt, words)
	if err != nil {
		return err
	}
	p.add(id)
	return nil
}

func (p *pages) add(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids = append(p.ids, id)
}

// upload reads the picture of the form; no picture is no error.
func upload(r *http.Request) ([]byte, error) {
	f, _, err := r.FormFile("picture")
	if errors.Is(err, http.ErrMissingFile) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("that upload did not arrive whole (at most %d MB): %w", maxUpload>>20, err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("read the picture: %w", err)
	}
	return data, nil
}
