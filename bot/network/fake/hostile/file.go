package hostile

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// files answers with other files than were asked for, another one each time.
func files(of ...file) Lie {
	var asked atomic.Int64
	return Only(Files, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			f := of[int(asked.Add(1)-1)%len(of)]
			w.Header().Set("Content-Type", f.kind)
			_, _ = w.Write(f.data) // the client is gone: nobody to tell
		})
	})
}

// file is one, and what a server says that it is.
type file struct {
	kind string
	data []byte
}

// notPictures are files that are something else than they say.
func notPictures() []file {
	svg := `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="file:///etc/passwd"/><script>alert(1)</script></svg>`
	return []file{
		{"image/png", []byte(svg)}, {"image/svg+xml", []byte(svg)}, {"image/jpeg", []byte("<!DOCTYPE html><title>Log in</title>")},
		{"text/html", []byte("\x89PNG\r\n\x1a\n")}, {"image/png", nil}, {"image/gif", []byte("GIF89a")}, {"image/webp", []byte("RIFF\xff\xff\xff\xffWEBPVP8 ")},
		{"image/png", []byte("#!/bin/sh\nreboot\n")}, {"application/zip", []byte("PK\x03\x04" + strings.Repeat("\x00", 100))},
		{"image/png", []byte("%!PS-Adobe-3.0\n(/etc/passwd) (r) file\n")}, {"image/png", []byte("push graphic-context\nimage over 0,0 0,0 'https://127.0.0.1/'")},
	}
}

// chunk is a part of a PNG file.
func chunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// vast is a PNG file that says it is so large, and has next to nothing in it.
func vast(side uint32) file {
	head := binary.BigEndian.AppendUint32(nil, side)
	head = append(binary.BigEndian.AppendUint32(head, side), 8, 6, 0, 0, 0)
	data := bytes.Join([][]byte{[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", head), chunk("IDAT", []byte{0x78, 0x9c}), chunk("IEND", nil)}, nil)
	return file{"image/png", data}
}

// bombs are pictures that are small as files only.
func bombs() []file {
	gif := []byte("GIF89a\xff\xff\xff\xff\x80\x00\x00\x00\x00\x00\xff\xff\xff")
	frame := []byte("\x21\xf9\x04\x04\x00\x00\x00\x00\x2c\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02\x44\x01\x00")
	return []file{vast(60_000), vast(1 << 31), vast(1<<32 - 1), {"image/gif", append(append(gif, bytes.Repeat(frame, 10_000)...), 0x3b)}}
}

// endlessFile is a picture that never ends, slowly or as fast as anybody listens.
func endlessFile(pause time.Duration, part int) Lie {
	return Only(Files, raw(func(conn net.Conn, _ *http.Request) {
		for ok := say(conn, "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n"); ok; ok = say(conn, strings.Repeat("x", part)) {
			time.Sleep(pause)
		}
	}))
}
