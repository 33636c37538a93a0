package hostile

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Tree is a JSON text as values; nil for what is none.
func Tree(body []byte) any {
	var v any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return nil
	}
	return v
}

// text is a tree as JSON.
func text(tree any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(tree); err != nil {
		panic(err) // a tree of strings, numbers and lists always is JSON
	}
	return b.Bytes()
}

// Places is how many values a tree has, itself included.
func Places(tree any) int {
	n := 1
	switch t := tree.(type) {
	case map[string]any:
		for _, v := range t {
			n += Places(v)
		}
	case []any:
		for _, v := range t {
			n += Places(v)
		}
	}
	return n
}

// Spoil is a tree as JSON, with something else in one of its places, of which the first is the tree itself.
func Spoil(tree any, place int, with string) []byte {
	s := spoiler{place: place, with: with}
	s.write(tree)
	return s.out.Bytes()
}

type spoiler struct {
	out   bytes.Buffer
	place int // so many values from here
	with  string
}

func (s *spoiler) write(v any) {
	s.place--
	if s.place == -1 {
		s.out.WriteString(s.with)
		return
	}
	switch t := v.(type) {
	case map[string]any:
		s.out.WriteByte('{')
		for i, k := range slices.Sorted(maps.Keys(t)) {
			if i > 0 {
				s.out.WriteByte(',')
			}
			s.out.Write(bytes.TrimSpace(text(k)))
			s.out.WriteByte(':')
			s.write(t[k])
		}
		s.out.WriteByte('}')
	case []any:
		s.out.WriteByte('[')
		for i, e := range t {
			if i > 0 {
				s.out.WriteByte(',')
			}
			s.write(e)
		}
		s.out.WriteByte(']')
	default:
		s.out.Write(bytes.TrimSpace(text(v)))
	}
}

// Wrong are values that are of no use in any place where they come as a surprise.
func Wrong() []string {
	return []string{`null`, `7`, `true`, `"x"`, `""`, `[]`, `{}`, `[{"id":"1"}]`, `{"id":"1"}`,
		`-1`, `1e999`, `-170141183460469231731687303715884105728`,
		strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		strings.Repeat(`{"a":`, 50_000) + "1" + strings.Repeat("}", 50_000), // deeper than anybody reads
		`"` + strings.Repeat("x", 1<<20) + `"`,
		`"\u001b[2J\u202e\u0000"`, `"\ud800"`, "\"\xff\xfe\"", `nul`, `"`}
}

// each gives every value of a tree, with the name of its field, to change, and returns the tree. Elements of
// lists have the name of the list.
func each(name string, v any, change func(name string, v any) any) any {
	switch t := v.(type) {
	case map[string]any:
		for k, e := range t {
			t[k] = each(k, e, change)
		}
	case []any:
		for i, e := range t {
			t[i] = each(name, e, change)
		}
	}
	return change(name, v)
}

// strs changes every string of a tree.
func strs(tree any, change func(name, s string) string) any {
	return each("", tree, func(name string, v any) any {
		if s, ok := v.(string); ok {
			return change(name, s)
		}
		return v
	})
}
