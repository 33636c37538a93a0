package detector

import (
	"context"
	"fmt"
	"image"
	"slices"

	"slugpuppy/classifier"
)

// For is the head for another network than the one that it was trained on, if fingerprints of the pictures are the same with
// both: as where only the last layer is another, which no fingerprint looks at.
func (h *Head) For(ctx context.Context, was, now *classifier.Network, pictures []image.Image) (*Head, error) {
	if _, err := WithHead(was, h); err != nil {
		return nil, err
	}
	before, after := NewFingerprinter(was), NewFingerprinter(now)
	for i, img := range pictures {
		want, err := before.Of(ctx, img)
		if err != nil {
			return nil, err
		}
		got, err := after.Of(ctx, img)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(got, want) {
			return nil, fmt.Errorf("picture %d has another fingerprint with network %.8s than with %.8s: train the head again", i+1, now.Hash(), was.Hash())
		}
	}
	kept := *h
	kept.Model = now.Hash()
	return &kept, nil
}
