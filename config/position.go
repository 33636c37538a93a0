package config

import (
	"bytes"
	"slices"

	"github.com/pelletier/go-toml/v2/unstable"
)

// entry is a key or a table header of a file, and its line.
type entry struct {
	path  []string
	table bool
	line  int
}

// reader walks through a file and counts lines as it goes.
type reader struct {
	p          unstable.Parser
	data       []byte
	read, line int // bytes passed and the line they end on
}

// entries lists what a file that has been decoded without error holds, in order. The decoder
// tells lines only for mistakes it finds itself; ranges and remedies are ours.
func entries(data []byte) []entry {
	r := reader{data: data, line: 1}
	r.p.Reset(data)
	var all []entry
	var table []string
	for r.p.NextExpression() {
		e := r.p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			path, line := r.names(e.Key())
			table = path
			all = append(all, entry{path, true, line})
		case unstable.KeyValue:
			all = append(all, r.values(table, e)...)
		}
	}
	return all
}

// values lists a key with its value; an inline table is what it stands for.
func (r *reader) values(table []string, e *unstable.Node) []entry {
	keys, line := r.names(e.Key())
	path := append(slices.Clip(table), keys...)
	if e.Value().Kind != unstable.InlineTable {
		return []entry{{path, false, line}}
	}
	all := []entry{{path, true, line}}
	for it := e.Value().Children(); it.Next(); {
		all = append(all, r.values(path, it.Node())...)
	}
	return all
}

func (r *reader) names(it unstable.Iterator) (path []string, line int) {
	for it.Next() {
		n := it.Node()
		if at := int(n.Raw.Offset); line == 0 && at >= r.read {
			r.line += bytes.Count(r.data[r.read:at], []byte("\n"))
			r.read = at
		}
		line = r.line
		path = append(path, string(n.Data))
	}
	return path, line
}

// lookup finds a decoded value; nil when a part of the path is no table.
func lookup(doc map[string]any, path []string) any {
	var v any = doc
	for _, name := range path {
		table, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = table[name]
	}
	return v
}
