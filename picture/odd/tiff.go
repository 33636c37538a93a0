package odd

import (
	"bytes"

	"golang.org/x/image/tiff"
)

// TIFFs are TIFF files. Chromium shows none.
func TIFFs() (files []File) {
	for _, c := range []struct {
		name string
		opts *tiff.Options
	}{{"plain", nil}, {"deflated", &tiff.Options{Compression: tiff.Deflate, Predictor: true}}} {
		var b bytes.Buffer
		if err := tiff.Encode(&b, Drawing(), c.opts); err != nil {
			panic(err)
		}
		files = append(files, File{Name: c.name, Format: "tiff", Data: b.Bytes(), Lax: true},
			File{Name: c.name + " and cut", Format: "tiff", Data: b.Bytes()[:b.Len()/2], Shown: Nothing})
	}
	return files
}
