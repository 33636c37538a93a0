package jpeg_test

import (
	"bufio"
	"bytes"
	"fmt"
	"hash/crc32"
	"image"
	stdjpeg "image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"slugpuppy/picture/jpeg"
	"slugpuppy/picture/odd"
)

// The files are a drawing of package picture, written by cjpeg of libjpeg-turbo 2.1.5, some of them
// damaged; the sums are of the red, green and blue that djpeg reads from them.
func TestLibjpegReadsTheSameToTheBit(t *testing.T) {
	sums, err := os.Open(filepath.Join("testdata", "libjpeg.sums"))
	if err != nil {
		t.Fatal(err)
	}
	defer sums.Close()
	n := 0
	for lines := bufio.NewScanner(sums); lines.Scan(); n++ {
		var want uint32
		var name string
		if _, err := fmt.Sscanf(lines.Text(), "%x %s", &want, &name); err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			img, err := jpeg.Decode(t.Context(), data)
			if err != nil {
				t.Fatal(err)
			}
			var rgb []byte
			for i := 0; i < len(img.Pix); i += 4 {
				rgb = append(rgb, img.Pix[i:i+3]...)
			}
			if got := crc32.ChecksumIEEE(rgb); got != want {
				t.Errorf("sum of the pixels is %08x, libjpeg's %08x", got, want)
			}
		})
	}
	if n < 10 {
		t.Errorf("only %d files", n)
	}
}

// Go's own decoder shares nothing with this one. Its grey is compared, which is not upsampled.
func TestGoReadsNearlyTheSameGrey(t *testing.T) {
	for _, j := range []odd.JPEG{{Model: "grey"}, {Model: "grey", Restart: 3}, {Model: "grey", Progressive: true}} {
		data := j.Write(odd.Drawing())
		want, err := stdjpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		got, err := jpeg.Decode(t.Context(), data)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range want.(*image.Gray).Pix[:odd.W] {
			if d := int(v) - int(got.Pix[4*i]); d > 1 || d < -1 {
				t.Fatalf("%+v: pixel %d is %d, Go says %d", j, i, got.Pix[4*i], v)
			}
		}
	}
}
