package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Sizes of SCOWL: 60 is what most spelling checkers use, 70 has rarer words as well. Names are taken from the
// usual ones only.
const (
	largest   = 70
	mostNames = 50
)

// readScowl reads every word of American and British English with the size of the list it is in,
// which is smaller for commoner words.
func readScowl(dir string) (map[string]int, error) {
	words := map[string]int{}
	for _, group := range []string{"english", "american", "british", "british_z", "variant_1", "variant_2", "british_variant_1", "british_variant_2"} {
		for kind, most := range map[string]int{"words": largest, "upper": largest, "contractions": largest, "proper-names": mostNames, "abbreviations": mostNames} {
			files, err := filepath.Glob(filepath.Join(dir, group+"-"+kind+".*"))
			if err != nil {
				return nil, err
			}
			for _, file := range files {
				size, err := strconv.Atoi(strings.TrimPrefix(filepath.Ext(file), "."))
				if err != nil || size > most {
					continue
				}
				if err := readList(file, size, words); err != nil {
					return nil, err
				}
			}
		}
	}
	return words, nil
}

// readList adds the words of one list, which is in Latin 1.
func readList(file string, size int, words map[string]int) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var b strings.Builder
		for _, c := range lines.Bytes() {
			b.WriteRune(rune(c))
		}
		word := fold(b.String())
		if word == "" || strings.HasSuffix(word, "'s") {
			continue
		}
		word = strings.ReplaceAll(word, "'", "")
		if known, ok := words[word]; !ok || size < known {
			words[word] = size
		}
	}
	return lines.Err()
}

// fold is a word as it is looked up: lower case, no accents, no hyphens.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '\'':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
