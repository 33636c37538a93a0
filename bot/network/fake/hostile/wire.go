package hostile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// hijacked takes a connection over. Whoever talks on it ends when the client has gone away.
func hijacked(talk func(conn net.Conn, r *http.Request)) Lie {
	return Only(Calls, raw(talk))
}

func raw(talk func(conn net.Conn, r *http.Request)) Lie {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // so that nothing of it is taken for the next request
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(http.ErrAbortHandler) // HTTP/2, or the client is gone
			}
			defer conn.Close()
			talk(conn, r)
		})
	}
}

// say writes to a connection and says whether anybody listens.
func say(conn net.Conn, s string) bool {
	_, err := io.WriteString(conn, s)
	return err == nil
}

// gone waits until the client has gone away.
func gone(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

const jsonHead = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

// dripping says one byte a second, for ever.
func dripping() Lie {
	return hijacked(func(conn net.Conn, _ *http.Request) {
		for ok := say(conn, jsonHead+"\r\n["); ok; ok = say(conn, " ") {
			time.Sleep(time.Second)
		}
	})
}

// endlessHead goes on with its header for ever: slowly, or as fast as anybody listens.
func endlessHead(pause time.Duration) Lie {
	return hijacked(func(conn net.Conn, _ *http.Request) {
		line := "X-More: " + strings.Repeat("x", 1000) + "\r\n"
		for ok := say(conn, jsonHead); ok; ok = say(conn, line) {
			time.Sleep(pause)
		}
	})
}

// stalled says the first half of an answer.
func stalled() Lie {
	return hijacked(func(conn net.Conn, _ *http.Request) {
		if say(conn, jsonHead+"Content-Length: 1000\r\n\r\n"+`[{"id":"1",`) {
			gone(conn)
		}
	})
}

// silent says nothing at all.
func silent() Lie { return hijacked(func(conn net.Conn, _ *http.Request) { gone(conn) }) }

// flood says a list that has no end, 200 kB a second.
func flood() Lie {
	part := strings.Repeat(`{"id":"1"},`, 5000)
	return hijacked(func(conn net.Conn, _ *http.Request) {
		for ok := say(conn, jsonHead+"\r\n["); ok; ok = say(conn, part) {
			time.Sleep(250 * time.Millisecond)
		}
	})
}

// miscounted says more or less than it promised.
func miscounted(by int) Lie {
	return Only(Calls, func(honest http.Handler) http.Handler {
		return raw(func(conn net.Conn, r *http.Request) {
			a := Ask(honest, r)
			say(conn, jsonHead+"Content-Length: "+strconv.Itoa(max(0, len(a.Body)+by))+"\r\n\r\n"+string(a.Body))
		})(nil)
	})
}

// noHTTP are answers that HTTP does not know.
var noHTTP = []string{
	"", "\x00\x01\x02\xff\xfe", "\x15\x03\x01\x00\x02\x02\x28", "HTTP/9.9 999\r\n\r\n", "HTTP/1.1\r\n\r\n", "SSH-2.0-OpenSSH_9.9\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZZ\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n[",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 1<<16) + "\r\n[",
	"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n[]", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n[]",
	"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n[]", "HTTP/1.1 200 OK\r\n: x\r\n\r\n[]", "HTTP/1.1 200 OK\r\nA\x00B: c\r\n\r\n[]",
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\n\r\n",
	strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000), strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n", 1000),
	"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]", "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n[]",
	"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n", "HTTP/1.1 -1 x\r\n\r\n", "HTTP/1.1 1000000 x\r\n\r\n",
}

// garbage answers what HTTP does not know, something else each time.
func garbage() Lie {
	var asked atomic.Int64
	return hijacked(func(conn net.Conn, _ *http.Request) {
		say(conn, noHTTP[int(asked.Add(1)-1)%len(noHTTP)])
	})
}

// Bomb is much JSON in few bytes: it begins and ends as given, with something again and again between.
func Bomb(head, part, tail string, size int) []byte {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		panic(err) // a level that exists
	}
	_, _ = io.WriteString(z, head) // to memory
	block := strings.Repeat(part, 1+(1<<16)/len(part))
	for n := 0; n < size; n += len(block) {
		_, _ = io.WriteString(z, block)
	}
	_, _ = io.WriteString(z, strings.TrimSuffix(part, ",")+tail)
	_ = z.Close()
	return packed.Bytes()
}

// packs packs something that is packed already.
func packs(data []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(data) // to memory
	_ = z.Close()
	return out.Bytes()
}

// bombed answers all calls with a bomb.
func bombed(body []byte, encoding string) Lie {
	return Said(http.StatusOK, string(body), "Content-Encoding", encoding)
}

// sentTo sends all calls elsewhere, in each way that there is.
func sentTo(where func(r *http.Request) string) Lie {
	codes := []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect}
	var asked atomic.Int64
	return Only(func(r *http.Request) bool { return Calls(r) || Streams(r) || Files(r) }, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", where(r))
			w.WriteHeader(codes[int(asked.Add(1))%len(codes)])
		})
	})
}

// to is an address for sentTo, whatever is asked for.
func to(addresses ...string) func(*http.Request) string {
	var asked atomic.Int64
	return func(r *http.Request) string {
		return strings.TrimSuffix(addresses[int(asked.Add(1))%len(addresses)], "/") + r.URL.RequestURI()
	}
}

// inCircles sends every request back to itself, by a longer way each time.
func inCircles(r *http.Request) string {
	n, _ := strconv.Atoi(r.URL.Query().Get("round"))
	q := r.URL.Query()
	q.Set("round", strconv.Itoa(n+1))
	return fmt.Sprintf("https://%s%s?%s", r.Host, r.URL.Path, q.Encode())
}
