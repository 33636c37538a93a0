package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Networks are named in their adapters and fakes, in the one list of them, and where a demo starts a fake.
// What else works with them asks for their Facts, so that adding one changes nothing there.
func TestNobodyAboveTheAdaptersNamesANetwork(t *testing.T) {
	var names []string
	for _, k := range kinds {
		names = append(names, k.Name, k.Title)
	}
	word := regexp.MustCompile(`(?i)\b(` + strings.Join(names, "|") + `)\b`)
	own := []string{
		"app/networks.go", "app/demo.go", "bot/demo/", "bot/network/", // where they belong
		"store/identities.go", // what databases of earlier programs hold
		"dream/", "picture/",  // X is a coordinate there
		"classifier/", "training/", "scripts/", // and there
		"bot/web/pages.go", "bot/web/templates/stats.html", // and of a chart there
	}
	files := 0
	err := filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			if e != nil && e.Name() != ".." && (e.Name() == "testdata" || e.Name()[0] == '.') {
				return fs.SkipDir
			}
			return err
		}
		from := strings.TrimPrefix(filepath.ToSlash(file), root+"/")
		if slices.ContainsFunc(own, func(o string) bool { return strings.HasPrefix(from, o) }) {
			return nil
		}
		for _, text := range texts(t, file) {
			for _, name := range word.FindAllString(text, -1) {
				if strings.EqualFold(name, "x") && !meansX(name, text) {
					continue
				}
				t.Errorf("%s names %s: %q", from, name, text)
			}
			files++
		}
		return nil
	})
	if err != nil || files < 1000 {
		t.Fatalf("%d texts, %v", files, err)
	}
}

// headers are the names of HTTP headers, and flags of the linker: X in them is no network.
var headers = regexp.MustCompile(`\bX-[A-Z]|-X `)

// meansX says whether a text with that letter in it means the network: the name alone, or written large
// among words. Small it is also a times sign, a verb for hexadecimal digits and a part of import paths.
func meansX(name, text string) bool {
	return text == name || name == "X" && !headers.MatchString(text)
}

// texts are the imports, identifiers and texts of a Go file, and all of a template.
func texts(t *testing.T, file string) (all []string) {
	t.Helper()
	switch {
	case strings.HasSuffix(file, ".html"):
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(string(data), "\n")
	case !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
		return nil
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				text, err := strconv.Unquote(n.Value)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, text)
			}
		case *ast.Ident:
			if len(n.Name) > 1 { // x is a variable
				all = append(all, n.Name)
			}
		}
		return true
	})
	return all
}
