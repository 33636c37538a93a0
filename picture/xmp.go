package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
)

// errNoXMP is returned for files that AddXMP did not get from this package.
var errNoXMP = errors.New("this file takes no XMP packet")

// MostXMP is the length up to which a packet fits everywhere: a segment of a JPEG.
const MostXMP = 65_000

// AddXMP puts an XMP packet (ISO 16684-1) into a PNG, JPEG, GIF or WebP that this package wrote, or an MP4, where XMP Specification
// Part 3 has it. It grows by the packet and less than 300 bytes.
func AddXMP(data []byte, packet string) ([]byte, error) {
	if len(packet) > MostXMP {
		return nil, errNoXMP
	}
	switch Sniff(data) {
	case "png":
		return insert(data, headPNG, xmpChunkPNG(packet))
	case "jpeg":
		body := "http://ns.adobe.com/xap/1.0/\x00" + packet
		segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
		return insert(data, 2, append(segment, body...))
	case "gif":
		at, ok := tableEnd(data)
		if !ok {
			return nil, errNoXMP
		}
		return insert(data, at, xmpBlockGIF(packet))
	case "webp":
		return xmpWebP(data, packet)
	case "mp4":
		return xmpMP4(data, packet)
	}
	return nil, errNoXMP
}

func insert(data []byte, at int, extra []byte) ([]byte, error) {
	if len(data) < at {
		return nil, errNoXMP
	}
	return bytes.Join([][]byte{data[:at], extra, data[at:]}, nil), nil
}

// xmpChunkPNG is an iTXt chunk, not compressed (PNG, section 11.3.3.4).
func xmpChunkPNG(packet string) []byte {
	body := "iTXtXML:com.adobe.xmp\x00\x00\x00\x00\x00" + packet
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body)-4))
	chunk = append(chunk, body...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE([]byte(body)))
}

// tableEnd is where the blocks of a GIF begin, behind its global table of colours (GIF89a, 18).
func tableEnd(data []byte) (at int, ok bool) {
	const head = 13
	if len(data) < head {
		return 0, false
	}
	at = head
	if flags := data[10]; flags&0x80 != 0 {
		at += 3 << (flags&7 + 1)
	}
	return at, at <= len(data)
}

// xmpBlockGIF is an application extension with the packet as it is: readers that look for sub-blocks in it are led
// to its end by the trailer, in which every byte says how far that is.
func xmpBlockGIF(packet string) []byte {
	block := append([]byte(headXMP), packet...)
	block = append(block, 1)
	for i := 255; i >= 0; i-- {
		block = append(block, byte(i))
	}
	return append(block, 0)
}

// headXMP begins the application extension of a GIF that has a packet.
const headXMP = "\x21\xff\x0bXMP DataXMP"

// gifPacket is the packet among the extensions in front of a GIF's first picture, nil without one.
func gifPacket(data []byte) []byte {
	at, ok := tableEnd(data)
	if !ok {
		return nil
	}
	for data = data[at:]; len(data) > 2 && data[0] == 0x21; { // of any kind
		if packet, ok := bytes.CutPrefix(data, []byte(headXMP)); ok {
			packet, _, ok = bytes.Cut(packet, []byte("\x01\xff\xfe\xfd"))
			if !ok {
				return nil
			}
			return packet
		}
		for data = data[2:]; len(data) > 0 && data[0] > 0; { // sub-blocks
			data = data[min(1+int(data[0]), len(data)):]
		}
		data = data[min(1, len(data)):]
	}
	return nil
}

// webpPacket is the packet in a WebP's chunks, nil without one.
func webpPacket(data []byte) []byte {
	for len(data) >= 8 {
		name, size := string(data[:4]), uint64(binary.LittleEndian.Uint32(data[4:]))
		if size > uint64(len(data)-8) {
			return nil
		}
		if name == "XMP " {
			return data[8 : 8+size]
		}
		data = data[min(8+size+size&1, uint64(len(data))):]
	}
	return nil
}

// description is dc:description as XMP writes it, nil without one.
func description(packet []byte) []byte {
	_, after, _ := bytes.Cut(packet, []byte("<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">"))
	text, _, ok := bytes.Cut(after, []byte("</rdf:li>"))
	if !ok {
		return nil
	}
	return []byte(xmlBack.Replace(string(text)))
}

// hasXMP says that a WebP has a chunk with a packet (RFC 9649, 2.7).
const hasXMP = 1 << 2

func xmpWebP(data []byte, packet string) ([]byte, error) {
	if len(data) <= flagsWebP || string(data[12:16]) != "VP8X" {
		return nil, errNoXMP // such a file has no place for metadata
	}
	if len(packet)%2 == 1 {
		packet += "\n"
	}
	chunk := binary.LittleEndian.AppendUint32([]byte("XMP "), uint32(len(packet)))
	out := bytes.Join([][]byte{data, chunk, []byte(packet)}, nil)
	out[flagsWebP] |= hasXMP
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out, nil
}

// Property is one of an XMP packet: a name with its prefix, and its value; Bag says that it is an unordered list, Seq an
// ordered one, and Alt a text in languages, in all of which the value is the only one.
type Property struct {
	Name, Value string
	Kind        PropertyKind
}

// PropertyKind is how a property's value is written.
type PropertyKind string

// The kinds of properties.
const (
	Simple PropertyKind = ""
	Bag    PropertyKind = "Bag"
	Seq    PropertyKind = "Seq"
	Alt    PropertyKind = "Alt"
)

// namespaces are those that properties may be of.
var namespaces = map[string]string{
	"dc":          "http://purl.org/dc/elements/1.1/",
	"xmp":         "http://ns.adobe.com/xap/1.0/",
	"Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}

// XMP writes a packet that nobody is to change in place.
func XMP(properties ...Property) string {
	var b strings.Builder
	b.WriteString("<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n" +
		"<rdf:Description rdf:about=\"\"")
	for _, prefix := range []string{"dc", "xmp", "Iptc4xmpExt"} {
		b.WriteString(" xmlns:" + prefix + "=\"" + namespaces[prefix] + "\"")
	}
	b.WriteString(">\n")
	for _, p := range properties {
		value := xmlText.Replace(p.Value)
		if p.Kind != Simple {
			item := "<rdf:li>"
			if p.Kind == Alt {
				item = "<rdf:li xml:lang=\"x-default\">"
			}
			value = "<rdf:" + string(p.Kind) + ">" + item + value + "</rdf:li></rdf:" + string(p.Kind) + ">"
		}
		b.WriteString("<" + p.Name + ">" + value + "</" + p.Name + ">\n")
	}
	b.WriteString("</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>")
	return b.String()
}

var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\"", "&quot;")

// xmlBack is the way back.
var xmlBack = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&quot;", "\"")
