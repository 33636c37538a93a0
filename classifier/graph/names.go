package graph

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Files with one output name their layers only in the names of operators and values. People
// know inception_4c/output as 4c, /layer3/layer3.1/relu_2/Relu_output_0 as layer3.1, and
// /features/features.12/Relu_output_0 as features.12: the name of a module is that of its
// last layer.

// christen names every layer whose result is worth seeing: what follows a ReLU or another
// function, a pool, a concatenation or a sum, and the last layer of every module. Full
// names are remembered, and found as well.
func (im *importer) christen(logits int) map[int]string {
	paths := make([][]string, len(im.titles))
	size, last, outer := map[string]int{}, map[string]int{}, map[string]int{}
	for i := range im.titles {
		if i == 0 || im.titles[i] == (title{}) {
			continue
		}
		var around []string
		paths[i], around = im.titles[i].path()
		for _, scope := range around {
			outer[plain(scope)] = i
		}
		for k := 1; k <= len(paths[i]); k++ {
			scope := strings.Join(paths[i][:k], ".")
			size[scope]++
			last[scope] = i
		}
	}
	names, taken, count := map[int]string{}, map[string]bool{Logits: true}, map[string]int{}
	im.net.alias = map[string]int{}
	for i, l := range im.net.layers {
		if paths[i] == nil || i == logits || im.shapes[i].C < 1 {
			continue
		}
		name := ""
		for k := 1; k <= len(paths[i]) && name == ""; k++ {
			scope := strings.Join(paths[i][:k], ".")
			if last[scope] == i && (size[scope] > 1 || k == len(paths[i])) {
				name = scope
			}
		}
		whole := size[name] > 1
		if name == "" { // an operator directly in a module that goes on
			name = strings.Join(append(paths[i], strings.ToLower(im.titles[i].op)), ".")
		}
		switch l.op.(type) {
		case flat, fit:
			continue // the layer before, in another shape
		}
		if !whole && !worthSeeing(l.op) {
			continue
		}
		name = brief(name, whole, taken)
		if name == "" {
			kind := strings.ToLower(cmp.Or(im.titles[i].kind, im.titles[i].op))
			count[kind]++
			name = fmt.Sprintf("%s%d", kind[:min(len(kind), longestName-5)], count[kind])
		}
		name = unique(name, taken)
		names[i] = name
		for _, full := range []string{im.titles[i].node, im.titles[i].output, strings.Join(paths[i], ".")} {
			if full = plain(full); full != "" {
				im.net.alias[full] = i
			}
		}
	}
	for _, scope := range slices.Sorted(maps.Keys(last)) { // also where an operator lies directly in the module
		if i := last[scope]; size[scope] > 1 && names[i] != "" {
			im.net.alias[plain(scope)] = i
		}
	}
	for scope, i := range outer {
		if _, ok := im.net.alias[scope]; !ok && names[i] != "" {
			im.net.alias[scope] = i
		}
	}
	return names
}

// plain is how names are compared: people mix up cases and separators.
func plain(name string) string {
	name = shorten(strings.Trim(strings.ToLower(strings.TrimSpace(name)), "/"))
	return strings.ReplaceAll(strings.TrimSuffix(name, "/output"), "/", ".")
}

// worthSeeing reports whether an operation's result is a picture of features by itself.
func worthSeeing(op operation) bool {
	switch o := op.(type) {
	case *conv:
		return o.relu
	case relu, curve, *prelu, maxPool, averagePool, mean, concat, sum, blend, lrn:
		return true
	}
	return false
}

// anonymous names say nothing: an operator and a number, or a number.
var anonymous = regexp.MustCompile(`^([A-Z][A-Za-z]*_)?\d+$|^$`)

var (
	outputSuffix = regexp.MustCompile(`_output_\d+$|:\d+$`)
	// Inception's blocks, in the spellings of Caffe, TensorFlow and torchvision.
	inception = regexp.MustCompile(`(?i)^(?:inception|mixed)[_-]?(\d[a-z])(?:/output)?(?:_\d+)?$`)
)

// path takes the name of a layer apart into modules, outermost first, without what repeats:
// around are the modules that are left out because the next one's name begins with theirs.
func (t title) path() (path, around []string) {
	name := outputSuffix.ReplaceAllString(t.node, "")
	if name == "" || anonymous.MatchString(name) {
		name = outputSuffix.ReplaceAllString(t.output, "")
	}
	for _, part := range strings.Split(strings.Trim(name, "/ "), "/") {
		if part = clean(part); part == "" {
			continue
		}
		if k := len(path) - 1; k >= 0 && strings.HasPrefix(part, path[k]+".") {
			around = append(around, strings.Join(path, "."))
			path[k] = part // layer3/layer3.1
			continue
		}
		path = append(path, part)
	}
	if k := len(path) - 1; k > 0 && (path[k] == t.op || strings.HasPrefix(path[k], t.op+"_")) {
		path = path[:k] // the operator itself, inside its module
	}
	if len(path) > 8 {
		path = path[:8]
	}
	return path, around
}

// clean keeps what can be typed in a mention.
func clean(part string) string {
	const longest = 48
	if len(part) > longest {
		part = part[:longest]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '_'
	}, strings.TrimSpace(part))
}

// shorten turns names of inception blocks into what everybody calls them.
func shorten(name string) string {
	if m := inception.FindStringSubmatch(name); m != nil {
		return strings.ToLower(m[1])
	}
	return name
}

// longestName is what fits the token of a recipe.
const longestName = 15

// brief makes a name short enough, that of a module if need be by leaving outer ones out; ""
// when the name says nothing or nothing short is left.
func brief(name string, module bool, taken map[string]bool) string {
	if anonymous.MatchString(name) {
		return ""
	}
	parts := strings.Split(name, ".")
	parts[0] = shorten(parts[0])
	for ; len(parts) > 0; parts = parts[1:] {
		out := strings.Join(parts, ".")
		if len(out) <= longestName && !taken[strings.ToLower(out)] && (out[0] < '0' || out[0] > '9' || inception.MatchString("mixed"+parts[0])) {
			return out
		}
		if !module {
			break
		}
	}
	return ""
}

// unique adds a number to a name that is taken, whatever its case.
func unique(name string, taken map[string]bool) string {
	out := name
	for i := 2; taken[strings.ToLower(out)]; i++ {
		out = fmt.Sprintf("%s_%d", name, i)
	}
	taken[strings.ToLower(out)] = true
	return out
}
