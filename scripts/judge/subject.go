package main

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"slugpuppy/scripts/pieces"
	"strings"
)

// Subjects is how much what is kept as the subject of photographs is what somebody drew: intersection over union.
type Subjects struct {
	Pictures int                `json:"pictures"`
	Mean     float64            `json:"mean"`
	Good     int                `json:"good"` // of at least 0.65
	Each     map[string]float64 `json:"each"`
}

const drawn = ".mask.png" // ends the name of what somebody drew

// found compares a network's subjects with those in a folder.
func found(ctx context.Context, model, folder string) (*Subjects, error) {
	finder, err := openJudge(model)
	if err != nil {
		return nil, err
	}
	files, err := photographs(folder)
	if err != nil {
		return nil, err
	}
	s := &Subjects{Each: map[string]float64{}}
	for _, file := range files {
		if strings.HasSuffix(file, drawn) {
			continue
		}
		img, _, err := pieces.Read(ctx, file)
		if err != nil {
			return nil, err
		}
		want, _, err := pieces.Read(ctx, strings.TrimSuffix(file, filepath.Ext(file))+drawn)
		if err != nil {
			return nil, err
		}
		got, err := finder.maker.Subject(ctx, img)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		v := overlap(got, want)
		s.Pictures, s.Mean, s.Each[filepath.Base(file)] = s.Pictures+1, s.Mean+v, round(v)
		if v >= 0.65 {
			s.Good++
		}
	}
	s.Mean = round(s.Mean / float64(max(1, s.Pictures)))
	return s, nil
}

// overlap is the intersection over union of what is more than half white.
func overlap(got *image.Gray, want *image.NRGBA) float64 {
	both, either := 0, 0
	w, h := got.Rect.Dx(), got.Rect.Dy()
	for y := range h {
		for x := range w {
			a := got.GrayAt(x, y).Y > 127
			b := want.NRGBAAt((2*x+1)*want.Rect.Dx()/(2*w), (2*y+1)*want.Rect.Dy()/(2*h)).R > 127
			if a && b {
				both++
			}
			if a || b {
				either++
			}
		}
	}
	return float64(both) / float64(max(1, either))
}
