package picture_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"slugpuppy/picture"
)

// boxed is a box of an MP4.
func boxed(name string, parts ...string) string {
	body := ""
	for _, p := range parts {
		body += p
	}
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))) + name + body
}

// smallMP4 is a film without pictures, with a comment among its metadata, "" for none.
func smallMP4(comment string) []byte {
	udta := ""
	if comment != "" {
		item := boxed("\xa9cmt", boxed("data", "\x00\x00\x00\x01\x00\x00\x00\x00", comment))
		udta = boxed("udta", boxed("free"), boxed("meta", "\x00\x00\x00\x00", boxed("hdlr", "mdir"), boxed("ilst", boxed("\xa9too", "x"), item)))
	}
	large := "\x00\x00\x00\x01mdat" + string(binary.BigEndian.AppendUint64(nil, 16+5)) + "\x00\x00\x00\x09q" // 64 bits of length
	return []byte(boxed("ftyp", "isom\x00\x00\x02\x00mp41") + boxed("moov", boxed("mvhd", "...."), udta) + large)
}

func TestWhatAFilmSaysOfItselfIsRead(t *testing.T) {
	for _, want := range []string{"", "DeepDream, recipe"} {
		if got := picture.Comment(smallMP4(want)); got != want {
			t.Errorf("%q is read as %q", want, got)
		}
	}
	plain := smallMP4("")
	with, err := picture.AddXMP(plain, describing("a picture & <more>"))
	if err != nil || !bytes.HasPrefix(with, plain) || picture.Comment(with) != "a picture & <more>" {
		t.Errorf("the packet is read as %q, %v", picture.Comment(with), err)
	}
	for n := range with {
		if got := picture.Comment(with[:n]); got != "" {
			t.Fatalf("cut off after %d bytes it says %q", n, got)
		}
	}
	if _, err := picture.AddXMP(plain[:len(plain)-1], describing("a picture")); err == nil {
		t.Error("a film that ends in the middle of a box takes a packet, which nobody would find")
	}
}

// Files that move have no comment: what they are is in their packet alone.
func TestWhatMovesSaysWhatItIs(t *testing.T) {
	files := marked(t, describing("a picture & <more>"))
	if got := picture.Comment(files["gif"]); got != "a picture & <more>" {
		t.Errorf("a GIF is described as %q", got)
	}
	if got := picture.Comment(files["webp"]); got != "made by a test" {
		t.Errorf("a WebP with both says %q", got)
	}
	for n := range files["gif"] {
		if got := picture.Comment(files["gif"][:n]); got != "" && got != "a picture & <more>" {
			t.Fatalf("cut off after %d bytes it says %q", n, got)
		}
	}
}

func describing(text string) string {
	return picture.XMP(picture.Property{Name: "dc:description", Value: text, Kind: picture.Alt})
}

// FuzzComment: whatever a file says of itself is plain ASCII, and no file ends the program.
func FuzzComment(f *testing.F) {
	f.Add(smallMP4("DeepDream"))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00\x21\xff\x0bXMP DataXMP<dc:description>\x01\xff\xfe\xfd"))
	f.Add([]byte("RIFF\x20\x00\x00\x00WEBPXMP \xff\xff\xff\xffx"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, c := range picture.Comment(data) {
			if c < ' ' || c > '~' {
				t.Fatalf("%q", picture.Comment(data))
			}
		}
	})
}
