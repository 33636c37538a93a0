package hostile

import (
	"net/http"
	"strings"
	"time"
)

// page is what a server says that has none of what was asked for, or a wall before it.
const page = `<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><script>alert("` + "\x1b[2J" + `")</script></body></html>`

const tenMegabytes = 10 << 20

// APIs are behaviours of whatever speaks JSON over HTTP.
func APIs() []Behaviour {
	return []Behaviour{
		{"html where JSON is due", Said(http.StatusOK, page, "Content-Type", "text/html")},
		{"html that says it is JSON", Said(http.StatusOK, page)},
		{"nothing", Said(http.StatusOK, "")},
		{"null", Said(http.StatusOK, "null")},
		{"an empty list for everything", Said(http.StatusOK, "[]")},
		{"an empty object for everything", Said(http.StatusOK, "{}")},
		{"an error that is a success", Said(http.StatusOK, `{"error":"This method requires an authenticated user","errors":[{"code":32}]}`)},
		{"errors full of commands", Said(http.StatusUnprocessableEntity, string(text(map[string]any{"error": Commands, "error_description": Commands, "detail": Commands})))},
		{"errors without an end", Said(http.StatusInternalServerError, `{"error":"`+strings.Repeat("x", tenMegabytes)+`"}`)},
		{"a door that is shut", Said(http.StatusForbidden, `{"error":"no"}`)},
		{"everything is gone", Said(http.StatusGone, `{"error":"gone"}`)},
		{"a legal reason", Said(http.StatusUnavailableForLegalReasons, page)},
		{"come back in ten years", Said(http.StatusTooManyRequests, `{"error":"Too many requests"}`, "Retry-After", "315360000")},
		{"a limit until the year 9999", Changed(func(_ *http.Request, a *Answer) {
			a.Header.Set("X-RateLimit-Remaining", "0")
			a.Header.Set("X-RateLimit-Reset", "9999-12-31T23:59:59Z")
			a.Header.Set("X-Rate-Limit-Remaining", "0")
			a.Header.Set("X-Rate-Limit-Reset", "253402300799")
		})},
		{"a bomb of nothing", bombed(Bomb("[", "{},", "]", tenMegabytes), "gzip")},
		{"a bomb of posts", bombed(Bomb("[", `{"id":"1","account":{"id":"2","acct":"a"}},`, "]", tenMegabytes), "gzip")},
		{"a bomb of space", bombed(Bomb("[", "          ", "]", 100*tenMegabytes/10), "gzip")},
		{"a bomb of depth", bombed(Bomb("", "[", "]", tenMegabytes), "gzip")},
		{"a bomb of one word", bombed(Bomb(`{"id":"`, "x", `"}`, tenMegabytes), "gzip")},
		{"a bomb in a bomb", bombed(packs(Bomb("[", "{},", "]", 100*tenMegabytes)), "gzip, gzip")},
		{"a bomb that is no JSON", bombed(Bomb("", "\x00", "", tenMegabytes), "gzip")},
		{"what says it is packed", Said(http.StatusOK, "[]", "Content-Encoding", "gzip")},
		{"a byte a second", dripping()},
		{"a header a second", endlessHead(time.Second)},
		{"headers without an end", endlessHead(time.Millisecond)},
		{"half an answer", stalled()},
		{"no answer", silent()},
		{"an answer without an end", flood()},
		{"more than it promised", miscounted(-5)},
		{"less than it promised", miscounted(1 << 20)},
		{"no HTTP", garbage()},
		{"sent to private addresses", sentTo(to("https://127.0.0.1/", "http://169.254.169.254/", "https://10.0.0.1/", "https://[::1]/", "http://localhost/",
			"https://[::ffff:127.0.0.1]/", "file:///etc/passwd", "gopher://127.0.0.1/", "https://metadata.google.internal/"))},
		{"sent to another server", sentTo(to("https://third.example/", "http://third.example/", "//third.example/", "https://evil.example@third.example/"))},
		{"sent round in circles", sentTo(inCircles)},
		{"anything in any place", wrongTypes()},
		{"ids of 40 kB", idsOf(40_000)},
		{"ids of 250 letters", idsOf(250)},
		{"one id for everything", oneID()},
		{"commands in all words", commandsIn(isText)},
		{"commands in all strings", commandsIn(func(string) bool { return true })},
		{"crowds in everything", crowded(5_000)},
		{"every third answer is wrong", NowAndThen(3, Said(http.StatusOK, page))},
	}
}

// Mastodons are those, and behaviours that only a Mastodon API has; victim is an account of another server.
func Mastodons(victim string) []Behaviour {
	_, domain, _ := strings.Cut(victim, "@")
	return append(APIs(), []Behaviour{
		{"everybody is somebody else", called(victim)},
		{"the account is somebody else's", selfCalled(victim)},
		{"the domain is somebody else's", domained(domain)},
		{"the domain is nobody's", domained("a b/../\x1b[2J")},
		{"names of 5,000 letters", called(strings.Repeat("a", 5000))},
		{"limits of nothing", limitsOf("0")},
		{"limits below nothing", limitsOf("-1")},
		{"limits without an end", limitsOf("1000000000000000000")},
		{"limits of one", limitsOf("1")},
		{"pages without an end", endless()},
		{"the same page for ever", again()},
		{"a cursor that goes back", back()},
		{"two pages that follow each other", swapping()},
		{"filters full of strangers", packed(20_000)},
		{"nothing it is told is kept", forgotten()},
		{"streams at a private address", streamsAt("wss://127.0.0.1:1")},
		{"streams at no address", streamsAt("\x1b[2J://\u202e")},
		{"an event without an end", endlessEvent(0)},
		{"an event of a byte now and then", endlessEvent(10 * time.Second)},
		{"events of kinds that nobody knows", chatter()},
		{"events of a megabyte", large()},
		{"streams that end at once", cutOff()},
		{"files that are something else", files(notPictures()...)},
		{"pictures that are bombs", files(bombs()...)},
		{"a picture without an end", endlessFile(time.Millisecond, 1<<16)},
		{"a picture of a byte a second", endlessFile(time.Second, 1)},
	}...)
}
