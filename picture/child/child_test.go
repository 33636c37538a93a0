package child_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"slugpuppy/picture"
	"slugpuppy/picture/child"
	"slugpuppy/picture/odd"
)

// TestMain is a child of many kinds where the tests start their own binary as one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && children[os.Args[1]] != nil {
		os.Exit(children[os.Args[1]]())
	}
	goleak.VerifyTestMain(m)
}

const memory = 256 << 20

var children = map[string]func() int{
	"decode": func() int { return child.Main(memory) },
	"daemon": func() int { return child.Main(child.Memory(picture.Limits{})) },
	"deny":   deny,
	"hang":   func() int { greet(); time.Sleep(time.Hour); return 0 },
	"spin": func() int {
		greet()
		return spin()
	},
	"spin later": func() int {
		greet()
		plan(odd.W, odd.H)
		return spin()
	},
	"eat":     func() int { return eat() },
	"crash":   func() int { greet(); panic("a decoder that is broken") },
	"leave":   func() int { greet(); return 0 },
	"stumble": stumble,
	"truncate": func() int {
		greet()
		plan(odd.W, odd.H)
		message('x', make([]byte, 4*odd.W*odd.H)[:1000])
		return 0
	},
	"cut": func() int {
		greet()
		plan(odd.W, odd.H)
		os.Stdout.Write([]byte{'x', 0, 0, 0x14, 0, 1, 2, 3})
		return 0
	},
	"boast": func() int { greet(); plan(1<<20, 1<<20); time.Sleep(time.Hour); return 0 },
	"lie":   func() int { greet(); message('z', []byte("{}")); time.Sleep(time.Hour); return 0 },
	"flood": func() int {
		greet()
		for {
			os.Stdout.Write(bytes.Repeat([]byte{'p', 0xff, 0xff, 0xff, 0xff}, 1000))
		}
	},
	"burn": spin,
	"mute": func() int { time.Sleep(time.Hour); return 0 },
}

func message(kind byte, body []byte) {
	os.Stdout.Write(append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body))), body...))
}

// greet says hello and waits for a question.
func greet() {
	message('h', []byte(`{"Calls":true,"Limits":true}`))
	io.ReadFull(os.Stdin, make([]byte, 10))
}

// plan says what decoding will take, and waits for the word to begin.
func plan(w, h int) {
	defer untilBegin()
	message('p', fmt.Appendf(nil, `{"Format":"png","W":%d,"H":%d,"Frames":1,"Memory":1,"Cost":1}`, w, h))
}

func untilBegin() {
	var last [5]byte
	for in := bufio.NewReader(os.Stdin); string(last[:]) != "b\x00\x00\x00\x00"; {
		b, err := in.ReadByte()
		if err != nil {
			return
		}
		copy(last[:], last[1:])
		last[4] = b
	}
}

// spun keeps a loop from being none.
var spun uint64

// spin takes all the processor's time that it gets.
func spin() int {
	for spun = 1; spun != 0; spun += 2 {
	}
	return 0
}

// eat is a child that serves, confined, a file that makes it take memory without end.
func eat() int {
	in, out := io.Pipe()
	go func() {
		io.CopyN(out, os.Stdin, 5)
		var hog [][]byte
		for {
			b := make([]byte, 16<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			hog = append(hog, b)
			runtime.KeepAlive(hog)
		}
	}()
	if child.Serve(in, os.Stdout, memory) != nil {
		return 1
	}
	return 0
}

// stumble is killed by its first picture, and serves when it is started again.
func stumble() int {
	mark := os.Args[2]
	if _, err := os.Stat(mark); err == nil {
		return child.Main(memory)
	}
	os.WriteFile(mark, nil, 0o600)
	greet()
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

func pool(t testing.TB, kind string, more ...func(*child.Options)) *child.Pool {
	t.Helper()
	command, err := child.Self(kind)
	if err != nil {
		t.Fatal(err)
	}
	o := child.Options{Command: command, Strict: true, Wall: 10 * time.Second, Log: slog.New(slog.DiscardHandler)}
	for _, m := range more {
		m(&o)
	}
	p := child.New(o)
	t.Cleanup(p.Close)
	return p
}

func TestAChildDecodesWhatThisProcessDoes(t *testing.T) {
	p := pool(t, "decode")
	for _, f := range odd.All() {
		want, wantErr := picture.Decode(t.Context(), f.Data, picture.Limits{})
		got, err := p.Decode(t.Context(), f.Data, picture.Limits{})
		var a, b *picture.Problem
		if errors.As(wantErr, &a) != errors.As(err, &b) || a != nil && *a != *b {
			t.Errorf("%s/%s: %v, in this process %v", f.Format, f.Name, err, wantErr)
			continue
		}
		if err != nil {
			continue
		}
		same := bytes.Equal(got.Image.Pix, want.Image.Pix) && got.Image.Rect == want.Image.Rect
		if !same || got.Format != want.Format || got.Frames != want.Frames {
			t.Errorf("%s/%s is another picture", f.Format, f.Name)
		}
	}
	if s := p.Stats(); s.Started != 1 || s.Lost != 0 || s.Here != 0 || s.Pictures < 100 {
		t.Errorf("%+v, want one child for all", s)
	}
}

func TestLimitsReachTheChild(t *testing.T) {
	p := pool(t, "decode")
	data := odd.Of("png")[0].Data
	for name, lim := range map[string]picture.Limits{
		"bytes":  {MaxBytes: 100},
		"pixels": {MaxPixels: 100},
		"side":   {MaxSide: 10},
	} {
		_, err := p.Decode(t.Context(), data, lim)
		var problem *picture.Problem
		if !errors.As(err, &problem) || problem.Kind != picture.TooBig || problem.Max > 100 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPictureIsTurnedInTheChild(t *testing.T) {
	exif := append([]byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"), 0, 0, 0, 0)
	data := odd.JPEG{Extra: [][]byte{odd.Segment(0xe1, exif...)}}.Write(odd.Drawing())
	got, err := pool(t, "decode").Decode(t.Context(), data, picture.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Image.Rect != image.Rect(0, 0, odd.H, odd.W) {
		t.Errorf("%v", got.Image.Rect)
	}
}

func TestAChildGivesUpWhatItDoesNotNeed(t *testing.T) {
	p := pool(t, "decode")
	got, err := p.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "linux" {
		t.Skipf("not on this system: %+v", got)
	}
	if !got.Calls || !got.Limits {
		t.Fatalf("%+v", got)
	}
	out, err := exec.Command(os.Args[0], "deny").Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out[bytes.IndexByte(out, '\n')+1:])), "\n") {
		if !strings.HasSuffix(line, "operation not permitted") {
			t.Error(line)
		}
	}
	if n := bytes.Count(out, []byte("\n")); n < 7 {
		t.Errorf("only %d tries: %s", n, out)
	}
}

// deny confines itself and tries what a decoder has no business with.
func deny() int {
	var hello bytes.Buffer
	child.Serve(strings.NewReader(""), &hello, memory)
	fmt.Println()
	_, read := os.ReadFile("/etc/passwd")
	_, dial := net.Dial("tcp", "127.0.0.1:9")
	_, listen := net.Listen("tcp", "127.0.0.1:0")
	for name, err := range map[string]error{
		"read": read, "dial": dial, "listen": listen,
		"write":  os.WriteFile(filepath.Join(os.TempDir(), "slugpuppy-child-test"), nil, 0o600),
		"run":    exec.Command("/bin/true").Start(),
		"signal": syscall.Kill(os.Getppid(), syscall.SIGWINCH),
		"limits": syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20}),
	} {
		fmt.Printf("%s: %v\n", name, err)
	}
	return 0
}

func TestWhatBringsAChildDownIsAProblemOfTheFile(t *testing.T) {
	data := odd.Of("png")[0].Data
	quick := func(o *child.Options) { o.Wall = 300 * time.Millisecond }
	for _, test := range []struct {
		child  string
		kind   picture.Kind
		reason string
		more   []func(*child.Options)
	}{
		{"hang", picture.TimedOut, "did not answer", []func(*child.Options){quick}},
		{"spin", picture.TooCostly, "processor time", nil},
		{"spin later", picture.TooCostly, "processor time", nil},
		{"eat", picture.TooCostly, "more memory", nil},
		{"crash", picture.Failed, "exit status 2", nil},
		{"leave", picture.Failed, "exit status 0", nil},
		{"truncate", picture.Failed, "1000 bytes", nil},
		{"cut", picture.Failed, "unexpected EOF", nil},
		{"boast", picture.Failed, "plans", nil},
		{"lie", picture.Failed, "was due", nil},
		{"flood", picture.Failed, "was due", nil},
	} {
		t.Run(test.child, func(t *testing.T) {
			if raced && test.child == "eat" {
				t.Skip("the race detector's own memory is in the way")
			}
			t.Parallel()
			p := pool(t, test.child, test.more...)
			budget := picture.NewBudget(1 << 20)
			begin := time.Now()
			_, err := p.Decode(t.Context(), data, picture.Limits{Budget: budget})
			var problem *picture.Problem
			if !errors.As(err, &problem) || problem.Kind != test.kind || !strings.Contains(problem.Reason, test.reason) {
				t.Errorf("got %v, want %v: %s", err, test.kind, test.reason)
			}
			if took := time.Since(begin); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
			if s := p.Stats(); s.Lost != 1 || s.Started != 1 || s.Here != 0 {
				t.Errorf("%+v", s)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			release, err := budget.Hold(ctx, 1<<20)
			if err != nil {
				t.Fatal("the budget was not given back")
			}
			release()
		})
	}
}

func TestAChildThatIsKilledIsReplaced(t *testing.T) {
	command, err := child.Self("stumble", filepath.Join(t.TempDir(), "mark"))
	if err != nil {
		t.Fatal(err)
	}
	p := pool(t, "", func(o *child.Options) { o.Command = command })
	if _, err := p.Decode(t.Context(), odd.Of("png")[0].Data, picture.Limits{}); err != nil {
		t.Errorf("killed by somebody else in the middle: %v", err)
	}
	if s := p.Stats(); s.Started != 2 || s.Lost != 1 || s.Pictures != 1 {
		t.Errorf("%+v", s)
	}
}

func TestAChildThatDiedWhileItWaitedIsReplaced(t *testing.T) {
	p := pool(t, "decode", func(o *child.Options) { o.Processes = 1 })
	data := odd.Of("png")[0].Data
	for range 3 {
		if _, err := p.Decode(t.Context(), data, picture.Limits{}); err != nil {
			t.Fatal(err)
		}
		p.KillAll()
	}
	if s := p.Stats(); s.Pictures != 3 || s.Started != 3 {
		t.Errorf("%+v", s)
	}
}

func TestAChildEndsWithItsContext(t *testing.T) {
	for _, kind := range []string{"hang", "mute"} {
		p := pool(t, kind)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		begin := time.Now()
		if _, err := p.Decode(ctx, odd.Of("png")[0].Data, picture.Limits{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", kind, err)
		}
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("%s: took %v", kind, took)
		}
	}
}

func TestAChildThatHasNothingToDoIsEnded(t *testing.T) {
	p := pool(t, "decode", func(o *child.Options) { o.Rest = 50 * time.Millisecond })
	data := odd.Of("png")[0].Data
	for range 2 {
		if _, err := p.Decode(t.Context(), data, picture.Limits{}); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(20 * time.Second); p.Running() > 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("it still waits")
			}
		}
	}
	if s := p.Stats(); s.Started != 2 || s.Lost != 0 || s.Pictures != 2 {
		t.Errorf("%+v", s)
	}
}

// A child that gets no turn of the processor is not at fault: its file is decoded when it gets one.
func TestOnlyAChildsOwnTimeCounts(t *testing.T) {
	if raced {
		t.Skip("a large picture needs more memory under the race detector than a decoder may have")
	}
	p := pool(t, "decode", func(o *child.Options) { o.Processes = 1 })
	data, err := picture.EncodeJPEG(image.NewGray(image.Rect(0, 0, 6000, 4000)), 85, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	decoded := make(chan error, 1)
	go func() {
		_, err := p.Decode(t.Context(), data, picture.Limits{})
		decoded <- err
	}()
	time.Sleep(20 * time.Millisecond)
	p.Signal(syscall.SIGSTOP)
	time.Sleep(2 * picture.Work(0))
	p.Signal(syscall.SIGCONT)
	if err := <-decoded; err != nil {
		t.Errorf("a good picture on a machine with much else to do: %v", err)
	}
	if s := p.Stats(); s.Started != 1 || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
}

// The largest photo that may come, on a machine whose processors have eight others to serve each.
func TestABusyMachineCallsNoGoodPictureDamaged(t *testing.T) {
	if os.Getenv("SLUGPUPPY_LONG") == "" {
		t.Skip("set SLUGPUPPY_LONG=1: a minute of a loaded machine")
	}
	data := large(t, 7680, 4320)
	for range 8 * runtime.NumCPU() {
		c := exec.Command(os.Args[0], "burn")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		defer c.Wait()
		defer c.Process.Kill()
	}
	p := pool(t, "decode")
	for name, decode := range map[string]func(context.Context, []byte, picture.Limits) (*picture.Picture, error){
		"in a child": p.Decode, "here": picture.Decode,
	} {
		for i := range 5 {
			begin := time.Now()
			_, err := decode(t.Context(), data, picture.Limits{})
			t.Logf("%s, %d: %v", name, i+1, time.Since(begin).Round(time.Millisecond))
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestWithoutAChildItIsSaid(t *testing.T) {
	data := odd.Of("png")[0].Data
	nowhere := func(o *child.Options) { o.Command = []string{filepath.Join(t.TempDir(), "nothing")} }
	var said lockedBuffer
	p := pool(t, "", nowhere, func(o *child.Options) {
		o.Strict = false
		o.Log = slog.New(slog.NewTextHandler(&said, nil))
	})
	for range 3 {
		if _, err := p.Decode(t.Context(), data, picture.Limits{}); err != nil {
			t.Fatal(err)
		}
	}
	if s := p.Stats(); s.Here != 3 {
		t.Errorf("%+v", s)
	}
	if n := strings.Count(said.String(), "level=ERROR"); n != 1 || !strings.Contains(said.String(), "without protection") {
		t.Errorf("said %d times: %s", n, said.String())
	}
	if _, err := pool(t, "", nowhere).Decode(t.Context(), data, picture.Limits{}); err == nil {
		t.Error("decoded here though that is not wanted")
	}
	if _, err := p.Check(t.Context()); err == nil {
		t.Error("a check that finds nothing wrong")
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestPicturesTakeTurns(t *testing.T) {
	p := pool(t, "decode", func(o *child.Options) { o.Processes = 2 })
	files := odd.All()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				p.Decode(t.Context(), files[(i*31+j*7)%len(files)].Data, picture.Limits{})
			}
		})
	}
	wg.Wait()
	if s := p.Stats(); s.Started != 2 || s.Lost != 0 {
		t.Errorf("%+v, want two children", s)
	}
}

func TestACloseEndsWhatRuns(t *testing.T) {
	p := pool(t, "hang")
	failed := make(chan error, 1)
	go func() {
		_, err := p.Decode(context.Background(), odd.Of("png")[0].Data, picture.Limits{})
		failed <- err
	}()
	for p.Stats().Started == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	p.Close()
	if err := <-failed; err == nil {
		t.Error("decoded after all")
	}
	if _, err := p.Decode(t.Context(), nil, picture.Limits{}); err == nil {
		t.Error("decoded after it was closed")
	}
}

// A large picture goes through, and a second one after it: memory is given back in between.
func TestLargePicturesFollowEachOther(t *testing.T) {
	if testing.Short() {
		t.Skip("twelve megapixels, thrice")
	}
	p := pool(t, "decode", func(o *child.Options) { o.Processes = 1 })
	data := large(t, 4000, 3000)
	for range 3 {
		if _, err := p.Decode(t.Context(), data, picture.Limits{}); err != nil {
			t.Fatal(err)
		}
	}
	if s := p.Stats(); s.Started != 1 {
		t.Errorf("%+v", s)
	}
}

func large(t testing.TB, w, h int) []byte {
	t.Helper()
	data, err := picture.EncodeJPEG(picture.Landscape(w, h, 2), 85, "")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func BenchmarkDecode(b *testing.B) {
	for _, size := range [][2]int{{64, 48}, {1280, 960}, {4000, 3000}} {
		data := large(b, size[0], size[1])
		p := pool(b, "decode", func(o *child.Options) { o.Processes = 1 })
		for name, decode := range map[string]func() error{
			"here":  func() error { _, err := picture.Decode(b.Context(), data, picture.Limits{}); return err },
			"child": func() error { _, err := p.Decode(b.Context(), data, picture.Limits{}); return err },
		} {
			b.Run(fmt.Sprintf("%dx%d/%s", size[0], size[1], name), func(b *testing.B) {
				for b.Loop() {
					if err := decode(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkStart(b *testing.B) {
	data := odd.Of("png")[0].Data
	for b.Loop() {
		p := pool(b, "decode")
		if _, err := p.Decode(b.Context(), data, picture.Limits{}); err != nil {
			b.Fatal(err)
		}
		p.Close()
	}
}
