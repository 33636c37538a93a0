package feed

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strconv"

	"slugpuppy/bot/visible"
)

// mostShown is how many dreams the gallery has.
const mostShown = 60

//go:embed gallery.html
var galleryText string

var galleryPage = template.Must(template.New("gallery").Parse(galleryText))

// policy is the content security policy: everything is ours, nothing runs.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

func (f *Feed) gallery(mux *http.ServeMux) {
	mux.HandleFunc("GET /gallery", func(w http.ResponseWriter, r *http.Request) {
		shown, err := f.Album.Shown(mostShown)
		var page bytes.Buffer
		if err == nil {
			err = galleryPage.Execute(visible.NewWriter(&page), shown)
		}
		if err != nil {
			f.unable(w, err)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store") // what is withdrawn is gone at once
		_, _ = w.Write(page.Bytes())       // the browser is gone: nobody to tell
	})
	mux.HandleFunc("GET /gallery/{picture}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.ParseUint(r.PathValue("picture"), 10, 64)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		data, ok, err := f.Album.Thumb(n)
		switch {
		case err != nil:
			f.unable(w, err)
		case !ok:
			http.NotFound(w, r)
		default:
			w.Header().Set("Content-Type", "image/jpeg")
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.Header().Set("Cache-Control", "no-store")
			_, _ = w.Write(data)
		}
	})
}
