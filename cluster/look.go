package cluster

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
)

// Seen is what is known of a picture's file.
type Seen struct {
	Score  float64 `json:"score"`            // how dreamlike it is, 0..1
	Sketch []byte  `json:"sketch,omitempty"` // as picture.Sketch
	// PDQ is the picture's hash, and Quality that of the hash; antidote lists are compared with it.
	PDQ     string `json:"pdq,omitempty"`
	Quality int    `json:"quality,omitempty"`
	Unread  string `json:"unread,omitempty"` // why it could not be judged, which is the file's fault
}

// Bounds of what is said of a picture.
const (
	mostVerdict = 16 << 10
	mostSketch  = 4 << 10
	mostPDQ     = 64  // hexadecimal digits
	mostUnread  = 500 // runes
)

func (s Seen) valid() error {
	if !(s.Score >= 0 && s.Score <= 1) || len(s.Sketch) > mostSketch {
		return fmt.Errorf("%w: a score of %g", ErrMalformed, s.Score)
	}
	if len(s.PDQ) > mostPDQ || s.Quality < 0 || s.Quality > 100 {
		return fmt.Errorf("%w: a hash of %d digits, of quality %d", ErrMalformed, len(s.PDQ), s.Quality)
	}
	return nil
}

// verdict is a Seen as it is kept.
type verdict struct {
	V int `json:"v"`
	Seen
}

func readVerdict(data []byte) (Seen, error) {
	v, err := read(data, mostVerdict, func(v verdict) error {
		if v.V != wireVersion {
			return fmt.Errorf("%w: version %d", ErrMalformed, v.V)
		}
		return v.valid()
	})
	v.Unread = text(v.Unread, mostUnread)
	return v.Seen, err
}

// verdictKey is where the verdict on a file is kept: whatever decides it is in it.
func verdictKey(model string, file []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %s\n", len(model), model)
	sum := sha256.Sum256(file)
	h.Write(sum[:])
	return hex.EncodeToString(h.Sum(nil))
}

// modelToken is a model as a token of a subject: only those who judge alike hear each other.
func modelToken(model string) string {
	sum := sha256.Sum256([]byte(model))
	return hex.EncodeToString(sum[:8])
}

func lookSubject(model string) string { return "slugpuppy.look." + modelToken(model) }

// A request to look is a mark and files, each after its length in four bytes, most significant first.
const (
	lookMark  = "sluglook1\n"
	mostFiles = 64
)

func writeLook(files [][]byte) []byte {
	out := []byte(lookMark)
	for _, f := range files {
		out = binary.BigEndian.AppendUint32(out, uint32(len(f)))
		out = append(out, f...)
	}
	return out
}

func readLook(data []byte) (files [][]byte, err error) {
	if len(data) < len(lookMark) || string(data[:len(lookMark)]) != lookMark {
		return nil, fmt.Errorf("%w: no request to look", ErrMalformed)
	}
	for data = data[len(lookMark):]; len(data) > 0; {
		if len(data) < 4 || uint64(binary.BigEndian.Uint32(data)) > uint64(len(data)-4) || len(files) == mostFiles {
			return nil, fmt.Errorf("%w: a request that ends early, or not at all", ErrMalformed)
		}
		n := 4 + int(binary.BigEndian.Uint32(data))
		files, data = append(files, data[4:n]), data[n:]
	}
	return files, nil
}

// answer is what somebody saw, in the order of the request.
type answer struct {
	V    int    `json:"v"`
	Busy bool   `json:"busy,omitempty"` // ask somebody else, or later
	Node string `json:"node"`
	Seen []look `json:"seen,omitempty"`
}

// look is one picture of an answer.
type look struct {
	Seen
	Why string `json:"why,omitempty"` // it could not be looked at, which is not the file's fault
}

const mostAnswer = mostFiles * mostVerdict

// readAnswer reads the answer to a request of so many files.
func readAnswer(data []byte, files int) (answer, error) {
	a, err := read(data, mostAnswer, func(a answer) error {
		if a.V != wireVersion || !a.Busy && len(a.Seen) != files {
			return fmt.Errorf("%w: an answer about %d files, %d were asked about", ErrMalformed, len(a.Seen), files)
		}
		for _, s := range a.Seen {
			if err := s.valid(); err != nil {
				return err
			}
		}
		return nil
	})
	a.Node = text(a.Node, 100)
	for i, s := range a.Seen {
		a.Seen[i].Unread, a.Seen[i].Why = text(s.Unread, mostUnread), text(s.Why, mostUnread)
	}
	return a, err
}

// writeAnswer writes one that fits: JSON knows no numbers that are none.
func writeAnswer(a answer) ([]byte, error) {
	for i, s := range a.Seen {
		if math.IsNaN(s.Score) || math.IsInf(s.Score, 0) {
			a.Seen[i] = look{Why: "the score is no number"}
		}
	}
	return json.Marshal(a)
}
