package picture_test

import (
	"bytes"
	"context"
	"image/gif"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slugpuppy/picture"
)

// marked are files of all types with a packet in each.
func marked(t *testing.T, packet string) map[string][]byte {
	t.Helper()
	img, files := picture.Landscape(40, 30, 1), map[string][]byte{}
	var clip bytes.Buffer
	a := picture.NewAnimation(&clip)
	for range 2 {
		if err := a.Add(img, 100*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	files["gif"] = clip.Bytes()
	for ext, encode := range map[string]func() ([]byte, error){
		"png":  func() ([]byte, error) { return picture.EncodePNG(img, "made by a test") },
		"jpeg": func() ([]byte, error) { return picture.EncodeJPEG(img, 80, "made by a test") },
		"webp": func() ([]byte, error) { return picture.EncodeWebP(img, "made by a test") },
	} {
		data, err := encode()
		if err != nil {
			t.Fatal(err)
		}
		files[ext] = data
	}
	for ext, data := range files {
		with, err := picture.AddXMP(data, packet)
		if err != nil || len(with) > len(data)+len(packet)+300 {
			t.Fatalf("%s: %d bytes from %d, %v", ext, len(with), len(data), err)
		}
		files[ext] = with
	}
	return files
}

func testPacket() string {
	return picture.XMP(picture.Property{Name: "dc:creator", Value: "a test & <me>", Kind: picture.Seq},
		picture.Property{Name: "dc:description", Value: "a picture", Kind: picture.Alt},
		picture.Property{Name: "xmp:CreatorTool", Value: "slugpuppy"})
}

func TestFilesWithXMPAreThePicturesTheyWere(t *testing.T) {
	want := picture.SketchOf(picture.Landscape(40, 30, 1))
	for ext, data := range marked(t, testPacket()) {
		p, err := picture.Decode(context.Background(), data, picture.Limits{})
		if err != nil {
			t.Errorf("%s: %v", ext, err)
			continue
		}
		if l := picture.Likeness(want, picture.SketchOf(p.Image)); l < 0.95 {
			t.Errorf("%s: likeness %.2f", ext, l)
		}
		if ext != "gif" && picture.Comment(data) != "made by a test" {
			t.Errorf("%s: the comment is %q", ext, picture.Comment(data))
		}
		if ext == "gif" {
			if g, err := gif.DecodeAll(bytes.NewReader(data)); err != nil || len(g.Image) != 2 || g.LoopCount != 0 {
				t.Errorf("gif: %v", err)
			}
		}
	}
	if _, err := picture.AddXMP([]byte("no picture"), testPacket()); err == nil {
		t.Error("no picture takes a packet")
	}
	if _, err := picture.AddXMP(marked(t, testPacket())["jpeg"], strings.Repeat("x", picture.MostXMP+1)); err == nil {
		t.Error("a packet too long is taken")
	}
}

// Another program reads what was written, where there is one.
func TestExifToolReadsXMP(t *testing.T) {
	tool, err := exec.LookPath("exiftool")
	if err != nil {
		t.Skip("no exiftool")
	}
	for ext, data := range marked(t, testPacket()) {
		path := filepath.Join(t.TempDir(), "picture."+ext)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(tool, "-s", "-XMP-dc:Creator", "-XMP-dc:Description", "-XMP-xmp:CreatorTool", "-Warning", path).CombinedOutput()
		text := strings.Join(strings.Fields(string(out)), " ")
		if err != nil || text != "Creator : a test & <me> Description : a picture CreatorTool : slugpuppy" {
			t.Errorf("%s: %s, %v", ext, out, err)
		}
	}
}
