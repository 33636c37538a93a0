package words_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What people get is said here and nowhere else: what reads like a sentence to a person may not stand
// in the other packages that work for them. Let alone are texts for operators and tests, the demo's
// visitor, and the templates of the page.
func TestNobodyElseTalksToPeople(t *testing.T) {
	toPeople := regexp.MustCompile(`(?i)\b(please|sorry)\b.*\s|\s.*\b(please|sorry)\b|\bI (am|can|cannot|could|did|do|dreamed|find|have|hid|know|leave|need|see|tried|would|read)\b`)
	grammar := regexp.MustCompile(`^[a-z &+#]+$`) // lists of words that are read, not said
	elsewhere := []string{"reply/words", "network/fake", "network/conformance", "network/mastodon/login.go", "network/mastodon/signin.go",
		"demo"}
	for _, root := range []string{"../../../bot", "../../../dream", "../../../picture"} {
		files := 0
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			for _, e := range elsewhere {
				if strings.HasPrefix(filepath.ToSlash(strings.TrimPrefix(path, root)), "/"+e) {
					return nil
				}
			}
			files++
			for _, text := range literals(t, path) {
				if toPeople.MatchString(text) && !grammar.MatchString(text) {
					t.Errorf("%s says %q", path, text)
				}
			}
			return nil
		})
		if err != nil || files < 10 {
			t.Errorf("%s: %d files, %v", root, files, err)
		}
	}
}

// literals are the texts in a file.
func literals(t *testing.T, path string) (all []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			text, err := strconv.Unquote(l.Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, text)
		}
		return true
	})
	return all
}
