package training

import (
	"context"
	"fmt"
	"image"
)

// Sheet draws mistakes with their scores and kinds on one picture. It holds pictures of the
// corpus, so it is not to be published.
func Sheet(ctx context.Context, corpus string, mistakes []Mistake) (*image.NRGBA, error) {
	var cells []Cell
	for _, m := range mistakes {
		img, err := open(ctx, corpus, Entry{File: m.Sample.File})
		if err != nil {
			return nil, fmt.Errorf("contact sheet: %s: %w", m.Sample.File, err)
		}
		cells = append(cells, Cell{img, fmt.Sprintf("%.3f %.20s", m.Score, m.Sample.Kind)})
	}
	return Board(cells, 6, 200), nil
}
