package pdq_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"image"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"slugpuppy/antidote/pdq"
)

var reference = flag.String("reference", "", "a program that hashes as Facebook's does, see TestReferenceProgram")

// published are the hashes that Facebook's reference program (pdq/cpp of its ThreatExchange repository, built with
// g++ 12) gives of the patterns: quality, then the eight of Dihedral.
var published = []struct {
	w, h   int
	hashes string
}{
	{64, 64, "100 " +
		"5ab3a5555ab3a555aaa555aaa94a56d2adb25364accf518d0618f8ef07f85807 " +
		"5aa65aaa5aa45aaaaaa5aa55a94aa92dadb6ac99acc68e75063ea78aa7a507ca " +
		"04060fa70f060ffffff0ff007c0e7c7878e7198e399a1b27134d124512add2ad " +
		"0ff1f0020ff1e000fff000fffc1f0387f8e30633f993a4df536b0d20f2f0ab60 " +
		"5ab35aaa5ab34aaaaaa5aa54a94ba92dadb2ac9baccfae720618071047f8a7f8 " +
		"0ff6f0000fe6f000fff000fffc1f0387f8e70631f99a04d8534dadbad2ad0d52 " +
		"5aa4a5555aa4a555aaa555aaa94a56d2adb65366acc6f18a063e5875a7a5f835 " +
		"0c010f810fa00fff7ff0ff007c1f7c7858e3198c59931920136bf2dff2f0509f"},
	{500, 300, "100 " +
		"52b3ad5552d3a5554aab552aab5a5692a9b65264accf538d0e30f0ef47d87807 " +
		"5aa45aa852a55aaa4aabaad5ab5aa96da9b6ad998ccc0c750e36af0aafa507ca " +
		"040607ff000207ff0ffeff807e0f5c385ce3d8ced99a59275b651a45128dd2ad " +
		"07f1f00207f0f0001ffc007ffe0f03c7fce30733d999a6df5b6305a0faf0ad60 " +
		"52b352aa52935aaa0aabaad5ab5aa96da9b6ad9baccfac720e300f1047d887f8 " +
		"07e6f80007c6f000dffe007ffe0f03c7fce30731f99a06d85b65a5ba1a8d2d52 " +
		"52a4ad5752a5a5554aa9552aab5a5692a9b672668cccf38a0e3650f5afa5f835 " +
		"046107f9060007ff0ffcdf805e0f5c385ce358cc599959205b63da5ffaf0529f"},
	{333, 512, "100 " +
		"52b3ad5552d3ad554aab552aab5a5692a9b65264accf538d0e30b0ef47d87807 " +
		"52e452ac52a55aaa5aa9aad5ab5aa96da9b6ad998ccc0c750e36af0aafa507ca " +
		"040607ff000207ff0ffeff80fe0f7c387ce378ce399a19271b651a45128dd2ad " +
		"07b1f80207f0f0000ffc007ffe0f03c7fce32733d999a6df5b6305a0faf0ad60 " +
		"52b352aa52d352aa4aabaad5ab5aa96da9b62d9baccfac720e300f1047d887f8 " +
		"07e6f80007c6f8001ffe007ffe0f03c7fce38731f99a06d85b65e5ba128d2d52 " +
		"52a4ad5352a5a5555aa9552aab5a5692a9b672668cccf38a0e3650f5afa5f835 " +
		"060107c107e007ff0ffcdf805e0f5c385ce358cc599959205b63da5ffaf0529f"},
	{131, 7, "100 " +
		"57e82807a815d7f9a846569129ef96782d997d87d2666987d610a96e57f92807 " +
		"b92c6b856ad56bd56ad56a75952a6d2996d264d99326ca759386958a4a75892c " +
		"02bd82adfd407d53fd13fc3b7cba3cd278ccd72d8733c32d834503c402ac82ad " +
		"4c79c12f3f80c13f3f80c09fc07fc783c387ce73c67360dfc6d33f201f202386 " +
		"57e8d7f828152806a846a96e29ef79872d998278d2669678d610569157f9d7f8 " +
		"82bd7d52fd4082acfd1303c47cbad32d78cc3cd287333cd28345fc3b02ac7d52 " +
		"392c947a6ad5956a6ad595ca952a92d696d29b269326358a93866a754a7576d3 " +
		"6c793ed03f803fc03f803f60c07f387cc387318cc6739f20c6d3c0df1f20dc79"},
	{4, 90, "0 " +
		"0000000000000000000000000000000000000000000000000000000000000000 " +
		"0000000000000000000000000000000000000000000000000000000000000000 " +
		"0000000000000000000000000000000000000000000000000000000000000000 " +
		"0000000000000000000000000000000000000000000000000000000000000000 " +
		"0000000000000000000000000000000000000000000000000000000000000000 " +
		"0000000000000000000000000000000000000000000000000000000000000000 " +
		"0000000000000000000000000000000000000000000000000000000000000000 " +
		"0000000000000000000000000000000000000000000000000000000000000000"},
}

// pattern is a picture made by a formula, so that anybody can hash it with anything.
func pattern(w, h int) (pix []float32) {
	pix = make([]float32, 0, w*h)
	for y := range h {
		for x := range w {
			u, v := float64(x)/float64(w), float64(y)/float64(h)
			l := 128 + 60*math.Sin(11*u+3*v*v) + 45*math.Cos(17*v-5*u*v) + 20*math.Sin(40*u*v)
			pix = append(pix, float32(math.Floor(max(0, min(255, l)))))
		}
	}
	return pix
}

func grey(pix []float32, w, h int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i, v := range pix {
		img.Pix[i] = byte(v)
	}
	return img
}

func printed(pix []float32, w, h int) string {
	hashes, quality := pdq.DihedralFromLuma(pix, w, h)
	out := fmt.Sprint(quality)
	for _, h := range hashes {
		out += " " + h.String()
	}
	return out
}

func TestHashesAreThoseOfTheReference(t *testing.T) {
	for _, tt := range published {
		if got := printed(pattern(tt.w, tt.h), tt.w, tt.h); got != tt.hashes {
			t.Errorf("%dx%d:\n got %s\nwant %s", tt.w, tt.h, got, tt.hashes)
		}
	}
}

// TestReferenceProgram pipes the patterns through a program over the reference's hashing/ folder, which reads
// rows, columns (int32) and luma (float32), little-endian, and prints quality and hashes.
func TestReferenceProgram(t *testing.T) {
	if *reference == "" {
		t.Skip("no -reference program")
	}
	for _, tt := range published {
		pix := pattern(tt.w, tt.h)
		in := binary.LittleEndian.AppendUint32(nil, uint32(tt.h))
		in = binary.LittleEndian.AppendUint32(in, uint32(tt.w))
		for _, v := range pix {
			in = binary.LittleEndian.AppendUint32(in, math.Float32bits(v))
		}
		cmd := exec.Command(*reference)
		cmd.Stdin, cmd.Stderr = strings.NewReader(string(in)), os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.TrimSpace(string(out)); printed(pix, tt.w, tt.h) != want {
			t.Errorf("%dx%d: want %s", tt.w, tt.h, want)
		}
	}
}

func TestPicturesAreHashedByTheirLuma(t *testing.T) {
	pix := pattern(500, 300)
	want, _ := pdq.FromLuma(pix, 500, 300)
	got, quality := pdq.Of(grey(pix, 500, 300))
	if d := got.Distance(want); d > 2 || quality < pdq.LeastQuality { // 0.299+0.587+0.114 is not quite 1
		t.Errorf("distance %d, quality %d", d, quality)
	}
	moved := grey(pix, 500, 300).SubImage(image.Rect(1, 1, 499, 299))
	if h, _ := pdq.Of(moved); h.Distance(want) > pdq.Radius {
		t.Errorf("a pixel less: distance %d", h.Distance(want))
	}
	large, _ := pdq.Of(grey(pattern(2500, 1500), 2500, 1500))
	if d := large.Distance(want); d > 10 { // what its publishers allow between implementations
		t.Errorf("reduced: distance %d", d)
	}
}

func TestTurnedHashesAreThoseOfTurnedPictures(t *testing.T) {
	const n = 64 // where every pixel is read
	pix := pattern(n, n)
	hashes, _ := pdq.DihedralFromLuma(pix, n, n)
	turned := map[string]func(x, y int) (int, int){
		"flipx":     func(x, y int) (int, int) { return x, n - 1 - y },
		"flipy":     func(x, y int) (int, int) { return n - 1 - x, y },
		"rotate180": func(x, y int) (int, int) { return n - 1 - x, n - 1 - y },
		"flipplus1": func(x, y int) (int, int) { return y, x },
	}
	for i, name := range pdq.Turns {
		from := turned[name]
		if from == nil {
			continue
		}
		other := make([]float32, n*n)
		for y := range n {
			for x := range n {
				fx, fy := from(x, y)
				other[y*n+x] = pix[fy*n+fx]
			}
		}
		h, _ := pdq.FromLuma(other, n, n)
		if d := h.Distance(hashes[i]); d > 2 {
			t.Errorf("%s: distance %d", name, d)
		}
	}
}

func TestParseReadsWhatStringWrites(t *testing.T) {
	h, _ := pdq.FromLuma(pattern(64, 64), 64, 64)
	got, err := pdq.Parse(h.String())
	if err != nil || got != h || h.Distance(pdq.Hash{^h[0], h[1], h[2], h[3] ^ 1}) != 65 {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "f8", strings.Repeat("g", 64), strings.Repeat("0", 66)} {
		if _, err := pdq.Parse(bad); err == nil {
			t.Errorf("%q is no hash", bad)
		}
	}
}
