//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/picture"
)

// TestMemoryOfADaemonWithBotFilterAndPage says what docs/operating.md states:
// SLUGPUPPY_LONG=1 go test -run TestMemoryOfADaemon -v ./cli
func TestMemoryOfADaemonWithBotFilterAndPage(t *testing.T) {
	if os.Getenv("SLUGPUPPY_LONG") == "" {
		t.Skip("SLUGPUPPY_LONG is not set")
	}
	h := newHouse(t)
	h.login(t)
	free := func() string {
		var lc net.ListenConfig
		l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}
	page, metrics := free(), free()
	p := h.start(t, "SLUGPUPPY_DREAM_MEMORY=256MiB", "SLUGPUPPY_WEB_LISTEN="+page, "SLUGPUPPY_WEB_URL=http://"+page, "SLUGPUPPY_ADMIN_METRICS="+metrics)
	p.listens()
	tell := func(when string) (resident float64) {
		heap := scrape(t, metrics, "go_memstats_heap_alloc_bytes")
		rss, peak := status(t, p.cmd.Process.Pid, "VmRSS"), status(t, p.cmd.Process.Pid, "VmHWM")
		t.Logf("%-34s heap %5.1f MB, resident %5.1f MB, peak %5.1f MB", when, heap/1e6, rss/1e6, peak/1e6)
		return rss
	}
	time.Sleep(3 * time.Second)
	if rss := tell("nothing to do"); rss > 130e6 {
		t.Errorf("%.0f MB with nothing to do: is there more than one network?", rss/1e6)
	}
	png, err := picture.EncodePNG(picture.Landscape(1200, 900, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	asked, err := h.server.AddUser("ada", mastodontest.UserOptions{}).Mention(h.robot, "dream steps=3", mastodontest.Picture{Data: png})
	if err != nil {
		t.Fatal(err)
	}
	p.until("it dreams", func() bool { return len(h.jobs(t, "leased")) > 0 })
	tried := try(t, page, png)
	p.until("the bot has answered", func() bool { return len(h.server.RepliesTo(asked.ID)) > 0 })
	tell("after the bot's dream")
	p.until("the page has its dream", func() bool { return done(t, page, tried) })
	tell("after the page's, asked meanwhile")
}

// scrape reads a figure of the metrics.
func scrape(t *testing.T, address, name string) float64 {
	t.Helper()
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("no %s", name)
	return 0
}

// status reads a size from a process's status in /proc, in bytes.
func status(t *testing.T, pid int, name string) (kb float64) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skip("no /proc")
	}
	for line := range strings.Lines(string(data)) {
		if _, err := fmt.Sscanf(line, name+": %f kB", &kb); err == nil {
			return kb * 1024
		}
	}
	t.Fatalf("no %s in %s", name, data)
	return 0
}

var trialPath = regexp.MustCompile(`/try/[A-Z0-9]+`)

// try gives the page a picture to dream and returns where it shows how that goes.
func try(t *testing.T, page string, png []byte) string {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("picture", "scene.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(png); err != nil {
		t.Fatal(err)
	}
	if err := form.WriteField("words", "eyes steps=10"); err != nil {
		t.Fatal(err)
	}
	form.Close()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+page+"/try", &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	path := trialPath.FindString(resp.Request.URL.Path)
	if resp.StatusCode != http.StatusOK || path == "" {
		t.Fatalf("%s %s", resp.Status, resp.Request.URL)
	}
	return path
}

func done(t *testing.T, page, path string) bool {
	t.Helper()
	resp, err := http.Get("http://" + page + path + "/dream.jpg")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
