// Command judge asks networks that had no part in it what is in the pictures that the program makes: whether what
// was to be imagined or dreamed into a photograph is what they see, as made, saved as JPEG 50 and at half the size, and whether
// a dream that took after a guide is more like it to them.
//
//	go run ./scripts/judge -judge squeezenet.onnx [-judge teacher.onnx] [flags]
//
//	-imagine "banana, school bus"    words imagined, with -seeds 3 of them each
//	-mixes "banana goldfish"         several things in one picture, each of a word: all are to be seen
//	-into "school bus, castle"       words dreamed into every photograph
//	-guides 10                       so many pairs of photographs, of which one guides the other
//	-photographs DIR                 those of the gallery if not given
//	-masks DIR                       photographs there, beside each NAME.mask.png, white where its subject is: what keep subject keeps of it
//
// Pictures are made by the program of this checkout, or another one (-program FILE), one at a time, and kept in a folder (-keep DIR),
// from which the next call goes on; -kept makes nothing new and judges what is there. Words are classes of a judge as its own
// vocabulary has them. The report is JSON.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"slugpuppy/classifier"
	"slugpuppy/scripts/pieces"
)

func main() {
	log.SetFlags(0)
	c := trial{photographs: "scripts/pictures/photographs"}
	words := func(into *[]string) func(string) error {
		return func(list string) error {
			for w := range strings.SplitSeq(list, ",") {
				*into = append(*into, strings.TrimSpace(w))
			}
			return nil
		}
	}
	flag.Func("imagine", "words, with commas between them", words(&c.imagine))
	flag.Func("mixes", "the same, each several words of one thing each", words(&c.mixes))
	flag.Func("into", "the same", words(&c.into))
	flag.Func("judge", "ONNX file of a network that judges; again for more", func(file string) error {
		c.judges = append(c.judges, file)
		return nil
	})
	flag.StringVar(&c.model, "model", classifier.Embedded, "network whose activations guides are followed in, and that finds subjects")
	flag.IntVar(&c.seeds, "seeds", 1, "seeds of each word")
	flag.IntVar(&c.guides, "guides", 0, "pairs of photographs")
	flag.StringVar(&c.photographs, "photographs", c.photographs, "folder")
	flag.StringVar(&c.masks, "masks", "", "folder")
	program := flag.String("program", "", "what makes the pictures; this checkout if not given")
	keep := flag.String("keep", filepath.Join(os.TempDir(), "slugpuppy-pieces"), "folder that the pictures are kept in")
	kept := flag.Bool("kept", false, "make nothing new")
	flag.Parse()
	if len(c.judges) == 0 && c.masks == "" || flag.NArg() > 0 {
		log.Fatal("usage: judge -judge FILE [-judge FILE]... [-imagine WORDS] [-mixes WORDS] [-into WORDS] [-guides N] [-masks DIR]")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := c.print(ctx, *program, *keep, *kept); err != nil {
		log.Fatal(err)
	}
}

// print prints what is made of the trial with a program, none if only what is kept is to be judged.
func (c *trial) print(ctx context.Context, program, keep string, kept bool) error {
	if program == "" && !kept {
		built, remove, err := pieces.Build(ctx)
		if err != nil {
			return err
		}
		defer remove()
		program = built
	}
	if kept {
		program = ""
	}
	report, err := c.run(ctx, pieces.Maker{Program: program, Folder: keep})
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err == nil {
		_, err = fmt.Println(string(text))
	}
	return err
}
