package cli

import (
	"encoding/json"
	"fmt"
	"image/gif"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"slugpuppy/bot/identity"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// tellStart names the file that a command closes when it begins.
const tellStart = "SLUGPUPPY_TEST_START"

func TestMain(m *testing.M) {
	if fd, err := strconv.Atoi(os.Getenv(tellStart)); err == nil {
		os.Unsetenv(tellStart) // its children are not asked
		os.NewFile(uintptr(fd), tellStart).Close()
	}
	// db check runs this very program again in a child, whose first argument is a command; a
	// test run's is a flag. Without this the child would run the tests, and their children too.
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		os.Exit(Main(os.Args[1:]))
	}
	testscript.Main(noLeaks{m}, map[string]func(){
		"slugpuppy": func() { os.Exit(Main(os.Args[1:])) },
	})
}

// noLeaks runs the tests and then wants every goroutine to be gone.
type noLeaks struct{ tests testscript.TestingM }

func (n noLeaks) Run() int {
	code := n.tests.Run()
	if code != 0 {
		return code
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if err := goleak.Find(goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// The scripts run the program as its users do, on pictures that it paints. $TINY is a network that
// is not the embedded one.
func TestScripts(t *testing.T) {
	tiny, err := filepath.Abs("../classifier/graph/testdata/torch/channels-13/model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
			e.Setenv("TINY", tiny)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"paint":    paint,
			"database": database,
			"exits":    exits,
			"recipeof": recipeOf,
			"sizeof":   sizeOf,
			"holds":    holds,
		},
	})
}

// paint FILE WIDTH HEIGHT SEED paints a landscape.
func paint(ts *testscript.TestScript, neg bool, args []string) {
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		ts.Check(err)
		return n
	}
	data, err := picture.EncodePNG(picture.Landscape(number(args[1]), number(args[2]), uint64(number(args[3]))), "")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}

// database FILE makes a database with one skipped job, whose id becomes $JOB.
func database(ts *testscript.TestScript, neg bool, args []string) {
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
	st, err := store.Open(path, store.Options{})
	ts.Check(err)
	scope := identity.Identity{Server: "example.social", ID: "1"}
	_, err = st.For(scope).Jobs().Record("10", store.Job{
		Network: "mastodon",
		Source:  "77", Handle: "ada@example.social", Requester: "2", State: store.Skipped, Reason: "stale", Lane: "words"})
	ts.Check(err)
	job, err := st.For(scope).Jobs().BySource("77")
	ts.Check(err)
	ts.Setenv("JOB", job.ID)
	ts.Check(st.Close())
}

// holds FILE BYTES wants a file to have that size.
func holds(ts *testscript.TestScript, neg bool, args []string) {
	if n := len(ts.ReadFile(args[0])); strconv.Itoa(n) != args[1] {
		ts.Fatalf("%s holds %d bytes, want %s", args[0], n, args[1])
	}
}

// recipeof FILE NAME sets a variable to the recipe in a line of JSON.
func recipeOf(ts *testscript.TestScript, neg bool, args []string) {
	var made struct {
		Recipe string `json:"recipe"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &made))
	ts.Setenv(args[1], made.Recipe)
}

// sizeof FILE sets $WIDTH, $HEIGHT and $FRAMES to those of a GIF.
func sizeOf(ts *testscript.TestScript, neg bool, args []string) {
	clip, err := gif.DecodeAll(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Setenv("WIDTH", strconv.Itoa(clip.Config.Width))
	ts.Setenv("HEIGHT", strconv.Itoa(clip.Config.Height))
	ts.Setenv("FRAMES", strconv.Itoa(len(clip.Image)))
}

// exits CODE ARGS... runs slugpuppy and wants that exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec("slugpuppy", args[1:]...)
	got := 0
	if exit, ok := err.(interface{ ExitCode() int }); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}
