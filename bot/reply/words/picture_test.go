package words_test

import (
	"strings"
	"testing"

	"slugpuppy/bot/reply/words"
	"slugpuppy/picture"
)

func TestEveryProblemOfAPictureHasItsOwnSentence(t *testing.T) {
	tests := []struct {
		name    string
		problem picture.Problem
		want    string
	}{
		{"bytes", picture.Problem{Kind: picture.TooBig, What: picture.FileBytes, Max: 16 << 20}, "at most 16 MB."},
		{"few bytes", picture.Problem{Kind: picture.TooBig, What: picture.FileBytes, Max: 512 << 10}, "at most 0.5 MB."},
		{"pixels", picture.Problem{Kind: picture.TooBig, What: picture.PixelCount, Max: 33_200_000}, "33.2 megapixels"},
		{"a side", picture.Problem{Kind: picture.TooBig, What: picture.LongSide, Max: 12_000}, "12000 pixels on its longer side"},
		{"a server's own limit", picture.Problem{Kind: picture.TooBig}, "send a smaller one"},
		{"frames", picture.Problem{Kind: picture.TooLong, What: picture.FrameCount, Max: 100}, "at most 100 frames"},
		{"pixels of frames", picture.Problem{Kind: picture.TooLong, What: picture.FramePixels, Max: 5}, "in all its frames"},
		{"work", picture.Problem{Kind: picture.TooCostly}, "more work"},
		{"time", picture.Problem{Kind: picture.TimedOut}, "ask me again"},
		{"HEIC", picture.Problem{Kind: picture.Modern, Format: "heic"}, "a HEIC file, as phones"},
		{"AVIF", picture.Problem{Kind: picture.Modern, Format: "avif"}, "an AVIF file"},
		{"a film", picture.Problem{Kind: picture.Unsupported, Format: "mp4"}, "JPEG, PNG, GIF, WebP"},
		{"damage", picture.Problem{Kind: picture.Corrupt, Format: "png"}, "seems to be damaged"},
	}
	said := map[string]string{}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := words.Picture(&test.problem)
			if !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q in it", got, test.want)
			}
			if before, ok := said[got]; ok {
				t.Errorf("%q is said of %s too", got, before)
			}
			said[got] = test.name
		})
	}
}
