// Gen writes the lexicon from Princeton WordNet 3.0 and SCOWL, as Debian's packages wordnet-base
// (1:3.0-37) and scowl (2020.12.07-2) bring them, for the labels of the network inside and the words that
// the program explains itself:
//
//	go run ./dream/lexicon/gen -wordnet /usr/share/wordnet -scowl /usr/share/dict/scowl -out dream/lexicon/lexicon.bin
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
)

func main() {
	log.SetFlags(0)
	wordnet := flag.String("wordnet", "/usr/share/wordnet", "folder with data.noun and index.*")
	scowl := flag.String("scowl", "/usr/share/dict/scowl", "folder with english-words.10 and so on")
	labels := flag.String("labels", "classifier/model/labels.txt", "labels of the network inside")
	table := flag.String("table", "dream/words.txt", "words that the program explains")
	out := flag.String("out", "lexicon.bin", "file to write")
	flag.Parse()
	if err := run(*wordnet, *scowl, *labels, *table, *out); err != nil {
		log.Fatal(err)
	}
}

func run(wordnet, scowl, labels, table, out string) error {
	var s sources
	var err error
	if s.words, err = readScowl(scowl); err != nil {
		return fmt.Errorf("read the word lists: %w", err)
	}
	if s.nouns, err = readNouns(wordnet); err != nil {
		return fmt.Errorf("read the nouns: %w", err)
	}
	if s.kinds, err = readKinds(wordnet); err != nil {
		return fmt.Errorf("read which words are what: %w", err)
	}
	if s.names, err = readNames(labels, table); err != nil {
		return fmt.Errorf("read the names: %w", err)
	}
	b, err := newBook(s)
	if err != nil {
		return err
	}
	data, err := b.encode()
	if err != nil {
		return err
	}
	log.Printf("%d words, %d of them nouns with a meaning, at %d places, in %d bytes", len(b.entries), b.nouns, len(b.nodes), len(data))
	return os.WriteFile(out, data, 0o644)
}

// readNames reads the names of labels, behind their number, and the words before the signs of the table.
func readNames(labels, table string) ([]string, error) {
	var names []string
	err := eachLine(labels, func(line string) error {
		_, list, _ := strings.Cut(line, "\t")
		names = append(names, strings.Split(list, ",")...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return names, eachLine(table, func(line string) error {
		if words, _, ok := cutAny(line, ":~?="); ok && !strings.HasPrefix(line, "#") {
			names = append(names, strings.Split(words, ",")...)
		}
		return nil
	})
}

func cutAny(s, signs string) (before, after string, found bool) {
	if i := strings.IndexAny(s, signs); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}
