package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestEveryCommandHasAPageThatNamesItsFlags(t *testing.T) {
	dir := t.TempDir()
	c := newConsole(os.Stdin, os.Stdout, os.Stderr, os.LookupEnv)
	root := c.root()
	if err := c.writeManual(t.Context(), root, dir); err != nil {
		t.Fatal(err)
	}
	pages := 0
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		pages++
		data, err := os.ReadFile(filepath.Join(dir, pageName(cmd)+".1"))
		if err != nil {
			t.Error(err)
		}
		page := string(data)
		for _, want := range []string{escaped(cmd.Short), escaped("--json"), ".SH SYNOPSIS\n.B \"" + escaped(cmd.UseLine())} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: no %q", pageName(cmd), want)
			}
		}
		for _, sub := range shownCommands(cmd) {
			if !strings.Contains(page, escaped(pageName(sub)+"(1)")) {
				t.Errorf("%s does not lead to %s", pageName(cmd), pageName(sub))
			}
			check(sub)
		}
	}
	check(root)
	if written, err := os.ReadDir(dir); err != nil || len(written) != pages || pages < 50 {
		t.Errorf("%d pages for %d commands: %v", len(written), pages, err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "slugpuppy-db-check.1"))
	if err != nil || strings.Contains(string(data), escaped("--child")) {
		t.Errorf("the page shows a hidden flag: %v\n%s", err, data)
	}
}

func TestAPageSaysWhatIsTypedAsItIsTyped(t *testing.T) {
	cmd := &cobra.Command{Use: "odd", Short: "Say things", Run: func(*cobra.Command, []string) {},
		Long: ".begins with a dot, it's \\ and `run --now`\n\n'quoted'"}
	for _, want := range []string{"\\&.begins with a dot, it\\(aqs \\e and \\(garun \\-\\-now\\(ga\n.PP\n\\&\\(aqquoted\\(aq\n"} {
		if page := string(manualPage(cmd)); !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
}
