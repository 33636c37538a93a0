package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slugpuppy/bot/network"
	"slugpuppy/picture"
)

func TestWhatStrangersSendIsDecodedApart(t *testing.T) {
	d := newWorks(t)
	data, err := picture.EncodePNG(picture.Landscape(40, 30, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	for i, decode := range []decoder{d.bots[0].Decode, d.filter.Eye.Decode, d.site.Studio.Decode} {
		img, err := decode(t.Context(), data)
		if err != nil || img.Bounds().Dx() != 40 {
			t.Fatalf("%v, %v", img, err)
		}
		if s := d.decoders.Stats(); s.Pictures != i+1 || s.Here != 0 {
			t.Errorf("%+v after %d pictures", s, i+1)
		}
		if s := statusOf(d.bots, d.decoders, d.app.now())(); s.Pictures.Apart != i+1 {
			t.Errorf("status says %+v", s.Pictures)
		}
	}
}

// A new way for a stranger's picture to come in must not find a decoder of its own.
func TestNobodyInTheDaemonDecodesPicturesItself(t *testing.T) {
	files := 0
	for _, folder := range []string{".", "../bot"} {
		err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() && (e.Name() == "fake" || e.Name() == "demo" || e.Name() == "apptest") { // of our own pictures
				return fs.SkipDir
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			files++
			for _, call := range decodings(t, path) {
				t.Errorf("%s: %s", path, call)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 100 {
		t.Errorf("only %d files", files)
	}
}

// decodings are the uses of a picture decoder in a file.
func decodings(t *testing.T, path string) (all []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		from, ok := s.X.(*ast.Ident)
		if ok && strings.HasPrefix(s.Sel.Name, "Decode") {
			switch from.Name {
			case "picture", "image", "jpeg", "png", "gif", "webp", "bmp", "tiff":
				all = append(all, from.Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return all
}

func TestDoctorTriesTheProcessesThatDecode(t *testing.T) {
	h := newHouse(t)
	a := New(h.config(t), Options{Version: "test"})
	if f := a.checkDecoders(t.Context()); f.State != network.Healthy || !strings.Contains(f.Detail, "without network") {
		t.Errorf("%+v", f)
	}
	a.decodeCommand = []string{filepath.Join(t.TempDir(), "nothing")}
	f := a.checkDecoders(t.Context())
	if f.State != network.Doubt || !strings.Contains(f.Detail, "without protection") || f.Remedy == "" {
		t.Errorf("%+v", f)
	}
	a.cfg.Picture.Strict = true
	if f := a.checkDecoders(t.Context()); f.State != network.Sick {
		t.Errorf("strict: %+v", f)
	}
	data, err := os.ReadFile("../docs/slug.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.apart(decodersFor(t, a))(t.Context(), data); err == nil {
		t.Error("strict, and decoded all the same")
	}
	a.cfg.Picture.Strict = false
	if _, err := a.apart(decodersFor(t, a))(t.Context(), data); err != nil {
		t.Errorf("without children: %v", err)
	}
}
