// Mutate takes behaviours out of the program one at a time and demands that a named test fails: a
// test that passes without what it is for is a defect.
//
//	go run ./scripts/mutate              all of behaviours.go, some minutes
//	go run ./scripts/mutate -only guide  those whose description matches
//	go run ./scripts/mutate -list        what would be done
//
// It works on a copy of the tree in a temporary folder, uncommitted changes included, and exits with
// 1 when a behaviour can be taken out unnoticed, or when its place in the code is not found any more.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"
)

// behaviour is something the program does, how it is taken out, and the test that must notice.
type behaviour struct {
	what     string // a sentence: what the program does
	file     string // where, from the top of the tree
	old, new string // the text that does it, which stands there exactly once, and what stands there without
	pkg      string // of the test, such as ./dream
	test     string // its name, with subtests if one is meant
}

// verdict is what became of one behaviour.
type verdict string

const (
	caught    verdict = "caught"
	unnoticed verdict = "UNNOTICED"
	stale     verdict = "STALE"    // the text is not there, or more than once
	broken    verdict = "NO BUILD" // without it the code does not compile: it proves nothing
	missing   verdict = "NO TEST"  // the test is not there, or fails with the behaviour too
)

func main() {
	only := flag.String("only", "", "regular expression: behaviours whose description matches")
	list := flag.Bool("list", false, "say what would be done")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := run(ctx, *only, *list)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

func run(ctx context.Context, only string, list bool) (ok bool, err error) {
	match, err := regexp.Compile(only)
	if err != nil {
		return false, fmt.Errorf("read -only: %w", err)
	}
	var chosen []behaviour
	for _, b := range behaviours {
		if match.MatchString(b.what) {
			chosen = append(chosen, b)
		}
	}
	if list {
		for _, b := range chosen {
			fmt.Printf("%s\n\t%s: %s %s\n", b.what, b.file, b.pkg, b.test)
		}
		return true, nil
	}
	work, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return false, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(work)
	tree := filepath.Join(work, "tree")
	if err := copyTree(ctx, tree); err != nil {
		return false, err
	}
	return judgeAll(ctx, tree, chosen)
}

// judgeAll tries every behaviour and prints the table.
func judgeAll(ctx context.Context, tree string, chosen []behaviour) (ok bool, err error) {
	table := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "verdict\tseconds\tbehaviour\ttest")
	tally := map[verdict]int{}
	for _, b := range chosen {
		began := time.Now()
		v, err := judge(ctx, tree, b)
		if err != nil {
			return false, err
		}
		tally[v]++
		fmt.Fprintf(table, "%s\t%.1f\t%s\t%s %s\n", v, time.Since(began).Seconds(), b.what, b.pkg, b.test)
		fmt.Fprintf(os.Stderr, "%s: %s\n", v, b.what)
	}
	if err := table.Flush(); err != nil {
		return false, err
	}
	fmt.Printf("%d behaviours, %d caught\n", len(chosen), tally[caught])
	return tally[caught] == len(chosen), nil
}

// judge takes one behaviour out, runs its test and puts the file back.
func judge(ctx context.Context, tree string, b behaviour) (verdict, error) {
	path := filepath.Join(tree, b.file)
	whole, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return stale, nil
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", b.file, err)
	}
	if bytes.Count(whole, []byte(b.old)) != 1 || b.old == b.new {
		return stale, nil
	}
	if v, err := try(ctx, tree, b); err != nil || v != unnoticed {
		return missing, err // it must pass while nothing is missing
	}
	without := bytes.Replace(whole, []byte(b.old), []byte(b.new), 1)
	if err := os.WriteFile(path, without, 0o644); err != nil {
		return "", fmt.Errorf("take out %q: %w", b.what, err)
	}
	v, err := try(ctx, tree, b)
	return v, errors.Join(err, os.WriteFile(path, whole, 0o644))
}

// longest is how long a test may go on without its behaviour before that counts as noticed: waiting
// for ever is failing.
const longest = "3m"

// try runs the test of a behaviour on the tree as it is.
func try(ctx context.Context, tree string, b behaviour) (verdict, error) {
	var parts []string
	for _, name := range strings.Split(b.test, "/") {
		parts = append(parts, "^"+regexp.QuoteMeta(name)+"$")
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-timeout", longest, "-run", strings.Join(parts, "/"), b.pkg)
	cmd.Dir = tree
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err == nil && bytes.Contains(out, []byte("no tests to run")):
		return missing, nil
	case err == nil:
		return unnoticed, nil
	case !errors.As(err, &exit):
		return "", fmt.Errorf("run %s %s: %w", b.pkg, b.test, err)
	case bytes.Contains(out, []byte("[build failed]")), bytes.Contains(out, []byte("[setup failed]")):
		return broken, nil
	}
	return caught, nil
}

// copyTree copies what git knows or could know of the tree, and shows the copy the shared folder
// beside it if there is one.
func copyTree(ctx context.Context, to string) error {
	out, err := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return fmt.Errorf("list the files: %w", err)
	}
	for _, name := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		data, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue // deleted, not committed yet
		}
		if err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
		info, err := os.Stat(name)
		if err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
		dest := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(dest), 0o755); err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
		if err := os.WriteFile(dest, data, info.Mode().Perm()); err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
	}
	if beside, err := filepath.Abs("../shared"); err == nil {
		if _, err := os.Stat(beside); err == nil {
			return os.Symlink(beside, filepath.Join(filepath.Dir(to), "shared"))
		}
	}
	return nil
}
