package reliability

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"slugpuppy/bot/operator"
	"slugpuppy/store"
)

// image is a database as a power failure left it, and what must be in it.
type image struct {
	Path string
	// Seen is what somebody outside saw before: "posted ID" of a mention whose answer arrived, "rule NAME" of
	// a rule that an operator was told is kept.
	Seen []string
	// Asked are all mentions, oldest first.
	Asked []string
}

// verifyImage is the argument with which this program verifies images; see TestMain.
const verifyImage = "verify-images"

// verify reads images from the standard input, one JSON object a line, and says of each whether it is
// sound. It is a process of its own: a bad image may end it.
func verify() int {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var i image
		if err := json.Unmarshal(in.Bytes(), &i); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if err := i.sound(); err != nil {
			fmt.Println("bad:", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Println("sound")
	}
	return 0
}

// sound opens an image as the next start would, and looks for what must be there.
func (i image) sound() error {
	if err := store.Check(i.Path); err != nil {
		return err
	}
	st, err := store.Open(i.Path, store.Options{MustExist: true, NoSync: true})
	if err != nil {
		return err
	}
	defer st.Close()
	jobs, err := st.Operator().Jobs(store.Filter{})
	if err != nil {
		return err
	}
	by := map[string]store.Job{}
	for _, j := range jobs {
		by[j.Source] = j
	}
	rules, err := (&operator.Local{Store: st}).Rules(context.Background())
	if err != nil {
		return err
	}
	for _, what := range i.Seen {
		switch kind, id, _ := strings.Cut(what, " "); kind {
		case "posted":
			if s := by[id].State; s != store.Posting && s != store.Uncertain && s != store.Posted {
				return fmt.Errorf("mention %s was answered, and its job is %q: it would be answered again", id, s)
			}
		case "rule":
			if !slices.ContainsFunc(rules, func(r operator.Rule) bool { return strings.Contains(r.Value, id) }) {
				return fmt.Errorf("the rule on %s is lost", id)
			}
		default:
			return fmt.Errorf("nobody knows what %q means", what)
		}
	}
	return i.gapless(by)
}

// gapless wants the mentions that are known to be the oldest ones: they are written down in order, with the
// cursor, so that none is ever skipped.
func (i image) gapless(by map[string]store.Job) error {
	missing := ""
	for _, id := range i.Asked {
		switch _, known := by[id]; {
		case !known && missing == "":
			missing = id
		case known && missing != "":
			return errors.New("mention " + id + " is known and " + missing + ", which is older, is not")
		}
	}
	return nil
}
