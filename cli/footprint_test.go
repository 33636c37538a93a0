//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"slugpuppy/app/apptest"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/config"
	"slugpuppy/picture"
)

// TestMemoryOfADaemonWithBotFilterAndPage says what docs/operating.md states, and how soon the daemon is ready:
// SLUGPUPPY_LONG=1 go test -run TestMemoryOfADaemon -v ./cli
func TestMemoryOfADaemonWithBotFilterAndPage(t *testing.T) {
	if os.Getenv("SLUGPUPPY_LONG") == "" {
		t.Skip("SLUGPUPPY_LONG is not set")
	}
	h := newHouse(t)
	h.login(t)
	page, metrics := apptest.FreeAddress(t), apptest.FreeAddress(t)
	begun := time.Now()
	p := h.start(t, "SLUGPUPPY_DREAM_MEMORY=256MiB", "SLUGPUPPY_WEB_LISTEN="+page, "SLUGPUPPY_WEB_URL=http://"+page, "SLUGPUPPY_ADMIN_METRICS="+metrics)
	t.Logf("ready after %v", time.Since(begun).Round(time.Millisecond))
	p.listens()
	t.Logf("listens after %v", time.Since(begun).Round(time.Millisecond))
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

// TestMemoryOfADream measures the whole process against dream.memory, whatever the size of the picture; steps and octaves
// change nothing in that.
func TestMemoryOfADream(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	sizes := []image.Point{{512, 512}}
	if os.Getenv("SLUGPUPPY_LONG") != "" {
		sizes = append(sizes, image.Pt(1024, 768), image.Pt(4000, 3000), image.Pt(7020, 4700))
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc")
	}
	const beyond = 60e6 // the program itself, and what is garbage for a moment
	for _, size := range sizes {
		file := filepath.Join(t.TempDir(), "in.jpg")
		data, err := picture.EncodeJPEG(picture.Landscape(size.X, size.Y, 3), 90, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		most := float64(config.Default().Dream.Memory) + beyond
		if size.X == 512 {
			most = 350 << 20
		}
		peak := peakOf(t, "dream", file, filepath.Join(t.TempDir(), "out.jpg"), "slug", "steps=1", "octaves=2")
		if t.Logf("%v: %.0f MB", size, peak/1e6); peak > most {
			t.Errorf("%v: %.0f MB, more than %.0f", size, peak/1e6, most/1e6)
		}
	}
}

// TestMemoryOfFingerprints is about as many at a time as there are processors.
func TestMemoryOfFingerprints(t *testing.T) {
	if testing.Short() {
		t.Skip("long arithmetic, which the race detector has nothing to say about")
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc")
	}
	dir := t.TempDir()
	for i := range 12 {
		data, err := picture.EncodeJPEG(picture.Landscape(500+20*i, 400, uint64(i)), 90, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".jpg")), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const most = 300e6
	peak := peakOf(t, "detect", dir)
	if t.Logf("%.0f MB", peak/1e6); peak > most {
		t.Errorf("%.0f MB, more than %.0f", peak/1e6, most/1e6)
	}
}

// peakOf runs a command as a process and returns the most memory that it held.
func peakOf(t *testing.T, args ...string) (bytes float64) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Dir = t.TempDir() // without a configuration
	// Two, however many there are: each has memory of its own.
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2", "HOME="+cmd.Dir, "XDG_CONFIG_HOME="+cmd.Dir)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			if err != nil || bytes == 0 {
				t.Fatalf("%v %s", err, out.String())
			}
			return bytes
		case <-time.After(5 * time.Millisecond):
			if now, ok := statusOf(cmd.Process.Pid, "VmHWM"); ok {
				bytes = now
			}
		}
	}
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
func status(t *testing.T, pid int, name string) float64 {
	t.Helper()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc")
	}
	size, ok := statusOf(pid, name)
	if !ok {
		t.Fatalf("no %s of process %d", name, pid)
	}
	return size
}

// statusOf is status of a process that may be gone.
func statusOf(pid int, name string) (size float64, ok bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(data)) {
		if _, err := fmt.Sscanf(line, name+": %f kB", &size); err == nil {
			return size * 1024, true
		}
	}
	return 0, false
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
