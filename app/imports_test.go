package app

import (
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

// A command calls app and prints: it opens no database, no account and no page. Of the port it knows what a
// Kind says of itself, and what signing in wants of a person.
func TestCommandsImportAppAndWhatTheyPrint(t *testing.T) {
	by := importers(t)
	may := []string{"app", "app/speed", "bot/demo", "bot/network", "bot/operator", "bot/reply/mention", "bot/reply/words", "bot/rules", "bot/visible",
		"bot/timeline", "classifier", "classifier/detector", "classifier/networks", "cli/object", "config", "dream", "dream/cinema", "dream/film", "picture",
		"training"}
	for to, from := range by {
		if slices.Contains(from, "cli") && !slices.Contains(may, to) {
			t.Errorf("cli imports %s", to)
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
