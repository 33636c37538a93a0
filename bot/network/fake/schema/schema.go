// Package schema says whether what goes to and fro between a program and a network's server is as the
// network documents it. A table holds that in few words: what fields an entity has, and what a call takes
// and gives. Fake servers look every request and every answer up in theirs, so that a test against a fake
// fails where a real server would have said something else.
//
//	Account                      # an entity: its fields, each with a type
//	  id       id
//	  url      url null          # may be null
//	  moved    Account optional  # may be left out
//	  roles    [Role]
//	Owner of Account             # another, with all of the first one's fields and some of its own
//	  token    text
//
//	GET /api/v1/accounts/{id} = Account  # a call: what it answers, and the parameters it takes
//	  with_suspended  flag
//
// A parameter that may be null may be empty. The types are id, text, url, int, number, flag, time, date, any, words with | between them for one of
// these, [T] for a list, and the name of an entity. The entity Error is what refusals look like.
package schema

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Table is what a network documents.
type Table struct {
	entities map[string][]field
	calls    map[string]call
}

// field of an entity, or parameter of a call.
type field struct {
	name, kind     string
	null, optional bool
}

// call is a route; answers is "" for nothing.
type call struct {
	answers    string
	parameters []field
}

// Parse reads a table.
func Parse(text string) (*Table, error) {
	t := &Table{entities: map[string][]field{}, calls: map[string]call{}}
	var entity, route string
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case line[0] != ' ' && strings.Contains(line, "/"):
			name, answers, _ := strings.Cut(line, "=")
			entity, route = "", strings.Join(strings.Fields(name), " ")
			t.calls[route] = call{answers: strings.TrimSpace(answers)}
		case line[0] != ' ' && (len(words) == 1 || len(words) == 3 && words[1] == "of"):
			entity, route = words[0], ""
			t.entities[entity] = slices.Clone(t.entities[words[len(words)-1]])
		case len(words) < 2 || entity == "" && route == "":
			return nil, fmt.Errorf("line %d of a schema cannot be read: %s", n, line)
		default:
			f := field{words[0], words[1], slices.Contains(words[2:], "null"), slices.Contains(words[2:], "optional")}
			if entity != "" {
				of := func(old field) bool { return old.name == f.name }
				t.entities[entity] = append(slices.DeleteFunc(t.entities[entity], of), f)
				continue
			}
			c := t.calls[route]
			c.parameters = append(c.parameters, f)
			t.calls[route] = c
		}
	}
	return t, t.known()
}

// Unpack reads a table that gzip packed, or panics: it is part of the program.
func Unpack(packed []byte) *Table {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return Must(string(text))
}

// Must is Parse for a table that is part of the program.
func Must(text string) *Table {
	t, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return t
}

// known says which type is not in the table.
func (t *Table) known() error {
	var unknown []string
	look := func(fields []field) {
		for _, f := range fields {
			unknown = append(unknown, t.missing(f.kind)...)
		}
	}
	for _, fields := range t.entities {
		look(fields)
	}
	for _, c := range t.calls {
		look(c.parameters)
		if c.answers != "" {
			unknown = append(unknown, t.missing(c.answers)...)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return fmt.Errorf("a schema has no %s", strings.Join(slices.Compact(unknown), ", "))
	}
	return nil
}

func (t *Table) missing(kind string) []string {
	kind = strings.TrimSuffix(strings.TrimPrefix(kind, "["), "]")
	_, entity := t.entities[kind]
	if entity || scalars[kind] != nil || strings.Contains(kind, "|") {
		return nil
	}
	return []string{kind}
}
