package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scalars say what values of simple types look like; numbers come as json.Number.
var scalars = map[string]func(any) bool{
	"any":    func(any) bool { return true },
	"text":   func(v any) bool { _, ok := v.(string); return ok },
	"id":     func(v any) bool { s, ok := v.(string); return ok && s != "" && !strings.ContainsAny(s, " \n") },
	"flag":   func(v any) bool { _, ok := v.(bool); return ok },
	"number": func(v any) bool { _, ok := v.(json.Number); return ok },
	"int": func(v any) bool {
		n, ok := v.(json.Number)
		_, err := n.Int64()
		return ok && err == nil
	},
	"url":  parsed(func(s string) bool { u, err := url.Parse(s); return err == nil && u.Scheme != "" }),
	"time": parsed(func(s string) bool { _, err := time.Parse("2006-01-02T15:04:05.000Z", s); return err == nil }),
	"ruby": parsed(func(s string) bool { _, err := time.Parse(time.RubyDate, s); return err == nil }),
	"date": parsed(func(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }),
}

func parsed(good func(string) bool) func(any) bool {
	return func(v any) bool { s, ok := v.(string); return ok && good(s) }
}

// Exchange is a request and its answer.
type Exchange struct {
	Route  string // such as GET /api/v1/accounts/{id}
	Query  string
	Type   string // of the body
	Body   []byte
	Code   int
	Answer []byte // in JSON
}

// Check lists what of an exchange is not as the table says. What was refused may have been asked in any
// way. loose is for servers that are only like the one that the table is of: they may leave things out and
// add others.
func (t *Table) Check(e Exchange, loose bool) []string {
	c, ok := t.calls[e.Route]
	switch {
	case !ok && e.Code >= 400: // is what both say of what the server has not
		return nil
	case !ok:
		return []string{"the schema has no " + e.Route}
	}
	k := &checker{table: t, loose: loose}
	kind := c.answers
	if e.Code/100 == 2 {
		k.request(c, e)
	} else {
		kind = "Error"
	}
	if kind != "" {
		d := json.NewDecoder(bytes.NewReader(e.Answer))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			k.note("the answer", "is no JSON: %v", err)
		} else {
			k.value("the answer", kind, v)
		}
	}
	for i := range k.found {
		k.found[i] = e.Route + ": " + k.found[i]
	}
	return k.found
}

// checker collects what is wrong.
type checker struct {
	table *Table
	loose bool
	found []string
}

func (k *checker) note(where, format string, args ...any) {
	k.found = append(k.found, where+" "+fmt.Sprintf(format, args...))
}

// value looks at a value that has to be of a kind.
func (k *checker) value(where, kind string, v any) {
	if inner, ok := strings.CutPrefix(kind, "["); ok {
		list, ok := v.([]any)
		if !ok {
			k.note(where, "is no list but %.60v", v)
		}
		for i, element := range list {
			k.value(fmt.Sprintf("%s[%d]", where, i), strings.TrimSuffix(inner, "]"), element)
		}
		return
	}
	if fields, ok := k.table.entities[kind]; ok {
		k.entity(where, kind, fields, v)
		return
	}
	if !scalar(kind, v) {
		k.note(where, "is no %s but %.60v", kind, v)
	}
}

func scalar(kind string, v any) bool {
	if good := scalars[kind]; good != nil {
		return good(v)
	}
	s, ok := v.(string)
	return ok && slices.Contains(strings.Split(kind, "|"), s)
}

func (k *checker) entity(where, kind string, fields []field, v any) {
	object, ok := v.(map[string]any)
	if !ok {
		k.note(where, "is no %s but %.60v", kind, v)
		return
	}
	known := map[string]bool{}
	for _, f := range fields {
		known[f.name] = true
		inner, there := object[f.name]
		switch {
		case !there && !f.optional && !k.loose:
			k.note(where, "lacks %s", f.name)
		case !there, inner == nil && f.null:
		case inner == nil && k.loose:
		default:
			k.value(where+"."+f.name, f.kind, inner)
		}
	}
	for name := range object {
		if !known[name] && !k.loose {
			k.note(where, "has %s, which %s has not", name, kind)
		}
	}
}

// request looks at the parameters of a call, wherever they are.
func (k *checker) request(c call, e Exchange) {
	given, err := parameters(e)
	if err != nil {
		k.note("the request", "cannot be read: %v", err)
		return
	}
	for name, values := range given {
		i := slices.IndexFunc(c.parameters, func(f field) bool { return f.name == name })
		if i < 0 {
			k.note("the request", "says %s, which nobody asked for", name)
			continue
		}
		for _, v := range values {
			if f := c.parameters[i]; !spelt(f.kind, v) && !(f.null && (v == nil || v == "")) {
				k.note("the request", "says %s=%.60v, which is no %s", name, v, f.kind)
			}
		}
	}
}

// spelt says whether a parameter is of a kind: most are text, whatever they mean.
func spelt(kind string, v any) bool {
	s, text := v.(string)
	if !text {
		return scalar(kind, v)
	}
	switch kind {
	case "flag":
		return slices.Contains([]string{"true", "false", "1", "0"}, s)
	case "int":
		_, err := strconv.Atoi(s)
		return err == nil
	case "number":
		_, err := strconv.ParseFloat(s, 64)
		return err == nil
	}
	return scalar(kind, v)
}

// parameters are those of the query and of the body, by their names; files have no value.
func parameters(e Exchange) (map[string][]any, error) {
	all := map[string][]any{}
	add := func(values url.Values) {
		for name, list := range values {
			for _, v := range list {
				all[name] = append(all[name], v)
			}
		}
	}
	query, err := url.ParseQuery(e.Query)
	if err != nil {
		return nil, err
	}
	add(query)
	kind, attributes, _ := mime.ParseMediaType(e.Type)
	switch {
	case len(bytes.TrimSpace(e.Body)) == 0:
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(e.Body))
		if err != nil {
			return nil, err
		}
		add(form)
	case kind == "multipart/form-data":
		form, err := multipart.NewReader(bytes.NewReader(e.Body), attributes["boundary"]).ReadForm(32 << 20)
		if err != nil {
			return nil, err
		}
		defer form.RemoveAll()
		add(form.Value)
		for name := range form.File {
			all[name] = nil
		}
	case kind == "application/json":
		return all, fromJSON(all, e.Body)
	}
	return all, nil
}

// fromJSON adds the leaves of a body with the names they would have in a form.
func fromJSON(all map[string][]any, body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var tree map[string]any
	if err := d.Decode(&tree); err != nil && err != io.EOF {
		return err
	}
	leaves(all, "", tree)
	return nil
}

func leaves(all map[string][]any, name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if name != "" {
				key = name + "[" + key + "]"
			}
			leaves(all, key, inner)
		}
	case []any:
		for _, inner := range v {
			leaves(all, name+"[]", inner)
		}
	default:
		all[name] = append(all[name], v)
	}
}
