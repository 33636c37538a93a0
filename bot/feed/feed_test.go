package feed_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"slugpuppy/antidote"
	"slugpuppy/antidote/pdq"
	"slugpuppy/bot/feed"
	"slugpuppy/store"
)

// album has dreams that tests put there.
type album struct {
	dreams            []store.Dream
	posted, withdrawn uint64
}

func (a *album) Open() ([]store.Dream, error) { return a.dreams, nil }

func (a *album) Shown(int) (shown []store.Dream, err error) {
	for _, d := range a.dreams {
		if d.Shown {
			shown = append(shown, d)
		}
	}
	return shown, nil
}

func (a *album) Thumb(n uint64) ([]byte, bool, error) {
	for _, d := range a.dreams {
		if d.Number == n && d.Shown {
			return []byte("\xff\xd8picture"), true, nil
		}
	}
	return nil, false, nil
}

func (a *album) State() (uint64, uint64, error) { return a.posted, a.withdrawn, nil }

func (a *album) post(t *testing.T, n int) {
	t.Helper()
	for range n {
		a.posted++
		record, err := json.Marshal(antidote.Record{PDQ: pdq.Hash{a.posted, 1, 2, 3}, Quality: 100})
		if err != nil {
			t.Fatal(err)
		}
		a.dreams = append(a.dreams, store.Dream{Number: a.posted, Record: record, Open: true})
	}
}

type keys struct {
	key    antidote.Key
	before []antidote.Succession
}

func (k *keys) Signer() (antidote.Key, []antidote.Succession, error) { return k.key, k.before, nil }

// stand is a feed and who reads it.
type stand struct {
	*testing.T
	album *album
	keys  *keys
	now   time.Time
	feed  *feed.Feed
}

func newStand(t *testing.T) *stand {
	k, err := antidote.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{T: t, album: &album{}, keys: &keys{key: k}, now: time.Unix(1_800_000_000, 0)}
	s.feed, err = feed.New(feed.Options{Album: s.album, Keys: s.keys, Origin: "https://dreams.example/antidote.json",
		Now: func() time.Time { return s.now }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stand) get(path string, header ...string) *httptest.ResponseRecorder {
	s.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if len(header) == 2 {
		r.Header.Set(header[0], header[1])
	}
	w := httptest.NewRecorder()
	s.feed.Handler().ServeHTTP(w, r)
	return w
}

// list reads the list as a subscriber does.
func (s *stand) list() antidote.List {
	s.Helper()
	data, signature := s.get("/antidote.json").Body.Bytes(), s.get("/antidote.json.minisig").Body.Bytes()
	public, err := antidote.ParsePublic(s.get("/antidote.pub").Body.String())
	if err != nil {
		s.Fatal(err)
	}
	if err := antidote.Verify(public, data, signature); err != nil {
		s.Fatal(err)
	}
	l, err := antidote.Read(bytes.NewReader(data), antidote.MostBytes)
	if err != nil {
		s.Fatal(err)
	}
	return l
}

func TestTheListIsSignedAndInPages(t *testing.T) {
	s := newStand(t)
	s.album.post(t, 2500)
	l := s.list()
	if len(l.Pages) != 2 || len(l.Records) != 500 {
		t.Fatalf("%d pages, %d records", len(l.Pages), len(l.Records))
	}
	next := uint64(1)
	for _, p := range l.Pages {
		body := s.get("/antidote/" + p.Name).Body.Bytes()
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != p.SHA256 {
			t.Errorf("page %s is another", p.Name)
		}
		page, err := antidote.Read(bytes.NewReader(body), antidote.MostBytes)
		if err != nil || len(page.Records) != p.Records {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			if r.PDQ[0] != next {
				t.Fatalf("record %d comes after %d", r.PDQ[0], next-1)
			}
			next++
		}
	}
	if l.Records[0].PDQ[0] != next {
		t.Errorf("the list goes on with %d", l.Records[0].PDQ[0])
	}
	if w := s.get("/antidote/none.json"); w.Code != http.StatusNotFound {
		t.Error(w.Code)
	}
	if got := strings.Count(s.get("/antidote.csv").Body.String(), ",pdq,100,"); got != 2500 {
		t.Errorf("%d hashes as CSV", got)
	}
}

func TestWhoHasTheListIsNotSentItAgain(t *testing.T) {
	s := newStand(t)
	s.album.post(t, 3)
	tag := s.get("/antidote.json").Header().Get("ETag")
	if w := s.get("/antidote.json", "If-None-Match", tag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
	s.album.post(t, 1)
	s.now = s.now.Add(time.Hour)
	if w := s.get("/antidote.json", "If-None-Match", tag); w.Code != http.StatusOK {
		t.Errorf("a new dream: %d", w.Code)
	}
}

func TestTheListIsMadeAnewSeldomButForWhatIsWithdrawn(t *testing.T) {
	s := newStand(t)
	s.album.post(t, 1)
	s.album.dreams[0].URL, s.album.dreams[0].Shown = "https://home.example/1", true
	first := s.list()
	s.album.post(t, 1)
	s.now = s.now.Add(10 * time.Second)
	if l := s.list(); l.Serial != first.Serial || len(l.Records) != 1 {
		t.Error("it was made anew within a minute")
	}
	s.album.dreams[0].URL, s.album.dreams[0].Shown = "", false
	s.album.withdrawn++
	if l := s.list(); l.Serial == first.Serial || len(l.Records) != 2 || l.Records[0].Post != "" {
		t.Errorf("what was withdrawn is still there: %+v", l.Records[0])
	}
}

func TestTheGalleryShowsWhatIsShownAndDescribesIt(t *testing.T) {
	s := newStand(t)
	s.album.post(t, 2)
	d := &s.album.dreams[0]
	d.Shown, d.URL, d.Alt = true, "https://home.example/1", `a "lake" <script>`
	page := s.get("/gallery")
	if text := page.Body.String(); strings.Count(text, "<img ") != 1 || strings.Contains(text, "<script>") ||
		!strings.Contains(text, `alt="a &#34;lake&#34; &lt;script&gt;"`) || !strings.Contains(text, `href="https://home.example/1"`) {
		t.Error(text)
	}
	if page.Header().Get("Content-Security-Policy") == "" || page.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%v", page.Header())
	}
	for path, want := range map[string]int{"/gallery/1": 200, "/gallery/2": 404, "/gallery/x": 404, "/gallery/-1": 404} {
		if w := s.get(path); w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	d.Shown = false
	if text := s.get("/gallery").Body.String(); strings.Contains(text, "<img ") {
		t.Error("it is still shown")
	}
}

func TestANewKeyIsVouchedForInTheList(t *testing.T) {
	s := newStand(t)
	s.album.post(t, 1)
	old := s.keys.key
	s.list()
	next, err := antidote.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s.keys.key, s.keys.before = next, []antidote.Succession{old.Succeed(next)}
	s.feed.Forget()
	l := s.list()
	data, signature := s.get("/antidote.json").Body.Bytes(), s.get("/antidote.json.minisig").Body.Bytes()
	if public, err := antidote.Follow(old.Public(), l, data, signature); err != nil || public != next.Public() {
		t.Error(public, err)
	}
}
