package picture_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"slugpuppy/picture"
	"slugpuppy/picture/odd"
)

// TestBrowsersShowTheSame draws every odd file in Chromium and compares the pixels.
func TestBrowsersShowTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	files := odd.All()
	show := chromium(t, files)
	for i, f := range files {
		t.Run(f.Format+"/"+f.Name, func(t *testing.T) {
			theirs := show(t, i)
			p, err := picture.Decode(t.Context(), f.Data, picture.Limits{})
			if err != nil {
				if (visible(theirs) > 0) != f.Strict {
					t.Fatalf("%v, and Chromium shows %d pixels of it", err, visible(theirs))
				}
				return
			}
			if f.Lax { // shown as far as Chromium shows it
				return
			}
			if visible(theirs) == 0 {
				t.Fatal("shown, and Chromium does not show it: call it lax if that is wanted")
			}
			if p.Image.Rect != theirs.Rect {
				t.Fatalf("%v, in Chromium %v", p.Image.Rect, theirs.Rect)
			}
			if worst, at := worstOf(p.Image, theirs); worst > 2 {
				t.Errorf("%v is %v, in Chromium %v", at, p.Image.NRGBAAt(at.X, at.Y), theirs.NRGBAAt(at.X, at.Y))
			}
		})
	}
}

// visible counts pixels that are not wholly transparent.
func visible(img *image.NRGBA) (n int) {
	for i := 3; img != nil && i < len(img.Pix); i += 4 {
		if img.Pix[i] != 0 {
			n++
		}
	}
	return n
}

// worstOf is the largest difference of any value. Colours of half transparent pixels are less exact
// in a browser, which keeps them multiplied.
func worstOf(a, b *image.NRGBA) (worst int, at image.Point) {
	for i := range a.Pix {
		alpha := int(b.Pix[i|3])
		if i%4 != 3 && alpha == 0 {
			continue
		}
		d := int(a.Pix[i]) - int(b.Pix[i])
		if i%4 != 3 && alpha < 255 {
			d = d * alpha / 255
		}
		if d = max(d, -d); d > worst {
			worst, at = d, image.Pt(i/4%a.Rect.Dx(), i/4/a.Rect.Dx())
		}
	}
	return worst, at
}

// drawing is what the page answers: a size, and a PNG as a data URL.
type drawing struct {
	W, H int
	Data string
}

// chromium returns what a browser shows of a file by its number, nil where that is nothing.
func chromium(t *testing.T, files []odd.File) func(*testing.T, int) *image.NRGBA {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on PATH: the odd files are not compared with it (Debian: apt-get install chromium)")
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var i int
		if n, _ := fmt.Sscanf(r.URL.Path, "/%d", &i); n == 1 && i < len(files) {
			w.Header().Set("Content-Type", "image/"+files[i].Format)
			w.Write(files[i].Data)
			return
		}
		w.Header().Set("Content-Type", "text/html")
	}))
	t.Cleanup(srv.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("force-color-profile", "srgb"))
	alloc, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx, chromedp.Navigate(srv.URL)); err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T, i int) *image.NRGBA {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		answer, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(drawIt, i), chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		var d drawing
		if err := json.Unmarshal([]byte(answer), &d); err != nil {
			t.Fatal(err)
		}
		_, code, ok := strings.Cut(d.Data, ",")
		if !ok {
			return nil
		}
		file := must[[]byte](t)(base64.StdEncoding.DecodeString(code))
		return picture.ToNRGBA(must[image.Image](t)(png.Decode(bytes.NewReader(file))))
	}
}

const drawIt = `(async () => {
  const img = new Image()
  await new Promise(done => { img.onload = img.onerror = done; img.src = "/%d" })
  const canvas = document.createElement("canvas")
  canvas.width = img.naturalWidth
  canvas.height = img.naturalHeight
  if (!canvas.width || !canvas.height) return JSON.stringify({})
  try { canvas.getContext("2d").drawImage(img, 0, 0) } catch (e) { return JSON.stringify({}) }
  return JSON.stringify({W: canvas.width, H: canvas.height, Data: canvas.toDataURL()})
})()`
