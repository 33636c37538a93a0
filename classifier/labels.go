package classifier

import (
	"errors"
	"fmt"
	"strings"
)

// ParseLabels reads one label a line: WordNet id, tab, names separated by commas.
func ParseLabels(text string) ([]Label, error) {
	var labels []Label
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		id, names, ok := strings.Cut(strings.TrimRight(line, "\r"), "\t")
		if !ok || id == "" {
			return nil, fmt.Errorf("line %d: want an id, a tab and names", i+1)
		}
		l := Label{ID: id}
		for name := range strings.SplitSeq(names, ",") {
			if name = strings.TrimSpace(name); name != "" {
				l.Names = append(l.Names, name)
			}
		}
		if len(l.Names) == 0 {
			return nil, fmt.Errorf("line %d: no name", i+1)
		}
		labels = append(labels, l)
	}
	if len(labels) == 0 {
		return nil, errors.New("no labels")
	}
	return labels, nil
}
