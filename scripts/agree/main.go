// Command agree measures how well a network sees, on pictures that it has not learnt from: how often it says what
// other networks say, how often what the files' names say where they begin with a WordNet id, whether it is right
// as often as it is sure, and how much of all it says its commonest words are.
//
//	go run ./scripts/agree [-model NAME] -with other.onnx [-with third.onnx] [-most 500] FOLDER
//
// The networks are read with what lies beside their files, as `--model` reads them; classes are the same by their
// WordNet ids. The embedded network is judged if no other is named.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"slugpuppy/classifier"
	"slugpuppy/classifier/networks"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

func main() {
	log.SetFlags(0)
	var with []string
	model := flag.String("model", classifier.Embedded, "network to judge: the embedded one or an ONNX file")
	most := flag.Int("most", 0, "look at so many pictures at most, from all over the folder; 0: all")
	flag.Func("with", "ONNX file of a network to compare with; again for more", func(file string) error {
		with = append(with, file)
		return nil
	})
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: agree [-model NAME] [-with FILE]... FOLDER")
	}
	report, err := run(context.Background(), flag.Arg(0), *model, with, *most)
	if err != nil {
		log.Fatal(err)
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
}

// Report is what was measured on a folder.
type Report struct {
	Pictures     int              `json:"pictures"`
	TenCommonest float64          `json:"ten_commonest"` // part of the first answers
	Sure         Sure             `json:"sure"`
	Named        *Score           `json:"named,omitempty"` // by the files' names
	With         map[string]Score `json:"with"`
}

// Score is how a network's answers are to those that are taken for right.
type Score struct {
	Pictures      int     `json:"pictures"`
	First         float64 `json:"first"`         // its first answer is the right one
	InFive        float64 `json:"in_five"`       // one of its first five is
	Calibration   float64 `json:"ece"`           // expected error of its sureness of the first answer
	Chance        float64 `json:"ece_by_chance"` // that error if it were right as often as it says, for so many pictures
	TheirFive     float64 `json:"in_their_five"` // its first answer is one of the other's first five
	SureRight     float64 `json:"sure_right"`    // of labels that it was sure of
	SureKindRight float64 `json:"sure_kind_right"`
}

// Sure is the part of pictures of which it is sure of a label, of a kind, and of nothing.
type Sure struct {
	Label float64 `json:"label"`
	Kind  float64 `json:"kind"`
	None  float64 `json:"none"`
}

// eye is a network that looks.
type eye struct {
	maker  *dream.Maker
	labels []classifier.Label
}

func run(ctx context.Context, folder, model string, with []string, most int) (Report, error) {
	files, err := pictures(folder, most)
	if err != nil {
		return Report{}, err
	}
	judged, err := open(model)
	if err != nil {
		return Report{}, err
	}
	var others []eye
	for _, file := range with {
		other, err := open(file)
		if err != nil {
			return Report{}, err
		}
		others = append(others, other)
	}
	var own []answer
	named, theirs := []answer(nil), make([][]answer, len(others))
	for i, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return Report{}, err
		}
		pic, err := picture.Decode(ctx, data, picture.Limits{})
		if err != nil {
			log.Printf("%s: %v", file, err)
			continue
		}
		said, err := judged.look(ctx, pic)
		if err != nil {
			return Report{}, err
		}
		own, named = append(own, said), append(named, answer{five: trueName(file)})
		for k, other := range others {
			said, err := other.look(ctx, pic)
			if err != nil {
				return Report{}, err
			}
			theirs[k] = append(theirs[k], said)
		}
		if (i+1)%100 == 0 {
			log.Printf("%d of %d", i+1, len(files))
		}
	}
	r := Report{Pictures: len(own), TenCommonest: commonest(own, 10), Sure: sureOf(own), With: map[string]Score{}}
	if s := compare(own, named); s.Pictures > 0 {
		r.Named = &s
	}
	for k, file := range with {
		r.With[filepath.Base(file)] = compare(own, theirs[k])
	}
	return r, nil
}

func open(model string) (eye, error) {
	net, err := networks.Folder{}.Open(model)
	if err != nil {
		return eye{}, fmt.Errorf("open network: %w", err)
	}
	return eye{maker: dream.New(net, dream.Options{}), labels: net.Labels()}, nil
}

// look is what a network says of a picture.
func (e eye) look(ctx context.Context, pic *picture.Picture) (answer, error) {
	sight, err := e.maker.See(ctx, pic.Image, 5)
	if err != nil {
		return answer{}, err
	}
	a := answer{sure: sight.Sure}
	for _, g := range sight.Guesses {
		a.five = append(a.five, e.labels[g.Index].ID)
	}
	a.p = sight.Guesses[0].P
	return a, nil
}

var wordnet = regexp.MustCompile(`^n\d{8}`)

// trueName is the class that a file's name, or its folder's, begins with, none if it does not.
func trueName(file string) []string {
	for _, part := range []string{filepath.Base(file), filepath.Base(filepath.Dir(file))} {
		if id := wordnet.FindString(part); id != "" {
			return []string{id}
		}
	}
	return nil
}

// pictures lists the files below a folder, or so many of them.
func pictures(folder string, most int) ([]string, error) {
	var files []string
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && slices.Contains([]string{".jpg", ".jpeg", ".png", ".JPEG", ".JPG"}, filepath.Ext(path)) {
			files = append(files, path)
		}
		return err
	})
	if err != nil || most <= 0 || most >= len(files) {
		return files, err
	}
	some := make([]string, most)
	for i := range some {
		some[i] = files[i*len(files)/most]
	}
	return some, nil
}
