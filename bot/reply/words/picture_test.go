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
		{"pixels of frames", picture.Problem{Kind: picture.TooLong, What: picture.FramePixels, Max: 50_000_000}, "50 million"},
		{"work", picture.Problem{Kind: picture.TooCostly}, "more work"},
		{"time", picture.Problem{Kind: picture.TimedOut}, "ask me again"},
		{"our fault", picture.Problem{Kind: picture.Failed}, "my own fault"},
		{"HEIC", picture.Problem{Kind: picture.Modern, Format: "heic"}, "a HEIC file, as iPhones"},
		{"JPEG XL", picture.Problem{Kind: picture.Modern, Format: "jxl"}, "a screenshot"},
		{"AVIF", picture.Problem{Kind: picture.Modern, Format: "avif"}, "an AVIF file"},
		{"no picture", picture.Problem{Kind: picture.Unsupported}, "JPEG, PNG, GIF, WebP, BMP and TIFF"},
		{"a JPEG of 12 bits", picture.Problem{Kind: picture.Unsupported, Format: "jpeg"}, "a rare kind"},
		{"a film", picture.Problem{Kind: picture.Unsupported, Format: "mp4"}, "a film"},
		{"a document", picture.Problem{Kind: picture.Unsupported, Format: "pdf"}, "a PDF"},
		{"nothing", picture.Problem{Kind: picture.Empty}, "is empty"},
		{"something new", picture.Problem{Kind: picture.Modern, Format: "heif2"}, "new kind"},
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
