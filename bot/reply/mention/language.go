package mention

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"slugpuppy/dream/lexicon"
)

// packed are the tables of lang, which say what turns of phrase come to in English, what the grammar's words
// are in other languages, and what things are called there.
//
//go:generate go run ./lang/pack lang lang.gz
//go:embed lang.gz
var packed []byte

// tables are the files of lang by name.
var tables = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	text, err := unpack(packed)
	if err != nil {
		panic(fmt.Sprintf("lang.gz: %v", err)) // part of the program; a test opens it
	}
	for _, file := range strings.Split(text, "\f")[1:] {
		name, lines, _ := strings.Cut(file, "\n")
		all[name] = lines
	}
	return all
})

func unpack(packed []byte) (string, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), err
}

// column is where a language stands in things.txt; English is 0.
var column = map[string]int{"de": 1, "fr": 2, "es": 3, "ja": 4}

// dictionary is one language's turns of phrase, by their first word or, of Japanese, first letter.
type dictionary struct {
	turns map[string][]turn
	split func(string) []string // a text into what turns are made of
}

// dictionaries are those that have been needed.
var dictionaries sync.Map // language -> func() *dictionary

func dictionaryOf(language string) *dictionary {
	read, _ := dictionaries.LoadOrStore(language, sync.OnceValue(func() *dictionary { return readDictionary(language) }))
	return read.(func() *dictionary)()
}

// translate puts the grammar's English words in the place of another language's, and the names of
// things. What it does not know it leaves as it is: English.
func translate(tokens []token, language string) []token {
	language, _, _ = strings.Cut(strings.ToLower(language), "-")
	if language == "" || language == "und" || language == "en" { // which clients say where nobody chose
		language = guess(tokens)
	}
	if column[language] == 0 {
		return tokens
	}
	d := dictionaryOf(language)
	if language == "ja" {
		return d.japanese(tokens)
	}
	return d.translate(tokens)
}

// guess is the language of a post that names none, as all do that come from Misskey and its forks, and many from Pleroma, or that says
// English whatever it is in: Japanese by its letters, and another one where some words are not English and all are of that language.
func guess(tokens []token) string {
	foreign := false
	for _, t := range tokens {
		switch {
		case t.quoted:
		case isJapanese(t.low):
			return "ja"
		case isWord(t.low):
			foreign = foreign || !lexicon.Exists(t.low)
		}
	}
	for _, language := range []string{"de", "fr", "es"} {
		if foreign && dictionaryOf(language).hasAll(tokens) {
			return language
		}
	}
	return ""
}

// hasAll says whether every word of a text is in the dictionary.
func (d *dictionary) hasAll(tokens []token) bool {
	var parts []token
	for _, t := range tokens {
		if !t.quoted && isWord(t.low) {
			for _, w := range d.split(t.low) {
				parts = append(parts, token{low: w})
			}
		}
	}
	for len(parts) > 0 {
		t, ok := turnAt(parts, d.turns)
		if !ok {
			return false
		}
		parts = parts[len(t.from):]
	}
	return true
}

func readDictionary(language string) *dictionary {
	d := &dictionary{turns: map[string][]turn{}, split: split}
	if language == "ja" {
		d.split = letters
	}
	for line := range strings.Lines(tables()[language+".txt"]) {
		if from, to, ok := strings.Cut(strings.TrimSpace(line), " ="); ok && !strings.HasPrefix(from, "#") {
			d.add(from, strings.TrimSpace(to))
		}
	}
	for line := range strings.Lines(tables()["things.txt"]) {
		cells := strings.Split(line, "|")
		if len(cells) <= column[language] || strings.HasPrefix(line, "#") {
			continue
		}
		for name := range strings.SplitSeq(cells[column[language]], ",") {
			for _, form := range forms(strings.TrimSpace(name), language) {
				d.add(form, strings.TrimSpace(cells[0]))
			}
		}
	}
	for _, all := range d.turns {
		slices.SortStableFunc(all, func(a, b turn) int { return len(b.from) - len(a.from) })
	}
	return d
}

// add makes a turn of phrase known; of two for the same words the first counts.
func (d *dictionary) add(from, to string) {
	words := d.split(from)
	if len(words) == 0 || from == "-" {
		return
	}
	known := d.turns[words[0]]
	if !slices.ContainsFunc(known, func(t turn) bool { return slices.Equal(t.from, words) }) {
		d.turns[words[0]] = append(known, turn{words, strings.Fields(to)})
	}
}

// forms are a name and what it looks like as a plural or declined.
func forms(name, language string) []string {
	var endings []string
	switch language {
	case "de":
		endings = strings.Fields("n en e s es er ern")
	case "fr":
		endings = strings.Fields("s x")
	case "es":
		endings = strings.Fields("s es")
	}
	out := []string{name}
	for _, e := range endings {
		if first, rest, ok := strings.Cut(name, " "); ok && language != "de" { // ours polaires
			out = append(out, first+e+" "+rest, first+e+" "+rest+"s")
			continue
		}
		out = append(out, name+e)
	}
	return out
}

// plainLetters is a text in lower case without accents; umlauts may be spelt out.
func plainLetters(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return strings.NewReplacer("ß", "ss", "œ", "oe", "’", "'").Replace(b.String())
}

// split cuts a text into words, also behind an apostrophe and at hyphens: d'oiseaux, dessine-moi.
func split(text string) []string {
	var out []string
	for word := range strings.FieldsSeq(plainLetters(text)) {
		for part := range strings.SplitSeq(word, "-") {
			if i := strings.IndexByte(part, '\''); i > 0 && i <= 2 && i+1 < len(part) {
				out = append(out, part[:i+1])
				part = part[i+1:]
			}
			if part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// translate replaces what is in the dictionary, the longest turns first.
func (d *dictionary) translate(tokens []token) []token {
	var parts []token
	whole := map[int]token{} // where the parts of a token begin
	for _, t := range tokens {
		if at := strings.IndexAny(t.low, "=:"); at >= 0 || t.quoted || !isWord(t.low) {
			if to, known := d.word(t.low[:max(at, 0)]); known {
				t.low, t.text = to+t.low[at:], to+t.text[strings.IndexAny(t.text, "=:"):]
			}
			parts = append(parts, t)
			continue
		}
		words := d.split(t.low)
		if len(words) > 1 {
			whole[len(parts)] = t
		}
		for i, w := range words {
			parts = append(parts, token{text: w, low: w, comma: t.comma && i == len(words)-1, ends: t.ends && i == len(words)-1})
		}
	}
	return d.replace(parts, whole)
}

// word is a single word in English.
func (d *dictionary) word(w string) (string, bool) {
	words := d.split(w)
	if len(words) != 1 {
		return "", false
	}
	for _, t := range d.turns[words[0]] {
		if len(t.from) == 1 && len(t.to) == 1 {
			return t.to[0], true
		}
	}
	return "", false
}

// replace puts turns in. A token of which nothing is known stays in one piece.
func (d *dictionary) replace(parts []token, whole map[int]token) []token {
	var out []token
	for i := 0; i < len(parts); {
		if t, ok := turnAt(parts[i:], d.turns); ok && !parts[i].quoted {
			last := parts[i+len(t.from)-1]
			for n, word := range t.to {
				out = append(out, token{text: word, low: word, comma: last.comma && n == len(t.to)-1, ends: last.ends})
			}
			i += len(t.from)
			continue
		}
		if t, ok := whole[i]; ok && !d.knowsAny(d.split(t.low)[1:]) {
			out = append(out, t)
			i += len(d.split(t.low))
			continue
		}
		out = append(out, parts[i])
		i++
	}
	return out
}

func (d *dictionary) knowsAny(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { _, ok := d.word(w); return ok })
}

// isWord says whether a token is made of letters, as words of people are and settings are not.
func isWord(s string) bool {
	first := true
	for _, r := range s {
		if !unicode.IsLetter(r) && (first || r != '-' && r != '\'') {
			return false
		}
		first = false
	}
	return s != ""
}
