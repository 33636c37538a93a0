package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// A row whose place in the code or whose test is not there any more is found here at once, and not by the next run of
// the whole table.
func TestEveryBehaviourHasItsPlaceAndItsTest(t *testing.T) {
	tests := map[string]string{} // the code of all tests, by package
	for _, b := range behaviours {
		code, err := os.ReadFile(filepath.Join(root, b.file))
		if err != nil {
			t.Errorf("%s: %v", b.what, err)
		} else if n := strings.Count(string(code), b.old); n != 1 {
			t.Errorf("%s: its place is in %s %d times", b.what, b.file, n)
		}
		if _, read := tests[b.pkg]; !read {
			tests[b.pkg] = testsOf(t, b.pkg)
		}
		name, _, _ := strings.Cut(b.test, "/")
		if !strings.Contains(tests[b.pkg], "\nfunc "+name+"(t *testing.T)") {
			t.Errorf("%s: there is no %s in %s", b.what, name, b.pkg)
		}
	}
}

func testsOf(t *testing.T, pkg string) (all string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all += string(code)
	}
	return all
}
