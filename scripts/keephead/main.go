// Command keephead makes the embedded detector's head go with a network that differs in nothing which fingerprints look at
// from the one that it was trained on, such as one whose last layer alone was fitted anew:
//
//	go run ./scripts/keephead WAS.onnx NOW.onnx PICTURE...
//
// The pictures' fingerprints must be the same with both to the last bit. The head in classifier/detector/head.bin is
// written anew.
package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"log"
	"os"

	"slugpuppy/classifier/detector"
	"slugpuppy/classifier/networks"
	"slugpuppy/scripts/pieces"
)

const head = "classifier/detector/head.bin"

func main() {
	log.SetFlags(0)
	if len(os.Args) < 4 {
		log.Fatal("usage: keephead WAS.onnx NOW.onnx PICTURE...")
	}
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, was, now string, files []string) error {
	before, err := networks.OpenFile(was, "")
	if err != nil {
		return fmt.Errorf("open the network that the head is of: %w", err)
	}
	after, err := networks.OpenFile(now, "")
	if err != nil {
		return fmt.Errorf("open the network that it is to go with: %w", err)
	}
	data, err := os.ReadFile(head)
	if err != nil {
		return fmt.Errorf("read the head: %w", err)
	}
	old, err := detector.ReadHead(data)
	if err != nil {
		return err
	}
	pictures := make([]image.Image, len(files))
	for i, file := range files {
		if pictures[i], _, err = pieces.Read(ctx, file); err != nil {
			return err
		}
	}
	kept, err := old.For(ctx, before, after, pictures)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := kept.Write(&out); err != nil {
		return err
	}
	if err := os.WriteFile(head, out.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the head: %w", err)
	}
	fmt.Printf("%s: of network %.8s now, as %d pictures have the same fingerprints as with %.8s\n", head, after.Hash(), len(files), before.Hash())
	return nil
}
