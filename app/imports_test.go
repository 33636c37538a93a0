package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the path of this module, and root its folder.
const module, root = "slugpuppy/", ".."

// importers lists, for each package of this module, the packages of this module that import it. Tests
// do not count.
func importers(t *testing.T) map[string][]string {
	t.Helper()
	by, files := map[string][]string{}, 0
	err := filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (e.Name() == "testdata" || len(e.Name()) > 2 && e.Name()[0] == '.') {
			return fs.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		files++
		from := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(file)), root+"/")
		if from == root {
			from = "main"
		}
		for _, spec := range f.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if to, ours := strings.CutPrefix(to, module); ours && !slices.Contains(by[to], from) {
				by[to] = append(by[to], from)
			}
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Fatalf("%d files, %v", files, err)
	}
	return by
}

func TestOnlyTheCompositionRootKnowsTheAdapters(t *testing.T) {
	by := importers(t)
	for _, adapter := range []string{"bot/network/mastodon", "bot/network/x"} {
		if !slices.Contains(by[adapter], "app") {
			t.Errorf("app does not import %s: is it gone? Then this test says nothing of it", adapter)
		}
		for _, from := range by[adapter] {
			if from != "app" && from != path.Dir(adapter) {
				t.Errorf("%s imports %s, which is for app alone", from, adapter)
			}
		}
	}
}

func TestNobodyLooksBackUp(t *testing.T) {
	by := importers(t)
	for above, may := range map[string][]string{
		"cli":      {"main"},
		"app":      {"cli", "cli/object"},
		"training": {"cli", "cli/object", "scripts/pictures"},
	} {
		for _, from := range by[above] {
			if !slices.Contains(may, from) {
				t.Errorf("%s imports %s, which is above it", from, above)
			}
		}
	}
}

// history is where the names of networks are those of an earlier database, and the demo's fake servers are
// made for each network.
var history = []string{"store/identities.go", "app/networks.go", "app/demo.go"}

// Above the adapters a network is a Kind of the list, never one that is named.
func TestNobodyAboveTheAdaptersNamesANetwork(t *testing.T) {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	files := 0
	for _, dir := range []string{"app", "cli", "store", "bot/reply", "bot/timeline", "bot/web", "bot/operator"} {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			rel := strings.TrimPrefix(filepath.ToSlash(file), root+"/")
			if strings.HasSuffix(file, "_test.go") || slices.Contains(history, rel) {
				continue
			}
			files++
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				if text, err := strconv.Unquote(lit.Value); err == nil && slices.Contains(names, text) {
					t.Errorf("%s names the network %q", rel, text)
				}
				return true
			})
		}
	}
	if files < 50 {
		t.Fatalf("looked at %d files only", files)
	}
}
