package networks_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"slugpuppy/classifier"
	"slugpuppy/classifier/networks"
	"slugpuppy/picture"
)

// small is a network of a few kilobytes with five classes.
func small(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("../graph/testdata/torch/channels-13/model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const synsets = "n1 first thing, thing\nn2 second\nn3 third\nn4 fourth\nn5 fifth\n"

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// site serves a model and its labels; broken decides what becomes of a request for the model.
type site struct {
	*httptest.Server
	model  []byte
	asked  atomic.Int32
	broken func(w http.ResponseWriter, r *http.Request, n int32) bool
}

func newSite(t *testing.T) *site {
	s := &site{model: small(t)}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/labels" {
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(synsets))
			return
		}
		n := s.asked.Add(1)
		if s.broken != nil && s.broken(w, r, n) {
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.model))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) network() networks.Published {
	return networks.Published{
		Name: "tiny", About: "for tests",
		Model:  networks.Remote{URLs: []string{s.URL + "/model"}, Size: int64(len(s.model)), SHA256: hashOf(s.model)},
		Labels: networks.Remote{URLs: []string{s.URL + "/labels"}, Size: int64(len(synsets)), SHA256: hashOf([]byte(synsets))},
		Input:  networks.Input{Scale: [3]float32{2, 2, 2}, Shift: [3]float32{-1, -1, -1}, BGR: true},
	}
}

func (s *site) puller(t *testing.T) networks.Puller {
	return networks.Puller{Folder: networks.Folder{Dir: filepath.Join(t.TempDir(), "networks")}, Client: s.Client()}
}

func TestANetworkIsPulledUsedAndRemoved(t *testing.T) {
	s := newSite(t)
	p := s.puller(t)
	var last int64
	p.Progress = func(have, size int64) { last = have }
	if err := p.Pull(t.Context(), s.network()); err != nil {
		t.Fatal(err)
	}
	if last != int64(len(s.model)) {
		t.Errorf("progress ended at %d of %d bytes", last, len(s.model))
	}
	if names, err := p.Folder.List(); err != nil || len(names) != 1 || names[0] != "tiny" {
		t.Fatalf("the folder lists %v, %v", names, err)
	}
	if err := p.Folder.Use("tiny"); err != nil {
		t.Fatal(err)
	}
	n, err := p.Folder.Open("")
	if err != nil {
		t.Fatal(err)
	}
	if n.Name() != "tiny" || n.Labels()[0].Names[1] != "thing" || n.Labels()[0].ID != "n1" {
		t.Errorf("opened %s with labels %v", n.Name(), n.Labels()[0])
	}
	if err := p.Folder.Remove("tiny"); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Folder.Open(""); err != nil || n.Name() != classifier.Embedded {
		t.Errorf("after the removal %v is used, %v", n, err)
	}
}

func TestPreparationIsPartOfTheNetwork(t *testing.T) {
	s := newSite(t)
	p := s.puller(t)
	if err := p.Pull(t.Context(), s.network()); err != nil {
		t.Fatal(err)
	}
	prepared, err := p.Folder.Open("tiny")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := classifier.Open(s.model, classifier.Spec{})
	if err != nil {
		t.Fatal(err)
	}
	in := picture.NewPlanar(32, 32)
	for i := range in.Pix {
		in.Pix[i] = float32(i%97) / 97
	}
	by := picture.NewPlanar(32, 32) // prepared by hand
	for c := range 3 {
		for i, v := range in.Plane(2 - c) {
			by.Plane(c)[i] = 2*v - 1
		}
	}
	got, err := prepared.Activations(t.Context(), in, classifier.Logits)
	if err != nil {
		t.Fatal(err)
	}
	want, err := plain.Activations(t.Context(), by, classifier.Logits)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range want[classifier.Logits].Data {
		if d := got[classifier.Logits].Data[i] - w; d > 1e-5 || d < -1e-5 {
			t.Errorf("logit %d is %g, prepared by hand %g", i, got[classifier.Logits].Data[i], w)
		}
	}
}

func TestADownloadThatWasCutOffGoesOn(t *testing.T) {
	s := newSite(t)
	var ranges []string
	s.broken = func(w http.ResponseWriter, r *http.Request, n int32) bool {
		ranges = append(ranges, r.Header.Get("Range"))
		if n > 1 {
			return false
		}
		w.Write(s.model[:1000])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	p := s.puller(t)
	if err := p.Pull(t.Context(), s.network()); err == nil {
		t.Fatal("a download that was cut off counts as done")
	}
	if names, _ := p.Folder.List(); len(names) != 0 {
		t.Errorf("half a network is listed: %v", names)
	}
	if err := p.Pull(t.Context(), s.network()); err != nil {
		t.Fatal(err)
	}
	if len(ranges) != 2 || ranges[0] != "" || ranges[1] != "bytes=1000-" {
		t.Errorf("asked for ranges %q", ranges)
	}
}

func TestWhatIsNotTheFileIsNeverUsed(t *testing.T) {
	for name, broken := range map[string]func(w http.ResponseWriter, model []byte){
		"another file of that size": func(w http.ResponseWriter, m []byte) { w.Write(bytes.Repeat([]byte{7}, len(m))) },
		"a longer one":              func(w http.ResponseWriter, m []byte) { w.(http.Flusher).Flush(); w.Write(append(m, m...)) },
		"a shorter one":             func(w http.ResponseWriter, m []byte) { w.Write(m[:len(m)-1]) },
		"an error":                  func(w http.ResponseWriter, _ []byte) { w.WriteHeader(http.StatusNotFound) },
		"a wrong range":             func(w http.ResponseWriter, m []byte) { w.WriteHeader(http.StatusPartialContent) },
		"a plain address": func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Location", "http://127.0.0.1/")
			w.WriteHeader(302)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.broken = func(w http.ResponseWriter, _ *http.Request, _ int32) bool {
				broken(w, bytes.Clone(s.model))
				return true
			}
			p := s.puller(t)
			if err := p.Pull(t.Context(), s.network()); err == nil {
				t.Fatal("it counts as the network")
			}
			if names, _ := p.Folder.List(); len(names) != 0 {
				t.Errorf("it is listed: %v", names)
			}
			s.broken = nil
			if err := p.Pull(t.Context(), s.network()); err != nil {
				t.Errorf("the next try fails: %v", err)
			}
		})
	}
}

func TestAnotherAddressIsTriedWhenOneFails(t *testing.T) {
	s := newSite(t)
	n := s.network()
	n.Model.URLs = []string{s.URL + "/labels", s.URL + "/model"}
	if err := s.puller(t).Pull(t.Context(), n); err != nil {
		t.Error(err)
	}
}

func TestWeightsThatChangedAreRefused(t *testing.T) {
	s := newSite(t)
	p := s.puller(t)
	if err := p.Pull(t.Context(), s.network()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(p.Folder.Dir, "tiny", "model.onnx")
	data, _ := os.ReadFile(path)
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := p.Folder.Verify("tiny"); !errors.Is(err, networks.ErrDamaged) {
		t.Errorf("verification says %v", err)
	}
	if err := p.Folder.Use("tiny"); err == nil {
		t.Error("damaged weights are taken into use")
	}
}

func TestAFileIsNotTheUsualNetwork(t *testing.T) {
	f, model := networks.Folder{Dir: t.TempDir()}, small(t)
	t.Chdir(t.TempDir())
	if err := os.WriteFile("mine.onnx", model, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mine.onnx", "./mine.onnx"} {
		if _, err := f.Open(name); err != nil {
			t.Errorf("%s does not open: %v", name, err)
		}
		if err := f.Use(name); !errors.Is(err, networks.ErrFile) {
			t.Errorf("%s is used: %v", name, err)
		}
	}
	if n, err := f.Open(""); err != nil || n.Name() != classifier.Embedded {
		t.Errorf("what is in use does not open: %v", err)
	}
}

func TestNamesDoNotLeaveTheFolder(t *testing.T) {
	f := networks.Folder{Dir: t.TempDir()}
	for _, name := range []string{"..", "a b", ".hidden", "ünder"} {
		if _, err := f.Open(name); err == nil {
			t.Errorf("%q opens", name)
		}
		if err := f.Remove(name); err == nil {
			t.Errorf("%q is removed", name)
		}
	}
	if err := f.Remove(classifier.Embedded); !errors.Is(err, networks.ErrEmbedded) {
		t.Errorf("the embedded network is removed: %v", err)
	}
	if _, err := f.Open("nobody"); !errors.Is(err, networks.ErrUnknown) {
		t.Errorf("a network that is not there: %v", err)
	}
	if _, err := f.Open("/nowhere/net.onnx"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestAFileOfOnesOwnNeedsNoNotes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.onnx")
	if err := os.WriteFile(path, small(t), 0o644); err != nil {
		t.Fatal(err)
	}
	n, err := networks.Folder{}.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Labels()) != 5 || n.Labels()[4].Names[0] != "class 4" {
		t.Errorf("labels %v", n.Labels())
	}
	notes, _ := json.Marshal(networks.Notes{SHA256: strings.Repeat("0", 64)})
	if err := os.WriteFile(strings.TrimSuffix(path, ".onnx")+".json", notes, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := networks.OpenFile(path, ""); !errors.Is(err, networks.ErrDamaged) {
		t.Errorf("notes of another file: %v", err)
	}
}

func TestPullingEndsWithItsContext(t *testing.T) {
	s := newSite(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.broken = func(_ http.ResponseWriter, r *http.Request, _ int32) bool {
		cancel()
		<-r.Context().Done()
		return true
	}
	if err := s.puller(t).Pull(ctx, s.network()); !errors.Is(err, context.Canceled) {
		t.Errorf("pulling ends with %v", err)
	}
}

func TestPublishedNetworksAreDescribedInFull(t *testing.T) {
	seen := map[string]bool{}
	for _, n := range networks.All() {
		if seen[n.Name] || n.About == "" || n.Name == classifier.Embedded {
			t.Errorf("%q is no good name, or without a description", n.Name)
		}
		seen[n.Name] = true
		for _, r := range []networks.Remote{n.Model, n.Labels} {
			if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(r.SHA256) || r.Size < 1 || len(r.URLs) == 0 {
				t.Errorf("%s: %+v", n.Name, r)
			}
			for _, u := range r.URLs {
				if !strings.HasPrefix(u, "https://") {
					t.Errorf("%s comes from %s", n.Name, u)
				}
			}
		}
		if n.Input.Scale[0] == 0 {
			t.Errorf("%s sees nothing", n.Name)
		}
	}
}
